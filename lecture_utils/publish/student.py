"""Makes of a lecture the notebook for students, in which all is still to be found out."""

import re
import sys
from importlib.metadata import metadata
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

import nbformat
from nbconvert.exporters import Exporter
from nbformat.v4 import new_code_cell, new_markdown_cell

import lecture_utils
from lecture_utils.publish.outputs import slide_type
from lecture_utils.publish.reading import read_notebook

WHEEL = f"lecture_utils-{lecture_utils.__version__}-py3-none-any.whl"
WELCOME = """\
*The notebook for students.* No cell has been run yet: guess what it will show, then run it with
`Shift` + `Enter`. A bar in place of a cell hides the code of a figure: run it, too, and open it if
you like. Each answer is below its question, in a fold."""
# By its name, pip would take whatever a registry has under it; the file is of this very version.
INSTALL = """\
from importlib.util import find_spec
from pathlib import Path

if not find_spec("lecture_utils"):
    if Path("{wheel}").exists():    # the file comes with this one
        %pip install --quiet {wheel}
    else:
        {otherwise}
if find_spec("lecture_utils"):
    import lecture_utils

    if getattr(lecture_utils, "digest", str)() != "{digest}":
        print("The lecture_utils that is installed is not the one that this notebook goes with:")
        print("numbers may differ. On a hub, tell your lecturer. On your own computer, run")
        print("%pip install --force-reinstall --no-deps {wheel}")
        print("and restart the kernel.")"""
LACKING = """\
print("Beside this notebook there is no {wheel}. It is in")
        print("student.zip, on the page that has this notebook, and in the folder that a lecturer")
        print("hands out: put both into one folder, and run this cell again.")"""
FOLDED = "<details>\n<summary>After you have run it</summary>\n\n{}\n\n</details>"
QUESTION = re.compile(r"^(?=(\d+)\. )", re.MULTILINE)
FOLD = re.compile(r"<details>\s*<summary>Answer (\d+)</summary>.*?</details>", re.DOTALL)


class StudentExporter(Exporter):
    """Writes notebooks for students."""

    file_extension = ".ipynb"
    output_mimetype = "application/json"

    def from_file(self, file_stream, resources=None, **kw):
        """Return the notebook for students of one in a file; raise RefusedError if it is none."""
        return self.from_notebook_node(read_notebook(file_stream), resources, **kw)

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the notebook for students as the text of a file, and what it was made with."""
        return as_text(student_edition(nb)), self._init_resources(resources)


def as_text(nb):
    """Return a notebook as the text of a file, in which no half of a character can be."""
    return nbformat.writes(nb).encode(errors="replace").decode() + "\n"


def student_edition(nb):
    """Return the notebook for students.

    It has neither outputs nor notes to the lecturer, nor what tests read. Code that was hidden
    stays so, and text with the tag "answer", which tells what a cell before it will show, is
    folded. Each answer stands below its question, if every question has one; otherwise they stay
    where they are.

    Parameters
    ----------
    nb : notebook
        A lecture, which stays as it is.
    """
    cells = []
    for cell in nb.cells:
        if slide_type(cell) == "notes":
            continue
        is_hidden = "hide-input" in cell.metadata.get("tags", [])
        metadata = {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]} if is_hidden else {}
        is_answer = "answer" in cell.metadata.get("tags", [])
        cell = nbformat.from_dict(cell | {"metadata": metadata})
        if is_answer:
            cell.source = FOLDED.format(cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if cells and (joined := with_answers(cells[-1].source, cell.source)):
            cells[-1].source = joined
        else:
            cells.append(cell)
    own = new_markdown_cell(WELCOME, id="for-students"), new_code_cell(install("./"), id="install")
    return _with_ids(nb | {"cells": [*cells[:1], *own, *cells[1:]]})


def install(wheel_at):
    """Return the code that installs the package from its file in a folder, where it is missing.

    Where another one is there, it says so: the package of a hub and its notebooks may drift apart.
    """
    wheel = f"{wheel_at}{WHEEL}"
    source = project_addresses().get("Source")
    otherwise = f'%pip install --quiet "git+{source}"' if source else LACKING.format(wheel=wheel)
    return INSTALL.format(wheel=wheel, otherwise=otherwise, digest=lecture_utils.digest())


def project_addresses():
    """Return where the project is on the web, as far as it is known, by names as "Source"."""
    urls = metadata("lecture-utils").get_all("Project-URL", [])
    return dict(url.split(", ", 1) for url in urls)


def with_set_up(nb, wheel_at):
    """Return a notebook whose second cell installs the package, as `install` tells."""
    kept_from_slides = {"slideshow": {"slide_type": "skip"}}
    own = new_code_cell(install(wheel_at), id="install", metadata=kept_from_slides)
    return _with_ids(nb | {"cells": [*nb.cells[:1], own, *nb.cells[1:]]})


def _with_ids(nb):
    """Return a notebook whose cells all have names, which those of an older format lack."""
    made = nbformat.from_dict(nb)
    made.nbformat_minor = max(made.nbformat_minor, 5)    # since which they have
    for number, cell in enumerate(made.cells):
        cell.setdefault("id", f"cell-{number}")
    return made


def with_answers(questions, answers):
    """Return questions with the fold of its answer below each, or None where they don't fit."""
    folds = {found[1]: found[0] for found in FOLD.finditer(answers)}
    head, *parts = QUESTION.split(questions)
    asked = dict(zip(parts[::2], parts[1::2]))
    if not folds or FOLD.sub("", answers).strip() or list(folds) != list(asked):
        return None
    pairs = (f"{text.strip()}\n\n{folds[number]}" for number, text in asked.items())
    return "\n\n".join([head.strip(), *pairs])


def package():
    """Return the file that `INSTALL` takes, by its name, or nothing where it can't be built."""
    project = Path(lecture_utils.__file__).parents[1] / "pyproject.toml"
    if not project.exists() or find_spec("flit_core") is None:
        told = "are made without the package: it takes flit-core, and the folder of the project"
        print(f"The notebooks for students {told}.", file=sys.stderr)
        return {}
    from flit_core.wheel import make_wheel_in  # late: it may be missing

    with TemporaryDirectory() as folder:
        return {WHEEL: make_wheel_in(project, Path(folder)).file.read_bytes()}


def packed(files):
    """Return files, by their names, as one archive: text or bytes, in a folder of its own."""
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(f"student/{name}", content)
    return archive.getvalue()
