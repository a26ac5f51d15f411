"""The notebooks for students hold nothing that gives away what is asked, and run by themselves."""

import re
from io import BytesIO
from zipfile import ZipFile

import nbformat
import pytest
from test_publish import NOTEBOOKS, code, notebook, printed, text

import lecture_utils
from lecture_utils.execute import open_kernel
from lecture_utils.interactive.still import TO_PLAY
from lecture_utils.publish import student
from lecture_utils.publish.__main__ import main
from lecture_utils.publish.outline import slide_type
from lecture_utils.publish.student import FOLDED, WHEEL, install, packed, student_edition

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
QUESTIONS = "## Check yourself\n\n1. What is\n   $x$?\n2. Why?"
FOLDS = [f"<details>\n<summary>Answer {i}</summary>\n\nIt is {i}.\n\n</details>" for i in (1, 2)]


def edition(*cells):
    """The cells of the notebook for students of a lecture with these cells, after the first."""
    made = student_edition(notebook(*cells))
    nbformat.validate(made)
    assert made.cells[0].source == "# A lecture"
    assert [cell.id for cell in made.cells[1:3]] == ["for-students", "install"]
    return made.cells[3:]


# What it holds


def test_notes_outputs_and_what_tests_read_are_left_out():
    shown, hidden, said = edition(
        code("skip", "a = 1", printed("1"), marked=["a = 1"]),
        text("notes", "> **In class, 1 minute.** The answer is 1."),
        code("fragment", "show(a)", printed("1"), tags=["hide-input", "readme-picture"]),
        text("fragment", "It is 1.", values=[["1", "a"]], world="layer", covers=["N1"]),
    )
    assert [cell.source for cell in (shown, hidden, said)] == ["a = 1", "show(a)", "It is 1."]
    assert [cell.outputs + [cell.execution_count] for cell in (shown, hidden)] == [[None], [None]]
    assert shown.metadata == said.metadata == {}
    assert hidden.metadata == {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]}


def test_text_that_tells_what_a_cell_shows_is_folded():
    (cell,) = edition(text("fragment", "It falls.", tags=["answer"]))
    assert cell.source == FOLDED.format("It falls.")
    assert "tags" not in cell.metadata


def test_the_lecture_stays_as_it_is():
    lecture = notebook(code("-", "a", printed("1")), text("-", QUESTIONS), text("-", FOLDS[0]))
    before = nbformat.writes(lecture)
    student_edition(lecture)
    assert nbformat.writes(lecture) == before


def test_each_answer_is_below_its_question():
    lecture = [text("-", QUESTIONS), text("notes", "Ask."), text("skip", "\n\n".join(FOLDS))]
    (joined,) = edition(*lecture)
    head, first, second = QUESTIONS.replace("\n2.", "\n\f2.").replace("\n1.", "\n\f1.").split("\f")
    expected = [head.strip(), first.strip(), FOLDS[0], second.strip(), FOLDS[1]]
    assert joined.source.split("\n\n") == "\n\n".join(expected).split("\n\n")


@pytest.mark.parametrize(
    "answers",
    [
        FOLDS[0],
        "\n".join(FOLDS[::-1]),
        "\n".join([*FOLDS, "And more."]),
        "\n".join([*FOLDS, FOLDS[0].replace("Answer 1", "Answer 3")]),
        "no fold",
    ],
)
def test_answers_that_do_not_fit_the_questions_stay_where_they_are(answers):
    cells = edition(text("-", QUESTIONS), text("skip", answers))
    assert [cell.source for cell in cells] == [QUESTIONS, answers]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_lecture_loses_nothing_else(path):
    lecture = nbformat.read(path, 4)
    made = student_edition(lecture)
    nbformat.validate(made)
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    kept = [cell for cell in lecture.cells if slide_type(cell) != "notes"]
    assert sources(made.cells, "code") == [install("./"), *sources(kept, "code")]
    *texts, questions, answers = sources(kept, "markdown")
    first, _, *others, asked = sources(made.cells, "markdown")
    folded = [cell.source for cell in kept if "answer" in cell.metadata.get("tags", [])]
    assert [first, *others] == [FOLDED.format(t) if t in folded else t for t in texts]
    lines = [line for line in f"{questions}\n{answers}".splitlines() if line]
    assert sorted(lines) == sorted(line for line in asked.splitlines() if line)
    for number in range(1, asked.count("<details>") + 1):
        below = asked.partition(f"\n{number}. ")[2].partition(f"\n{number + 1}. ")[0]
        assert below.count("<details>") == below.count(f"<summary>Answer {number}</summary>") == 1


def sources(cells, kind):
    return [cell.source for cell in cells if cell.cell_type == kind]


# Where little is installed

# Extras of the package, what its tests need, and its rivals.
MISSING = (
    "anywidget autograd hypothesis ipywidgets jupyterlab micrograd nbval playwright pytest torch"
)
BLOCK = f"import sys\nfor name in {MISSING!r}.split():\n    sys.modules[name] = None"


def test_lecture_4_runs_without_widgets_and_autograd_and_says_what_is_missing(tmp_path):
    """It has all that an extra brings to a lecture; `make matrix ROWS=alone` runs them all."""
    made = student_edition(nbformat.read(NOTEBOOKS / "04-backpropagation.ipynb", 4))
    with open_kernel(tmp_path) as run:
        run(BLOCK)
        shown = {c.id: str(run(c.source)) for c in made.cells if c.cell_type == "code"}
    assert shown["install"] == "[]"
    for player in ("step-size-code", "stepper-code"):
        assert TO_PLAY in shown[player] and "<img alt=" in shown[player]
    table = shown["gradient-check-table-code"]
    assert "autograd is not installed" in table and "complex step" in table
    assert "| autograd" not in table


