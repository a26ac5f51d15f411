"""Checks of the exercises of lecture 1, the neuron."""

from contextlib import nullcontext
from unittest.mock import patch

import numpy as np

from lecture_utils.activations import sigmoid
from lecture_utils.exercises.checking import Hint, task
from lecture_utils.exercises.diagnosis import compare, first, judged, parts
from lecture_utils.neuron import add_ones, logistic_gradient, logistic_loss


def _samples(rng, n, d):
    """Return inputs, (n, d), and labels, (n,), of both classes."""
    return rng.normal(size=(n, d)), rng.permutation(np.arange(n) % 2)


def _samples_with_ones(rng, n, d, scale=1):
    """Return inputs that end with the constant 1, (n, d + 1), and labels, (n,)."""
    X, y = _samples(rng, n, d)
    return add_ones(scale * X), y


def _fits(mine, right):
    """Whether a result is finite numbers in the right shape."""
    try:
        mine = np.asarray(mine, dtype=float)
    except (TypeError, ValueError):
        return False
    return mine.shape == right.shape and np.all(np.isfinite(mine))


@task("The sigmoid neuron", "ŷ is right for n = 3 and for n = 5 samples, also with one feature.")
def check_sigmoid_neuron(sigmoid_neuron):
    """Check ``sigmoid_neuron(X, w, b)``, for (n, d), (d,) and a number: ŷ, of shape (n,)."""
    rng = np.random.default_rng(10)
    hints = []
    for n, d in [(3, 2), (5, 1), (4, 3)]:
        X, w, b = rng.normal(size=(n, d)), rng.normal(size=d), rng.uniform(0.5, 1)
        z = X @ w + b
        mistakes = {
            "These are the sums z: the activation is still to come.": z,
            "The bias seems to be missing: with w = 0 all would be one half.": sigmoid(X @ w),
            "The bias seems to be subtracted.": sigmoid(X @ w - b),
            "The bias comes too late: it belongs to the sum, before the activation.":
                sigmoid(X @ w) + b,
            "It falls where z rises: look at the sign in the exponential.": sigmoid(-z),
            "Only 0 and 1: that is a step, not a sigmoid.": z > 0,
            "Look at the brackets: what is 1 divided by?": 1 + np.exp(-z),
            "They add up to 1, as if samples were classes: each has a prediction of its own.":
                np.exp(z) / np.sum(np.exp(z)),
            "The values are those of tanh, from -1 to 1.": np.tanh(z),
        }
        hints.append(compare(sigmoid_neuron(X, w, b), sigmoid(z), "ŷ", mistakes=mistakes))
    yield first(hints)


@task(
    "149 or 147 of 150",
    "what is right and what lies on the line is counted exactly, also with one feature.",
    points=2,
)
def check_count_right(count_right):
    """Check ``count_right(X, y, w, b)``: how many are right, and how many have z = 0 exactly."""
    rng = np.random.default_rng(11)
    right_hints, ties_hints = [], []
    for w, b in [([1, -1], -17), ([3], -132), ([2, 1, -1], -60)]:    # b in mm
        n, w = 19, np.array(w)
        mm = rng.integers(20, 60, size=(n, len(w)))
        mm[:7, -1] = -(mm[:7, :-1] @ w[:-1] + b) // w[-1]    # seven on the line
        z, y, X = mm @ w + b, np.arange(n) % 5 // 3, mm / 10
        z_cm = X @ w + b / 10
        right, ties = parts(count_right(X, y, w.astype(float), b / 10), "right, ties")
        mistakes = {
            f"{right} of {n} is what comes out in cm: some z that should be 0 is a tiny bit above.":
                np.sum((z_cm > 0) == y),
            "It is the share of the right ones; their number is asked for.": np.mean((z > 0) == y),
        }
        for seen in [each for each in (z, z_cm) if np.array_equal(ties, np.sum(each == 0))][:1]:
            mistakes |= {
                "A sample with z = 0 is taken for class 1: the step gives 0 there.":
                    np.sum((seen >= 0) == y),
                "It counts the wrong predictions.": np.sum((seen > 0) != y),
                "It counts the predictions of class 1, right or not.": np.sum(seen > 0),
                "Samples on the line have a prediction, too: is any of them left out?":
                    np.sum(((seen > 0) == y) & (seen != 0)),
            }
        bias = "Is the bias in z, and in the same unit as the lengths?"
        coarse = "Whole cm are too coarse: the lengths are known to the millimetre."
        for hint, other in [
            (bias, mm @ w), (bias, mm @ w + b / 10),
            (coarse, np.round(X) @ w + np.round(b / 10)), (coarse, np.round(X @ w + b / 10)),
        ]:
            counts = np.sum((other > 0) == y), np.sum(other == 0)
            if np.array_equal(right, counts[0]) and np.array_equal(ties, counts[1]):
                mistakes[hint] = right
        if np.array_equal(ties, np.sum((z > 0) == y)):
            mistakes["It is the number of ties: which of the two comes first?"] = np.sum(z == 0)
        right_hints.append(compare(right, np.sum((z > 0) == y), "`right`", mistakes=mistakes))
        ties_hints.append(compare(ties, np.sum(z == 0), "`ties`", mistakes={
            f"{ties} is what comes out in cm, where a tie can be off by a tiny error.":
                np.sum(z_cm == 0),
            "It counts only the samples on the line whose prediction is right.":
                np.sum((z == 0) & (y == 0)),
        }))
    yield first(right_hints)
    yield first(ties_hints)


