"""The exercises: each wrong answer gets its own hint, and each right one passes.

What a student might write stands in the metadata of the notebooks with solutions; the blanks are
made of them.
"""

import json
import re
from functools import cache
from importlib import import_module

import matplotlib
import nbformat
import notebook_checks as checks
import pytest
from test_notebooks import ROOT, report

from lecture_utils.exercises import checking
from lecture_utils.exercises.progress import tasks_of
from lecture_utils.publish.exercises import blanks

matplotlib.use("Agg")
FOLDER = ROOT / "notebooks"
PATHS = sorted((FOLDER / "solutions").glob("*.ipynb"))
SIZES = ("One line", "A few lines", "Half a page", "A page")
NOT_WRITTEN = re.compile(r"`\w+(\.\w+)?` is not written yet\.")
CHOICE = re.compile(
    r"<details>\n<summary>([A-D])\. (\S[^\n]*)</summary>\n\n(Yes|No)\. \S.*?\n\n</details>",
    re.DOTALL,
)


def source(cell):
    return "".join(cell["source"])


class Exercises:
    """The tasks of a lecture, with what a notebook and a module say of them."""

    def __init__(self, path):
        self.stem, self.notebook = path.stem, json.loads(path.read_text(encoding="utf-8"))
        self.cells = {cell["id"]: cell for cell in self.notebook["cells"]}
        name = path.stem.partition("-")[2].replace("-", "_")
        self.module = import_module(f"lecture_utils.exercises.{name}")
        self.tasks = {
            task.__name__.removeprefix("check_").replace("_", "-"): task
            for task in tasks_of(self.module)
        }

    @property
    @cache  # noqa: B019, there are seven of them
    def namespace(self):
        """What is defined after all cells but the checks have run."""
        names = {"__name__": self.stem}
        for key, cell in self.cells.items():
            is_check = key == "progress" or key.endswith("-check")
            if cell["cell_type"] == "code" and not is_check and "hide-input" not in tags(cell):
                exec(source(cell), names)
        return names

    def judge(self, key, code):
        """The result of the task with this key for this code in place of the solution."""
        names, task = dict(self.namespace), self.tasks[key]
        exec(code, names)
        return task.judge(*map(names.get, task.names))

    def answers(self, kind):
        """Pairs of a key and an entry of the metadata, for all answers of a kind."""
        return [(key, each) for key in self.tasks for each in self.cells[key]["metadata"][kind]]


def tags(cell):
    return cell["metadata"].get("tags", [])


ALL = {path.stem: Exercises(path) for path in PATHS}
each_notebook = pytest.mark.parametrize("name", ALL)


def each(kind):
    """Parametrize a test by all answers of a kind."""
    found = [
        pytest.param(name, key, entry, id=f"{name}-{key}-{number}")
        for name, exercises in ALL.items()
        for number, (key, entry) in enumerate(exercises.answers(kind))
    ]
    return pytest.mark.parametrize(("name", "key", "entry"), found)


# What checks say


@pytest.fixture
def patience(monkeypatch):
    """Time for answers that come to an end, where the computer has much else to do."""
    monkeypatch.setattr(checking, "SECONDS", 60)


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, each in ALL.items() for key in each.tasks]
)
def test_the_solution_is_right_in_all_steps(name, key, patience):
    result = ALL[name].judge(key, source(ALL[name].cells[key]))
    assert (result.hint, result.marks) == ("", ALL[name].tasks[key].points)


@each("right")
def test_another_right_answer_is_right(name, key, entry, patience):
    result = ALL[name].judge(key, "\n".join(entry))
    assert (result.hint, result.marks) == ("", ALL[name].tasks[key].points)


@each("wrong")
def test_a_wrong_answer_gives_its_own_hint(name, key, entry, request):
    if "takes longer" not in entry["hint"]:
        request.getfixturevalue("patience")
    result = ALL[name].judge(key, "\n".join(entry["code"]))
    assert result.hint == entry["hint"]
    assert result.marks < ALL[name].tasks[key].points
    assert len(result.hint) < 300 and "\n" not in result.hint


@each_notebook
def test_a_blank_is_not_written_yet(name):
    (made,) = map(nbformat.reads, blanks([FOLDER / f"solutions/{name}.ipynb"]).values(), [4])
    own = {cell.id: cell.source for cell in made.cells}
    for key in ALL[name].tasks:
        result = ALL[name].judge(key, own[key])
        assert NOT_WRITTEN.fullmatch(result.hint) and result.marks == 0, f"{key}: {result}"


# What there is


def test_there_are_as_many_tasks_and_answers_as_promised():
    assert [name[:2] for name in ALL] == ["01", "02", "03", "04", "05", "06", "07"]
    assert sum(len(each.tasks) for each in ALL.values()) >= 45
    assert sum(len(each.answers("wrong")) for each in ALL.values()) >= 180


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, each in ALL.items() for key in each.tasks]
)
def test_a_task_has_wrong_answers_with_a_hint_each_and_three_right_ones(name, key):
    metadata = ALL[name].cells[key]["metadata"]
    hints = {entry["hint"] for entry in metadata["wrong"]}
    assert len(hints) == len(metadata["wrong"]) >= 4
    codes = {"\n".join(lines) for lines in metadata["right"]} | {source(ALL[name].cells[key])}
    assert len(codes) == len(metadata["right"]) + 1 >= 3


