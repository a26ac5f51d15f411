"""Numbers are found in a text, in figures and in words, and values held against them."""

import pytest
from prose_numbers import agrees, find_numbers, places, rounds_to, significant_digits, spans_of

# Finding numbers in a text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It is 0.5.", ["0.5"]),
        ("From 0.1–0.5 to 0.2-0.7", ["0.1", "0.5", "0.2", "0.7"]),
        ("−0.5 and -0.5 and –0.5", ["−0.5", "-0.5", "–0.5"]),
        ("**−0.5** | -0.7 | (−0.1, -0.2)", ["−0.5", "-0.7", "−0.1", "-0.2"]),
        (r"$1-0.9999$, $\alpha-0.3$, $w_{1}-0.2$", ["0.9999", "0.3", "0.2"]),
        (r"$=-0.5$, $\approx-0.25$, $[-0.1; -0.2]$", ["-0.5", "-0.25", "-0.1", "-0.2"]),
        ("sub-0.5 values, σ′−0.25", ["0.5", "0.25"]),
        (r"$\cdot0.1$, $x^{0.5}$, $h_{0.25}$, .5", ["0.1", "0.5", "0.25", ".5"]),
        ("| 0.5 |0.25|", ["0.5", "0.25"]),
        ("`rate=0.1` and\n```\nx = -2.5\n```", ["0.1", "-2.5"]),
        ("0.5x, 97.5 %, v1.2, CC BY 4.0", ["0.5", "97.5", "1.2", "4.0"]),
        ("<details>0.5</details>", ["0.5"]),
        ("[0.5](a.ipynb) ![0.25](b.svg)", ["0.5", "0.25"]),
        ("234,669 steps; (1,797 images)", ["234,669", "1,797"]),
        (r"$234{,}669$ or $1\,797$", ["234{,}669", r"1\,797"]),
        ("1,234,567.25 in all, −1,234", ["1,234,567.25", "−1,234"]),
        (r"$5 \times 10^{-5}$", [r"5 \times 10^{-5}"]),
        (r"$5\cdot10^{-5}$ $-6\,\times\,10^{−7}$", [r"5\cdot10^{-5}", r"-6\,\times\,10^{−7}"]),
        ("5 ×\n10⁻⁵, 3·10², 10⁶", ["5 × 10⁻⁵", "3·10²", "10⁶"]),
        ("$10^6$, $10^{-7}$, 10^-7, `10**-7`", ["10^6", "10^{-7}", "10^-7", "10**-7"]),
        ("`5e-05`, 1e4 and 1.5E+6", ["5e-05", "1e4", "1.5E+6"]),
    ],
)
def test_a_number_that_must_be_bound_is_found(text, numbers):
    found = [number.text for number in find_numbers(text) if number.is_measured_form]
    assert found == numbers


@pytest.mark.parametrize(
    "text",
    [
        "150 flowers, lecture 1. Then 2.",
        "(1, 234), (1,234,5), (12,34), (5,1,234), $W_{1,2}$ and 1,2345",
        "$10^n$, $10^{-k}$, $2^{10}$, $210$, 8×8, 3 × 4",
        "h1, W12, x_1 and $y_{10}$",
        "[a](b-1.5.ipynb), [c](#Part-1.5), <https://example.org/1.5>",
        "<!-- 0.5 -->, doi 10.1007/bf02551274.1",
        "0 1 2… 3, e.g. 5 or 1..5",
    ],
)
def test_other_numbers_need_not_be_bound(text):
    assert [number.text for number in find_numbers(text) if number.is_measured_form] == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("150 flowers, 20-layer, −3", ["150", "20", "−3"]),
        ("1,150 and 2150", ["1,150", "2150"]),
        ("h2 of W12", []),
        ("It gets\n98 % of\n-3", ["98", "-3"]),
        ("Python 3.11.7", ["3.11.7"]),
        (r"$\cdot10$", ["10"]),
    ],
)
def test_whole_numbers_may_be_bound(text, numbers):
    assert [number.text for number in find_numbers(text)] == numbers


# Where a text says something


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("5", ["5", "5"]),
        ("5 of", ["5\n> of"]),
        ("−5", ["−5"]),
        ("50", []),
        ("797 times", []),
        ("1,797 times", ["1,797 times"]),
        ("all", []),
        ("They fall.", ["They **fall**."]),
    ],
)
def test_a_key_is_found_where_it_stands_alone(key, found):
    text = "> 5 steps, 0.5, 1,797 times, −5, 5\n> of 50.1, [a](b-5.md). They **fall**."
    spans = spans_of(key.replace("fall.", "**fall**."), text)
    assert [text[start:end] for start, end in spans] == found


def test_keys_are_found_one_after_the_other():
    text = "2 and 3, then 2"
    assert places(text, ["2", "3", "2", "2"]) == [(0, 1), (6, 7), (14, 15), None]
    assert places(text, ["3", "2", "3", "then 2"]) == [(6, 7), (14, 15), None, None]