@task(
    "The Perceptron's update",
    "right samples leave θ as it is, wrong ones pull it to their side, and a tie is class 0.",
    points=3,
)
def check_perceptron_update(perceptron_update):
    """Check ``perceptron_update(theta, x, y)``, for (d + 1,), (d + 1,) and 0 or 1: the new θ."""
    rng = np.random.default_rng(12)
    stays, moves = [], []
    for d, y in [(2, 1), (2, 0), (1, 1), (4, 0)]:
        x, theta = np.append(rng.normal(size=d), 1), rng.normal(size=d + 1)
        if d != 2:
            theta[-1] = -2 * theta[:-1] @ x[:-1]     # the bias decides
        theta *= np.sign(theta @ x) * (2 * y - 1)    # now the prediction is y
        stays.append(_about_update(perceptron_update, theta, x, y))
        moves.append(_about_update(perceptron_update, theta, x, 1 - y))
    x, theta = np.array([2.0, 3.0, 1.0]), np.array([1.0, -1.0, 1.0])
    ties = [_about_update(perceptron_update, theta, x, y) for y in (0, 1)]
    yield first(stays)
    yield first(moves)
    yield first(ties)


def _about_update(perceptron_update, theta, x, y):
    z, new = theta @ x, perceptron_update(theta, x, y)
    y_hat = int(z > 0)
    right = theta + (y - y_hat) * x
    where = f"With y = {y} and z = {z:.2f} (the bias in it is {theta[-1]:.2f})"
    mistakes = {
        f"{where}, the error uses z itself: the rule asks for the prediction, 0 or 1.":
            theta + (y - z) * x,
        f"{where}, the error uses a sigmoid: the Perceptron predicts by a step.":
            theta + (y - sigmoid(z)) * x,
        "This is the change of θ alone, not the new θ.": right - theta,
    }
    if y != y_hat and z:
        mistakes |= {
            f"{where}, the prediction {y_hat} is wrong, but θ stays as it is.": theta,
            f"{where}, θ moves by the error alone: what of the sample x?": theta + y - y_hat,
        }
    told = compare(new, right, "θ", like="theta", mistakes=mistakes)
    if not told or told in mistakes or not _fits(new, right):
        return told
    if not z:
        return f"With y = {y} and z = 0, the step predicts 0: that decides whether θ moves."
    if y == y_hat:
        return f"{where}, the prediction is right, but θ moves: it must stay as it is."
    z_new = np.asarray(new, float) @ x
    if (z_new - z) * (y - y_hat) < 0:
        return f"{where}, the prediction {y_hat} is wrong, and z becomes {z_new:.2f}: further off."
    told = f"{where}, θ moves the right way, but z becomes {z_new:.2f}"
    return f"{told}: is it by x, no less and no more?"


