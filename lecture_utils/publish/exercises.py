"""Makes of the solutions of exercises the blanks that students fill, and what nbgrader starts from.

The solutions are the source. A code cell holds a solution between two lines, ``### BEGIN SOLUTION``
and ``### END SOLUTION``, and, in its metadata, right and wrong answers that tests try; a text with
the tag "solution" explains it.
"""

import hashlib
import json
import re

import nbformat
from nbformat import ValidationError

from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.reading import NO_NOTEBOOK, read_notebook
from lecture_utils.publish.student import as_text, package, with_set_up

STUB = "# Write your code here.\n..."
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?### END SOLUTION *$", re.MULTILINE | re.DOTALL)
TASK = re.compile(r"\*\*Task (\d{1,4}):\*\*")
HEADING = re.compile(r"## Task (\d{1,4}): ")
MARKS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
WHY = re.compile(r"</summary>\s*(.*?)\s*</details>", re.DOTALL)
END = "</details>"
FOLD = f"<details>\n<summary>Solution of task {{}}</summary>\n\n```python\n{{}}\n```\n\n{END}"
LINK = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")
CONFIG = f"""\
# Settings of nbgrader for these exercises. Here, `nbgrader generate_assignment NAME` makes
# the blank of one, and `nbgrader autograde NAME` marks what is in `submitted`.
c = get_config()
c.CourseDirectory.course_id = "neural-networks"
c.ClearSolutions.code_stub = {{"python": {STUB!r}}}
"""


def trees(paths):
    """Return what a teacher hands out, keeps, and marks with, by the names of the files.

    There are the folders ``student``, ``solutions`` and ``nbgrader``. Their texts do not lead to
    the lectures, which need not be there.

    Parameters
    ----------
    paths : list of Path
        Notebooks with solutions, which have been run.
    """
    files = {"nbgrader/nbgrader_config.py": CONFIG}
    files |= {f"student/{name}": content for name, content in package().items()}
    for path in paths:
        nb = _without_links(read(path))
        solved = _with_metadata(nb, without=("right", "wrong"))
        files[f"student/{path.name}"] = to_hand_out(blank(nb), "./")
        files[f"solutions/{path.name}"] = as_text(solved)
        solvable = with_set_up(_to_solve(nb), "./")
        files[f"nbgrader/source/{path.stem}/{path.name}"] = as_text(solvable)
    return files


def blanks(paths):
    """Return the blank of each notebook with solutions, by its name."""
    return {path.name: as_text(sealed(blank(read(path)))) for path in paths}


def beside(lectures, wheel_at=None):
    """Return the blank exercises that lie beside lectures, in the folder ``exercises``, by name.

    Parameters
    ----------
    lectures : list of Path
    wheel_at : str, optional
        From where a first cell installs the package, where it is missing.
    """
    files = {}
    for lecture in lectures:
        path = lecture.parent / "exercises" / lecture.name
        if path.exists():
            nb = read(path)
            made = to_hand_out(nb, wheel_at) if wheel_at else as_text(nb)
            files[f"exercises/{path.name}"] = made
    return files


def read(path):
    """Return a notebook; raise RefusedError if the file is none."""
    with open(path, encoding="utf-8") as file:
        return read_notebook(file)


def blank(nb):
    """Return the notebook that a student fills, made of one with the solutions, which stays."""
    made = _to_solve(nb)
    for cell in made.cells:
        cell.source = SOLUTION.sub(_stub, cell.source)
    return made


def _stub(found):
    return "\n".join(found[1] + line for line in STUB.split("\n"))


def _to_solve(nb):
    """Return a notebook with solutions and without outputs, explanations and what tests read."""
    made = _with_metadata(nb, without=("right", "wrong"))
    made.cells = [c for c in made.cells if "solution" not in c.metadata.get("tags", [])]
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return made


def _with_metadata(nb, *, without):
    made = nbformat.from_dict(nb)
    for cell in made.cells:
        kept = {key: value for key, value in cell.metadata.items() if key not in without}
        cell.metadata = nbformat.from_dict(kept)
    return made


def _without_links(nb):
    made = nbformat.from_dict(nb)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"\1", cell.source)
    return made


def to_hand_out(nb, wheel_at):
    """Return a blank, which first installs the package from a file, as the text of a file."""
    return as_text(sealed(with_set_up(nb, wheel_at)))


def sealed(nb):
    """Return a blank that tells, by a digest of its text, whether somebody wrote into it."""
    nb.metadata["blank"] = _digest(nb)
    return nb


def _digest(nb):
    sources = json.dumps([cell.source for cell in nb.cells])
    return hashlib.sha256(sources.encode()).hexdigest()[:16]


def refuse_to_overwrite_work(paths):
    """Raise RefusedError if any of these files is a blank that somebody ran, or wrote into.

    Parameters
    ----------
    paths : list of Path
        Of notebooks that are to be written; not all need be there.
    """
    worked_in = [str(path) for path in paths if path.exists() and _holds_work(path)]
    if worked_in:
        told = "holds somebody's work, and stays as it is: move it away first"
        lines = [f"{path} {told}" for path in worked_in]
        raise RefusedError("\n".join([*lines, "Nothing was written."]))


def _holds_work(path):
    try:
        nb = nbformat.read(path, 4)
    except (ValidationError, *NO_NOTEBOOK):    # perhaps a blank that was damaged
        return True
    was_run = any(cell.get("outputs") or cell.get("execution_count") for cell in nb.cells)
    return "blank" in nb.metadata and (was_run or nb.metadata["blank"] != _digest(nb))


def with_solutions(nb, path):
    """Return a lecture in which each task is followed by its solution, in a fold.

    Parameters
    ----------
    nb : notebook
        A lecture, which stays as it is.
    path : Path
        The notebook with its solutions. Where it is not there, as its teacher holds them back,
        there are no folds.
    """
    if not path.exists():
        return nb
    folds, made = _folds(read(path)), nbformat.from_dict(nb)
    for cell in made.cells:
        found = TASK.match(cell.source)
        if "task" in cell.metadata.get("tags", []) and found and int(found[1]) in folds:
            cell.source = f"{cell.source}\n\n{folds[int(found[1])]}"
    return made


def _folds(solutions):
    """Return the fold of each task, by its number: the code of the solution, and why."""
    folds, number = {}, 0
    for cell in solutions.cells:
        found = HEADING.match(cell.source)
        number = int(found[1]) if found else number
        if "wrong" in cell.metadata:
            code = MARKS.sub("", cell.source)
            folds[number] = FOLD.format(number, code)
        elif "solution" in cell.metadata.get("tags", []) and number in folds:
            if why := WHY.search(cell.source):
                folds[number] = folds[number].replace(END, f"{why[1]}\n\n{END}")
    return folds
