"""Nothing is added halfway: what is new is registered, and what is registered is tested."""

import re
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import lecture_utils
from lecture_utils import Dense, Network, complex_step, diagrams, plotting
from lecture_utils.activations import ACTIVATIONS, Activation, Softmax
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D, Reshape
from lecture_utils.losses import LOSSES, Loss
from lecture_utils.networks import InTraining
from lecture_utils.optimizers import OPTIMIZERS
from lecture_utils.recurrent import LastStep, Recurrent
from lecture_utils.regularization import BatchNorm, Dropout
from lecture_utils.saving import LAYERS, load_network, save_network

ROOT = Path(__file__).parents[1]
MATHEMATICS = [
    import_module(f"lecture_utils.{module.name}")
    for module in iter_modules(lecture_utils.__path__)
    if not module.ispkg
]

# How each kind of layer is made, and the shape of a sample. What can be chosen is not what it is
# without being chosen, so that it is seen to be saved.
EXAMPLES = {
    "Dense": (lambda rng: Dense.random(3, 2, rng=rng), (3,)),
    "Reshape": (lambda rng: Reshape((2, 3)), (6,)),
    "Flatten": (lambda rng: Flatten(), (2, 3)),
    "Conv2D": (lambda rng: Conv2D.random(2, 2, 3, stride=2, padding=1, rng=rng), (4, 5, 2)),
    "MaxPool2D": (lambda rng: MaxPool2D(2), (4, 5, 2)),
    "Recurrent": (lambda rng: Recurrent.random(3, 2, rng=rng), (4, 3)),
    "LastStep": (lambda rng: LastStep(), (4, 3)),
    "Dropout": (lambda rng: Dropout(0.3), (3,)),
    "BatchNorm": (
        lambda rng: BatchNorm(*rng.uniform(1, 2, size=(2, 3)), mean=rng.random(3),
                              variance=rng.random(3), momentum=0.8, epsilon=1e-3),
        (4, 5, 3),
    ),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def defined(kind):
    return {entry for module in MATHEMATICS for _, entry in getmembers(module) if kind(entry)}


def example(name):
    """Return a layer, the same each time, and a batch for it."""
    make, shape = EXAMPLES[name]
    return make(np.random.default_rng(0)), np.random.default_rng(1).normal(size=(5, *shape))


def is_layer(entry):
    return isclass(entry) and hasattr(entry, "backward")


def is_optimizer(entry):
    return isclass(entry) and hasattr(entry, "start") and hasattr(entry, "step")


def test_what_is_defined_is_registered_under_a_name_of_its_own():
    assert defined(lambda entry: isinstance(entry, (Activation, Softmax))) == {
        *ACTIVATIONS.values()
    }
    assert defined(lambda entry: isinstance(entry, Loss)) == {*LOSSES.values()}
    assert defined(is_optimizer) == {*OPTIMIZERS.values()}
    assert defined(is_layer) == {*LAYERS.values(), Activation, Softmax, InTraining}


def forward(layer, x, in_training):
    if in_training and hasattr(layer, "forward_training"):
        return layer.forward_training(x, np.random.default_rng(3))
    return layer.forward(x)


@pytest.mark.parametrize("in_training", [False, True])
@every_layer
def test_gradients_of_every_layer_equal_the_complex_step(name, in_training):
    layer, x = example(name)
    y, cache = forward(layer, x, in_training)
    dy = np.random.default_rng(2).normal(size=y.shape)
    dx, grads = layer.backward(dy, cache)
    expected = complex_step(lambda x: (dy * forward(example(name)[0], x, in_training)[0]).sum(), x)
    assert_allclose(dx, expected, rtol=1e-11, atol=1e-13)

    def J(value, param):
        changed, _ = example(name)
        params = {**changed.params, param: value}
        changed.params = {name: array.astype(complex) for name, array in params.items()}
        return (dy * forward(changed, x.astype(complex), in_training)[0]).sum()

    assert grads.keys() == layer.params.keys()
    for param, gradient in grads.items():
        expected = complex_step(lambda value, param=param: J(value, param), layer.params[param])
        assert_allclose(gradient, expected, rtol=1e-11, atol=1e-13)
        if hasattr(layer, "parameter_gradients"):
            assert_array_equal(layer.parameter_gradients(dy, cache)[param], gradient)


@every_layer
def test_every_layer_comes_back_from_a_file(name, tmp_path):
    layer, x = example(name)
    save_network(Network([layer]), tmp_path / "network.npz")
    [loaded] = load_network(tmp_path / "network.npz").layers
    assert type(loaded) is type(layer) and repr(loaded) == repr(layer)
    assert_array_equal(loaded.forward(x)[0], layer.forward(x)[0])


@every_layer
def test_nobody_can_give_a_kind_of_layer_a_parameter_for_all(name):
    kind = LAYERS[name]
    with pytest.raises((TypeError, AttributeError)):
        kind.params["W"] = np.eye(2)


@pytest.mark.parametrize(("folder", "verb"), [(plotting, "plot_"), (diagrams, "draw_")])
def test_figures_are_found_in_their_folder(folder, verb):
    modules = [import_module(f"{folder.__name__}.{m.name}") for m in iter_modules(folder.__path__)]
    found = {name for module in modules for name in vars(module) if name.startswith(verb)}
    assert found == {name for name in folder.__all__ if name.startswith(verb)}


def test_contributing_names_what_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = re.findall(r"`([\w.]+/[\w./]+)`", text)
    places = re.findall(r"`(\w+)`\s+(?:in|of)\s+`(\w+/[\w./]+\.py)`", text)
    assert len(paths) > 20 and all((ROOT / path).exists() for path in paths)
    assert len(places) > 5 and all(name in (ROOT / path).read_text() for name, path in places)