# What takes the place of NumPy's own: an overflow of which nobody is told is one all the same.
SILENCERS = {"errstate": lambda **_: nullcontext(), "seterr": lambda **_: {}}


@task(
    "A sigmoid that never overflows",
    "it is right at 0, on both sides and far out, and nothing overflows on the way.",
    points=2,
)
def check_safe_sigmoid(safe_sigmoid):
    """Check ``safe_sigmoid(z)``: σ(z), of the shape of z, without an overflow on the way."""
    z = np.random.default_rng(13).uniform(-4, 4, size=(2, 4))
    z[0, :3] = 0, 3, -3
    mistakes = {
        "It falls where z rises: look at the signs in the exponentials.": sigmoid(-z),
        "The values are mirrored, σ(|z|) for all z: what of the sign of z?": sigmoid(np.abs(z)),
        "The values are σ(-|z|) for all z: what of the sign of z?": sigmoid(-np.abs(z)),
        "It looks like exp(z) / (1 + exp(-z)): two ways to write it are mixed.":
            np.exp(z) / (1 + np.exp(-z)),
    }
    regions = {"z > 0": z > 0, "z = 0": z == 0, "z < 0": z < 0}
    yield compare(safe_sigmoid(z), sigmoid(z), "σ(z)", like="z", mistakes=mistakes, regions=regions)
    far = np.array([-1e4, -800.0, -40.0, 0.0, 40.0, 800.0, 1e4])
    noticed = set()
    note = lambda kind, _: noticed.add(kind)    # noqa: E731
    with np.errstate(all="call", call=note), patch.multiple(np, **SILENCERS):
        told = first(
            compare(safe_sigmoid(z), sigmoid(z), "σ(z) far out", like="z")
            for z in (far, far[:, None] * [1, -1])
        )
    noticed = " and ".join(sorted(noticed - {"underflow"}))
    if noticed:
        told = told or "The values far out are right."
        told += f" On the way NumPy notices: {noticed}. Which exponent is large and positive there?"
    yield told


@task(
    "The gradient of the mean cross-entropy",
    "both parts are right for n = 3, 4 and 5 samples, also with one feature.",
    points=2,
)
def check_gradient(gradient):
    """Check ``gradient(w, b, X, y)``: the gradients of w, (d,), and of b, one number."""
    rng = np.random.default_rng(14)
    dw_hints, db_hints = [], []
    for n, d in [(3, 2), (5, 1), (4, 4)]:
        (X, y), w, b = _samples(rng, n, d), rng.normal(size=d), rng.normal()
        dw, db = parts(gradient(w, b, X, y), "dw, db")
        z = X @ w + b
        y_hat = sigmoid(z)
        wrong = {
            "has the slope of the sigmoid in it: for this loss it drops out.":
                (y_hat - y) * y_hat * (1 - y_hat),
            "compares z with y: is the sigmoid missing?": z - y,
            "compares a class, 0 or 1, with y: the prediction ŷ lies between.": (y_hat > 0.5) - y,
            "has another ŷ in it: is the bias missing in z?": sigmoid(X @ w) - y,
            "does not know of y: what makes a prediction wrong?": y_hat,
            "goes back from J to ŷ only: how does ŷ change with z?":
                (y_hat - y) / y_hat / (1 - y_hat),
            f"is divided by d = {d}: the mean goes over the n = {n} samples.": (y_hat - y) * n / d,
        }
        for mine, factor, what, like, hints in [
            (dw, X, "∂J/∂w", "w", dw_hints), (db, np.ones(n), "∂J/∂b", "b", db_hints),
        ]:
            mistakes = {f"{what} {text}": error @ factor / n for text, error in wrong.items()}
            right = (y_hat - y) @ factor / n
            hints.append(compare(mine, right, what, like=like, n=n, mistakes=mistakes))
    yield first(dw_hints)
    yield first(db_hints)


