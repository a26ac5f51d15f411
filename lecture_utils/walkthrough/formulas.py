"""How a calculation is written in LaTeX: factors, sums, equations that are not too long."""

import re

import numpy as np

from lecture_utils.formatting import DIGITS, latex_number

FACTOR_DIGITS, MOST_DIGITS = 6, 17
ROUNDING = 1e-14  # a sum smaller than this share of its terms is what the computer left of a zero
LONGEST = 74  # a formula of this width, in digits, fits on one line of a slide
WIDTHS = {
    ".": 0.6, ",": 0.8, "(": 0.8, ")": 0.8, "-": 1.5, r"\cdot": 1.4, r"\log": 2.8, r"\,": 0.3,
    r"\quad": 2,
}  # fmt: skip


def shown(value, digits=FACTOR_DIGITS):
    """Return a number as it stands between operators: in brackets if it is negative."""
    text = latex_number(value, digits)
    return f"({text})" if text.startswith("-") else text


def factor(value, digits):
    """Return a positive number as it stands behind a fraction bar or a log: as one thing."""
    text = latex_number(value, digits)
    return rf"({text})" if "cdot" in text else text


def row_vector(values, digits=FACTOR_DIGITS):
    """Return numbers as a row vector."""
    return f"({', '.join(latex_number(v, digits) for v in values)})"


def total(terms):
    """Return the sum of terms, and 0 where they cancel up to the rounding of the computer."""
    terms = np.asarray(terms)
    return cleaned(terms.sum(), terms)


def cleaned(result, terms):
    """Return a sum of terms as the computer found it, but 0 where it is no more than rounding."""
    return 0.0 if abs(result) <= ROUNDING * np.abs(terms).sum() else result


def enough_digits(values, formula, results):
    """Return how many digits the values need so that the formula gives the results as shown.

    Raises
    ------
    ValueError
        If not even all digits do: then rounding errors have spoilt the result.
    """
    values, results = np.ravel(values), np.atleast_1d(results)
    for digits in range(FACTOR_DIGITS, MOST_DIGITS + 1):
        with np.errstate(all="ignore"):
            found = np.atleast_1d(formula(_rounded(values, digits)))
        if np.array_equal(_rounded(found, DIGITS), _rounded(results, DIGITS)):
            return digits
    wanted, numbers = ", ".join(map(latex_number, results)), ", ".join(f"{v:.6g}" for v in values)
    raise ValueError(
        f"trace must hold results that follow from its numbers, got {wanted} from {numbers}: "
        "a saturated neuron has lost the digits"
    )


def _rounded(values, digits):
    return np.array([float(f"{value:.{digits - 1}e}") for value in values])


def equation(left, *rights):
    """Return `left = right = right = …` on one line, or on more where it is long."""
    if width(left, *rights) <= LONGEST:
        return [f"{left} &= {' = '.join(rights)}"]
    first, *rest = rights
    rest = [" = ".join(rest)] if width(*rest) <= LONGEST else rest
    return [f"{left} &= {first}", *(f"&= {right}" for right in rest)]


def width(*parts):
    """Return about how wide a formula is, as a number of digits; true to one part in ten."""
    text = re.sub(r"\\(?:text|hat|operatorname)\{((?:\w|\\.)+)\}", r"\1", " = ".join(parts))
    pieces = re.findall(r"[_^](?:\{[^{}]*\}|.)| [-+=] |\\[a-zA-Z]+|\\?[^\s{}&\\]", text)
    return sum(map(_piece_width, pieces))


def _piece_width(piece):
    if piece[0] in "_^":
        return 0.7 * len(piece.strip("_^{}"))
    if piece[0] == " ":
        return 2.5  # the spaces around an operator are part of it
    other = 1 if piece in "0123456789/'" else 1.2
    return WIDTHS.get(piece, other)


def product(*values):
    """Return the product of numbers."""
    return np.prod(values)


def sum_of_products(pairs, digits, rest=()):
    r"""Return ``a \cdot b + c \cdot d``, and the terms of `rest`."""
    terms = [rf"{shown(a, digits)} \cdot {shown(b, digits)}" for a, b in pairs]
    return " + ".join([*terms, *(shown(value, digits) for value in rest)])


def dJ_by(name):
    """Return the partial derivative of J by the quantity of that name."""
    return rf"\partial J / \partial {name}"
