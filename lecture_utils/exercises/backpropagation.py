"""Checks of the exercises of lecture 4, backpropagation."""

import numpy as np

from lecture_utils.exercises.checking import task
from lecture_utils.exercises.diagnosis import compare, first, parts


@task("Backward of the sigmoid", "the slope is right at 0, on both sides, and far out.")
def check_sigmoid_backward(sigmoid_backward):
    """Check ``sigmoid_backward(z, dy)``: the gradient at z, of the shape of z."""
    z = np.array([[-30.0, -1.0, 0.0], [0.5, 2.0, 30.0]])
    dy = np.random.default_rng(41).normal(size=z.shape)
    y = 1 / (1 + np.exp(-z))
    at_y = 1 / (1 + np.exp(-y))
    mistakes = {
        "The slope of the sigmoid is there, but not what comes from behind, dy.": y * (1 - y),
        "What comes from behind, dy, is multiplied by the value of the sigmoid, not by its slope.":
            dy * y,
        "It looks as if the slope were taken at σ(z), not at z.": dy * at_y * (1 - at_y),
    }
    yield compare(sigmoid_backward(z, dy), dy * y * (1 - y), "∂J/∂z", like="z", mistakes=mistakes)


@task(
    "Backward of the dense layer",
    "dX, dW and db are right for n = 3 and for n = 5 samples, also with one feature.",
    points=3,
)
def check_dense_backward(dense_backward):
    """Check ``dense_backward(X, W, dy)``: the gradients of X, W and b."""
    rng = np.random.default_rng(42)
    found = []
    for n, d, p in [(3, 2, 4), (5, 1, 3)]:
        X, W, dy = rng.normal(size=(n, d)), rng.normal(size=(d, p)), rng.normal(size=(n, p))
        found.append((n, X, W, dy, *parts(dense_backward(X, W, dy), "dX, dW, db")))
    yield first(compare(dX, dy @ W.T, "∂J/∂X", like="X", n=n) for n, _, W, dy, dX, _, _ in found)
    yield first(compare(dW, X.T @ dy, "∂J/∂W", like="W", n=n) for n, X, _, dy, _, dW, _ in found)
    yield first(
        compare(db, dy.sum(axis=0), "∂J/∂b", like="b", n=n) for n, _, _, dy, _, _, db in found
    )
