"""Gradient checks: is the gradient that backpropagation computes the true one?"""

import warnings
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass
from functools import partial

import numpy as np

from lecture_utils._validation import as_finite_array, as_real_array, require_positive
from lecture_utils.backprop import backprop
from lecture_utils.networks import Network, as_batch, gives_parameter_gradients_alone

EPS = np.finfo(float).eps


def central_differences(f, theta, epsilon=1e-5):
    """Return the gradient of `f` by `(f(θ + ε e_j) − f(θ − ε e_j)) / 2ε` for each entry `j`.

    The error is about `ε²` from the formula and `1e-16 / ε` from rounding; `ε = 1e-5` keeps
    both near 1e-10. Costs two calls of `f` per entry.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `theta`, returns a number.
    theta : array, any shape
    epsilon : float
        The tiny number `ε` that each entry is moved by.

    Returns
    -------
    array, shape of `theta`

    Raises
    ------
    ValueError
        If `theta` is not finite or `epsilon` is not positive.
    """
    return _for_each_entry(
        theta, epsilon, lambda theta, move: (f(theta + move) - f(theta - move)) / (2 * epsilon)
    )


def complex_step(f, theta, epsilon=1e-30):
    """Return the gradient of `f` by `Im f(θ + i ε e_j) / ε` for each entry `j`.

    Nothing is subtracted, so nothing is lost to rounding and `ε` can be tiny: the result is
    exact to about 1e-16, for a function that is analytic near `theta` (no `abs`, no `max`).

    Parameters, results and errors are those of `central_differences`.

    References
    ----------
    Squire and Trapp (1998), Using complex variables to estimate derivatives of real functions.
    """
    return _for_each_entry(
        theta, epsilon, lambda theta, move: np.imag(f(theta + 1j * move)) / epsilon
    )


