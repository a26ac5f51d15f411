"""Compares what a student computed with what is right, and names the mistake."""

import numpy as np

from lecture_utils.exercises.checking import Hint

NEAR = 1e-5    # so that single precision is taken as right


def parts(result, names):
    """Return what a function returned as a list of as many parts as there are names.

    Parameters
    ----------
    result : tuple or list
    names : str
        With commas, such as "dX, dW, db".

    Raises
    ------
    Hint
        If it is anything else.
    """
    wanted = len(names.split(", "))
    if not isinstance(result, (tuple, list)):
        kind = _kind(result).replace("of type", "a value of type")
        raise Hint(f"It must return {wanted} values, {names}, but returns {kind}.")
    if len(result) != wanted:
        raise Hint(f"It must return {wanted} values, {names}, but returns {len(result)}.")
    return [*result]


def first(hints):
    """Return the first hint that is not empty, or an empty one."""
    return next(filter(None, hints), "")


def judged(step):
    """Return the hint of a step, also where it ends early: the other steps count all the same."""
    try:
        return step()
    except Hint as hint:
        return str(hint)


def compare(mine, right, what, *, like="", n=1, mistakes=None, regions=None, near=NEAR):
    """Return in one line what to look at, or an empty text if a result is right.

    The kinds of mistakes are asked for in this order: type, shape, not finite, sign, a factor n,
    a factor 2, the mistakes of this task, transposed, right in some places only.

    Parameters
    ----------
    mine : object
        What a student's function returned.
    right : array_like
    what : str
        Its name, such as "∂J/∂W".
    like : str, optional
        What has the same shape, such as "W".
    n : int
        The number of samples over which a mean is taken; 1 if there is none.
    mistakes : dict of str to array_like, optional
        What comes out by each of the usual mistakes of this task, by its hint.
    regions : dict of str to array_like of bool, optional
        Entries that may be right or wrong together, by their names, such as "z > 0".
    near : float
        How far entries may be off, relative to themselves and to the largest entry.
    """
    right = np.asarray(right, dtype=float)
    try:
        numbers = np.asarray(mine)
        if numbers.dtype.kind not in "biufcO":    # as texts, which NumPy would read as numbers
            raise TypeError
        numbers = numbers.astype(complex if numbers.dtype.kind == "c" else float, copy=False)
    except (TypeError, ValueError):
        return f"{what} must be {_wanted(right)}, but it is {_kind(mine)}."
    if numbers.dtype.kind == "c":
        return f"{what} has complex numbers; real ones are expected."
    mine = numbers
    if mine.shape != right.shape:
        return _about_shape(mine, right, what, like, n)
    if not np.all(np.isfinite(mine)):
        count = np.count_nonzero(~np.isfinite(mine))
        told = f"{count} of {mine.size} entries of {what} are" if mine.ndim else f"{what} is"
        return f"{told} not finite (inf or nan): where does it overflow, or divide by 0?"
    if _close(mine, right, near):
        return ""
    named = _about_factor(mine, right, what, n, near)
    for hint, value in (mistakes or {}).items():
        value = np.asarray(value, dtype=float)
        is_it = value.shape == mine.shape and _close(mine, value, near)
        named = named or hint * bool(is_it)
    if not named and mine.ndim == 2 and mine.shape == mine.T.shape and _close(mine.T, right, near):
        named = f"{what} has the right entries at mirrored places: is it the transpose?"
    return named or _about_places(mine, right, what, regions or {}, near)


def _close(a, b, near):
    return np.allclose(a, b, rtol=near, atol=near * np.max(np.abs(b), initial=0))


def _kind(thing):
    if isinstance(thing, np.ndarray) and thing.dtype.kind in "fiub":
        return f"an array of shape {_shape(thing)}" if thing.ndim else "a number"
    if isinstance(thing, np.ndarray):
        return "an array of other things than numbers"
    if isinstance(thing, (int, float, np.number)):
        return "a number"
    return f"of type {type(thing).__name__}"


def _wanted(right):
    return f"an array of shape {_shape(right)}" if right.ndim else "one number"


def _shape(array):
    return str(tuple(map(int, np.shape(array))))


def _about_shape(mine, right, what, like, n):
    if not right.ndim:
        return f"{what} must be one number, but it is {_kind(mine)}."
    wanted = f"the shape of {like}, {_shape(right)}" if like else f"shape {_shape(right)}"
    told = f"Shape {_shape(mine)}, but {what} has {wanted}"
    if mine.T.shape == right.shape:
        return f"{told}: is it the transpose?"
    if n > 1 and mine.shape == (n, *right.shape):
        return f"{told}: is the sum over the samples missing?"
    if mine.size == right.size:
        return f"{told}: as many entries, in another shape."
    return f"{told}."


def _about_factor(mine, right, what, n, near):
    """Return the hint for a result that is wrong by one factor in all entries."""
    every = f"Every entry of {what} is" if mine.ndim else f"{what} is"
    factors = {-1: f"{every} right but for its sign: is a minus missing, or one too many?"}
    if n > 1:
        factors[n] = f"{every} {n} times too large: n = {n} samples, and J is a mean."
        factors[1 / n] = f"{every} {n} times too small: is it divided by n = {n} once too often?"
    factors[2] = f"{every} twice what it should be."
    factors[1 / 2] = f"{every} half of what it should be."
    for factor, hint in factors.items():
        if np.any(right) and _close(mine, factor * right, near):
            return hint
    return ""


def _about_places(mine, right, what, regions, near):
    """Return the hint for a result of which some entries are wrong, or all in no simple way."""
    if not mine.ndim:
        return f"{what} is {mine:.4g}, which is too {'large' if mine > right else 'small'}."
    off = ~np.isclose(mine, right, rtol=near, atol=near * np.max(np.abs(right)))
    is_off = {name: bool(np.any(off & np.asarray(where))) for name, where in regions.items()}
    fine, wrong = ([k for k, v in is_off.items() if v == kind] for kind in (False, True))
    if fine and wrong:
        return f"Right where {' and '.join(fine)}, wrong where {' and '.join(wrong)}."
    place = tuple(map(int, np.argwhere(off)[0]))
    told = f"{np.count_nonzero(off)} of {off.size} entries of {what} are off"
    at = ", ".join(map(str, place))
    return f"{told}, the first at [{at}], where yours is {mine[place]:.4g}."
