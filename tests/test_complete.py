"""Nothing is added halfway: what is new is found by its name, tested as the rest is, and saved."""

import re
from importlib import import_module
from inspect import isclass
from pathlib import Path
from pkgutil import iter_modules

import pytest
import test_backprop
import test_losses
import test_optimizers
import test_saving

import lecture_utils
from lecture_utils import (
    activations,
    convolution,
    diagrams,
    estimators,
    layers,
    losses,
    optimizers,
    plotting,
    recurrent,
    saving,
)
from lecture_utils.walkthrough.layers import FUNCTIONS

ROOT = Path(__file__).parents[1]


def defined(module, kind):
    return {entry for entry in vars(module).values() if isinstance(entry, kind)}


def classes_with(method, *modules):
    return {
        entry
        for module in modules
        for entry in vars(module).values()
        if isclass(entry) and hasattr(entry, method) and entry.__module__ == module.__name__
    }


def test_activations():
    named = activations.ACTIVATIONS
    assert defined(activations, (activations.Activation, activations.Softmax)) == {*named.values()}
    assert {getattr(lecture_utils, name) for name in named} == {*named.values()}
    assert {*FUNCTIONS} == named.keys() - {"identity"}  # of which a formula says nothing


def test_losses_are_tested():
    found = defined(losses, losses.Loss)
    assert found == {*test_losses.LOSSES} == {loss for loss, _ in test_backprop.OUTPUTS}
    assert {getattr(lecture_utils, loss.name) for loss in found} == found


def test_layers_can_be_saved_and_are_seen_to_be():
    found = classes_with("backward", layers, convolution, recurrent)
    networks = [network for network, _ in test_saving.NETWORKS.values()]
    assert found == {*saving.SETTINGS} <= {type(layer) for n in networks for layer in n.layers}


def test_optimisers_are_tested_and_known_to_estimators():
    found = classes_with("step", optimizers)
    assert found == {type(optimizer) for optimizer in test_optimizers.OPTIMIZERS}
    assert found == {*estimators.OPTIMIZERS.values()}
    assert {getattr(lecture_utils, optimizer.__name__) for optimizer in found} == found


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
