"""The formulas of the lectures hold on random numbers, or stand in a list of those that can't.

The metadata of a cell name the world that its symbols live in, a name in `worlds`. What is not
held stands word for word in `formulas_not_checked.toml`, by notebook and cell.
"""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from latex import UnreadableFormula, World, WrongFormula, check, hold_worth, is_worked_out
from latex_parser import RELATIONS, Parser, Words, text_of, tokens_of
from notebook_checks import CODE_SPANS, cells_of
from worlds import WORLDS

SEED = 1
TESTS = Path(__file__).parent
PATHS = sorted((TESTS.parent / "notebooks").glob("*.ipynb"))
NOT_CHECKED = TESTS / "formulas_not_checked.toml"
# $W$ is $(d, p)$: the shape of a quantity, behind words or in a table with a column for it.
SHAPE = re.compile(
    r"\$([^$]+)\$(?: is|:| (?:of|has)(?: the)? shape) \$(\([^$=]*[a-z][^$=]*,[^$=]*\))\$"
)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
OPERATIONS = {
    "+", "/", r"\cdot", r"\times", r"\odot", r"\circ", r"\sum", r"\prod", r"\partial", r"\nabla",
    r"\frac", r"\tfrac", r"\dfrac", r"\sqrt", r"\log", r"\exp", r"\top", r"\in", r"\colon", "'",
    r"\overline", r"\lVert",
}  # fmt: skip
# A difference, a power but those of ten, a call, or a product without a sign.
OPERATION = re.compile(
    r"[\w)}] - |[a-z)}'] \^|[\w}'] \(|(?<!\\)\b\w (\\\w+ )?[a-zA-Z]\b"
)


def formulas_of(text):
    """Pairs of a formula without dollar signs and whether it is displayed, in a Markdown text."""
    text = CODE_SPANS.sub(" ", re.sub(r"^> ?", "", text, flags=re.MULTILINE))
    for displayed, inline in FORMULA.findall(text):
        yield " ".join((displayed or inline).split()), bool(displayed)


def shapes_of(text):
    """Yield what a Markdown text says of shapes, as formulas with the shape behind."""
    stated = SHAPE.findall(re.sub(r"^> ?", "", text, flags=re.MULTILINE))
    columns = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        columns = columns if cells else []
        if "shape" in cells:
            columns = cells
        elif "shape" in columns:
            row = dict(zip(columns, cells))
            names, shapes = (
                [tex for tex, _ in formulas_of(row.get(head, ""))]
                for head in (columns[0] or columns[1], "shape")
            )
            stated += zip(names, shapes)
    for name, shape in stated:
        yield name + r" \quad \text{shape } " + shape.split(r"\to")[-1]    # of the result


def states(tex):
    """Tell whether an inline formula states something: w = (1, 2) and n > 0 only set the scene."""
    return relates(tex) and computes(tex)


def relates(tex):
    return any(token in [*RELATIONS] for token in tokens_of(tex))


def computes(tex):
    """Tell whether a formula is more than a name, a number or a list of them."""
    text = without_indices(tex)
    return bool({*text.split()} & OPERATIONS or OPERATION.search(text))


def relates_names(tex):
    r"""Tell whether a formula relates names alone, as p_L = m, so that it sets no number."""
    return relates(tex) and not re.search(r"\d", without_indices(tex))


def needs_worth(tex, names):
    """Tell whether a formula is an expression alone that is worked out, in the first world."""
    world = WORLDS[names[0]](np.random.default_rng(SEED)) if names else World({})
    try:
        return is_worked_out(Parser([], world).tree_of(tokens_of(tex)), world)
    except UnreadableFormula:
        return False    # a list, or no expression


def without_indices(tex):
    tokens = [token for token in tokens_of(tex) if not isinstance(token, Words) or token == "d"]
    return re.sub(r" _ (\{[^{}]*\}|\S+)", "", text_of(tokens))


def faults_of_formulas(notebook, not_checked):
    """Faults of all formulas in a notebook.

    Parameters
    ----------
    not_checked : dict
        From the id of a cell to the formulas in it, word for word, that no test holds.
    """
    faults, left = [], {cell: list(formulas) for cell, formulas in not_checked.items()}
    for where, cell, text in cells_of(notebook, "markdown"):
        names = cell["metadata"].get("world", "").split()
        faults += [f"{where} names the world {name}, which tests/worlds.py has not"
                   for name in names if name not in WORLDS]
        names = [name for name in names if name in WORLDS]
        formulas = list(formulas_of(text))
        for tex, displayed in [*formulas, *((tex, True) for tex in shapes_of(text))]:
            if tex in left.get(cell["id"], ()):
                left[cell["id"]].remove(tex)
                continue
            fault = fault_of(tex, names, [other for other, _ in formulas])
            must_hold = displayed or states(tex) or needs_worth(tex, names)
            may_not_be_wrong = names and (computes(tex) or relates_names(tex))
            is_wrong = fault and fault.startswith("does not hold")
            if fault and must_hold or is_wrong and may_not_be_wrong:
                faults.append(f"{where}: ${tex}$ {fault}")
    return faults + [f"{NOT_CHECKED.name} has ${tex}$ in {cell}, where it does not stand"
                     for cell, formulas in left.items() for tex in formulas]


