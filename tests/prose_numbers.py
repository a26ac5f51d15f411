"""Finds the numbers in a Markdown text, and tells whether a value rounds to one of them."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

# What a reader doesn't see, or sees as an address: comments, link targets, URLs, DOIs.
UNSEEN = re.compile(
    r"<!--.*?-->|(?<=\])\((?=[^()\s]*[A-Za-z#])[^()\s]*\)"
    r"|https?://[^\s)>\]]+|\b10\.\d{4,9}/\S+",
    re.DOTALL,
)
SPACE = r"(?:\s|\\[,;:!\ ]|~)*"
SEPARATOR = r"(?:,|\{,\}|\\,|[\u2009\u202f])"
# A list such as 1,234,5 or 12,34 is none; 1,234 alone is a number, so a list needs spaces.
GROUPED = rf"(?<![\d.])(?<!\d,)[1-9]\d{{0,2}}(?:{SEPARATOR}\d{{3}})+(?!,?\d)"
MANTISSA = rf"(?:{GROUPED}(?:\.\d+)?|(?<![\d.])\d+(?:\.\d+)?|(?<![\w.])\.\d+)"
EXPONENT = r"(?:(?:\^|\*\*)(?:\{\s*[-−+]?\d+\s*\}|[-−+]?\d+(?![\d.]))|⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
NUMBER = re.compile(
    rf"""
      (?P<version> (?<![\d.]) \d+ (?:\.\d+){{2,}} )
    | (?:(?P<factor>{MANTISSA}) {SPACE} (?:\\times|\\cdot|×|·|\*) {SPACE})?
      (?<![\d.]) 10 (?P<power>{EXPONENT})
    | (?P<coefficient>{MANTISSA}) [eE] (?P<e>[-−+]?\d+) (?!\w)
    | (?P<plain>{MANTISSA})
    """,
    re.VERBOSE,
)
# A minus behind one of these is a subtraction or a hyphen, otherwise it belongs to the number.
OPERAND = re.compile(r"[\w)\]}'′%!°.]\Z")
RELATION = re.compile(r"\\(approx|sim|equiv|neq?|leq?|geq?|lt|gt|to|times|cdot|pm|q?quad)\Z")


@dataclass(frozen=True)
class Number:
    """A number as a text shows it.

    Attributes
    ----------
    text : str
        As it is written, with its sign; white space of any length is one space.
    value : Decimal or None
        None for what is no single number, as a version of three parts.
    is_power : bool
        A power of ten without a factor: nothing in it can be rounded.
    is_measured_form : bool
        Written as measured numbers are: with decimals, thousands separators or a power of ten.
    """

    text: str
    value: Decimal | None
    is_power: bool = False
    is_measured_form: bool = True


def find_numbers(text):
    """Return all numbers that a reader of the Markdown `text` sees, in order."""
    text = UNSEEN.sub(" ", text)
    numbers = []
    for match in NUMBER.finditer(text):
        before = text[: match.start()]
        if match["version"]:
            numbers.append(Number(match["version"], None, is_measured_form=False))
            continue
        is_integer = (match["plain"] or "").isdecimal()
        if is_integer and re.search(r"(?<!\\)\b[A-Za-z_]\w*\Z", before):
            continue    # the 2 of h2
        sign = before[-1:] if before[-1:] in ("-", "−", "–") and _is_sign(before[:-1]) else ""
        digits = match["factor"] or match["coefficient"] or match["plain"] or "1"
        exponent = (match["power"] or match["e"] or "0").translate(SUPERSCRIPTS)
        value = Decimal(
            ("-" if sign else "")
            + re.sub(SEPARATOR, "", digits)
            + "E"
            + re.sub(r"[^-\d]", "", exponent.replace("−", "-"))
        )
        numbers.append(
            Number(
                text=" ".join((sign + match[0]).split()),
                value=value,
                is_power=bool(match["power"]) and not match["factor"],
                is_measured_form=not is_integer,
            )
        )
    return numbers


def _is_sign(before):
    return not OPERAND.search(before) or bool(RELATION.search(before))


def rounds_to(number, exact):
    """Tell whether `exact`, rounded half to even to the digits shown, gives `number`.

    Parameters
    ----------
    number : Number
    exact : str
        The value in full, as Python's `repr` writes it.
    """
    exact = Decimal(exact)
    if number.value is None or number.is_power:
        return exact == number.value
    with localcontext(prec=400):    # more digits than any float has
        return exact.quantize(number.value, rounding=ROUND_HALF_EVEN) == number.value


def significant_digits(number):
    """Return how many digits `number` has from the first to the last that is not 0."""
    digits = "".join(map(str, number.value.as_tuple().digits)) if number.value is not None else ""
    return len(digits.strip("0"))
