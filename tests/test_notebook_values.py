"""What is checked beside nbval, in the kernel it runs a notebook in, finds what is wrong.

One made-up notebook has a fault in each cell.
"""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from lecture_utils.execute import normalise

TESTS = Path(__file__).parent


def faults_of(cells, folder):
    """Run a notebook of these cells by nbval; return what is told, by the name of the check."""
    notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": {}}
    (folder / "own.ipynb").write_text(json.dumps(normalise(notebook)), encoding="utf-8")
    options = ["-p", "same_kernel", "-p", "matrix_plugin"]
    options += ["--nbval", "--nbval-current-env", "--color=no", "--junitxml=told.xml"]
    options += [f"--nbval-sanitize-with={TESTS / 'nbval_sanitize.cfg'}"]
    options += ["-c", os.devnull, "--rootdir=."]    # or old pytest names all by the place of that
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    said = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "own.ipynb"],
        cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True,
    ).stdout.decode().splitlines()
    cases = ET.parse(folder / "told.xml").iter("testcase")
    faults = {case.get("name"): case[0].text for case in cases if len(case)}
    faults.update(("at the end", line) for line in said if "make execute" in line)
    return faults


@pytest.fixture(scope="module")
def told(tmp_path_factory):
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
    return faults_of(cells, tmp_path_factory.mktemp("a folder"))


def test_a_cell_that_changes_on_its_second_run_is_reported(told):
    found = [name for name, words in told.items() if "another output when it is run" in words]
    assert found == ["Cell 1"]


def test_outputs_that_are_missing_or_stale_are_reported(told):
    cells = [f"Cell {k}" for k in (1, 3, 4, 5, 7, 8, 9)]
    assert [*told] == [*cells, "figures", "text", "at the end"]
    assert told["at the end"].startswith("own.ipynb shows something else than its code gives.")
    assert "Unexpected output fields" in told["Cell 3"] and "Unexpected" in told["Cell 5"]
    assert "0.99997" in told["Cell 4"] and "0.99998" in told["Cell 4"]
    for name in ("Cell 7", "Cell 8"):    # a PNG, and a text alternative
        assert 'in the file:' in told[name] and '"old"' in told[name]


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
def test_a_wrong_number_is_reported(told, words):
    assert len(told["text"].splitlines()) == 16
    assert words in told["text"]


def test_texts_that_are_covered_or_cut_are_reported(told):
    start = "Words that stand in each other's way.…: "
    assert told["figures"].splitlines() == [
        f"{start}'one' and 'two' cover each other",
        f"{start}'cut off' reaches beyond the canvas",
        "A word that stands on a line.…: 'on it' covers a line",
    ]
