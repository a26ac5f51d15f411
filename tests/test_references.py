"""The headline numbers agree with a second computation that shares no code with the package.

`headlines.toml` marks them, `references` computes them.
"""

import ast
import builtins
import json
import re
import subprocess
import sys
import tomllib
from copy import deepcopy
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import chain, zip_longest
from pathlib import Path

import notebook_checks as checks
import numpy as np
import pytest
import references
from bench_seeds import band
from prose_numbers import agrees, find_numbers, rounds_to
from threadpoolctl import threadpool_limits

from lecture_utils.publish.outputs import PLAYER
from lecture_utils.seeds import over_seeds

HERE = Path(__file__).parent
NOTEBOOKS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((HERE.parent / "notebooks").glob("*.ipynb"))
}
SYLLABUS = tomllib.loads((HERE / "syllabus.toml").read_text("utf-8"))
HEADLINES = tomllib.loads((HERE / "headlines.toml").read_text("utf-8"))
PLACE = re.compile("<<(.+?)>>")
TOKEN = (    # a number, and what may stand between two of them
    r"(?>[-−–]?\d+(?:,\d{3})*(?:\.\d+)?"
    r"(?:e[-+]\d+|\ ?(?:×|\\cdot|\\times)\ ?10(?:\^\{[-−]?\d+\}|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?)"
)
GAP = r"[^\d]{1,40}?"
RULE = re.compile(r"\|(?: :?-+:? \|)+")    # below the heads of a table
CHEAP = ("batch_noise_factor", "tanh_layers", "relu_layers_factor", "moons_by_epoch")
EXACT = {"Decimal": Decimal, "Fraction": Fraction}
RECORDS = {"measured_speed", "over_seeds"}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """For arrays this small, more threads wait for each other longer than they compute."""
    with threadpool_limits(1):
        yield


def report(faults):
    return "\n".join(["", *faults])


# Second computations


def evaluated(expression):
    """All numbers of an expression, in order."""
    names = names_in(expression)
    unknown = ", ".join(names - references.REFERENCES.keys())
    assert not unknown, f"{expression} has no second computation: references.py lacks {unknown}"
    nodes = ast.walk(ast.parse(expression, mode="eval"))
    computes = names or any(isinstance(node, (ast.BinOp, ast.Call)) for node in nodes)
    assert computes, f"{expression} is typed and not computed a second time"
    values = {name: references.REFERENCES[name]() for name in names}
    return [*flat(eval(expression, EXACT | values))]


def names_in(expression):
    """Names of the references in an expression."""
    nodes = [n for n in ast.walk(ast.parse(expression, mode="eval")) if isinstance(n, ast.Name)]
    its_own = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    return {node.id for node in nodes} - its_own - set(dir(builtins)) - EXACT.keys()


def flat(values):
    nested = isinstance(values, (list, tuple, np.ndarray))
    return chain.from_iterable(map(flat, values)) if nested else [values]


def in_full(value):
    """The value as `rounds_to` takes it."""
    if isinstance(value, Fraction):
        with localcontext(prec=60):
            value = Decimal(value.numerator) / value.denominator
    return str(value) if isinstance(value, (Decimal, int)) else repr(float(value))


# What the lectures show


def covering(row, notebooks):
    """Names and notebooks that have a cell which covers the row."""
    return {
        name: notebook for name, notebook in notebooks.items()
        if any(row in cell["metadata"].get("covers", []) for cell in notebook["cells"])
    }


def normal(text):
    return " ".join(RULE.sub("", " ".join(text.split())).split())


def texts(cell, source):
    """What a reader sees of the cell: its text, or what its outputs say."""
    if cell["cell_type"] == "markdown":
        yield normal(source)
    for output in cell.get("outputs", []):
        shown = {mime: text for mime, text in output.get("data", {}).items()
                 if mime not in (checks.HTML, PLAYER)}
        yield from (normal(text) for _, text in checks.texts_of(output | {"data": shown}))


def readings(quote, notebooks):
    """Lists of (place, cell, expression, values, numbers shown), for each time a quote is read."""
    literals = [re.escape(normal(part)) for part in PLACE.split(quote)[::2]]
    expressions = PLACE.findall(quote)
    values = [evaluated(expression) for expression in expressions]
    tokens = [
        rf"[ \[(|]*({TOKEN}(?:{GAP}{TOKEN}){{{len(group) - 1}}})[ .\])%]*" for group in values
    ]
    pattern = re.compile("".join(chain(*zip_longest(literals, tokens, fillvalue=""))))
    for name, notebook in notebooks.items():
        for where, cell, source in checks.cells_of(notebook):
            for match in chain(*map(pattern.finditer, texts(cell, source))):
                for expression, group, text in zip(expressions, values, match.groups()):
                    yield f"{name}, {where}", cell, expression, group, text


def bindings(computed, expression, notebooks):
    """The same for each number that a text binds to what the notebook computes."""
    group = evaluated(expression)
    for name, notebook in notebooks.items():
        for where, cell, _ in checks.cells_of(notebook):
            for number, code in cell["metadata"].get("values", []):
                if code == computed:
                    yield f"{name}, {where}", cell, expression, group, number