@task(
    "The squared error of a sigmoid",
    "loss and gradient are right for n = 3, 4 and 5 samples, also with one feature.",
    points=2,
)
def check_squared_error(squared_loss, squared_gradient):
    """Check ``squared_loss`` and ``squared_gradient`` of (theta, X, y): J, and ∇J, (d + 1,)."""
    rng = np.random.default_rng(15)
    sizes = [(3, 2), (5, 1), (4, 3)]
    drawn = [(*_samples_with_ones(rng, n, d), rng.normal(size=d + 1)) for n, d in sizes]
    cases = [(theta, X, y) for X, y, theta in drawn]
    yield judged(lambda: first(_about_loss(squared_loss(*case), *case) for case in cases))
    yield judged(lambda: first(_about_squared(squared_gradient(*case), *case) for case in cases))


def _about_loss(mine, theta, X, y):
    z = X @ theta
    error = sigmoid(z) - y
    return compare(mine, np.mean(error**2) / 2, "J", n=len(y), mistakes={
        "J compares z with y: is the sigmoid missing?": np.mean((z - y) ** 2) / 2,
        "J is the cross-entropy; the squared error is asked for.": logistic_loss(theta, X, y),
        "J is a mean of errors that are not squared.": np.mean(error) / 2,
        "J takes the size of each error, not its square.": np.mean(np.abs(error)) / 2,
        "J is the square of a mean; the mean of squares is asked for.": np.mean(error) ** 2 / 2,
    })


def _about_squared(mine, theta, X, y):
    n, z = len(y), X @ theta
    y_hat = sigmoid(z)
    error, slope = y_hat - y, y_hat * (1 - y_hat)
    wrong = {
        "∇J is that of the cross-entropy: here the slope of σ does not drop out.": error,
        "∇J lacks the error ŷ - y.": slope,
        "∇J takes the slope of σ at ŷ; it belongs at z.":
            error * sigmoid(y_hat) * (1 - sigmoid(y_hat)),
        "∇J has z (1 - z) in it: it is another number that the slope of σ is made of.":
            error * z * (1 - z),
        "∇J multiplies the error by ŷ alone: that is not yet the slope of σ.": error * y_hat,
        "∇J multiplies the error by 1 - ŷ alone: that is not yet the slope of σ.":
            error * (1 - y_hat),
        "∇J has the error squared: what is the derivative of a square?": error**2 * slope,
        "∇J compares z with y: is the sigmoid missing?": z - y,
        "∇J compares z with y; the error is that of the prediction ŷ.": (z - y) * slope,
    }
    mistakes = {text: X.T @ each / n for text, each in wrong.items()}
    return compare(mine, X.T @ (error * slope) / n, "∇J", like="theta", n=n, mistakes=mistakes)


@task(
    "Gradient descent with its stop rule",
    "it goes downhill, ends with the first step that is short enough, and counts its steps.",
    points=3,
)
def check_descend(descend):
    """Check ``descend(gradient, theta, alpha, tolerance)``: θ at the end, and the steps taken."""
    rng = np.random.default_rng(16)
    steep, low = np.array([1.0, 1.2, 0.9, 1.1]), rng.normal(size=4)
    start = low + np.array([3.0, -2.5, 2.0, -3.5])
    cases = [
        (steep, low, start, 0.2, 1e-3),
        (np.ones(1), np.zeros(1), np.ones(1), 1 / 4, 9 / 64),    # has a step as long as that
        (np.ones(1), np.zeros(1), np.ones(1), 1 / 16, 1e-5),     # takes more than 100 steps
    ]
    theta, t = parts(descend(_valley(steep, low, start), start, 0.2, 1e3), "theta, t")
    slope = steep * (start - low)
    mistakes = {
        "The first step leads uphill: the gradient points to where J grows.": start + 0.2 * slope,
        "The first step is the whole gradient: what of the learning rate α?": start - slope,
        "With a tolerance of 1000 the first step is also the last, but θ is still the start, "
        f"and t is {t}.": start,
    }
    if _fits(theta, start):
        alpha = (start - theta)[0] / slope[0]
        told = f"The first step uses α = {alpha:.3g}, but `descend` is called with 0.2."
        mistakes[told] = start - alpha * slope
        if compare(t, 1, "t"):
            told = f"With a tolerance of 1000 the first step is also the last, but t is {t}."
            mistakes[told] = theta
    what = "θ after the first step"
    yield compare(theta, start - 0.2 * slope, what, like="theta", mistakes=mistakes)
    ends, counts = [], []
    for steep, low, start, alpha, tolerance in cases:
        theta, t = parts(descend(_valley(steep, low, start), start, alpha, tolerance), "theta, t")
        path = low + (1 - alpha * steep) ** np.arange(200)[:, None] * (start - low)
        lengths = np.append(np.inf, np.linalg.norm(np.diff(path, axis=0), axis=1))
        last = taken = int(np.argmax(lengths <= tolerance))
        told = compare(theta, path[last], "θ at the end", like="theta")
        if told and _fits(theta, start):
            distances = np.linalg.norm(path - theta, axis=1)
            if distances.min() < 1e-5:
                taken = int(np.argmin(distances))
                told = _about_end(taken, last, lengths, alpha, tolerance)
        ends.append(told)
        counts.append(compare(t, taken, "t", mistakes={
            "t is one less than the steps that θ has taken: is the last one counted?": taken - 1,
            "t is one more than the steps that θ has taken.": taken + 1,
        }))
    yield first(ends)
    yield first(counts)


