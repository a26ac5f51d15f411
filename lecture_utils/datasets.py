"""The data of the lectures; none of them needs a network."""

import numpy as np


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
