"""The races: before two libraries are timed they do the same, and a difference stops the race."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rivals
from digits import convolutional_network

from lecture_utils.datasets import digits

SMALL = {
    "2-3-1": lambda *how, **more: rivals.mlp_task((2, 3, 1), 1, *how, **more),
    "4-16-3": lambda *how, **more: rivals.mlp_task((4, 16, 3), 150, *how, batches=1, **more),
    "64-64-10": lambda *how, **more: rivals.mlp_task((64, 64, 10), 64, *how, **more),
}
TASKS = SMALL | {"convolutions": lambda dtype: convolution(dtype)}
every_small = pytest.mark.parametrize("name", SMALL)
every_float = pytest.mark.parametrize("dtype", ["float64", "float32"])


def convolution(dtype):
    X, y = digits()
    network = convolutional_network(np.random.default_rng(0))
    return rivals.convolution_task(network, X[:130], y[:130], dtype)


def race(task, rival):
    ours, other = rivals.Ours(task), rival(task)
    for way in (ours, other):
        way.run(2, shuffled=False)
    rivals.require_same(ours, other)


@every_float
@pytest.mark.parametrize("name", TASKS)
def test_pytorch_does_the_same(torch, name, dtype):
    race(TASKS[name](dtype), rivals.PyTorch)


@every_small
@pytest.mark.parametrize("rival", [rivals.ScikitLearn, rivals.Autograd, rivals.PlainLoop])
def test_scikit_learn_autograd_and_the_plain_loop_do_the_same(rival, name):
    race(SMALL[name](), rival)


@every_float
@every_small
def test_pytorch_does_the_same_with_adam(torch, name, dtype):
    race(SMALL[name](dtype, optimizer=rivals.ADAM), rivals.PyTorch)


@every_float
@every_small
def test_scikit_learn_does_the_same_with_adam(name, dtype):
    race(SMALL[name](dtype, optimizer=rivals.ADAM), rivals.ScikitLearn)


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


def test_another_optimizer_is_noticed():
    task, other = SMALL["2-3-1"](optimizer=rivals.ADAM), SMALL["2-3-1"]()
    with pytest.raises(SystemExit, match="Wrong: 2-3-1 in float64 and scikit-learn are .* apart"):
        race(task, lambda _: rivals.ScikitLearn(other))


def test_the_kernel_of_another_machine_is_not_measured():
    code = "import blas, numpy; blas.let_blas_choose(); print(blas.kernels(), *blas.os.environ)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_L2_SIZE": "512"},
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    left = done.stdout.split()
    assert "PATH" in left and "(Nehalem)," not in left
    assert "OPENBLAS_CORETYPE" not in left and "OPENBLAS_L2_SIZE" not in left
