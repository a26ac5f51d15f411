"""Finds the numbers in a Markdown text, in figures and in words, and holds values against them."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

# What a reader doesn't see, or sees as an address: comments, link targets, URLs, DOIs.
UNSEEN = re.compile(
    r"<!--.*?-->|(?<=\])\((?=[^()\s]*[A-Za-z#])[^()\s]*\)"
    r"|https?://[^\s)>\]]+|\b10\.\d{4,9}/\S+",
    re.DOTALL,
)
QUOTE_MARK = re.compile(r"^>", re.MULTILINE)
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
    span : tuple of int
        Where it begins and ends in the text.
    """

    text: str
    value: Decimal | None
    is_power: bool = False
    is_measured_form: bool = True
    span: tuple[int, int] = (0, 0)

    @property
    def is_large(self):
        """Whether it is in measured form, or a whole number from 10 on."""
        return self.is_measured_form or (self.value is not None and abs(self.value) >= 10)


def visible(text):
    """Return `text` with blanks, as many, for what a reader doesn't see and for quotation marks."""
    text = UNSEEN.sub(lambda match: " " * len(match[0]), text)
    return QUOTE_MARK.sub(" ", text)


def find_numbers(text):
    """Return all numbers that a reader of the Markdown `text` sees, in order."""
    text = visible(text)
    numbers = []
    for match in NUMBER.finditer(text):
        before = text[: match.start()]
        if match["version"]:
            number = Number(match["version"], None, is_measured_form=False, span=match.span())
            numbers.append(number)
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
                span=(match.start() - len(sign), match.end()),
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


# Where a text says something


def places(text, keys):
    """Return where each of `keys` stands in `text`, one after the other, as (start, end) or None.

    A key is a number as `find_numbers` returns it, which no part of a longer number is, or words.
    What is not found after the key before it counts as missing, and the search goes on from there.
    """
    end, found = 0, []
    for key in keys:
        span = next((span for span in spans_of(key, text) if span[0] >= end), None)
        found.append(span)
        end = span[1] if span else end
    return found


def spans_of(key, text):
    """Return all places of `key` in `text`; line breaks and quotation marks count as blanks."""
    if [number.text for number in find_numbers(key)] == [" ".join(key.split())]:
        return [number.span for number in find_numbers(text) if number.text == key]
    words = r"\s+".join(map(re.escape, key.split()))
    guarded = rf"(?<![\w.,])(?<![-−–](?=\d)){words}(?!\w|[.,]\d)"
    return [match.span() for match in re.finditer(guarded, visible(text))] if words else []


# Numbers in words

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
WHOLE = {word: value for value, word in enumerate(UNITS)}
WHOLE |= {word: 10 * value for value, word in enumerate(TENS, 2)} | {"a": 1, "an": 1}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
PARTS = "third fourth fifth sixth seventh eighth ninth tenth".split()
PARTS = {word: value for value, word in enumerate(PARTS, 3)} | {"half": 2, "halve": 2, "quarter": 4}
PARTS |= {f"{word}th": value for word, value in SCALES.items()}
MULTIPLES = {"once": 1, "twice": 2, "thrice": 3}


def _one_of(words):
    return f"(?:{'|'.join(words)})"


# A figure stands as ⟨0⟩, ⟨1⟩ … here.
COUNT = (
    rf"(?:(?:{_one_of(TENS)}(?:-{_one_of(UNITS)})?|{_one_of(UNITS)}|⟨\d+⟩)(?: {_one_of(SCALES)})?"
    rf"|an? {_one_of(SCALES)})"
)
PART = rf"(?:{_one_of(UNITS)}|an?)[ -]{_one_of(PARTS)}s?|half"
QUANTITY = re.compile(
    rf"(?<![\w-])(?P<minus>minus )?(?:"
    rf"(?P<some>{COUNT}) (?:of|in)(?: the)? (?P<all>{COUNT})"
    rf"|(?P<part>{PART})|(?P<multiple>{_one_of(MULTIPLES)})|(?P<count>{COUNT})"
    rf")(?!\w|-(?!fold))(?P<percent>(?: ?%| per ?cent\b))?"
)
# Not "over" and "under": the mean over five splits is not that over more than five.
BEFORE = {
    "at least": "at least|no fewer than|no less than|not less than",
    "at most": "at most|up to|no more than|not more than",
    "a little more than": "(?:a little|just|slightly) (?:more than|over|above)",
    "almost": "almost|nearly|(?:a little|just|slightly) (?:less than|under|below)",
    "more than": "more than|larger than|greater than|higher than|above",
    "less than": "less than|fewer than|smaller than|lower than|below",
    "about": "about|around|roughly|approximately",
}
AFTER = {"at least": "or more", "at most": "or (?:less|fewer)"}
NOT = re.compile(r"(?:\b(?:not|no|never|hardly|barely)|n't)\Z")
# What a relation says of the value minus the number, and of how far off it may be.
HOLDS = {
    "at least": lambda above, slack: above >= 0,
    "at most": lambda above, slack: above <= 0,
    "a little more than": lambda above, slack: 0 < above <= slack,
    "almost": lambda above, slack: 0 < -above <= slack,
    "more than": lambda above, slack: above > 0,
    "less than": lambda above, slack: above < 0,
    "about": lambda above, slack: abs(above) <= slack,
}


