"""Checks of arguments, with errors that name the argument, what was given and what was expected."""

from math import isfinite

import numpy as np


def as_float_array(name, value):
    """Return `value` as an array of floats, or complain about the argument called `name`.

    Integers and booleans become float64; floating and complex types are kept, so that a
    float32 computation stays float32 and a complex step stays complex.
    """
    if np.ma.isMaskedArray(value) and np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked entries, got {np.ma.count_masked(value)}")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array with rows of equal length: {error}") from None
    if array.dtype.kind in "fc":
        return array
    if array.dtype.kind not in "biu":
        given = f"{type(value).__name__} of dtype {array.dtype}"
        raise TypeError(f"{name} must hold numbers, got {given}")
    return array.astype(np.float64)


def as_finite_array(name, value):
    """Like `as_float_array`, and refuse NaN, infinity and emptiness."""
    array = as_float_array(name, value)
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0]
        at = f" at index {tuple(map(int, bad))}" if bad.size else ""
        raise ValueError(f"{name} must be finite, got {array[tuple(bad)]}{at}")
    return array


def as_real_array(name, value):
    """Like `as_finite_array`, and refuse complex numbers."""
    array = as_finite_array(name, value)
    if array.dtype.kind == "c":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return array


def as_samples(name, value, n_features=None):
    """Return a finite array of shape (n_samples, n_features); a single sample becomes one row."""
    array = as_finite_array(name, value)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} must have shape (n_samples, n_features) or (n_features,), got {array.shape}"
        )
    array = np.atleast_2d(array)
    if n_features is not None and array.shape[1] != n_features:
        raise ValueError(f"{name} must have {n_features} features per sample, got {array.shape[1]}")
    return array


def as_design_matrix(name, value, n_features=None):
    """Return a real array of shape (n_samples, n_features); 1-D input is refused as ambiguous."""
    array = as_real_array(name, value)
    if array.ndim != 2:
        raise ValueError(f"{name} must have shape (n_samples, n_features), got {array.shape}")
    return as_samples(name, array, n_features)


def require_batch(name, array, n_features):
    """Refuse anything but an array of rows, each with `n_features` entries."""
    if np.ndim(array) != 2 or array.shape[1] != n_features:
        raise ValueError(f"{name} must have shape (n, {n_features}), got {np.shape(array)}")


def as_binary_labels(name, value, n_samples):
    """Return the labels as floats of shape (n_samples,), all of them 0 or 1."""
    array = as_real_array(name, value)
    if array.shape != (n_samples,):
        raise ValueError(
            f"{name} must have shape ({n_samples},), one label per sample, got {array.shape}"
        )
    require_binary(name, array)
    return array


def require_binary(name, array):
    """Refuse any entry that is neither 0 nor 1."""
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        raise ValueError(f"{name} must hold only 0 and 1, got {array[wrong].flat[0]}")


def as_tuple(name, value):
    """Return the entries of a sequence as a tuple."""
    try:
        return tuple(value)
    except TypeError:
        raise TypeError(f"{name} must be a sequence, got {type(value).__name__}") from None


def require_number(name, value):
    """Refuse anything but one real and finite number."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    try:
        finite = isfinite(value)
    except OverflowError:  # a whole number that is too large for a float
        finite = False
    if not finite:
        raise ValueError(f"{name} must be finite, got {value}")


def require_positive(name, value):
    """Refuse anything but a finite number above zero."""
    require_number(name, value)
    if value <= 0:
        raise ValueError(f"{name} must be positive, got {value}")


def require_not_negative(name, value):
    """Refuse anything but a finite number that is zero or above."""
    require_number(name, value)
    if value < 0:
        raise ValueError(f"{name} must not be negative, got {value}")


def require_share(name, value):
    """Refuse anything but a number from 0 to below 1."""
    require_number(name, value)
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be from 0 to below 1, got {value}")


def require_count(name, value, least=1):
    """Refuse anything but a whole number of at least `least`."""
    _require_whole(name, value)
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def require_rng(rng):
    """Refuse anything but a NumPy random generator, so that randomness is always passed in."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng must be a numpy.random.Generator such as np.random.default_rng(0), "
            f"got {type(rng).__name__}"
        )


def as_names(argument, names):
    """Return a sequence of texts as a tuple, or complain about the argument of that name."""
    if isinstance(names, str):
        raise TypeError(f"{argument} must be a sequence of texts, got the text {names!r}")
    names = as_tuple(argument, names)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{argument} must hold texts, got {type(name).__name__}")
    return names


def as_vector(name, value):
    """Return an array of real numbers with one axis, or complain about the argument `name`."""
    array = as_real_array(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one axis, got shape {array.shape}")
    return array


def as_named(argument, entries, most):
    """Return a dict of name to anything, of at most `most` names, or complain about `argument`."""
    if not isinstance(entries, dict):
        raise TypeError(f"{argument} must be a dict of names, got {type(entries).__name__}")
    as_names(argument, entries)
    if not 1 <= len(entries) <= most:
        raise ValueError(f"{argument} must be 1 to {most} names, got {len(entries)}")
    return entries


def require_within(name, value, low, high):
    """Refuse a number that is not whole or not from `low` to `high`."""
    _require_whole(name, value)
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}, got {value}")


def _require_whole(name, value):
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__}")
