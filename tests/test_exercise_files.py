"""Blanks and trees of exercises: nothing in them gives a solution away, and no work is lost."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_publish import folder, printed, text  # noqa: F401, a fixture

from lecture_utils.publish.__main__ import main
from lecture_utils.publish.exercises import STUB
from lecture_utils.publish.exporters import LectureNotesExporter
from lecture_utils.publish.student import WHEEL, install

NAME = "00-start.ipynb"
SECRET = "6 * 7"
SOLVED = f'''\
def answer():
    """Return it."""
    ### BEGIN SOLUTION
    return {SECRET}
    ### END SOLUTION'''
BLANK = '''\
def answer():
    """Return it."""
    # Write your code here.
    ...'''
WHY = "<details>\n<summary>Why</summary>\n\nFor $a = b$ it is.\n\n</details>"


def solutions():
    grader = {"grade": False, "grade_id": "answer", "solution": True}
    metadata = {"nbgrader": grader, "wrong": [{"code": ["41"], "hint": "No."}], "right": [["42"]]}
    return new_notebook(cells=[
        new_markdown_cell("# Exercises\n\nOf [A lecture](../00-start.ipynb).", id="title"),
        new_markdown_cell("## Task 1: An answer\n\n*One line, 1 point*", id="answer-task"),
        new_code_cell(SOLVED, metadata=metadata, execution_count=1, id="answer"),
        new_code_cell("check(answer)", execution_count=2, outputs=[printed("right")], id="check"),
        new_markdown_cell(WHY, metadata={"tags": ["solution"]}, id="answer-answer"),
    ])  # fmt: skip


@pytest.fixture
def lectures(folder):  # noqa: F811
    """A folder of two lectures, the first with a task, its solution and its blank."""
    task = new_markdown_cell(
        "**Task 1:** [An answer](exercises/00-start.ipynb#Task-1:-An-answer), one line.",
        metadata={"tags": ["task"]}, id="task-answer",
    )  # fmt: skip
    lecture = nbformat.read(folder / NAME, 4)
    lecture.cells += [text("slide", "## A task", id="a-task"), task]
    nbformat.write(lecture, folder / NAME)
    (folder / "solutions").mkdir()
    nbformat.write(solutions(), folder / "solutions" / NAME)
    assert made(folder, "blanks", folder / "exercises") == 0
    return folder


def made(lectures, what, to, *options):
    source = lectures / "solutions" if what in ("blanks", "exercises") else lectures
    paths = sorted(map(str, source.glob("*.ipynb")))
    return main([what, *paths, "--to", str(to), *options])


def test_a_blank_has_a_place_to_write_in_and_nothing_of_the_solution(lectures):
    blank = nbformat.read(lectures / "exercises" / NAME, 4)
    nbformat.validate(blank)
    assert [cell.id for cell in blank.cells] == ["title", "answer-task", "answer", "check"]
    assert blank.cells[2].source == BLANK and STUB.partition("\n")[0] in BLANK
    assert all(c.outputs == [] and c.execution_count is None for c in blank.cells[2:])
    assert blank.cells[2].metadata.keys() == {"nbgrader"}
    assert SECRET not in (lectures / "exercises" / NAME).read_text(encoding="utf-8")


def test_the_trees_are_for_students_for_teachers_and_for_nbgrader(lectures, tmp_path):
    out = tmp_path / "out"
    assert made(lectures, "exercises", out) == 0
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        f"student/{WHEEL}", f"student/{NAME}", f"solutions/{NAME}",
        f"nbgrader/source/00-start/{NAME}", "nbgrader/nbgrader_config.py",
    }  # fmt: skip
    folders = "student", "solutions", "nbgrader/source/00-start"
    student, solved, source = (nbformat.read(out / name / NAME, 4) for name in folders)
    assert [cell.source for cell in student.cells][1::2] == [install("./"), BLANK]
    assert SECRET not in str(student) and "../" not in str(student) + str(solved) + str(source)
    assert "Of A lecture." in student.cells[0].source
    assert solved.cells[3].outputs and solved.cells[-1].source == WHY
    assert [cell.source for cell in source.cells][1::2] == [install("./"), SOLVED]
    assert source.cells[-1].source == "check(answer)"
    kept = set().union(*(cell.metadata for cell in solved.cells + source.cells))
    assert not {"wrong", "right"} & kept


def test_students_get_the_exercises_with_the_lectures(lectures, tmp_path):
    assert made(lectures, "student", tmp_path / "out") == 0
    blank = nbformat.read(tmp_path / "out/exercises" / NAME, 4)
    assert blank.cells[1].source == install("../") and (tmp_path / "out" / WHEEL).exists()
    assert blank.cells[3].source == BLANK


@pytest.mark.parametrize("what", ["slides", "handout"])
def test_links_to_tasks_lead_somewhere_on_pages_too(lectures, tmp_path, what):
    assert made(lectures, what, tmp_path / "out") == 0
    (page,) = (tmp_path / "out").glob("00-start.*.html")
    (link,) = re.findall(r'href="(exercises/[^"#]+)', page.read_text(encoding="utf-8"))
    assert (tmp_path / "out" / link).exists()


def test_notes_have_each_solution_in_a_fold_unless_it_is_held_back(lectures, tmp_path):
    assert made(lectures, "handout", tmp_path / "out") == 0
    page = (tmp_path / "out/00-start.notes.html").read_text(encoding="utf-8")
    (fold,) = re.findall(r"<summary>Solution of task 1</summary>(.*?)</details>", page, re.DOTALL)
    code = re.sub("<[^>]+>", "", fold)
    assert SECRET in code and "it is." in code and "data-tex" in fold and "BEGIN" not in code
    assert made(lectures, "handout", tmp_path / "held", "--without-solutions") == 0
    (lectures / "solutions" / NAME).unlink()
    assert made(lectures, "handout", tmp_path / "without") == 0
    held, without = ((tmp_path / each / "00-start.notes.html").read_text(encoding="utf-8")
                     for each in ("held", "without"))  # fmt: skip
    assert held == without and "Task 1" in held and "Solution of task" not in held


def test_slides_have_no_solution(lectures, tmp_path):
    assert made(lectures, "slides", tmp_path / "out") == 0
    page = (tmp_path / "out/00-start.slides.html").read_text(encoding="utf-8")
    assert 'class="cell task"' in page and "Solution of task" not in page


@pytest.mark.parametrize("change", ["write", "run", "note", "break"])
@pytest.mark.parametrize(("what", "at"), [("blanks", ""), ("exercises", "student/")])
def test_what_a_student_wrote_is_never_overwritten(lectures, tmp_path, capsys, change, what, at):
    out, path = tmp_path / "out", tmp_path / "out" / at / NAME
    assert made(lectures, what, out) == made(lectures, what, out) == 0    # nobody wrote into it
    blank = nbformat.read(path, 4)
    if change == "write":
        blank.cells[-2].source = "def answer():\n    return 1"
    elif change == "run":
        blank.cells[-1].execution_count = 1
    else:
        blank.cells.append(new_markdown_cell("My note.", id="note"))
    nbformat.write(blank, path)
    if change == "break":
        path.write_text(path.read_text(encoding="utf-8")[:-30], encoding="utf-8")
    (lectures / "solutions/01-more.ipynb").write_bytes((lectures / "solutions" / NAME).read_bytes())
    before = {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}
    assert made(lectures, what, out) == 1
    told = f"Error: {path} holds somebody's work, and stays as it is: move it away first\n"
    told += "Nothing was written.\n"
    assert capsys.readouterr().err.endswith(told)
    assert before == {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}


@pytest.mark.parametrize("at", ["exercises", "student/exercises"])
def test_a_site_does_not_overwrite_it_either(lectures, tmp_path, capsys, monkeypatch, at):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    out = tmp_path / "out"
    assert made(lectures, "site", out) == made(lectures, "site", out) == 0
    blank = nbformat.read(out / at / NAME, 4)
    blank.cells[-1].source = "mine"
    nbformat.write(blank, out / at / NAME)
    (out / "index.html").unlink()
    before = {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}
    assert made(lectures, "site", out) == 1
    assert f"{out / at / NAME} holds somebody's work" in capsys.readouterr().err
    assert before == {each: each.read_bytes() for each in out.rglob("*") if each.is_file()}


def test_a_lecture_may_be_overwritten_as_ever(lectures, tmp_path):
    assert made(lectures, "student", tmp_path / "out") == 0
    lecture = nbformat.read(tmp_path / "out" / NAME, 4)
    lecture.cells[-1].source = "changed"
    nbformat.write(lecture, tmp_path / "out" / NAME)
    assert made(lectures, "student", tmp_path / "out") == 0


def test_a_lecture_without_solutions_has_notes(folder):  # noqa: F811
    page, _ = LectureNotesExporter().from_filename(str(folder / NAME))
    assert "Solution of task" not in page