@each_notebook
def test_a_notebook_has_the_tasks_of_its_module_in_their_order(name):
    exercises = ALL[name]
    expected = [["title", "set-up"]]
    expected += [[f"{key}-task", key, f"{key}-check", f"{key}-answer"] for key in exercises.tasks]
    expected += [["progress-text", "progress"]]
    ours = sum(expected, [])
    assert [key for key in exercises.cells if key in ours] == ours
    given = [cell for key, cell in exercises.cells.items() if key not in ours]
    assert not any("nbgrader" in cell["metadata"] for cell in given)
    for number, (key, task) in enumerate(exercises.tasks.items(), 1):
        check_cells(exercises, number, key, task)
    show = f"show_progress({exercises.module.__name__.rpartition('.')[2]}, globals())"
    assert source(exercises.cells["progress"]) == show


def check_cells(exercises, number, key, task):
    """Assert that the four cells of a task fit each other, and what its check says of it."""
    stated, solved, checked, told = (
        exercises.cells[f"{key}{end}"] for end in ("-task", "", "-check", "-answer")
    )
    points = f"{task.points} point{'s' * (task.points > 1)}"
    heading, about, *_ = source(stated).split("\n\n")
    assert heading == f"## Task {number}: {task.title}"
    found = re.fullmatch(r"\*(.+), (\d points?); slide \[(.+)\]\(\.\./(.+)\.ipynb#(.+)\)\*", about)
    assert found and found[1] in SIZES and found[2] == points and found[4] == exercises.stem
    assert found[3].replace(" ", "-") == found[5]
    module = exercises.module.__name__.rpartition(".")[2]
    assert source(checked) == f"{module}.{task.__name__}({', '.join(task.names)})"
    assert "### BEGIN SOLUTION" in source(solved) and tags(told) == ["solution"]
    assert source(told).startswith("<details>\n<summary>Why</summary>\n\n")
    assert solved["metadata"]["nbgrader"] == {
        "grade": False, "grade_id": key, "locked": False, "schema_version": 3,
        "solution": True, "task": False,
    }  # fmt: skip
    assert checked["metadata"]["nbgrader"] == {
        "grade": True, "grade_id": f"{key}-check", "locked": True, "points": task.points,
        "schema_version": 3, "solution": False, "task": False,
    }  # fmt: skip


@each_notebook
def test_the_outputs_say_that_all_is_right(name):
    exercises = ALL[name]
    for key in exercises.tasks:
        (output,) = exercises.cells[f"{key}-check"]["outputs"]
        assert "".join(output["data"]["text/plain"]).startswith("✓ ")
    (output,) = exercises.cells["progress"]["outputs"]
    number = len(exercises.tasks)
    assert f"{number} of {number} tasks are right." in "".join(output["data"]["text/plain"])


@each_notebook
def test_the_blank_is_that_of_the_solutions(name):
    """`make execute` writes it."""
    blank = FOLDER / f"exercises/{name}.ipynb"
    expected = blanks([FOLDER / f"solutions/{name}.ipynb"])
    assert {blank.name: blank.read_text(encoding="utf-8")} == expected


def test_there_is_no_blank_without_solutions():
    assert {path.stem for path in (FOLDER / "exercises").glob("*.ipynb")} == {*ALL}


@pytest.mark.parametrize("folder", ["solutions", "exercises"])
@each_notebook
def test_texts_show_alike_everywhere_and_lead_somewhere(name, folder):
    path = FOLDER / folder / f"{name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    files = {f"../{path.name}": json.loads((FOLDER / path.name).read_text(encoding="utf-8"))}
    faults = [*checks.check_markdown(notebook), *checks.check_links(notebook, files)]
    faults += checks.check_ids(notebook) + checks.check_imports(notebook)
    assert not faults, report(faults)


# In the lectures


@each_notebook
def test_each_task_is_linked_from_the_slide_to_which_it_leads_back(name):
    lecture = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    found = {}
    for slide in checks.slides(lecture):
        heading = slide[0][2].partition("\n")[0].lstrip("# ")
        found |= {cell["id"]: (heading, text) for _, cell, text in slide if "task" in tags(cell)}
    exercises = ALL[name]
    assert {*found} == {f"task-{key}" for key in exercises.tasks}
    for number, (key, task) in enumerate(exercises.tasks.items(), 1):
        heading, text = found[f"task-{key}"]
        stated = source(exercises.cells[f"{key}-task"])
        assert f"slide [{heading}](" in stated, f"task {number} leads to another slide"
        size = next(size for size in SIZES if f"*{size}," in stated)
        anchor = f"Task-{number}:-{task.title.replace(' ', '-')}"
        link = f"[{task.title}](exercises/{name}.ipynb#{anchor})"
        assert text == f"**Task {number}:** {link}, {size.lower()}."


@each_notebook
def test_a_lecture_has_three_questions_with_choices_of_which_one_is_right(name):
    lecture = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    asked = [source(cell) for cell in lecture["cells"] if "choices" in tags(cell)]
    assert len(asked) >= 3
    for text in asked:
        choices = CHOICE.findall(text)
        assert "?" in text.partition("<details>")[0]
        letters = [letter for letter, _, _ in choices]
        assert letters == [*"ABCD"][: len(letters)] and len(letters) in (3, 4), text
        assert [verdict for _, _, verdict in choices].count("Yes") == 1, text
        assert text.count("<details>") == len(choices), text
    rights = [next(c for c, _, v in CHOICE.findall(text) if v == "Yes") for text in asked]
    assert len({*rights}) > 1