# What is written


@pytest.fixture
def lectures(tmp_path):
    """Two of them."""
    for name in ("00-start", "01-more"):
        nbformat.write(notebook(code("-", "6 * 7", printed("42"))), tmp_path / f"{name}.ipynb")
    return sorted(tmp_path.glob("*.ipynb"))


def made_of(lectures, to):
    return main(["student", *map(str, lectures), "--to", str(to)])


def test_the_command_writes_the_notebooks_and_the_package_that_they_install(lectures, tmp_path):
    out = tmp_path / "out"
    assert made_of(lectures, out) == 0
    assert {path.name for path in out.iterdir()} == {"00-start.ipynb", "01-more.ipynb", WHEEL}
    made = nbformat.read(out / "00-start.ipynb", 4)
    assert sources(made.cells, "code") == [install("./"), "6 * 7"] and made.cells[-1].outputs == []
    assert f" ./{WHEEL}" in install("./")
    with ZipFile(out / WHEEL) as wheel:
        assert "lecture_utils/__init__.py" in wheel.namelist()


def set_up():
    """Run what a notebook for students starts with, but for the line that pip is for."""
    exec(re.sub("%pip install --quiet (.*)", r"print('pip', '\1')", install("../")), {})


def test_where_the_project_is_on_the_web_a_notebook_alone_installs_from_there(monkeypatch, capsys):
    address = "https://example.org/lectures"
    monkeypatch.setattr(student, "project_addresses", lambda: {"Source": address})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    set_up()
    assert capsys.readouterr().out == f'pip "git+{address}"\n'


def test_the_set_up_goes_into_notebooks_of_older_formats_too():
    nb = notebook(code("-", "1"))
    nb.nbformat_minor = 4
    for cell in nb.cells:
        del cell["id"]
    for made in (student_edition(nb), student.with_set_up(nb, "./")):
        nbformat.validate(made)
        assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_the_set_up_says_if_notebook_and_package_have_drifted_apart(monkeypatch, capsys):
    set_up()
    assert capsys.readouterr().out == ""
    kept = install("../")
    for other in ({"digest": lambda: "0a1b2c3d"}, {}):    # or of old, without one
        with monkeypatch.context() as changed:
            changed.setattr("test_student.install", lambda _: kept)
            changed.delattr(lecture_utils, "digest")
            for name, value in other.items():
                changed.setattr(lecture_utils, name, value, raising=False)
            set_up()
        said = capsys.readouterr().out
        assert "is not the one that this notebook goes with" in said
        assert f"\n%pip install --force-reinstall --no-deps ../{WHEEL}\n" in said


def test_the_set_up_installs_the_package_or_says_what_is_missing(monkeypatch, capsys, tmp_path):
    (tmp_path / "exercises").mkdir()
    monkeypatch.chdir(tmp_path / "exercises")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    set_up()
    said = capsys.readouterr().out
    assert said.startswith(f"Beside this notebook there is no ../{WHEEL}. It is in\nstudent.zip")
    (tmp_path / WHEEL).write_bytes(b"")
    set_up()
    assert capsys.readouterr().out == f"pip ../{WHEEL}\n"


@pytest.mark.parametrize(
    ("change", "is_seen"),
    [("old = 1\r\n", False), ("old = 2\n", True), ("old = 1\n\n", True)],
)
def test_a_digest_is_of_the_code_and_not_of_its_line_ends(monkeypatch, tmp_path, change, is_seen):
    monkeypatch.setattr("lecture_utils._digest.files", lambda _: tmp_path)
    (tmp_path / "part").mkdir()
    (tmp_path / "part/code.py").write_text("old = 1\n")
    (tmp_path / "other.txt").write_text("a")
    before = lecture_utils.digest()
    (tmp_path / "other.txt").write_text("b")
    assert lecture_utils.digest() == before
    (tmp_path / "part/code.py").write_bytes(change.encode())
    assert (lecture_utils.digest() != before) == is_seen


def test_without_the_sources_of_the_package_the_notebooks_are_alone(
    lectures, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(lecture_utils, "__file__", str(tmp_path / "site/lecture_utils/__init__.py"))
    assert made_of(lectures, tmp_path / "out") == 0
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".ipynb"}
    assert "made without the package" in capsys.readouterr().err


@pytest.mark.parametrize("words", ['{"cells": [', '{"cells": [{}]}'])
def test_where_one_is_no_notebook_nothing_is_written(lectures, tmp_path, capsys, words):
    lectures[1].write_text(words)
    assert made_of(lectures, tmp_path / "out") == 1
    assert re.search("01-more.*(can.t be read as|has a format)", capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", ["student", "blanks"])
def test_half_a_character_is_no_reason_to_write_nothing(lectures, tmp_path, what):
    halved = lectures[0].read_text().replace("6 * 7", r"6 * 7  # \ud83d")
    lectures[0].write_text(halved)
    assert main([what, str(lectures[0]), "--to", str(tmp_path / "out")]) == 0
    assert "6 * 7  # ?" in (tmp_path / "out" / lectures[0].name).read_text()


def test_an_archive_has_all_files_in_a_folder():
    with ZipFile(BytesIO(packed({"a.ipynb": "text ∂", "b.whl": b"bytes"}))) as archive:
        assert archive.read("student/a.ipynb").decode() == "text ∂"
        assert archive.namelist() == ["student/a.ipynb", "student/b.whl"]
