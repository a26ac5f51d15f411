"""Each notebook runs once more, each cell twice: outputs, figures and numbers in the text hold."""

import json
import shutil
import tempfile
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest
from notebook_checks import GIVEN
from prose_numbers import (
    agrees,
    find_numbers,
    places,
    rounds_to,
    significant_digits,
    spans_of,
)

from lecture_utils.execute import (
    NotebookError,
    normalise,
    open_kernel,
    read_notebook,
    read_patterns,
    without_noise,
)

ROOT = Path(__file__).parents[1]
PATHS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
PATTERNS = read_patterns(Path(__file__).parent / "nbval_sanitize.cfg")

# Runs in the kernel, after the last cell and in its namespace.
EVALUATE = """
def _value_in_full(expression):
    import math, warnings
    try:
        with warnings.catch_warnings(action="error"):
            value = eval(expression, globals())
        if hasattr(value, "item"):
            value = value.item()    # a NumPy scalar, or an array with one entry
        if isinstance(value, bool):
            return {{"truth": value}}
        if not isinstance(value, (int, float)):
            return {{"fault": f"is {{type(value).__name__}}, neither a number nor a truth"}}
        if not math.isfinite(value):
            return {{"fault": f"is {{value}}"}}
        return {{"exact": repr(value)}}
    except Exception as error:
        return {{"fault": f"raises {{type(error).__name__}}: {{error}}"}}

__import__("builtins").print(__import__("json").dumps([*map(_value_in_full, {expressions!r})]))
"""

# Run in the kernel too, before the first cell and after the last.
WATCH = """
__import__("sys").path.insert(0, {folder!r})
_watch = __import__("figure_checks").watched()
_faults_of_figures = _watch.__enter__()
"""
TELL = """
__import__("builtins").print(__import__("json").dumps(_faults_of_figures))
_ = _watch.__exit__(None, None, None)
"""


@dataclass
class Run:
    """What a notebook makes when each of its cells runs twice in succession.

    Attributes
    ----------
    first, second : dict
        From the place of a code cell to its outputs, of the first and of the second time.
    values : dict
        From an expression that a text names to ``{"exact": repr}`` of a number, ``{"truth": bool}``
        or ``{"fault": words}``.
    figure_faults : list of str
        What covers what in a figure, and what is cut.
    """

    first: dict
    second: dict
    values: dict
    figure_faults: list


def run_twice(path):
    """Run the notebook at `path` in a copy of its folder, so that nothing there can change."""
    notebook = read_notebook(path)[1]
    run = Run({}, {}, {}, [])
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "notebooks"
        shutil.copytree(path.parent, copy, ignore=shutil.ignore_patterns(".*"))
        with open_kernel(copy) as run_cell:
            run_cell(WATCH.format(folder=str(Path(__file__).parent)))
            for where, cell in code_cells(notebook):
                try:
                    run.first[where] = run_cell(cell["source"], cell["execution_count"])
                    run.second[where] = run_cell(cell["source"], cell["execution_count"])
                except NotebookError as error:
                    raise NotebookError(f"{where}: {error}") from None
            expressions = sorted({expression for *_, expression in bindings(notebook)})
            output = run_cell(EVALUATE.format(expressions=expressions))
            run.values = dict(zip(expressions, json.loads(output[0]["text"])))
            run.figure_faults = json.loads(run_cell(TELL)[0]["text"])
    return run


def code_cells(notebook):
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code":
            yield f"cell {number} ({cell['id']})", cell


def bindings(notebook):
    """Triples of a place, a number or words of the text, and the expression they are bound to."""
    for number, cell in enumerate(notebook["cells"], 1):
        for text, expression in cell["metadata"].get("values", []):
            if expression != GIVEN:
                yield f"cell {number} ({cell['id']})", text, expression


# Faults, in words


def faults_of_second_run(run):
    return [
        f"{where} gives another output when it is run again"
        for where in run.first
        if without_noise(run.first[where], PATTERNS) != without_noise(run.second[where], PATTERNS)
    ]