def _for_each_entry(theta, epsilon, derivative):
    require_positive("epsilon", epsilon)
    theta = as_real_array("theta", theta)
    gradient = np.empty(theta.shape)
    for j in np.ndindex(theta.shape):
        move = np.zeros(theta.shape)  # epsilon times the unit vector in direction j
        move[j] = epsilon
        gradient[j] = derivative(theta, move)
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
        """Relative error of backpropagation against central differences, over the whole array.

        It is one norm of all entries: an error in a small one can hide beside large ones.
        """
        return _error(self.backprop, self.central)

    @property
    def complex_error(self):
        """Relative error of backpropagation against the complex step; NaN without one.

        As `central_error`, it is over the whole array.
        """
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
        One for each array in ``network.parameters``, then one for `x`. Where a layer has
        `parameter_gradients` that are not those of its `backward`, they have one, too: ``alone``.

    Raises
    ------
    ValueError, TypeError
        As for `backprop`, and if a parameter, `x` or `y` does not hold finite real numbers.

    References
    ----------
    Karpathy, Stanford CS231n course notes, "Gradient checks".
    """
    x, y = as_batch(network, loss, x, y)
    x, y = _as_float64("x", x), _as_float64("y", y)
    to_float64 = partial(_as_float64, "parameters")
    network = Network([_converted(layer, to_float64) for layer in network.layers])
    trace = backprop(network, loss, x, y)
    if not np.array_equal(network.forward(x)[0], trace.y_hat):
        raise ValueError(
            "network must give the same each time to be checked, got two predictions that differ: "
            "in training, a layer such as Dropout draws anew"
        )
    rounding, possible = _rounding(trace), _complex_possible(trace)

    def check(title, i, name, theta, gradient):
        f, floor = _loss_by(name, i, trace), rounding[i, name]
        central, error = _precise_differences(f, theta, trace)
        by_complex_step = complex_step(f, theta) if possible[i] else None
        return Check(title, gradient, central, by_complex_step, floor, floor + error)

    checks = [
        check(f"layer {i + 1} {name}{alone}", i, name, theta, gradient)
        for i, step in enumerate(trace.steps)
        for name, theta in step.layer.params.items()
        for alone, gradient in _versions(step, name).items()
    ]
    return [*checks, check("x", 0, None, x, trace.steps[0].dx)]


def _versions(step, name):
    """Return a gradient of `backward`, and that of `parameter_gradients` if it is another one."""
    versions = {"": step.grads[name]}
    if gives_parameter_gradients_alone(step.layer):
        _, cache = step.layer.forward(step.x)
        alone = step.layer.parameter_gradients(step.dy, cache)[name]
        if not np.array_equal(alone, versions[""]):
            versions[" alone"] = alone
    return versions


def _as_float64(name, array):
    return as_real_array(name, array).astype(np.float64)


def _converted(layer, convert):
    """Return a copy of a layer with converted parameters, under whatever names it keeps them."""
    return deepcopy(layer, {id(p): convert(p) for p in layer.params.values()})


def _moved(layer, x, t, rng):
    """Return a layer and its input, each number times `1 + t ξ`, `ξ` at random."""

    def moved(array):  # no number changes its sign, which keeps away from the kinks of ReLU
        return array * (1 + t * rng.uniform(-1, 1, array.shape))

    return _converted(layer, moved), moved(x)


def _loss_by(name, i, trace):
    """Return the loss as a function of a parameter of layer `i`, or of its input (None)."""
    # Where that is complex, all numbers are: a layer may take its type from any of them.
    steps = trace.steps[i:]
    networks = {
        dtype: Network([_converted(s.layer, partial(np.array, dtype=dtype)) for s in steps])
        for dtype in (np.float64, np.complex128)
    }

    def f(value):
        network, x = networks[value.dtype.type], value
        if name is not None:
            network.layers[0].params[name][...] = value
            x = steps[0].x.astype(value.dtype)
        return trace.objective(network.forward(x)[0], trace.y)

    return f


def _precise_differences(f, theta, trace):
    """Return central differences with an error of about `ε⁴`, and a bound of its norm.

    The bound is ten times what a longer step alters and what rounding does to the loss.
    """
    epsilon = 1e-5
    near, far = (central_differences(f, theta, size) for size in (epsilon, 4 * epsilon))
    in_J = _rounding_of_loss(trace)
    bound = 10 * (np.linalg.norm(near - far) + in_J / epsilon * np.sqrt(theta.size))
    return near + (near - far) / 15, bound  # the ε² error of far is 16 times that of near


def _rounding_of_loss(trace):
    """Return how much of the loss can be rounding: its own, the target's, or a layer's output's.

    Rounding an output `y` alters it by `∂J/∂y ⊙ y`, and rounding `1 − ŷ` by `∂J/∂ŷ`.
    """
    outputs = max(np.linalg.norm(step.dy * step.y) for step in trace.steps)
    complements = np.linalg.norm(trace.steps[-1].dy * np.where(trace.y == 1, trace.y_hat, 1))
    return EPS * (abs(trace.loss) + outputs + complements + np.abs(trace.y).max() / len(trace.y))


def _rounding(trace):
    """Return how much of each gradient can be rounding: a norm by layer and name, None for `x`.

    The gradients are computed ten times with errors at random, and 500 times the mean change is
    enough, also where a normalisation cancels nearly all. Errors are in `x` and the parameters, as
    much is lost where large numbers are subtracted, and in all that the loss and the layers hand
    back: there at least as large as rounding `∂J/∂y`, or `∂J/∂y` times `x`, as the slope `1 − y`
    of a saturated neuron has lost its digits. All are `t / EPS` times as large as rounding, so
    that a fault in `backward` does not pass for it.
    """
    t, rng = 1e-7, np.random.default_rng(0)
    norms = defaultdict(float)

    def disturbed(g, least):
        return g + t * max(np.abs(g).max(), least) * rng.choice([-1.0, 1.0], g.shape)

    for _ in range(10):
        layers, (x, *_) = zip(*(_moved(step.layer, step.x, t, rng) for step in trace.steps))
        y_hat, caches = Network(layers).forward(x)
        largest = max(np.abs(y_hat).max(), np.abs(trace.y).max())
        dy = disturbed(trace.objective.gradient(y_hat, trace.y), largest / len(x))
        for i, step in reversed([*enumerate(trace.steps)]):
            dx, grads = layers[i].backward(dy, caches[i])
            least = np.abs(step.dy).max() * max(np.abs(step.x).max(), 1)
            found = {name: disturbed(g, least) for name, g in {None: dx, **grads}.items()}
            for name, exact in {None: step.dx, **step.grads}.items():
                norms[i, name] += 50 * EPS / t * np.linalg.norm(found[name] - exact)
            dy = found[None]
    return norms


def _complex_possible(trace):
    """Return for each layer whether it, those behind it and the loss allow a complex step."""
    analytic = [_is_analytic(s, lambda y: y, EPS * np.linalg.norm(s.y)) for s in trace.steps]
    loss = partial(trace.objective, y=trace.y)
    analytic.append(_is_analytic(trace.steps[-1], loss, _rounding_of_loss(trace)))
    return [all(analytic[i:]) for i in range(len(trace.steps))]


def _is_analytic(step, function, rounding):
    """Return whether a complex step and differences agree on a function of a layer's output.

    They may differ by what rounding does to its value, a norm.
    """

    def f(t):
        layer, x = _moved(step.layer, step.x, t, np.random.default_rng(0))  # the same ξ each time
        return function(layer.forward(x)[0])

    epsilon = 1e-7
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)  # an imaginary part was lost
        try:
            slope = np.imag(f(1e-30j)) / 1e-30
        except Exception:  # of whatever kind: the same numbers without imaginary parts raise none
            return False
        below, here, above = f(-epsilon), f(0), f(epsilon)
    error = np.linalg.norm(slope - (above - below) / (2 * epsilon))
    change = np.linalg.norm(np.ptp([below, here, above], axis=0))
    return bool(error <= (3e-7 * change + 30 * rounding) / epsilon)


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
        Relative error below which a gradient passes.
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
