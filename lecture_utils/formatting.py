"""How a number is written: digits, a true minus sign, a power of ten where it is tiny or huge.

The rule is one for drawings, computed text and text alternatives: five significant digits, rounded
half to even, and fewer where these are the exact number; a power of ten below 0.001 and from
100,000 on.
"""

import re
from math import floor, isfinite, log10

DIGITS = 5
MINUS = "\u2212"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(value, digits=DIGITS):
    """Return a number as plain text: ``−6.8412 × 10⁻⁷``."""
    mantissa, exponent = _parts(value, digits)
    mantissa = mantissa.replace("-", MINUS)
    return mantissa if exponent is None else f"{mantissa} × 10{_superscript(exponent)}"


def latex_number(value, digits=DIGITS):
    r"""Return a number as LaTeX: ``-6.8412 \cdot 10^{-7}``."""
    mantissa, exponent = _parts(value, digits)
    mantissa = mantissa.replace("∞", r"\infty").replace("NaN", r"\text{NaN}")
    return mantissa if exponent is None else rf"{mantissa} \cdot 10^{{{exponent}}}"


def _superscript(exponent):
    return str(exponent).translate(SUPERSCRIPTS)


def _parts(value, digits):
    """Return the digits of a number, and its power of ten or None where none is written."""
    value = float(value)
    if not isfinite(value):
        return {"inf": "∞", "-inf": "-∞"}.get(str(value), "NaN"), None
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    exponent = int(exponent)
    if value == 0 or -3 <= exponent < 5:
        mantissa, exponent = f"{value:.{max(0, digits - 1 - exponent)}f}", None
    # An error in the last bit is that of the computer, such as 0.5 · (−1) + 0.3 · 2 = 0.1 has.
    error = abs(float(mantissa + (f"e{exponent}" if exponent else "")) - value)
    if "." in mantissa and error <= 4e-16 * abs(value):
        mantissa = mantissa.rstrip("0").rstrip(".")
    return "0" if value == 0 else mantissa, exponent


def count(n, noun):
    """Return a number of things in words: ``1 input``, ``2 inputs``."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def short_number(value):
    """Return a number with three significant digits, or all digits if it is whole."""
    if value == 0 or 0.001 <= abs(value) < 1e6:
        digits = 0 if value == round(value) else max(0, 2 - floor(log10(abs(value))))
        return with_true_minus(_without_zeros(f"{value:,.{digits}f}"))
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"$\mathdefault{{{_without_zeros(mantissa)} \times 10^{{{int(exponent)}}}}}$"


def _without_zeros(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_percent_apart(text):
    """Return a text with a space before each percent sign, at which no line is broken."""
    return re.sub(r"(?<=\d)%", "\u00a0%", text)


def with_true_minus(text):
    """Return a text of digits with the minus sign that is as wide as a plus."""
    return text.replace("-", MINUS)
