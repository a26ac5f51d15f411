"""Neural networks from scratch in NumPy, as the lectures teach them."""

__version__ = "0.3.0"

from lecture_utils._digest import digest
from lecture_utils.activations import (
    get_activation,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    step,
    tanh,
)
from lecture_utils.backprop import Step, Trace, backprop
from lecture_utils.gradient_check import (
    central_differences,
    check_gradients,
    complex_step,
    gradient_table,
    relative_error,
)
from lecture_utils.history import History
from lecture_utils.layers import Dense
from lecture_utils.losses import (
    Loss,
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    cross_entropy,
    cross_entropy_on_logits,
    squared_error,
)
from lecture_utils.networks import Network, mlp
from lecture_utils.neuron import Perceptron, SigmoidNeuron
from lecture_utils.optimizers import Adam, GradientDescent, Momentum, gradient_descent
from lecture_utils.seeds import over_seeds
from lecture_utils.training import train
