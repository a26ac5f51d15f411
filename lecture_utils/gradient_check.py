"""Gradient checks: is the gradient that backpropagation computes the true one?"""

from copy import copy
from dataclasses import dataclass

import numpy as np

from lecture_utils._validation import as_finite_array, as_real_array, require_positive
from lecture_utils.backprop import backprop
from lecture_utils.networks import Network, as_batch


def central_differences(f, theta, h=1e-5):
    """Return the gradient of `f` by `(f(θ + h e_j) − f(θ − h e_j)) / 2h` for each entry `j`.

    The error is about `h²` from the formula and `1e-16 / h` from rounding; `h = 1e-5` keeps
    both near 1e-10. Costs two calls of `f` an entry.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `theta`, returns a number.
    theta : array, any shape
    h : float
        Step.

    Returns
    -------
    array, shape of `theta`

    Raises
    ------
    ValueError
        If `theta` is not finite or `h` is not positive.
    """
    require_positive("h", h)
    theta = as_real_array("theta", theta)

    def difference(e):
        return (f(theta + h * e) - f(theta - h * e)) / (2 * h)

    return _for_each_entry(difference, theta)


def complex_step(f, theta, h=1e-30):
    """Return the gradient of `f` by `Im f(θ + i h e_j) / h` for each entry `j`.

    Nothing is subtracted, so nothing is lost to rounding and `h` can be tiny: the result is
    exact to about 1e-16, for a function that is analytic near `theta` (no `abs`, no `max`).

    Parameters, results and errors are those of `central_differences`.

    References
    ----------
    Squire and Trapp (1998), Using complex variables to estimate derivatives of real functions.
    """
    require_positive("h", h)
    theta = as_real_array("theta", theta)
    return _for_each_entry(lambda e: np.imag(f(theta + 1j * h * e)) / h, theta)


def _for_each_entry(derivative, theta):
    gradient = np.empty(theta.shape)
    for j in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)  # the unit vector in direction j
        e[j] = 1
        gradient[j] = derivative(e)
    return gradient


def relative_error(a, b):
    """Return `‖a − b‖ / max(‖a‖, ‖b‖)`, and 0 if both are zero; `a` and `b` of equal shape."""
    a, b = as_finite_array("a", a), as_finite_array("b", b)
    if a.shape != b.shape:
        raise ValueError(f"a and b must have the same shape, got {a.shape} and {b.shape}")
    largest = max(np.abs(a).max(), np.abs(b).max())
    if largest == 0:
        return 0.0
    a, b = a / largest, b / largest  # so that squaring inside the norm neither over- nor underflows
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b)))


@dataclass(frozen=True)
class Check:
    """Gradient of one parameter array or of the input, by three ways.

    Attributes
    ----------
    name : str
        Such as ``"layer 1 W"`` or ``"x"``.
    backprop, central, complex_step : array
        The gradient by each way, all of the shape of the parameter.
    """

    name: str
    backprop: np.ndarray
    central: np.ndarray
    complex_step: np.ndarray

    @property
    def central_error(self):
        """Relative error of backpropagation against central differences."""
        return relative_error(self.backprop, self.central)

    @property
    def complex_error(self):
        """Relative error of backpropagation against the complex step."""
        return relative_error(self.backprop, self.complex_step)


def check_gradients(network, loss, x, y):
    """Compare the gradients of `backprop` with central differences and the complex step.

    Stay away from kinks (a ReLU at 0), where there is no derivative to compare with.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`. The network is the same afterwards as before.

    Returns
    -------
    list of Check
        One for each array in ``network.parameters``, then one for `x`.

    References
    ----------
    Karpathy, Stanford CS231n course notes, "Gradient checks".
    """
    x, y = as_batch(network, x, y)
    trace = backprop(network, loss, x, y)
    checks = []
    for i, step in enumerate(trace.steps):
        for name, gradient in step.grads.items():

            def f(value, i=i, name=name):
                return loss(_with_parameter(network, i, name, value).forward(x)[0], y)

            theta = step.layer.params[name]
            checks.append(_check(f"layer {i + 1} {name}", gradient, f, theta))
    checks.append(_check("x", trace.steps[0].dx, lambda x: loss(network.forward(x)[0], y), x))
    return checks


def _check(name, gradient, f, theta):
    return Check(name, gradient, central_differences(f, theta), complex_step(f, theta))


def _with_parameter(network, i, name, value):
    """Return the network with one parameter array of layer `i` exchanged; the given one is kept.

    The others of the layer are complex where this one is, as they are added to it in place.
    """
    layers = list(network.layers)
    layers[i] = copy(layers[i])
    params = {**layers[i].params, name: value}
    dtype = np.result_type(*params.values())
    layers[i].params = {name: p.astype(dtype) for name, p in params.items()}
    return Network(layers)


def gradient_table(checks):
    """Return the relative errors of `checks` as texts in a data frame, a row for each gradient.

    An error below the bound that a right gradient keeps is shown as that bound: the digits
    below it are rounding, and differ from machine to machine.

    Parameters
    ----------
    checks : list of Check

    Returns
    -------
    pandas.DataFrame
    """
    from pandas import DataFrame  # late: the core of the package is NumPy alone

    return DataFrame({
        "gradient": [check.name for check in checks],
        "shape": [str(check.backprop.shape) for check in checks],
        "against central differences": [error_text(c.central_error, 1e-7) for c in checks],
        "against the complex step": [error_text(c.complex_error, 1e-12) for c in checks],
    })


def error_text(error, bound):
    """Return ``"< bound"`` for an error below it, otherwise the error itself, marked as wrong."""
    return f"< {bound:.0e}" if error < bound else f"{error:.1e} WRONG"
