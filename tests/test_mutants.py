"""The faults that `make mutants` plants are counted, told, and refused where they are stale.

In a project of two files, with a stand-in for the tests of it.
"""

import json
from pathlib import Path

import mutants
import pytest

from lecture_utils.execute import as_text, normalise

LIST = """
[[group]]
kind = "code: sums"
file = "sum.py"
red = ["noticed"]
faults = [['a + b', 'a - b']]
[[group]]
kind = "prose"
file = "book.ipynb"
red = ["noticed"]
faults = [['it', 'two sums', 'three sums']]
with_words = true
"""
MORE = """
[[group]]
kind = "prose"
file = "book.ipynb"
red = ["overlooked"]
faults = [['it', 'sums', 'products']]
"""
ASKED = LIST.replace('kind = "code: sums"', 'kind = "hub: sums"\nif_asked = true')
STALE = """
[[group]]
kind = "code: differences"
file = "sum.py"
red = ["noticed"]
faults = [['a * b', 'a / b']]
[[group]]
kind = "prose"
file = "book.ipynb"
red = ["noticed"]
faults = [['nowhere', 'sums', 'products'], ['it', 'are', 'were']]
with_words = true
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Plant the faults of a list; return the exit status, what is told, and the files tested."""
    def files(folder):
        return {name: (folder / name).read_text("utf-8") for name in ("sum.py", "book.ipynb")}

    def copy_project(folder):
        folder.mkdir(parents=True)
        for name, text in sound.items():
            (folder / name).write_text(text, "utf-8")

    def run_tests(folder, *arguments, timeout=None):
        tested.append(files(folder))
        return int("noticed" in arguments and files(folder) != sound), "what pytest says"

    tested, cell = [], {"id": "it", "cell_type": "markdown", "source": "Here are two sums."}
    cell["metadata"] = {"values": [["two sums", "n"]]}
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (tmp_path / "sum.py").write_text("a + b\n", "utf-8")
    (tmp_path / "book.ipynb").write_text(as_text(normalise(book)), "utf-8")
    sound = files(tmp_path)
    for name, value in {
        "ROOT": tmp_path, "FOLDER": tmp_path / "copies", "LIST": tmp_path / "list.toml",
        "copy_project": copy_project, "run_tests": run_tests,
    }.items():
        monkeypatch.setattr(mutants, name, value)
    monkeypatch.setattr(mutants.os, "cpu_count", lambda: 1)

    def run(faults, *words):
        (tmp_path / "list.toml").write_text(faults, "utf-8")
        status = mutants.main(words)
        assert files(tmp_path) == sound
        return status, capsys.readouterr(), tested
    return run


def test_faults_that_are_noticed_are_counted_by_their_kind(run):
    status, told, (before, code, prose) = run(LIST)
    assert status == 0 and "Unnoticed" not in told.out
    counts = [line.split() for line in told.out.strip().splitlines()]
    assert counts == ["code: sums 1 of 1 noticed".split(), "prose 1 of 1 noticed".split(),
                      "all 2 of 2 noticed".split()]
    assert code == before | {"sum.py": "a - b\n"}
    assert prose["sum.py"] == before["sum.py"]
    (cell,) = json.loads(prose["book.ipynb"])["cells"]
    assert cell["source"] == ["Here are three sums."]
    assert cell["metadata"]["values"] == [["three sums", "n"]]


def test_a_fault_that_no_test_notices_is_told(run):
    status, told, _ = run(LIST + MORE)
    assert status == 1
    assert "Unnoticed: book.ipynb it: 'sums' → 'products': overlooked gave 0: what" in told.out
    assert [line.split()[-4:-1] for line in told.out.strip().splitlines()[-2:]] == [
        ["1", "of", "2"], ["2", "of", "3"]]


def test_all_that_is_stale_is_told_before_any_test_is_run(run):
    status, told, tested = run(LIST + STALE)
    assert status == 1 and not tested
    assert [line.split(": ", 1)[1] for line in told.err.splitlines() if "Stale" in line] == [
        "sum.py: 'a * b' → 'a / b': found 0 times, expected once",
        "book.ipynb nowhere: 'sums' → 'products': there is no such cell",
        "book.ipynb it: 'are' → 'were': no bound words hold it",
    ]


def test_words_choose_among_kinds_and_files(run):
    _, told, _ = run(LIST, "book", "differences")
    assert "all" in told.out and "1 of   1" in told.out and "sums" not in told.out
    with pytest.raises(SystemExit):
        run(LIST, "nothing")


@pytest.mark.parametrize(("words", "kind"), [([], "prose"), (["hub:"], "hub: sums")])
def test_what_needs_more_than_others_is_planted_only_if_a_word_asks_for_it(run, words, kind):
    _, told, _ = run(ASKED, *words)
    counts = [line.split() for line in told.out.strip().splitlines()]
    assert counts == [f"{kind} 1 of 1 noticed".split(), "all 1 of 1 noticed".split()]


def test_tests_that_fail_without_a_fault_are_told(run, monkeypatch):
    monkeypatch.setattr(mutants, "run_tests", lambda *_: (1, "one failed"))
    status, told, _ = run(LIST)
    assert status == 1 and "one failed" in told.err and "without a fault" in told.err


def test_each_fault_of_the_list_differs_from_what_stands_there_and_names_its_tests():
    folder = Path(__file__).parents[1]
    for fault in mutants.read_faults(Path(__file__).with_name("mutants.toml")):
        assert fault.old != fault.new and fault.red, fault
        assert all((folder / test.partition("::")[0]).is_file() for test in fault.red), fault
