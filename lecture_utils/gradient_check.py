"""Gradient checks: is the gradient that backpropagation computes the true one?"""

import warnings
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np

from lecture_utils._validation import as_finite_array, as_real_array, require_positive
from lecture_utils.backprop import backprop
from lecture_utils.networks import Network, as_batch

EPS = np.finfo(float).eps


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
    backprop, central : array
        The gradient by each way, both of the shape of the parameter.
    complex_step : array of that shape, or None
        None where a complex step is not possible.
    rounding, central_rounding : float
        Norm of the difference from the complex step and from central differences that rounding,
        and for these their step, may make; only a larger one tells that a gradient is wrong.
    """

    name: str
    backprop: np.ndarray
    central: np.ndarray
    complex_step: np.ndarray | None
    rounding: float = 0.0
    central_rounding: float = 0.0

    @property
    def central_error(self):
        """Relative error of backpropagation against central differences."""
        return _error(self.backprop, self.central)

    @property
    def complex_error(self):
        """Relative error of backpropagation against the complex step; NaN without one."""
        return np.nan if self.complex_step is None else _error(self.backprop, self.complex_step)


def _error(a, b):
    finite = np.isfinite(a).all() and np.isfinite(b).all()
    return relative_error(a, b) if finite else np.nan


def check_gradients(network, loss, x, y):
    """Compare the gradients of `backprop` with central differences and the complex step.

    All is computed in float64, on a copy of the network, whatever the type of its parameters.
    Where a layer or the loss takes no complex numbers or is not analytic, as with `abs`, there is
    no complex step, and central differences alone tell. Stay away from kinks (a ReLU at 0), where
    there is no derivative to compare with.

    Parameters
    ----------
    network, loss, x, y
        As for `backprop`. The network is the same afterwards as before.

    Returns
    -------
    list of Check
        One for each array in ``network.parameters``, then one for `x`.

    Raises
    ------
    ValueError, TypeError
        As for `backprop`, and if a parameter, `x` or `y` does not hold finite real numbers.

    References
    ----------
    Karpathy, Stanford CS231n course notes, "Gradient checks".
    """
    x, y = as_batch(network, loss, x, y)
    x, y = (as_real_array(*pair).astype(np.float64) for pair in (("x", x), ("y", y)))
    network = Network([_converted(layer, _as_float64) for layer in network.layers])
    trace = backprop(network, loss, x, y)
    in_J, rounding = _rounding_of_loss(trace), _rounding(trace)
    possible = _complex_possible(trace, in_J)

    def check(title, i, name, theta, gradient):
        f = _loss_by(name, i, trace)
        return _check(title, gradient, f, theta, in_J, rounding[i][name], possible[i])

    checks = [
        check(f"layer {i + 1} {name}", i, name, theta, step.grads[name])
        for i, step in enumerate(trace.steps)
        for name, theta in step.layer.params.items()
    ]
    return [*checks, check("x", 0, None, x, trace.steps[0].dx)]


def _as_float64(parameter):
    return as_real_array("parameters", parameter).astype(np.float64)


def _converted(layer, convert):
    """Return a copy of a layer with converted parameters, under whatever names it keeps them."""
    return deepcopy(layer, {id(p): convert(p) for p in layer.params.values()})


def _loss_by(name, i, trace):
    """Return the loss as a function of a parameter of layer `i`, or of its input (None).

    Where that is complex, all numbers are: a layer may take its type from any of them.
    """
    steps = trace.steps[i:]
    layers = {
        dtype: [_converted(step.layer, partial(np.array, dtype=dtype)) for step in steps]
        for dtype in (np.float64, np.complex128)
    }

    def f(value):
        first, *others = layers[value.dtype.type]
        if name is not None:
            first.params[name][...] = value
        signal, _ = first.forward(value if name is None else steps[0].x.astype(value.dtype))
        for layer in others:
            signal, _ = layer.forward(signal)
        return trace.objective(signal, trace.y)

    return f


def _check(name, gradient, f, theta, in_J, rounding, complex_possible):
    """Return the check of one gradient of `f`.

    Central differences with the steps `h` and `2h`, combined, have an error of `h⁴` from the
    formula. By how much that changes where `h` is doubled shows how wrong it is, be it by the
    formula or by rounding, which must be as large as rounding of the loss makes it.
    """
    h = 1e-5
    near, middle, far = (central_differences(f, theta, step) for step in (h, 2 * h, 4 * h))
    central = near + (near - middle) / 3
    change = np.linalg.norm(central - (middle + (middle - far) / 3))
    own = 10 * (change + in_J / h * np.sqrt(theta.size))
    by_complex_step = complex_step(f, theta) if complex_possible else None
    return Check(name, gradient, central, by_complex_step, rounding, rounding + own)


def _rounding_of_loss(trace):
    """Return how much of the loss can be rounding: of itself, the target or a layer's output `y`.

    Rounding `y` alters `J` by `∂J/∂y ⊙ y`.
    """
    outputs = max(np.linalg.norm(step.dy * step.y) for step in trace.steps)
    return EPS * (abs(trace.loss) + outputs + np.abs(trace.y).max() / len(trace.y))


def _rounding(trace):
    """Return how much of each gradient can be rounding: a norm by name, None for `x`, a layer.

    The gradients are computed ten times with errors at random, and ten times the mean change is
    enough. Errors are in `x` and the parameters, as much is lost where large numbers are
    subtracted; and in what the loss and each layer hand back: as large as rounding that makes
    them, or rounding the output of a layer, which is more where a neuron is saturated. All are
    `t / EPS` times as large as rounding, so that a fault in `backward` does not pass for it.
    """
    t = 1e-7
    rng = np.random.default_rng(0)
    steps, y = trace.steps, trace.y
    total = [dict.fromkeys([None, *step.grads], 0.0) for step in steps]

    def error(size, shape):
        return t * size * rng.choice([-1.0, 1.0], shape)

    for _ in range(10):
        moved = [_moved(step.layer, step.x, t, rng) for step in steps]
        layers, (x, *_) = zip(*moved, strict=True)
        y_hat, caches = Network(layers).forward(x)
        largest = max(np.abs(y_hat).max(), np.abs(y).max())
        dy = trace.objective.gradient(y_hat, y)
        dy = dy + error(np.abs(dy) + largest / len(y), dy.shape)
        for step, layer, cache, norms in zip(*map(reversed, (steps, layers, caches, total))):
            dx, grads = layer.backward(dy, cache)
            saturated = np.linalg.norm(step.dy * np.minimum(np.abs(step.y), 1))
            dy = dx + error(max(np.abs(dx).max(), saturated), dx.shape)
            norms[None] += EPS / t * np.linalg.norm(dy - step.dx)
            saturated *= max(np.abs(step.x).max(), 1)
            for name, g in grads.items():
                change = g + error(max(np.abs(g).max(), saturated), g.shape) - step.grads[name]
                norms[name] += EPS / t * np.linalg.norm(change)
    return total


def _complex_possible(trace, in_J):
    """Return for each layer whether it, those behind it and the loss allow a complex step."""
    *_, last = trace.steps
    objective = _along_a_line(last, lambda y_hat: trace.objective(y_hat, trace.y))
    analytic = [
        _is_analytic(_along_a_line(step), EPS * np.linalg.norm(step.y)) for step in trace.steps
    ]
    analytic.append(_is_analytic(objective, in_J))
    return [all(analytic[i:]) for i in range(len(trace.steps))]


def _along_a_line(step, then=lambda y: y):
    """Return the output of a layer as a function of how far its numbers are moved."""

    def f(t):
        rng = np.random.default_rng(0)  # the same ξ at each call
        layer, x = _moved(step.layer, step.x, t, rng)
        return then(layer.forward(x)[0])

    return f


def _moved(layer, x, t, rng):
    """Return a layer and its input, each number multiplied by `1 + t ξ`, `ξ` at random.

    No number changes its sign, which keeps away from the kinks of ReLU.
    """

    def moved(array):
        return array * (1 + t * rng.uniform(-1, 1, array.shape))

    return _converted(layer, moved), moved(x)


def _is_analytic(f, rounding):
    """Return whether the complex step gives the derivative of `f` at 0, as differences show."""
    h = 1e-7
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part was lost
        try:
            slope = np.imag(f(1e-30j)) / 1e-30
        except Exception:  # of whatever kind: the same numbers without imaginary parts raise none
            return False
        below, here, above = f(-h), f(0), f(h)
    error = np.linalg.norm(slope - (above - below) / (2 * h))
    change = max(np.linalg.norm(above - here), np.linalg.norm(here - below))
    return bool(error <= (1e-6 * change + 100 * rounding) / h)


def gradient_table(checks):
    """Return the relative errors of `checks` as texts in a data frame, a row for each gradient.

    An error below the bound that a right gradient keeps is shown as that bound: the digits
    below it are rounding, and differ from machine to machine. A larger one that rounding explains
    is ``"too small to tell"``; that is common where the gradient is almost zero. Without a
    reference to compare with the text is ``"not possible"``.

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
        "against central differences": [
            comparison_text(c.backprop, c.central, 1e-7, c.central_rounding) for c in checks
        ],
        "against the complex step": [
            comparison_text(c.backprop, c.complex_step, 1e-12, c.rounding) for c in checks
        ],
    })


def comparison_text(gradient, reference, bound, rounding):
    """Return what `error_text` says, unless the two differ by no more than `rounding` explains.

    Parameters
    ----------
    gradient : array
    reference : array of the same shape, or None
        None, or one that is not finite, can't be compared with.
    bound : float
        Relative error that a right gradient keeps.
    rounding : float
        Norm of the difference that tells nothing, such as the `rounding` of a `Check`.
    """
    if reference is None or not np.isfinite(reference).all():
        return "not possible"
    error = _error(gradient, reference)
    if error >= bound and np.linalg.norm(gradient - reference) <= rounding:
        return "too small to tell"
    return error_text(error, bound)


def error_text(error, bound):
    """Return ``"< bound"`` for an error below it, otherwise the error itself, marked as wrong."""
    return f"< {bound:.0e}" if error < bound else f"{error:.1e} WRONG"
