"""Each lecture runs by itself, in an empty folder and with the package and nothing else.

``make matrix ROWS=set-up`` runs it, as it needs an environment of its own.
"""

import shutil
import tomllib

import nbformat
import pytest
from test_package import ROOT, Environment

from lecture_utils.publish.__main__ import main
from lecture_utils.publish.student import WHEEL

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
RUNNER = """
import os, sys
import nbformat
from nbclient import NotebookClient

os.chdir(sys.argv[1])
notebook = nbformat.read("lecture.ipynb", 4)
NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
nbformat.write(notebook, "lecture.ipynb")
"""
IS_THERE = "import sys; from importlib.util import find_spec; print(*map(find_spec, sys.argv[1:]))"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """The folder that students get."""
    folder = tmp_path_factory.mktemp("handed-out")
    assert main(["student", *map(str, PATHS), "--to", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """An environment as on a hub: a kernel, and what the package needs, without the package."""
    folder = tmp_path_factory.mktemp("alone")
    environment = Environment(folder, "pip", "ipykernel", "nbclient", *NEEDED)
    missing = ["lecture_utils", "anywidget", "autograd", "jupyterlab", "pytest", "torch"]
    told = environment.run("python", "-c", IS_THERE, *missing)
    assert told.split() == ["None"] * len(missing)
    # Matplotlib lists the fonts once, and says so, which a notebook would show.
    environment.run("python", "-c", "import matplotlib.font_manager")
    return environment


@pytest.mark.parametrize("name", [path.stem for path in PATHS])
def test_a_lecture_runs_where_nothing_else_is(kernel, handed_out, name, tmp_path):
    """The first one installs the package, from the file beside it."""
    shutil.copy(handed_out / WHEEL, tmp_path)
    shutil.copy(handed_out / f"{name}.ipynb", tmp_path / "lecture.ipynb")
    kernel.run("python", "-c", RUNNER, tmp_path)
    cells = nbformat.read(tmp_path / "lecture.ipynb", 4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
