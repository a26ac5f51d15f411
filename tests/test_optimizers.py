"""Gradient descent: the steps it takes, when it stops, and the progress bar."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    Adam,
    GradientDescent,
    Momentum,
    gradient_descent,
    mlp,
    squared_error,
    train,
)
from lecture_utils.optimizers import OPTIMIZERS


def bowl(theta):
    """Return the gradient of `J(θ) = ½ ‖θ‖²`."""
    return theta


def descend(**changed):
    return gradient_descent(bowl, [8.0, -4.0], **{"learning_rate": 0.5, "max_steps": 3, **changed})


def test_it_steps_against_the_gradient():
    descent = descend()
    assert_array_equal(descent.thetas, [[8, -4], [4, -2], [2, -1], [1, -0.5]])
    assert_array_equal(descent.theta, [1, -0.5])
    assert_array_equal(descent.steps, [0, 1, 2, 3])


def test_it_stops_after_the_first_step_that_is_short_enough():
    # Steps of length 4, 2, 1, 0.5, …
    descent = gradient_descent(bowl, [8.0], learning_rate=0.5, tolerance=1.0, max_steps=99)
    assert (descent.n_steps, descent.stopped, descent.theta[0]) == (3, True, 1.0)


@pytest.mark.parametrize("tolerance, n_steps", [(3.99, 2), (0.99, 4), (0.49, 5)])
def test_it_goes_on_while_a_step_is_longer_than_the_tolerance(tolerance, n_steps):
    descent = gradient_descent(bowl, [8.0], learning_rate=0.5, tolerance=tolerance, max_steps=99)
    assert (descent.n_steps, descent.theta[0]) == (n_steps, 8 * 0.5**n_steps)


def test_the_length_of_a_step_is_euclidean():
    descent = gradient_descent(bowl, [3.0, 4.0], learning_rate=1.0, tolerance=5.0, max_steps=99)
    assert descent.n_steps == 1


def test_it_ends_at_the_largest_number_of_steps():
    descent = descend(max_steps=2)
    assert (descent.n_steps, descent.stopped) == (2, False)
    assert_array_equal(descent.theta, [2, -1])


def test_the_stop_rule_is_named_if_it_holds_at_the_very_last_step():
    assert descend(tolerance=2.0, max_steps=3).stopped


def test_without_tolerance_it_stops_only_where_nothing_moves():
    assert descend(learning_rate=1.0, max_steps=50).n_steps == 2
    assert not descend(max_steps=50).stopped


@pytest.mark.parametrize("max_steps", [1, 19, 20, 21, 22, 23, 500, 501])
def test_looking_does_not_change_the_way(max_steps):
    theta = np.array([8.0, -4.0])
    for _ in range(max_steps):
        theta = theta - 0.01 * theta
    descent = descend(learning_rate=0.01, max_steps=max_steps)
    assert descent.n_steps == max_steps == descent.steps[-1]
    assert_allclose(descent.theta, theta, rtol=1e-13)


def test_looks_are_at_every_step_first_and_then_ever_thinner():
    steps = descend(learning_rate=1e-6, max_steps=5000).steps
    assert_array_equal(steps[:22], [*range(21), 22])
    assert (np.diff(steps[:-1], 2) >= 0).all() and len(steps) < 200


def test_no_two_looks_are_further_apart_than_the_longest_stretch(monkeypatch):
    monkeypatch.setattr("lecture_utils.optimizers.LONGEST_STRETCH", 3)
    assert np.diff(descend(learning_rate=1e-6, max_steps=200).steps).max() == 3


def test_each_look_is_theta_at_that_step():
    descent = descend(learning_rate=0.01, max_steps=300)
    assert_allclose(descent.thetas[:, 0], 8 * 0.99**descent.steps, rtol=1e-12)


def test_the_start_is_left_alone():
    theta = np.array([8.0, -4.0])
    gradient_descent(bowl, theta, learning_rate=0.5, max_steps=3)
    assert_array_equal(theta, [8, -4])


def test_dtype_is_kept():
    theta = np.array([8, -4], np.float32)
    assert gradient_descent(bowl, theta, learning_rate=0.5, max_steps=3).theta.dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_divergence_is_named_with_its_cause_and_no_warning():
    with pytest.raises(ValueError, match="learning_rate 10.0 is too large: θ is .* after"):
        descend(learning_rate=10.0, max_steps=10_000)


WITH_AND_WITHOUT_A_BAR = """
import sys
import numpy as np
from lecture_utils import (
    GradientDescent, SigmoidNeuron, gradient_descent, mlp, squared_error, train
)

