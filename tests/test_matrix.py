"""Each row of the matrix is told with its result, and what is not here is never called good."""

import json
import shlex
import shutil
import sys
from itertools import groupby
from pathlib import Path
from random import Random
from types import SimpleNamespace

import matplotlib
import matrix
import matrix_plugin
import pytest
from matplotlib.figure import Figure
from matrix import KERNELS, OWN, ROWS, Row
from matrix_plugin import in_random_order
from same_content import PLAYER, contents, letter

from lecture_utils.display import bundle, picture

QUICKLY = ("-q", "tests")
GOOD, BAD = "def test_one(): pass", "def test_one(): assert 1 == 2"


@pytest.fixture
def run_row(tmp_path, monkeypatch, capsys):
    """Run a row on a project of one file of tests; return the exit status and what is printed."""
    project = tmp_path / "project"
    (project / "tests").mkdir(parents=True)
    shutil.copy(matrix_plugin.__file__, project / "tests")
    monkeypatch.setattr(matrix, "ROOT", project)
    monkeypatch.setattr(matrix, "BUILD", tmp_path / "rows")
    monkeypatch.setattr(matrix, "make_environment", make_stand_in)
    monkeypatch.setattr(matrix, "list_fonts", lambda call: None)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")    # they take seconds
    monkeypatch.setenv("CHROMIUM", sys.executable)    # one that is always there
    monkeypatch.delenv("REQUIRE_ROWS", raising=False)

    def run(test=GOOD, **row):
        (project / "tests/test_one.py").write_text(test, encoding="utf-8")
        monkeypatch.setattr(matrix, "ROWS", {"one": Row(**{"tests": QUICKLY} | row)})
        return matrix.main(["one"]), capsys.readouterr().out

    return run


def make_stand_in(python, resolution, call):
    """Make an environment that is the one of these tests."""
    path = call.keywords["cwd"] / OWN
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    path.chmod(0o755)


def test_a_row_is_told_with_its_tests_and_seconds(run_row):
    status, told = run_row()
    assert status == 0 and "one " in told and " s  ok: 1 passed in" in told


def test_a_row_that_fails_is_told_and_its_log_is_kept(run_row):
    status, told = run_row(BAD)
    assert status == 1 and " s  failed: 1 failed in" in told
    assert "assert 1 == 2" in (matrix.BUILD / "one.log").read_text("utf-8")
    assert [path.name for path in matrix.BUILD.iterdir()] == ["one.log"]


def test_a_row_without_tests_fails(run_row):
    assert run_row("")[0] == 1


def test_a_row_that_does_not_end_is_cut(run_row, monkeypatch):
    monkeypatch.setattr(matrix, "MINUTES", 0.02)
    status, told = run_row("import threading\nthreading.Event().wait()")
    assert status == 1 and "failed: " in told and "timed out" in told


def test_an_environment_that_can_not_be_made_is_told(run_row, monkeypatch):
    def fail(python, resolution, call):
        call([sys.executable, "-c", "raise SystemExit('no such version')"])

    monkeypatch.setattr(matrix, "make_environment", fail)
    status, told = run_row()
    assert status == 1 and "failed: no such version" in told


MISSING = {
    "Python 3.99 is not here": {"versions": ("3.99",)},
    "the fonts NoSuch are not in /usr/share/fonts": {"font": "NoSuch"},
    "no-such-program is not here": {"programs": ("no-such-program",)},
    "the processor lacks magic": {"kernel": "Magical"},
    "NumPy takes another kernel": {"kernel": "Unknown"},
}


@pytest.mark.parametrize("message", MISSING)
def test_what_is_not_here_is_told_and_fails_where_it_is_required(run_row, monkeypatch, message):
    monkeypatch.setitem(KERNELS, "Magical", {"magic"})
    monkeypatch.setitem(KERNELS, "Unknown", set())
    status, told = run_row(**MISSING[message])
    assert status == 0 and f" s  skipped: {message}" in told and "ok" not in told
    monkeypatch.setenv("REQUIRE_ROWS", "1")
    status, told = run_row(**MISSING[message])
    assert status == 1 and f" s  failed: {message}" in told