def _valley(steep, low, start):
    """Return the gradient of J(θ) = ½ Σ steep (θ − low)², which says if a descent does not end."""
    calls = []

    def gradient(theta):
        calls.append(theta)
        if len(calls) > 500:
            J, J_start = (np.sum(steep * (x - low) ** 2) / 2 for x in (theta, start))
            if J > J_start:
                raise Hint(f"After {len(calls) - 1} calls of `gradient`, J has grown from "
                           f"{J_start:.2g} to {J:.2g}: which way is downhill?")
            raise Hint(f"After {len(calls) - 1} calls of `gradient` it still goes on, though J has "
                       f"come from {J_start:.2g} down to {J:.2g}: what ends the loop?")
        return steep * (theta - low)

    return gradient


def _about_end(taken, last, lengths, alpha, tolerance):
    """Say why a descent must not end after so many steps."""
    if not taken:
        return "θ at the end is where it started."
    if taken < last:
        told = f"θ is that after step {taken}, whose length, {lengths[taken]:.3g}, is more than"
    else:
        told = f"θ is that after step {taken}, but one before, of {lengths[last]:.3g}, is within"
    by_gradient = int(np.argmax(lengths <= alpha * tolerance))
    is_gradient = taken in (by_gradient - 1, by_gradient)
    asked = " Is it the gradient that you measure?" * is_gradient
    return f"{told} the tolerance of {tolerance:g}.{asked}"


@task(
    "The loss at α = 10 and 100",
    "the curve begins at θ = 0, follows the descent, and stays finite where J is large.",
    points=2,
)
def check_loss_curve(loss_curve):
    """Check ``loss_curve(X, y, alpha, steps)``: the losses J_0 to J_steps, (steps + 1,)."""
    rng = np.random.default_rng(17)
    calm, wild = [], []
    for n, d, alpha, steps in [(3, 2, 0.6, 4), (5, 3, 0.1, 1)]:
        X, y = _samples_with_ones(rng, n, d)
        right, at = _curve(X, y, alpha, steps), np.arange(steps + 1)
        mine = loss_curve(X, y, alpha, steps)
        calm.append(compare(
            mine, right, "J", like=f"(J_0, …, J_{steps})", n=n,
            mistakes={
                "It begins after the first step: J_0 is the loss at θ = 0.":
                    _curve(X, y, alpha, steps + 1)[1:],
                "J rises from the first step on: which way is downhill?":
                    _curve(X, y, -alpha, steps),
                f"As if α were {n} times as large: n = {n} samples, and the gradient is a mean.":
                    _curve(X, y, n * alpha, steps),
                "J is the same after each step: is θ renewed?": np.full(steps + 1, right[0]),
                "It is the curve for a learning rate of 1, not for the one that is given.":
                    _curve(X, y, 1, steps),
                "J is large where the predictions are right: look at the sign of s.":
                    _curve(X, y, alpha, steps, 1 - y),
                **_start_of(mine, right),
            },
            regions={"t = 0": at == 0, "t > 0": at > 0},
        ))
    rng = np.random.default_rng(19)
    for n, d, scale, alpha in [(7, 1, 3, 10), (5, 2, 10, 100)]:    # where J jumps up and down
        X, y = _samples_with_ones(rng, n, d, scale)
        right = _curve(X, y, alpha, 6)
        wild.append(compare(
            loss_curve(X, y, alpha, 6), right, f"J at α = {alpha}", like="(J_0, …, J_6)",
            n=n, regions={"J is at most 5": right <= 5, "J is above 5": right > 5}, near=1e-4,
        ))
    yield first(calm)
    yield first(wild)


