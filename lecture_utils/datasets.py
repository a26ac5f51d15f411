"""The data of the lectures; none of them needs a network."""

import numpy as np

from lecture_utils._validation import require_count, require_not_negative, require_rng


def iris_sepal():
    """Return the iris flowers as a binary task: sepal length and width, setosa or not.

    Returns
    -------
    X : array, shape (150, 2)
        Sepal length and sepal width in cm.
    y : array of int, shape (150,)
        0 for setosa (50 flowers), 1 for the two other species (100 flowers).

    References
    ----------
    Fisher (1936), The use of multiple measurements in taxonomic problems; the copy that comes
    with scikit-learn.
    """
    from sklearn.datasets import load_iris  # late: the core of the package is NumPy alone

    data = load_iris()
    return data.data[:, :2], (data.target != 0).astype(int)


def xor():
    """Return the four points of "either, but not both".

    Returns
    -------
    X : array, shape (4, 2)
        Two inputs, each 0 or 1.
    y : array of int, shape (4,)
        1 where exactly one input is 1.
    """
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, np.array([0, 1, 1, 0])


def two_moons(n_samples, *, noise, rng):
    """Return two half circles that reach into each other: no straight line separates them.

    Parameters
    ----------
    n_samples : int
        Of both classes together; at least 2.
    noise : float
        Standard deviation of the normal noise on both features.
    rng : numpy.random.Generator
        Source of the noise and of the order of the samples.

    Returns
    -------
    X : array, shape (n_samples, 2)
    y : array of int, shape (n_samples,)
        0 for the upper moon, 1 for the lower.

    Raises
    ------
    ValueError
        If there are fewer than two samples, or the noise is negative.
    TypeError
        If an argument is of a wrong type.
    """
    from sklearn.datasets import make_moons  # late: the core of the package is NumPy alone

    require_count("n_samples", n_samples)
    if n_samples < 2:
        raise ValueError(f"n_samples must be at least 2, one a moon, got {n_samples}")
    require_not_negative("noise", noise)
    require_rng(rng)
    X, y = make_moons(n_samples, shuffle=False)
    order = rng.permutation(n_samples)
    return (X + rng.normal(0, noise, X.shape))[order], y[order]