def test_without_a_browser_no_row_is_good_that_needs_one(run_row, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    for row in ({"font": "DejaVu"}, {"programs": ("sh",)}):
        assert "skipped: no browser is found as no-such-browser" in run_row(**row)[1]


SEEN = """
import os, sys, time
from pathlib import Path

def test_one():
    assert Path.cwd().name == "Zoë's lectures"
    assert "HOME" not in os.environ and os.environ["LC_ALL"] == "C" and time.timezone == -50400
    assert Path("tests/test_one.py").stat().st_mode & 0o77 == 0
    Path("made").touch()
    assert Path("made").stat().st_mode & 0o77 == 0
"""


def test_the_tests_of_a_row_see_what_it_changes(run_row):
    changed = {"HOME": None, "LC_ALL": "C", "TZ": "<+14>-14"}
    status, told = run_row(SEEN, folder="Zoë's lectures", variables=changed, umask=0o077)
    assert status == 0, told
    assert run_row(SEEN)[0] == 1


def test_random_order_keeps_files_together_and_cells_in_theirs():
    names = [f"{file} {n}" for file in ("a.py", "b.ipynb", "c.py") for n in range(9)]
    items = [SimpleNamespace(path=Path(name.split()[0]), name=name) for name in names]
    moved = [item.name for item in in_random_order(items, Random(1))]
    assert sorted(moved) == names != moved
    assert len([*groupby(moved, key=lambda name: name[0])]) == 3
    assert [n for n in moved if n[0] == "b"] == names[9:18]
    assert all([n for n in moved if n[0] == f] != [n for n in names if n[0] == f] for f in "ac")


@pytest.mark.parametrize("names", [["lowest", "nowhere"], ["nowhere"]])
def test_an_unknown_row_is_refused_with_the_list(names, capsys):
    assert matrix.main(names) == 2
    message = capsys.readouterr().err
    assert message.startswith("Error: there is no row nowhere; there are 3.11, ")
    assert all(name in message for name in [*ROWS, "quick"])


def test_quick_names_rows_and_another_python(monkeypatch):
    monkeypatch.setattr(matrix, "find_python", lambda versions, *_: versions == ("3.12",) or None)
    monkeypatch.setattr(matrix, "HERE", "3.11")
    assert matrix.quick()[0] == "3.12" and {*matrix.quick()} <= {*ROWS}
    monkeypatch.setattr(matrix, "find_python", lambda *_: None)
    assert matrix.quick()[0] == "3.14"


# Other versions of packages


def notebook(folder, *, number="0.06", ticks=(0, 1), moved=0, alt="A line.", limits=(0, 1)):
    """Write a notebook with a picture that holds a number, and can be played with."""
    figure = Figure(figsize=(3, 2))
    ax = figure.add_subplot(xticks=ticks)
    ax.set_title(number, x=0.5 + moved)
    data = bundle(*picture(ax, alt))
    data[PLAYER] = {"places": [{"box": [moved, 0, 9, 9], "x": [*limits], "y": [0, 1]}]}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    cell = {"id": "one", "cell_type": "code", "outputs": [output]}
    path = folder / "one.ipynb"
    path.write_text(json.dumps({"cells": [cell]}), "utf-8")
    return path


SAME = [{"ticks": (0, 0.5, 1)}, {"moved": 0.1}]
DIFFERENT = [{"number": "0.09"}, {"number": "0.60"}, {"number": "0.6"}, {"alt": "A curve."},
             {"limits": (0, 2)}]


@pytest.mark.parametrize("change", [*SAME, *DIFFERENT])
def test_what_a_picture_says_is_compared_and_not_where(tmp_path, change):
    first, second = (
        contents(notebook(tmp_path, **given), matplotlib.__version__) for given in ({}, change)
    )
    assert (first == second) == (change in SAME)


def test_letters_are_those_of_the_text(tmp_path):
    ((output,),) = contents(notebook(tmp_path, number="fit 1.5"), matplotlib.__version__).values()
    assert "fit 1.5" in output["data"]["text/html"]


def test_names_mean_the_same_letters_in_each_version():
    assert [letter("g-Oblique-78", "3.10.1"), letter("g-Oblique-5b", "3.11.2")] == ["x", "x"]
    assert [letter("g-2212", "3.9.0"), letter("g-c9c", "3.11.2")] == ["−", "−"]
    assert letter("g-13af", "3.11.2") == "fi"