def faults_of_outputs(notebook, run):
    faults = []
    for where, cell in code_cells(notebook):
        stored, made = without_noise([cell["outputs"], run.first[where]], PATTERNS)
        if stored != made:
            old, new = first_difference(stored, made)
            faults.append(f"{where} shows in the file: {old}; and when it runs: {new}")
    return faults


def first_difference(stored, made):
    """The first pair of lines of two cells' outputs that is not equal."""
    if not (stored and made):
        return ["something" if outputs else "nothing" for outputs in (stored, made)]
    texts = [json.dumps(outputs, indent=1, ensure_ascii=False) for outputs in (stored, made)]
    lines = [text.replace(r"\n", "\n").splitlines() for text in texts]
    pairs = zip_longest(*lines, fillvalue="")
    return next([old[:80], new[:80]] for old, new in pairs if old != new)


def faults_of_numbers(notebook, run):
    faults = []
    for where, text, expression in bindings(notebook):
        fault = fault_of_binding(text, expression, run.values[expression])
        faults += [f"{where} {fault}"] if fault else []
    return faults


def fault_of_binding(text, expression, value):
    """A number in the text must be the value; other words hold if the value is a truth."""
    if "fault" in value:
        return f"binds {text} to {expression}, which {value['fault']}"
    if "truth" in value:
        if any(number.is_large for number in find_numbers(text)):
            return f"binds {text} to {expression}, a truth: its number needs a binding of its own"
        return None if value["truth"] else f"says {text!r}, but {expression} is False"
    try:
        if not agrees(text, value["exact"]):
            return f"says {text}, but {expression} is {value['exact']}"
    except ValueError as error:
        return f"binds {text} to the number {expression}, but {error}"
    return None


# The series


@pytest.fixture(scope="module", params=PATHS)
def executed(request):
    """A notebook as it is in its file, and its one run that all tests share."""
    path = PATHS[request.param]
    return read_notebook(path)[1], run_twice(path)


def report(faults):
    return "\n".join(["", *faults])


def test_a_cell_that_runs_twice_gives_the_same_result(executed):
    faults = faults_of_second_run(executed[1])
    assert not faults, report(faults)


def test_outputs_in_the_file_are_those_of_a_run(executed):
    # Like nbval, and also where an empty output, a PNG or a text alternative is what differs.
    faults = faults_of_outputs(*executed)
    assert not faults, report(faults)


def test_numbers_in_the_text_are_the_values_rounded(executed):
    faults = faults_of_numbers(*executed)
    assert not faults, report(faults)


def test_texts_in_figures_cover_nothing_and_are_not_cut(executed):
    faults = executed[1].figure_faults
    assert not faults, report(faults)