def marked(row, notebooks):
    """Pairs of what a row marks, as it stands in the file, and the list of its readings."""
    notebooks = covering(row, notebooks)
    for quote in HEADLINES[row].get("shown", []):
        yield quote, [*readings(quote, notebooks)]
    for computed, expression in HEADLINES[row].get("bound", {}).items():
        yield computed, [*bindings(computed, expression, notebooks)]


def says(text, values):
    """Whether a text shows these numbers, or says one of them in words."""
    if len(values) == 1:
        return agrees(text, in_full(values[0]))
    numbers = find_numbers(text)
    return len(numbers) == len(values) and all(
        rounds_to(number, in_full(value)) for number, value in zip(numbers, values)
    )


def faults_of(row, notebooks):
    faults = []
    for mark, found in marked(row, notebooks):
        if not found:
            faults.append(
                f"no text, output or binding reads {mark!r}: if it was rewritten, rewrite it in "
                f"tests/headlines.toml under {row}, too"
            )
        for where, _, expression, values, text in found:
            if not says(text, values):
                full = ", ".join(f"{float(value):.8g}" for value in values)
                faults.append(f"{where} shows {text}, but a second time {expression} is {full}")
    return faults


@pytest.mark.parametrize("row", HEADLINES)
def test_headline_numbers_agree_with_their_second_computation(row):
    faults = faults_of(row, NOTEBOOKS)
    assert not faults, report(faults)


def test_all_that_is_marked_is_computed_and_all_that_is_computed_is_marked():
    quotes = [quote for table in HEADLINES.values() for quote in table.get("shown", [])]
    expressions = [expression for quote in quotes for expression in PLACE.findall(quote)]
    for table in HEADLINES.values():
        expressions += table.get("bound", {}).values()
    names = {name for expression in expressions for name in names_in(expression)}
    only_bands = {"clipped_memory", "free_memory"}    # of networks that no lecture trains
    assert names == references.REFERENCES.keys() - only_bands
    assert HEADLINES.keys() <= {row for rows in SYLLABUS.values() for row in rows}


def test_the_second_computations_import_nothing_of_the_project():
    code = "import sys; old = {*sys.modules}; import references; print(*{*sys.modules} - old)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True
    )
    here = {path.stem for path in HERE.glob("*.py")} - {"references"}
    assert not {name.split(".")[0] for name in done.stdout.split()} & {"lecture_utils", *here}


# Numbers that depend on chance, and numbers from records


def slides_with(name, notebooks):
    """The slides that show a number of one seed: what stands on each, and what it is bound to."""
    rows = [row for row, table in HEADLINES.items() if name in str(table)]
    cells = [cell for row in rows for _, found in marked(row, notebooks)
             for _, cell, expression, *_ in found if name in names_in(expression)]
    for group in chain(*map(checks.slides, notebooks.values())):
        if any(cell is other for cell in cells for _, other, _ in group):
            yield "\n".join(source + str(cell["metadata"].get("values", ""))
                            for _, cell, source in group)


def is_outside(name):
    values = [*flat(references.REFERENCES[name]())]
    bands = np.reshape(over_seeds(name), (-1, 2))
    slack = 1e-5 * np.abs(bands).max(axis=1)    # bands are kept to six digits
    return any(not low - s <= v <= high + s for v, (low, high), s in zip(values, bands, slack))


def faults_of_chance(name, notebooks):
    slides = [*slides_with(name, notebooks)]
    beside = [slide for slide in slides if re.search(rf"over_seeds\(\W*{name}\W", slide)]
    if slides and not beside:
        return [f"a slide that shows {name} must show over_seeds({name!r}), too"]
    said = [slide for slide in beside if re.search(r"\boutside\b", slide)]
    if slides and is_outside(name) and not said:
        return [f"{name} lies outside of over_seeds({name!r}): the slide must say 'outside'"]
    for slide in said:
        names = set(re.findall(r"over_seeds\(\W*(\w+)\W", slide))
        if not any(map(is_outside, names)):
            return [f"{', '.join(names)} lie within over_seeds: the slide must not say 'outside'"]
    return []


@pytest.mark.parametrize("name", references.SEEDED)
def test_a_number_of_one_seed_stands_beside_its_band(name):
    faults = faults_of_chance(name, NOTEBOOKS)
    assert not faults, report(faults)


@pytest.mark.parametrize("name", CHEAP)
def test_recorded_band_is_measured_again(name):
    np.testing.assert_allclose(over_seeds(name), band(references.SEEDED[name]), rtol=1e-4)


def test_every_number_of_one_seed_has_a_band_of_its_shape():
    for name in references.SEEDED:
        n_values = len([*flat(references.REFERENCES[name]())])
        assert np.shape(over_seeds(name)) in [(2,), (n_values, 2)], name


def test_an_unknown_band_is_refused():
    with pytest.raises(ValueError, match="name must be one of .*digits_accuracy.*, got 'luck'"):
        over_seeds("luck")