def agrees(phrase, exact):
    """Tell whether words with one number in them, such as "about two thirds", are true of a value.

    A number in figures, or a whole number in words, must be the value rounded to its last digit;
    parts ("two thirds", "nine of ten"), hundreds, thousands and millions in words may be off by a
    twentieth. With "about" a number may be off by a fifth, but by no more than one in its last
    digit that is not 0; with "almost" or "a little more than" too, to one side only. "At least",
    "at most", "more than" and "less than" mean what they say.

    Parameters
    ----------
    phrase : str
    exact : str
        The value in full, as Python's `repr` writes it.

    Raises
    ------
    ValueError
        If there is no number in the phrase, more than one, or one behind a "not".
    """
    match, figures, relation = _read(phrase)
    sign = -1 if match["minus"] else 1
    exact = str(Decimal(exact) * (100 if match["percent"] else 1) * sign)
    figure = re.fullmatch(r"⟨(\d+)⟩", match["count"] or "")
    if relation is None and figure:
        return rounds_to(figures[int(figure[1])], exact)
    value, said = Fraction(exact), _value(match, figures)
    whole = match["multiple"] or match["count"]
    if relation is None and whole and whole.split()[-1] not in SCALES:
        return round(value) == said
    if relation is None:
        return abs(value - said) <= abs(said) / 20
    slack = min(abs(said) / 5, _last_place(said) if whole else 1)
    return HOLDS[relation](sign * (value - said), slack)


def _last_place(value):
    """1 at the place of the last digit that is not 0."""
    return Fraction(Decimal(1).scaleb(Decimal(str(float(value))).normalize().as_tuple().exponent))


def _read(phrase):
    """Return the match of the one number in words, all figures, and the relation or None."""
    phrase = " ".join(visible(phrase).split())
    figures = [number for number in find_numbers(phrase) if number.value is not None]
    words = phrase.lower()
    for index, figure in reversed(list(enumerate(figures))):
        words = f"{words[: figure.span[0]]}⟨{index}⟩{words[figure.span[1] :]}"
    found = list(QUANTITY.finditer(words))
    if len(found) != 1:
        what = "no number" if not found else "more than one number"
        raise ValueError(f"there is {what} in it")
    match = found[0]
    relation = _relation(words[: match.start()].rstrip(), words[match.end() :].lstrip())
    return match, figures, relation


def _relation(before, after):
    for name, pattern in AFTER.items():
        if re.match(rf"(?:\S+ )?(?:{pattern})\b", after):
            return name
    found = {
        name: match.start()
        for name, pattern in BEFORE.items()
        if (match := re.search(rf"\b(?:{pattern})(?: the)?\Z", before))
    }
    name = next(iter(found), None)
    if NOT.search(before[: found.get(name)].rstrip()):
        raise ValueError("there is a number behind a word such as 'not' in it")
    return name


def _value(match, figures):
    if match["some"]:
        return _count(match["some"], figures) / _count(match["all"], figures)
    if match["multiple"]:
        return Fraction(MULTIPLES[match["multiple"]])
    if match["part"]:
        *count, part = re.split("[ -]", match["part"])
        part = part if part in PARTS else part.removesuffix("s")
        return Fraction(WHOLE[count[0]] if count else 1, PARTS[part])
    return _count(match["count"], figures)


def _count(words, figures):
    value = Fraction(0)
    for word in re.split("[ -]", words):
        if word in SCALES:
            value *= SCALES[word]
        elif word in WHOLE:
            value += WHOLE[word]
        else:
            value += Fraction(figures[int(word.strip("⟨⟩"))].value)
    return value