def fit(**progress):
    SigmoidNeuron(max_steps=50).fit([[0.0], [1.0]], [0, 1], **progress)

def train_a_network(**progress):
    network = mlp((1, 1), rng=np.random.default_rng(0))
    train(network, squared_error, [[1.0]], [[2.0]], optimizer=GradientDescent(0.1), epochs=50,
          **progress)

def stop_early(**progress):
    gradient_descent(lambda theta: theta, [8.0], learning_rate=0.5, tolerance=1.0, max_steps=1000,
                     **progress)

for run in (fit, train_a_network, stop_early):
    for asked in ({"progress": True}, {}):
        print("#", run.__name__, bool(asked), end="#", file=sys.stderr)
        run(**asked)
"""


def bars(**environment):
    """Return what each run of the script writes to the standard error stream, by its name."""
    environment = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"} | environment
    command = [sys.executable, "-c", WITH_AND_WITHOUT_A_BAR]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    _, *parts = done.stderr.split("#")
    return {name.strip(): bar for name, bar in zip(parts[::2], parts[1::2], strict=True)}


@pytest.fixture(scope="module")
def shown():
    return bars()


@pytest.mark.parametrize(
    "run, steps",
    [("fit", "50.0/50.0"), ("train_a_network", "50.0/50.0"), ("stop_early", "3.00/3.00")],
)
def test_progress_bar_appears_and_is_full_at_the_end(shown, run, steps):
    assert "100%" in (last := shown[f"{run} True"].splitlines()[-1]) and steps in last
    assert (", loss " in last) == (run == "train_a_network")


@pytest.mark.parametrize("run", ["fit", "train_a_network", "stop_early"])
def test_no_progress_bar_unless_asked_for(shown, run):
    assert shown[f"{run} False"] == ""


def test_progress_bars_can_be_switched_off_from_outside():
    assert set(bars(TQDM_DISABLE="1").values()) == {""}


# The optimisers that train networks

EACH = [kind(0.1) for kind in OPTIMIZERS.values()]
every_optimizer = pytest.mark.parametrize(
    "optimizer", [*EACH, Momentum(0.1, 0.8), Adam(0.1, 0.8, 0.95, 1e-3)], ids=repr
)


def walk(optimizer, gradients):
    """Take a step for each gradient, from θ = (1, −2); return θ after each."""
    theta, path = np.array([1.0, -2.0]), []
    memory = optimizer.start([theta])
    for g in gradients:
        optimizer.step([theta], [np.array(g)], memory)
        path.append(theta.copy())
    return np.array(path)


def test_gradient_descent_goes_against_the_gradient():
    path = walk(GradientDescent(0.5), [[1.0, 2.0], [0.0, -4.0]])
    assert_array_equal(path, [[0.5, -3.0], [0.5, -1.0]])


def test_momentum_adds_up_velocity():
    # v = 2, then 0.5 · 2 + 2 = 3, then 0.5 · 3 + 0 = 1.5.
    path = walk(Momentum(0.1, 0.5), [[2.0, 0.0], [2.0, 0.0], [0.0, 0.0]])
    assert_allclose(path[:, 0], [1 - 0.2, 1 - 0.5, 1 - 0.65], rtol=1e-15)
    assert_array_equal(path[:, 1], -2)


def test_without_momentum_it_is_gradient_descent():
    gradients = np.random.default_rng(0).normal(size=(5, 2))
    assert_array_equal(walk(Momentum(0.1, 0.0), gradients), walk(GradientDescent(0.1), gradients))


def test_adam_by_hand():
    # m = 0.4, v = 0.2 after g = 2: divided by 1 − 0.8 and 1 − 0.95 they are 2 and 4.
    # m = 0.8 · 0.4 − 0.2, v = 0.95 · 0.2 + 0.05 after g = −1.
    m, v = 0.12 / (1 - 0.8**2), 0.24 / (1 - 0.95**2)
    path = walk(Adam(0.1, 0.8, 0.95, 1e-3), [[2.0, 0.0], [-1.0, 0.0]])
    first = 1 - 0.1 * 2 / (2 + 1e-3)
    assert_allclose(path[:, 0], [first, first - 0.1 * m / (np.sqrt(v) + 1e-3)], rtol=1e-14)
    assert_array_equal(path[:, 1], -2)


def test_the_first_step_of_adam_is_as_long_as_the_learning_rate():
    assert_allclose(walk(Adam(0.1), [[1e-3, -1e5]]), [[0.9, -1.9]], rtol=1e-5)


def torch_optimizer(torch, optimizer, parameters):
    match optimizer:
        case Adam(rate, beta1, beta2, epsilon):
            return torch.optim.Adam(parameters, lr=rate, betas=(beta1, beta2), eps=epsilon)
        case Momentum(rate, momentum):
            return torch.optim.SGD(parameters, lr=rate, momentum=momentum)
        case GradientDescent(rate):
            return torch.optim.SGD(parameters, lr=rate)
    pytest.skip(f"PyTorch's counterpart of {optimizer} is not named here")


@every_optimizer
def test_the_optimisers_are_those_of_pytorch(torch, optimizer):
    rng = np.random.default_rng(0)
    ours = [rng.normal(size=(3, 2)), rng.normal(size=2)]
    theirs = [torch.tensor(theta) for theta in ours]
    memory, other = optimizer.start(ours), torch_optimizer(torch, optimizer, theirs)
    for _ in range(50):
        gradients = [rng.normal(size=theta.shape) for theta in ours]
        for theta, g in zip(theirs, gradients):
            theta.grad = torch.tensor(g)
        optimizer.step(ours, gradients, memory)
        other.step()
        for theta, expected in zip(ours, theirs):
            assert_allclose(theta, expected.numpy(), rtol=1e-12, atol=1e-12)


@every_optimizer
def test_a_training_with_each_optimiser_is_that_of_pytorch(torch, optimizer):
    rng = np.random.default_rng(0)
    network, x, y = mlp((3, 4, 2), rng=rng), rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    theirs.to(torch.float64)
    with torch.no_grad():
        for theta, ours in zip(theirs.parameters(), network.parameters, strict=True):
            theta.copy_(torch.tensor(ours.T))
    other = torch_optimizer(torch, optimizer, theirs.parameters())
    for _ in range(20):
        other.zero_grad()
        J = ((theirs(torch.tensor(x)) - torch.tensor(y)) ** 2 / 2).sum(dim=1).mean()
        J.backward()
        other.step()
    trained, history = train(network, squared_error, x, y, optimizer=optimizer, epochs=20)
    assert_allclose(history.loss[-1], J.item(), rtol=1e-12)
    for ours, theta in zip(trained.parameters, theirs.parameters(), strict=True):
        assert_allclose(ours.T, theta.detach().numpy(), rtol=1e-12, atol=1e-12)


@every_optimizer
def test_every_optimiser_walks_down_a_valley(optimizer):
    # J(θ) = ½ (θ₁² + 10 θ₂²), whose lowest point is 0.
    theta, curvature = np.array([1.0, -2.0]), np.array([1.0, 10.0])
    memory = optimizer.start([theta])
    for _ in range(300):
        optimizer.step([theta], [curvature * theta], memory)
    assert (curvature * theta**2).sum() / 2 < 0.01 * 20.5


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_optimiser_changes_the_arrays_it_is_given_and_keeps_their_dtype(optimizer, dtype):
    theta, untouched = np.array([1, -2], dtype), np.array([3], dtype)
    parameters = [theta, untouched]
    memory = optimizer.start(parameters)
    for _ in range(3):
        assert optimizer.step(parameters, [np.ones(2, dtype), np.zeros(1, dtype)], memory) is None
    assert parameters[0] is theta and theta.dtype == dtype and (theta < [1, -2]).all()
    assert_array_equal(untouched, 3)


@every_optimizer
def test_an_optimiser_remembers_nothing_of_another_walk(optimizer):
    gradients = np.random.default_rng(0).normal(size=(5, 2))
    assert_array_equal(walk(optimizer, gradients), walk(optimizer, gradients))


@every_optimizer
def test_each_parameter_array_has_a_memory_of_its_own(optimizer):
    pair = [np.array([1.0, -2.0]), np.array([1.0, -2.0])]
    memory = optimizer.start(pair)
    gradients = np.random.default_rng(0).normal(size=(5, 2, 2))
    for g1, g2 in gradients.copy():
        optimizer.step(pair, [g1, g2], memory)
    for theta, own in zip(pair, gradients.swapaxes(0, 1)):
        assert_allclose(theta, walk(optimizer, own)[-1], rtol=1e-15)
