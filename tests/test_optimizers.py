"""Gradient descent: the steps it takes, when it stops, and the progress bar."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import gradient_descent


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


def test_it_goes_on_while_a_step_is_longer_than_the_tolerance():
    descent = gradient_descent(bowl, [8.0], learning_rate=0.5, tolerance=0.99, max_steps=99)
    assert (descent.n_steps, descent.theta[0]) == (4, 0.5)


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
    assert_array_equal(steps[:21], range(21))
    assert (np.diff(steps[:-1], 2) >= 0).all() and len(steps) < 200


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
from lecture_utils import SigmoidNeuron, gradient_descent, mlp, squared_error, train

def fit(progress):
    SigmoidNeuron(max_steps=50).fit([[0.0], [1.0]], [0, 1], progress=progress)

def train_a_network(progress):
    network = mlp((1, 1), rng=np.random.default_rng(0))
    train(network, squared_error, [[1.0]], [[2.0]], learning_rate=0.1, steps=50, progress=progress)

def stop_early(progress):
    gradient_descent(lambda theta: theta, [8.0], learning_rate=0.5, tolerance=1.0, max_steps=1000,
                     progress=progress)

for run in (fit, train_a_network, stop_early):
    for progress in (True, False):
        print("#", run.__name__, progress, end="#", file=sys.stderr)
        run(progress)
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


@pytest.mark.parametrize("run", ["fit", "train_a_network", "stop_early"])
def test_no_progress_bar_unless_asked_for(shown, run):
    assert shown[f"{run} False"] == ""


def test_progress_bars_can_be_switched_off_from_outside():
    assert set(bars(TQDM_DISABLE="1").values()) == {""}
