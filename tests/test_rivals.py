"""The races: before two libraries are timed they do the same, and a difference stops the race."""

import numpy as np
import pytest
import rivals
from digits import convolutional_network

from lecture_utils.datasets import digits

TASKS = {
    "2-3-1": lambda dtype: rivals.mlp_task((2, 3, 1), 1, dtype),
    "4-16-3": lambda dtype: rivals.mlp_task((4, 16, 3), 150, dtype, batches=1),
    "64-64-10": lambda dtype: rivals.mlp_task((64, 64, 10), 64, dtype),
    "convolutions": lambda dtype: convolution(dtype),
}


def convolution(dtype):
    X, y = digits()
    network = convolutional_network(np.random.default_rng(0))
    return rivals.convolution_task(network, X[:130], y[:130], dtype)


def race(task, rival):
    ours, other = rivals.Ours(task), rival(task)
    for way in (ours, other):
        way.run(2, shuffled=False)
    rivals.require_same(ours, other)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", TASKS)
def test_pytorch_does_the_same(torch, name, dtype):
    race(TASKS[name](dtype), rivals.PyTorch)


@pytest.mark.parametrize("name", ["2-3-1", "4-16-3", "64-64-10"])
@pytest.mark.parametrize("rival", [rivals.ScikitLearn, rivals.Autograd])
def test_scikit_learn_and_autograd_do_the_same(rival, name):
    race(TASKS[name]("float64"), rival)


def test_micrograd_does_the_same(micrograd):
    race(rivals.regression_task((2, 3, 1), 1), rivals.Micrograd)


def test_another_training_is_noticed():
    task, other = TASKS["4-16-3"]("float64"), rivals.mlp_task((4, 16, 3), 150, batches=2)
    with pytest.raises(SystemExit, match="Wrong: 4-16-3 in float64 and scikit-learn are .* apart"):
        race(task, lambda _: rivals.ScikitLearn(other))


def test_shuffling_is_noticed():
    task = TASKS["64-64-10"]("float64")
    ours, other = rivals.Ours(task), rivals.ScikitLearn(task)
    ours.run(2, shuffled=False)
    other.run(2, shuffled=True)
    with pytest.raises(SystemExit, match="Wrong"):
        rivals.require_same(ours, other)


def test_the_bare_steps_are_those_of_a_training():
    task = TASKS["64-64-10"]("float64")
    ways = rivals.Ours(task), rivals.OurSteps(task)
    for way in ways:
        way.run(2, shuffled=False)
    for ours, bare in zip(*(way.weights() for way in ways), strict=True):
        np.testing.assert_array_equal(ours, bare)