# The tests themselves: one made-up notebook with a fault in each cell


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    def code(source, *outputs):
        outputs = list(outputs)
        return {"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs}

    def text(*values):
        return {"cell_type": "markdown", "metadata": {"values": values}, "source": ""}

    def printed(text):
        return {"output_type": "stream", "name": "stdout", "text": text}

    def picture(data, alt):
        return {
            "output_type": "display_data",
            "data": {"image/png": data, "text/plain": ""},
            "metadata": {"image/png": {"alt": alt}},
        }

    draw = """metadata = {"image/png": {"alt": "new"}}
display({"image/png": "new", "text/plain": ""}, raw=True, metadata=metadata)"""
    crowded = """from lecture_utils.display import show
from lecture_utils.plotting import new_axes
ax = new_axes()
for left, text in (0.5, "one"), (0.51, "two"), (0.98, "cut off"), (0.1, "far"):
    _ = ax.figure.text(left, 0.5, text)
show(ax, "Words that stand in each other's way.")
from lecture_utils.diagrams.canvas import Canvas
canvas = Canvas(200, 100)
canvas.line((0, 50), (200, 50))
canvas.text(100, 50, "on it")
show(canvas.finish("A word that stands on a line."))"""
    cells = [
        code("import numpy as np\nx, n = 0.99998, [0]"),
        code("n[0] += 1\nprint(n[0])", printed("1\n")),
        code("print(x)", printed("0.99998\n")),
        code("print(x)"),
        code("print(x)", printed("0.99997\n")),
        code("x"),
        code(draw, picture("new", "new")),
        code(draw, picture("old", "new")),
        code(draw, picture("new", "old")),
        text(["1.0000", "x"], ["150", "np.full(1, 150)"], ["0.5", "np.float32(0.5)"]),
        text(["0.9999", "x"], ["0.1", "given"]),
        text(["0.7310", "0.73106 * x / x"]),
        text(["1", "[x]"], ["2", "np.zeros(2)"], ["3", "nothing"], ["4", "str(x)"], ["5", "x / 0"]),
        text(["6", "np.inf * x"], ["7", "1j * x"], ["0.1 and 0.2", "x"], ["8", "np.log(0 * x)"]),
        text(["Almost one", "x"], ["at most 99.9 %", "x"], ["not one", "x"], ["close to it", "x"]),
        text(["It is below 1", "x < 1"], ["It is above", "x > 1"], ["above 0.5", "x > 0.5"]),
        code(crowded),
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": {}}
    path = tmp_path_factory.mktemp("a folder") / "faulty.ipynb"
    path.write_text(json.dumps(normalise(notebook)), encoding="utf-8")
    return read_notebook(path)[1], run_twice(path)


def cells_named(faults):
    return [int(fault.split()[1]) for fault in faults]


def test_a_cell_that_changes_on_its_second_run_is_reported(faulty):
    assert cells_named(faults_of_second_run(faulty[1])) == [2]


def test_outputs_that_are_missing_or_stale_are_reported(faulty):
    faults = faults_of_outputs(*faulty)
    assert cells_named(faults) == [4, 5, 6, 8, 9, 17]
    assert "in the file: nothing; and when it runs: something" in faults[0]
    assert "0.99997" in faults[1] and "0.99998" in faults[1]


@pytest.mark.parametrize(
    "words",
    [
        "says 0.9999, but x is 0.99998",
        "says 0.7310, but 0.73106 * x / x is 0.73106",
        "binds 1 to [x], which is list, neither a number nor a truth",
        "binds 2 to np.zeros(2), which raises ValueError",
        "binds 3 to nothing, which raises NameError",
        "binds 4 to str(x), which is str, neither a number nor a truth",
        "binds 5 to x / 0, which raises ZeroDivisionError",
        "binds 6 to np.inf * x, which is inf",
        "binds 7 to 1j * x, which is complex, neither a number nor a truth",
        "binds 8 to np.log(0 * x), which raises RuntimeWarning",
        "binds 0.1 and 0.2 to the number x, but there is more than one number in it",
        "says at most 99.9 %, but x is 0.99998",
        "binds not one to the number x, but there is a number behind a word such as 'not'",
        "binds close to it to the number x, but there is no number in it",
        "says 'It is above', but x > 1 is False",
        "binds above 0.5 to x > 0.5, a truth: its number needs a binding of its own",
    ],
)
def test_a_wrong_number_is_reported(faulty, words):
    faults = faults_of_numbers(*faulty)
    assert len(faults) == 16
    assert any(words in fault for fault in faults), report(faults)


def test_texts_that_are_covered_or_cut_are_reported(faulty):
    start = "Words that stand in each other's way.…: "
    assert faulty[1].figure_faults == [
        f"{start}'one' and 'two' cover each other",
        f"{start}'cut off' reaches beyond the canvas",
        "A word that stands on a line.…: 'on it' covers a line",
    ]


def test_a_notebook_that_fails_says_where(tmp_path):
    cells = [{"cell_type": "code", "metadata": {}, "source": "1 / 0", "outputs": []}]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": {}}
    path = tmp_path / "failing.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(NotebookError, match=r"cell 1 \(cell-1\): ZeroDivisionError"):
        run_twice(path)


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