def _start_of(mine, right):
    """Return the hint for a curve that begins with another number, as a mistake to compare with."""
    if not _fits(mine, right) or np.isclose(mine[0], right[0]):
        return {}
    told = f"J_0 is {mine[0]:.3g}: at θ = 0 each prediction is one half, and what does that cost?"
    return {told: mine}


def _curve(X, y, alpha, steps, labels=None):
    """Return the losses of a descent, judged by other labels than its own if there are any."""
    theta, losses = np.zeros(X.shape[1]), []
    for _ in range(steps + 1):
        losses.append(logistic_loss(theta, X, y if labels is None else labels))
        theta = theta - alpha * logistic_gradient(theta, X, y)
    return np.array(losses)


WHY_NOT = {
    "A": "A: look at a sample that is far on the wrong side. Is ŷ - y small there?",
    "B": "B: the curves were drawn without a stop rule, and J stays finite all the same.",
    "D": "D: is the slope of the sigmoid still in the gradient of the cross-entropy?",
}


@task(
    "Why it can't run away",
    "the bound is right, also for one sample, and so is the reason.",
    points=2,
)
def check_longest_step(longest_step, why):
    """Check ``longest_step(X, alpha)``, one number, and ``why()``, a letter."""
    rng = np.random.default_rng(18)
    sizes = [(3, 2, 10), (1, 3, 0.5), (5, 1, 100)]
    cases = [(add_ones(rng.normal(2, 3, size=(n, d))), alpha) for n, d, alpha in sizes]
    yield judged(lambda: first(_about_bound(longest_step(*case), *case) for case in cases))
    letter = why()
    told = f'Give one letter, such as "A", as text; yours is {letter!r:.40}.'
    chosen = letter.strip(" .:()").upper() if isinstance(letter, str) else ""
    if chosen in ("A", "B", "C", "D"):
        told = WHY_NOT.get(chosen, "")
    yield told


def _about_bound(mine, X, alpha):
    n, lengths, what = len(X), np.linalg.norm(X, axis=1), "The longest step"
    return compare(mine, alpha * lengths.mean(), what, n=n, mistakes={
        f"{what} does not know of α.": lengths.mean(),
        f"{what} takes the longest of the samples; the gradient is a mean.":
            alpha * lengths.max(),
        f"{what} takes the length of the mean sample, where samples can cancel: errors "
        "differ in sign.": alpha * np.linalg.norm(X.mean(axis=0)),
        f"{what} leaves out the constant 1, though the bias moves as well.":
            alpha * np.linalg.norm(X[:, :-1], axis=1).mean(),
        f"{what} takes the length of the whole table; each sample has its own.":
            alpha * np.linalg.norm(X),
        f"{what} takes the length of the whole table, and its mean; each sample has one.":
            alpha * np.linalg.norm(X) / n,
        f"{what} takes the lengths of the columns: a sample is a row.":
            alpha * np.linalg.norm(X, axis=0).mean(),
        f"{what} takes squared lengths: is the root missing?": alpha * np.mean(lengths**2),
        f"{what} adds up sizes of entries: the length is a root of a sum of squares.":
            alpha * np.abs(X).sum(axis=1).mean(),
    })