# Numbers in words


@pytest.mark.parametrize(
    ("phrase", "smallest", "largest"),
    [
        ("twelve", 11.51, 12.49),
        ("Twenty-one of them", 20.52, 21.48),
        ("minus two", -2.499, -1.501),
        ("twice as long", 1.501, 2.499),
        ("6.7 times", 6.651, 6.749),
        ("two hundred", 190, 210),
        ("a thousand", 950, 1050),
        ("3 million", 2_850_000, 3_150_000),
        ("two thirds", 0.634, 0.7),
        ("a half", 0.475, 0.525),
        ("half of them", 0.475, 0.525),
        ("a thousandth", 0.00095, 0.00105),
        ("nine of ten", 0.855, 0.945),
        ("12 of the 13", 0.877, 0.969),
        ("98 %", 0.975, 0.985),
        ("two per cent", 0.015, 0.025),
        ("about three times", 2.4, 3.6),
        ("nearly half", 0.4, 0.4999),
        ("about 710", 700, 720),
        ("about two hundred", 160, 240),
        ("a little more than 5", 5.001, 6),
        ("more than ten", 10.001, 1e9),
        ("fewer than the 3", -1e9, 2.999),
        ("at least 12", 12, 1e9),
        ("at most a third", -1e9, 0.3333),
        ("no more than 7", -1e9, 7),
        ("seven digits or more", 7, 1e9),
        ("below 100 %", -1e9, 0.9999),
    ],
)
def test_words_agree_with_the_values_they_stand_for(phrase, smallest, largest):
    assert agrees(phrase, repr(smallest)) and agrees(phrase, repr(largest))
    reach = max(abs(smallest), abs(largest)) * 2e-3
    assert smallest == -1e9 or not agrees(phrase, repr(smallest - reach))
    assert largest == 1e9 or not agrees(phrase, repr(largest + reach))


@pytest.mark.parametrize(
    "phrase", ["the third row", "two or three", "one and 2", "not ten", "hardly more than one", ""]
)
def test_words_that_are_not_one_number_are_refused(phrase):
    with pytest.raises(ValueError, match="number"):
        agrees(phrase, "2")


# Rounding


@pytest.mark.parametrize(
    ("shown", "exact"),
    [
        ("0.7311", "0.731058578630005"),
        ("1.0000", "0.999983298578152"),
        ("0.99998", "0.999983298578152"),
        ("0.12", "0.125"),
        ("0.38", "0.375"),
        ("2.68", "2.675"),
        ("2", "2.5"),
        ("4", "3.5"),
        ("−0.41", "-0.4096219982850885"),
        ("-0.12", "-0.125"),
        ("234,669", "234669"),
        ("234{,}669", "234669"),
        (r"1\,797", "1797"),
        ("1,234.5", "1234.46"),
        ("150", "150.0"),
        (r"-6.84 \times 10^{-7}", "-6.841155532628106e-07"),
        (r"5\cdot10^{-5}", "5e-05"),
        (r"2 \cdot 10^{-5}", "2.5e-05"),
        ("1.50e6", "1503000"),
        ("3·10²", "349.9"),
        ("10^6", "1000000"),
        ("10⁻⁷", "1e-07"),
        ("10^{6}", "1000000.0"),
        ("0.0", "1e-300"),
    ],
)
def test_a_rounded_value_is_accepted(shown, exact):
    assert rounds_to(*find_numbers(shown), exact)


@pytest.mark.parametrize(
    ("shown", "exact"),
    [
        ("0.9999", "0.99998"),    # truncated
        ("0.7310", "0.73106"),    # truncated
        ("0.7310", "0.731058578630005"),
        ("0.13", "0.125"),    # half up
        ("3", "2.5"),    # half up
        ("0.41", "-0.4096219982850885"),
        ("−0.41", "0.4096219982850885"),
        ("234,670", "234669"),
        ("150", "151"),
        (r"6.84 \times 10^{-6}", "6.841155532628106e-07"),
        (r"6.85 \times 10^{-7}", "6.841155532628106e-07"),
        (r"3 \cdot 10^{-5}", "2.5e-05"),
        ("10^6", "1000001"),
        ("10^{-7}", "1.1e-07"),
        ("3.11.7", "3.11"),
    ],
)
def test_a_wrong_value_is_refused(shown, exact):
    assert not rounds_to(*find_numbers(shown), exact)


@pytest.mark.parametrize(
    ("shown", "digits"),
    [("0.1", 1), ("0.0005", 1), ("3.11", 3), ("1,000", 1), ("10^{-7}", 1), ("0.7311", 4)],
)
def test_significant_digits(shown, digits):
    assert significant_digits(*find_numbers(shown)) == digits
