"""nbgrader makes the same blanks as we do, and gives the marks that the checks give.

``make matrix ROWS=set-up`` runs it, as it needs an environment of its own.
"""

import json
import tomllib

import nbformat
import pytest
from test_exercises import ALL, PATHS
from test_package import ROOT, Environment

from lecture_utils.publish.__main__ import main
from lecture_utils.publish.student import WHEEL

NEEDED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
MARKED = "04-backpropagation"
GENERATE = """
import sys
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps import NbGrader

app = NbGrader()
app.load_config_file()
api = NbGraderAPI(config=app.config)
for name in sys.argv[1:]:
    done = api.generate_assignment(name)
    assert done["success"], done["log"]
"""
SCORES = """
import json, sys
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db") as book:
    found = book.assignment_submissions(sys.argv[1])
    marks = {
        each.student.id: {grade.name: grade.auto_score for grade in each.notebooks[0].grades}
        for each in found
    }
print(json.dumps(marks))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder that `make exercises` makes."""
    folder = tmp_path_factory.mktemp("made")
    assert main(["exercises", *map(str, PATHS), "--to", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def course(made):
    """An environment with nbgrader, whose folder is that of the course."""
    folder = made / "nbgrader"
    environment = Environment(folder, "nbgrader==0.9.6", *NEEDED, made / "student" / WHEEL)
    environment.run("python", "-c", "import matplotlib.font_manager")    # says so, once
    environment.run("python", "-c", GENERATE, *ALL)
    return environment


@pytest.mark.parametrize("name", ALL)
def test_a_blank_is_that_of_nbgrader(course, made, name):
    theirs = nbformat.read(course.folder / f"release/{name}/{name}.ipynb", 4)
    ours = nbformat.read(made / f"student/{name}.ipynb", 4)
    assert [cell.source for cell in ours.cells] == [cell.source for cell in theirs.cells]


def submission(course, student, sources):
    """Hand in, as a student, the blank with these sources in place of its own, by their cells."""
    path = course.folder / f"release/{MARKED}/{MARKED}.ipynb"
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        key = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = sources.get(key, cell.source)
    to = course.folder / f"submitted/{student}/{MARKED}/{MARKED}.ipynb"
    to.parent.mkdir(parents=True)
    nbformat.write(notebook, to)


def test_a_blank_a_wrong_and_a_right_submission_get_the_marks_of_the_checks(course):
    exercises = ALL[MARKED]
    solved = {key: "".join(exercises.cells[key]["source"]) for key in exercises.tasks}
    wrong = {key: entry for key, entry in reversed(exercises.answers("wrong"))}
    wrong = {key: "\n".join(entry["code"]) for key, entry in wrong.items()}
    for student, sources in {"blank": {}, "wrong": wrong, "right": solved}.items():
        submission(course, student, sources)
    course.run("nbgrader", "autograde", MARKED)
    marks = json.loads(course.run("python", "-c", SCORES, MARKED))
    keys = {key: f"{key}-check" for key in exercises.tasks}
    points = {key: task.points for key, task in exercises.tasks.items()}
    given = {key: exercises.judge(key, wrong[key]).marks for key in keys}
    assert marks["blank"] == {keys[key]: 0 for key in keys}
    assert marks["right"] == {keys[key]: points[key] for key in keys}
    assert marks["wrong"] == {keys[key]: given[key] for key in keys}
    assert any(given.values()) and given != points, "no answer is right in part"