def fault_of(tex, names, formulas=()):
    """Return what is wrong with a formula in all worlds of these names, or None if it holds in one.

    Parameters
    ----------
    tex : str
    names : list of str
    formulas : list of str
        All of the cell: an expression alone must be worth what one of them or its world knows.
    """
    wrong, unread = [], []
    for draw in [WORLDS[name] for name in names] or [lambda _: World({})]:
        rng = np.random.default_rng(SEED)
        try:
            if not check(tex, draw, rng):
                for _ in range(3):
                    hold_worth(tex, draw(rng), formulas)
            return None
        except WrongFormula as error:
            wrong.append(error)
        except UnreadableFormula as error:
            unread.append(error)
    if wrong:
        return f"does not hold: {wrong[0]}"
    if not names and (fitting := [name for name in WORLDS if not fault_of(tex, [name], formulas)]):
        return (
            f"needs a world. It holds in {', '.join(fitting)}: say which one is meant in the "
            f'metadata of the cell, as "world": "{fitting[0]}"'
        )
    return (
        f"can't be read{'' if names else ' without a world'}: {unread[0]}. Name a world of "
        f"tests/worlds.py in the metadata of the cell, or add the formula to {NOT_CHECKED.name}"
    )


@pytest.fixture(scope="module")
def not_checked():
    return tomllib.loads(NOT_CHECKED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_formulas_hold(path, not_checked):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    faults = faults_of_formulas(notebook, not_checked.get(path.stem, {}))
    assert not faults, "\n".join(["", *faults])


def test_each_world_is_that_of_a_cell():
    cells = [cell for path in PATHS for cell in json.loads(path.read_text("utf-8"))["cells"]]
    named = {name for cell in cells for name in cell["metadata"].get("world", "").split()}
    assert not WORLDS.keys() - named


def test_what_is_not_checked_is_counted(not_checked):
    count = not_checked.pop("count")
    assert not_checked.keys() <= {path.stem for path in PATHS}
    assert count == sum(len(f) for cells in not_checked.values() for f in cells.values())


CELL = r"""The layer, $h = \sigma(W^\top x + b)$, on one $x$:

$$ z = W^\top x + b \in \mathbb R^p $$

> and $W^\top
> x + b$ alone; with $p = 3$ neurons"""


@pytest.mark.parametrize("right, wrong, told", [
    ("", "", None),
    ("+ b \\in", "- b \\in", "is not true: left ["),
    ("\\sigma(W", "\\sigma'(W", "is not true: left ["),
    ("> x + b$", "> b + b$", "does not hold: shapes"),
    ("> x + b$", "> x + q$", "can't be read"),
    ("> x + b$", "> x + 2b$", "as is no quantity of its world"),
    ("R^p", "R^d", "is not true"),
    ("z =", "q =", "can't be read: the world of this cell has no symbol q"),
    ("$x$:", "$a = b^2$:", "can't be read"),
    ("= 3", "= 4", None),    # a setting, which states nothing
    ("p = 3", "p = d", "p = d is not true"),
])  # fmt: skip
def test_a_fault_in_a_cell_is_told(right, wrong, told):
    faults = faults_of_formulas(notebook_of(CELL.replace(right, wrong), world="layer"), {})
    assert [told in fault for fault in faults] == [True] * bool(told), faults


def notebook_of(text, **metadata):
    return {"cells": [{"cell_type": "markdown", "id": "it", "source": text, "metadata": metadata}]}


@pytest.mark.parametrize("text, told", [
    ("$W$ is $(d, p)$", ""),
    ("$W$ is $(p, d)$", "the shape is"),
    ("| symbol | shape |\n|---|---|\n| $W$, $b$ | $(d, p)$ and $(p{,})$ |", ""),
    ("| symbol | shape |\n|---|---|\n| $W$, $b$ | $(d, p)$ and $(d{,})$ |", "the shape is"),
    ("the product $XW$", ""),
    ("the product $WX$", "do not fit"),
])  # fmt: skip
def test_a_wrong_shape_is_told(text, told):
    faults = faults_of_formulas(notebook_of(text, world="layer"), {})
    assert [told in fault for fault in faults] == [True] * bool(told), faults


def test_an_expression_alone_needs_a_world():
    (fault,) = faults_of_formulas(notebook_of("about $6nP$ operations"), {})
    assert "needs a world. It holds in costs, step_costs: say" in fault
    assert not faults_of_formulas(notebook_of("about $6nP$ operations", world="step_costs"), {})
    (fault,) = faults_of_formulas(notebook_of("about $2nP$ operations", world="step_costs"), {})
    assert "as is no quantity of its world" in fault


def test_a_formula_is_held_or_listed():
    notebook = notebook_of("$h = w^2$ and $a = b^3$")
    assert len(faults_of_formulas(notebook, {})) == 2
    assert not faults_of_formulas(notebook, {"it": ["h = w^2", "a = b^3"]})
    (fault,) = faults_of_formulas(notebook, {"it": ["h = w^2", "a = b^3", "a = b^4"]})
    assert "has $a = b^4$ in it, where it does not stand" in fault


def test_a_formula_may_hold_in_one_of_several_worlds():
    text = r"$\theta \leftarrow \theta - \alpha \nabla J$ and $h_k = \sigma(w_k^\top x + b_k)$"
    assert len(faults_of_formulas(notebook_of(text, world="layer"), {})) == 1
    assert not faults_of_formulas(notebook_of(text, world="layer flowers"), {})
    (fault,) = faults_of_formulas(notebook_of(text, world="layer flower"), {})[:1]
    assert "names the world flower, which" in fault
