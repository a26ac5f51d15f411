"""The data of the lectures, none of which needs a connection, and how they are made ready."""

from dataclasses import dataclass

import numpy as np

from lecture_utils._validation import (
    as_design_matrix,
    require_count,
    require_not_negative,
    require_number,
    require_rng,
)


def iris():
    """Return the iris flowers: four measurements of a flower, and which of three species it is.

    Returns
    -------
    X : array, shape (150, 4)
        Sepal length, sepal width, petal length and petal width in cm.
    y : array of int, shape (150,)
        0 for setosa, 1 for versicolor, 2 for virginica; 50 flowers each.

    References
    ----------
    Fisher (1936), The use of multiple measurements in taxonomic problems; the copy that comes
    with scikit-learn.
    """
    from sklearn.datasets import load_iris  # late: the core of the package is NumPy alone

    return load_iris(return_X_y=True)


def iris_frame():
    """Return the iris flowers as a data frame, with the names of measurements and species.

    Returns
    -------
    pandas.DataFrame, shape (150, 5)
        The columns of `iris` by name, such as ``"sepal length (cm)"``, and ``"species"``.

    References
    ----------
    As for `iris`.
    """
    from sklearn.datasets import load_iris  # late, as above

    data = load_iris(as_frame=True)
    return data.data.assign(species=data.target_names[data.target])


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
    As for `iris`.
    """
    X, species = iris()
    return X[:, :2], (species != 0).astype(int)


def digits():
    """Return handwritten digits: images of 8×8 grey pixels, and which digit each shows.

    Returns
    -------
    X : array, shape (1797, 64)
        The pixels of an image row by row, from 0 (paper) to 1 (ink).
    y : array of int, shape (1797,)
        The digit, 0 to 9.

    References
    ----------
    Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI machine learning
    repository; the part that comes with scikit-learn.
    """
    from sklearn.datasets import load_digits  # late: the core of the package is NumPy alone

    X, y = load_digits(return_X_y=True)
    return X / 16, y


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

    _check_two_shapes(n_samples, noise, rng)
    return _noisy_and_mixed(*make_moons(n_samples, shuffle=False), noise, rng)


def circles(n_samples, *, noise, rng):
    """Return two circles around the same point: no straight line separates them.

    Parameters and errors are those of `two_moons`.

    Returns
    -------
    X : array, shape (n_samples, 2)
    y : array of int, shape (n_samples,)
        0 for the outer circle, of radius 1; 1 for the inner one, of radius 0.5.
    """
    from sklearn.datasets import make_circles  # late: the core of the package is NumPy alone

    _check_two_shapes(n_samples, noise, rng)
    return _noisy_and_mixed(*make_circles(n_samples, shuffle=False, factor=0.5), noise, rng)


def _check_two_shapes(n_samples, noise, rng):
    require_count("n_samples", n_samples)
    if n_samples < 2:
        raise ValueError(f"n_samples must be at least 2, one per class, got {n_samples}")
    require_not_negative("noise", noise)
    require_rng(rng)


def _noisy_and_mixed(X, y, noise, rng):
    order = rng.permutation(len(X))
    return (X + rng.normal(0, noise, X.shape))[order], y[order]


def ones_in_a_row(n_samples, n_steps, *, rng):
    """Return sequences of zeros and ones: are there two ones in a row somewhere?

    Who reads a sequence step by step has to remember two things: whether the last entry was a
    one, and whether two in a row were there already. An entry is 1 with probability
    `1 / √n_steps`, so that about half of the sequences are of each class, whatever their length.

    Parameters
    ----------
    n_samples : int
    n_steps : int
        Length of the sequences; at least 2.
    rng : numpy.random.Generator

    Returns
    -------
    X : array, shape (n_samples, n_steps)
        Each entry 0 or 1.
    y : array of int, shape (n_samples,)
        1 where there are two ones in a row somewhere.

    Raises
    ------
    ValueError
        If there is no sample, or fewer than two steps.
    TypeError
        If an argument is of a wrong type.
    """
    require_count("n_samples", n_samples)
    require_count("n_steps", n_steps)
    if n_steps < 2:
        raise ValueError(f"n_steps must be at least 2, room for two ones, got {n_steps}")
    require_rng(rng)
    X = rng.random((n_samples, n_steps)) < 1 / np.sqrt(n_steps)
    y = (X[:, :-1] & X[:, 1:]).any(axis=1)
    return X.astype(float), y.astype(int)


def one_hot(y, n_classes=None):
    """Return a row per sample with 1 in the column of its class and 0 elsewhere.

    Parameters
    ----------
    y : array of int, shape (n,)
        Classes, from 0.
    n_classes : int, optional
        By default one more than the largest class in `y`.

    Returns
    -------
    array, shape (n, n_classes)

    Raises
    ------
    ValueError
        If `y` has another shape or is empty, or a class is not from 0 to `n_classes - 1`.
    TypeError
        If `y` does not hold whole numbers or `n_classes` is none.
    """
    y = np.asarray(y)
    if y.ndim != 1 or y.size == 0:
        raise ValueError(f"y must have shape (n,), one class per sample, got {y.shape}")
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold whole numbers, got dtype {y.dtype}")
    n_classes = max(int(y.max()), 0) + 1 if n_classes is None else n_classes
    require_count("n_classes", n_classes)
    wrong = (y < 0) | (y >= n_classes)
    if wrong.any():
        raise ValueError(f"y must hold classes from 0 to {n_classes - 1}, got {y[wrong][0]}")
    return np.eye(n_classes)[y]


@dataclass(frozen=True)
class Split:
    """Samples to train on, and others to test with.

    Attributes
    ----------
    X_train, X_test : array, shape (n_train, n_features) and (n_test, n_features)
    y_train, y_test : array, shape (n_train,) and (n_test,)
        Classes.
    """

    X_train: np.ndarray
    X_test: np.ndarray
    y_train: np.ndarray
    y_test: np.ndarray


def split(X, y, *, test_share, rng, scale=False):
    """Split samples at random into a training and a test part, each class in the same shares.

    Parameters
    ----------
    X : array, shape (n, n_features)
    y : array, shape (n,)
        Classes: numbers or names.
    test_share : float
        Share of the samples that goes into the test part, between 0 and 1.
    rng : numpy.random.Generator
    scale : bool
        Whether to shift and scale each feature to mean 0 and standard deviation 1 over the
        training part. The test part has no say in it: what is not known before the test must
        not leak into the training. A feature that is constant there is only shifted.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite, `test_share` is not between 0 and 1, or a
        class has too few samples for a place in both parts.
    TypeError
        If an argument is of a wrong type.
    """
    from sklearn.model_selection import train_test_split  # late, as above
    from sklearn.preprocessing import StandardScaler

    X, y = as_design_matrix("X", X), np.asarray(y)
    if y.shape != (len(X),):
        raise ValueError(f"y must have shape ({len(X)},), one class per sample, got {y.shape}")
    require_number("test_share", test_share)
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must be between 0 and 1, got {test_share}")
    require_rng(rng)
    seed = int(rng.integers(2**32))
    try:
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=test_share, stratify=y, random_state=seed
        )
    except ValueError as error:
        raise ValueError(f"y can't be split with test_share {test_share}: {error}") from None
    if scale:
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    return Split(X_train, X_test, y_train, y_test)