def faults_of_records(notebook):
    """Slides that show what was read from a record, and do not say so."""
    read, faults = set(RECORDS), []
    for group in checks.slides(notebook):
        shows = None
        for where, cell, source in group:
            if cell["cell_type"] == "code":
                uses = [uses_record(statement, read) for statement in checks.parsed(source).body]
                shows = where if any(uses) and cell["outputs"] else shows
            elif any(f"{name}(" in str(cell["metadata"].get("values", "")) for name in RECORDS):
                shows = where
        prose = "\n".join(s for _, cell, s in group if cell["cell_type"] == "markdown")
        if shows and not re.search(r"\b(measured|record)\b", prose):
            faults.append(f"{shows} shows what a record says: its slide must say 'measured'")
    return faults


def uses_record(statement, read):
    """Whether a statement reads a record; what it assigns, or adds to, then holds one, too."""
    nodes = [*ast.walk(statement)]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    uses = any(node.id in read and isinstance(node.ctx, ast.Load) for node in names)
    if uses:
        read |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return uses


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_number_that_is_read_from_a_record_says_so(name):
    faults = faults_of_records(NOTEBOOKS[name])
    assert not faults, report(faults)


# The tests themselves: a made-up text with a fault at a time, then the lectures with other words

TEXT, VALUES = "It took 684 epochs,\n**1,484** mistakes.", [["684", "len(mistakes)"]]
MARKS = {
    "shown": ["It took <<perceptron_run[0]>> epochs, **<<perceptron_run[1]>>** mistakes"],
    "bound": {"len(mistakes)": "perceptron_run[0]"},
}


def made_up(text, values):
    metadata = {"covers": ["N7"], "slideshow": {"slide_type": "slide"}, "values": values}
    cell = {"cell_type": "markdown", "id": "made-up", "metadata": metadata, "source": text}
    return {"one": {"cells": [cell]}}


def test_right_numbers_pass(monkeypatch):
    monkeypatch.setitem(HEADLINES, "N7", MARKS)
    assert faults_of("N7", made_up(TEXT, VALUES)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("684", "686", "cell 1 (made-up) shows 686, but a second time perceptron_run[0] is 684"),
        ("1,484", "1,489", "shows 1,489, but a second time perceptron_run[1] is 1484"),
        ("1,484", "1,484.5", "shows 1,484.5, but"),
        ("684", "−684", "shows −684, but"),
        ("684", "1,484", "shows 1,484, but a second time perceptron_run[0] is 684"),
        ("took", "needed", "no text, output or binding reads 'It took <<"),
        ("684 epochs", "some epochs", "no text, output or binding reads 'It took <<"),
    ],
)
def test_a_wrong_number_in_a_text_is_reported(monkeypatch, old, new, words):
    monkeypatch.setitem(HEADLINES, "N7", MARKS)
    (fault,) = faults_of("N7", made_up(TEXT.replace(old, new), VALUES))
    assert words in fault


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([["686", "len(mistakes)"]], "shows 686, but a second time perceptron_run[0] is 684"),
        ([["684", "len(errors)"]], "no text, output or binding reads 'len(mistakes)'"),
    ],
)
def test_a_wrong_binding_is_reported(monkeypatch, values, words):
    monkeypatch.setitem(HEADLINES, "N7", MARKS)
    (fault,) = faults_of("N7", made_up(TEXT, values))
    assert words in fault


@pytest.mark.parametrize(
    ("expression", "words"),
    [("2 * luck", "references.py lacks luck"), ("684", "is typed"), ("[6, 8]", "is typed")],
)
def test_what_is_not_computed_a_second_time_is_refused(expression, words):
    with pytest.raises(AssertionError, match=words):
        evaluated(expression)


def reworded(pattern, new):
    """The notebooks with other words in their texts."""
    notebooks = deepcopy(NOTEBOOKS)
    for notebook in notebooks.values():
        for _, cell, source in checks.cells_of(notebook, "markdown"):
            cell["source"] = re.sub(pattern, new, source)
    return notebooks


def test_a_number_outside_of_its_band_must_say_so():
    assert "'outside'" in faults_of_chance("relu_layers_factor", reworded("outside", "within"))[0]
    assert faults_of_chance("digits_accuracy", reworded("outside", "within")) == []


def test_a_number_within_its_band_must_not_be_called_outside():
    notebooks = reworded("47 to 50 are right", "47 to 50 are right, so ours is outside")
    assert "within" in faults_of_chance("species_right", notebooks)[0]


def test_a_band_that_is_not_shown_is_reported():
    notebooks = reworded("", "")
    for notebook in notebooks.values():
        for _, cell, _ in checks.cells_of(notebook):
            cell["metadata"].pop("values", None)
    assert "must show over_seeds('tanh_layers')" in faults_of_chance("tanh_layers", notebooks)[0]


def test_a_record_that_is_not_named_is_reported():
    notebooks = reworded("measured|record", "found").values()
    faults = [fault for notebook in notebooks for fault in faults_of_records(notebook)]
    # Read directly, by a name that was read from it, and in a text alone.
    for cell in ("speed-code-2", "speed-meaning-code", "noise-why"):
        assert f"({cell})" in " ".join(faults)
