"""The package as others install it: it is in nobody's way, and each extra brings what it names."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from packaging.metadata import Metadata

import lecture_utils
from conftest import give_up

elsewhere = pytest.mark.elsewhere

ROOT = Path(__file__).parents[1]
TRAINING = """
import numpy as np
from lecture_utils import Adam, binary_cross_entropy_on_logits, mlp, train
X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])
rng = np.random.default_rng(0)
network, _ = train(mlp((2, 8, 1), hidden="tanh", rng=rng), binary_cross_entropy_on_logits, X, y,
                   optimizer=Adam(0.05), epochs=200, rng=rng)
print(*(network(X) > 0).astype(int).ravel())
"""
# A Jupyter server, all of whose extensions must load, is asked for some addresses.
SERVING = """
import sys
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import AsyncHTTPClient

async def ask():
    for path in sys.argv[1:]:
        url = f"{app.connection_url}{path}?token={app.identity_provider.token}"
        answer = await AsyncHTTPClient().fetch(url, raise_error=False, request_timeout=100)
        print("Answer", answer.code, answer.body.decode())

app = ServerApp(reraise_server_extension_failures=True)
app.initialize(["--port=0", "--ip=127.0.0.1", "--allow-root"])
app.io_loop.run_sync(ask)
"""
PLAYING = """
from lecture_utils.interactive import descent_player
print(descent_player([[0], [1]], [0, 1]).picture.value)
"""
LAB = "import autograd, jupyterlab\nfrom lecture_utils import interactive\n6 * 7"
ALL_MODULES = """
import pkgutil, lecture_utils
for module in pkgutil.walk_packages(lecture_utils.__path__, "lecture_utils."):
    if module.name.split(".")[1] not in ("interactive", "publish", "execute"):
        __import__(module.name)
        print(module.name)
"""


class Environment:
    """A virtual environment of its own in a folder, where it also runs what it is told.

    Its packages are those of `requirements.lock`. Where they can't be had, tests are skipped, or
    fail where REQUIRE_NETWORK is set.
    """

    def __init__(self, folder, *packages, python=sys.executable):
        self.folder = folder
        own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
        told = ("PYTHON", "JUPYTER")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(told)}
        path = f"{folder / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"    # as if it were activated
        self._variables = kept | own | {"PYTHONNOUSERSITE": "1", "PATH": path}
        self._uv("venv", "--python", python, "venv").check_returncode()
        self.install(*packages)

    def install(self, *packages):
        lock = str(ROOT / "requirements.lock")
        command = "pip", "install", "--python", "venv/bin/python", "-c", lock, *map(str, packages)
        # What was installed before, be it for another environment, needs no network.
        if self._uv(*command, "--offline").returncode:
            done = self._uv(*command)
            if "Failed to fetch" in done.stderr:
                reason = f"packages can't be had: {done.stderr.splitlines()[-1].strip()}"
                give_up(reason, required="REQUIRE_NETWORK" in os.environ)
            assert done.returncode == 0, done.stderr

    def run(self, *command):
        """Return what a command prints."""
        done = self._run(self.folder / "venv/bin" / command[0], *command[1:])
        assert done.returncode == 0, done.stderr
        return done.stdout

    def error(self, *command):
        """Return the last line that a command prints before it fails."""
        done = self._run(self.folder / "venv/bin" / command[0], *command[1:])
        assert done.returncode != 0
        return done.stderr.splitlines()[-1]

    def _uv(self, *command):
        return self._run(sys.executable, "-m", "uv", *command)

    def _run(self, *command):
        return subprocess.run(
            command, cwd=self.folder, env=self._variables, capture_output=True, text=True
        )


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The folder of an unpacked source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    build = f"from flit_core.buildapi import build_sdist; print(build_sdist({str(folder)!r}))"
    name = subprocess.check_output([sys.executable, "-c", build], cwd=ROOT, text=True).strip()
    with tarfile.open(folder / name) as packed:
        # Python 3.11.0 to 3.11.3 know no filter, and pass over one that is asked for like this.
        packed.extraction_filter = getattr(tarfile, "data_filter", None)
        packed.extractall(folder)
    return folder / name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist):
    """A wheel that is built from the source distribution."""
    command = [sys.executable, "-m", "flit_core.wheel", sdist, "--outdir", sdist.parent]
    subprocess.run(command, check=True)
    (path,) = sdist.parent.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def beside_nbconvert(wheel, tmp_path_factory):
    """The package without what it depends on, but for NumPy, beside Jupyter's own."""
    folder = tmp_path_factory.mktemp("beside")
    cells = [new_markdown_cell("# Of somebody else"), new_code_cell("6 * 7")]
    metadata = {"language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), folder / "foreign.ipynb")
    environment = Environment(folder, "numpy", "nbconvert", "jupyter-server")
    environment.install("--no-deps", wheel)
    return environment


@pytest.fixture(scope="module")
def growing(wheel, tmp_path_factory):
    """The package with what it depends on; each test adds an extra."""
    folder = tmp_path_factory.mktemp("growing")
    cells = [new_markdown_cell("# A lecture on $x$"), new_code_cell(LAB, execution_count=1)]
    cells[0].metadata["slideshow"] = {"slide_type": "slide"}
    nbformat.write(new_notebook(cells=cells), folder / "lecture.ipynb")
    return Environment(folder, wheel)


# What is handed out


def tracked():
    """The names of the repository's files."""
    if not (ROOT / ".git").exists():
        give_up("only in a repository can be seen which files belong to it", required=False)
    return set(subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines())


def test_the_source_distribution_is_whole(sdist):
    packed = {str(path.relative_to(sdist)) for path in sdist.rglob("*") if path.is_file()}
    assert tracked() <= packed
    assert not [name for name in packed if re.search("__pycache__|checkpoints", name)]


def test_the_wheel_has_all_files_of_the_package_and_tells_of_it(wheel):
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (about,) = [packed.read(name) for name in names if name.endswith("/METADATA")]
    assert {name for name in tracked() if name.startswith("lecture_utils/")} <= names
    metadata = Metadata.from_email(about)  # which refuses what is not valid
    assert str(metadata.version) == lecture_utils.__version__
    assert metadata.description.strip() == (ROOT / "README.md").read_text().strip()
    assert set(metadata.provides_extra) == {"publish", "pdf", "widgets", "lab"}


# Where only a part of what it can use is installed


@elsewhere
def test_networks_are_trained_where_only_numpy_is(wheel, tmp_path):
    alone = Environment(tmp_path, "numpy")
    alone.install("--no-deps", wheel)
    assert alone.run("python", "-c", TRAINING) == "0 1 1 0\n"


@elsewhere
def test_notebooks_of_others_are_exported_as_ever(beside_nbconvert):
    beside_nbconvert.run("jupyter", "nbconvert", "--to", "html", "foreign.ipynb")
    assert "Of somebody else" in (beside_nbconvert.folder / "foreign.html").read_text()


@elsewhere
def test_a_server_starts_and_its_menu_exports_as_ever(beside_nbconvert):
    to = [f"nbconvert/{name}/foreign.ipynb" for name in ("html", "lecture-notes")]
    told = beside_nbconvert.run("python", "-c", SERVING, "api/nbconvert", *to)
    listed, page, refusal = told.split("Answer ")[1:]
    lecture = '"lecture-notes": {"output_mimetype": "text/html"}'
    assert listed.startswith("200") and '"html"' in listed and lecture in listed
    assert page.startswith("200") and "Of somebody else" in page
    assert refusal.startswith("500") and "lecture-utils[publish]" in refusal


@elsewhere
@pytest.mark.parametrize(
    ("extra", "command"),
    [
        ("publish", "jupyter nbconvert --to lecture-slides foreign.ipynb"),
        ("publish", "python -m lecture_utils.publish slides foreign.ipynb --to slides"),
        ("lab", "python -m lecture_utils.execute foreign.ipynb"),
    ],
)
def test_where_something_is_missing_the_extra_is_named(beside_nbconvert, extra, command):
    told = beside_nbconvert.error(*command.split())
    said = rf'ImportError: \w+ is not installed: pip install "lecture-utils\[{extra}\]"'
    assert re.fullmatch(said, told)


# What each extra brings


@elsewhere
def test_without_an_extra_all_runs_that_needs_none(growing):
    assert "lecture_utils.walkthrough.layers" in growing.run("python", "-c", ALL_MODULES)


@elsewhere
def test_widgets_brings_figures_to_play_with(growing, wheel):
    growing.install(f"{wheel}[widgets]")
    assert "<svg" in growing.run("python", "-c", PLAYING)


@elsewhere
def test_publish_brings_slides_and_notes(growing, wheel):
    growing.install(f"{wheel}[publish]")
    for kind in ("slides", "notes"):
        growing.run("jupyter", "nbconvert", "--to", f"lecture-{kind}", "lecture.ipynb")
        page = (growing.folder / f"lecture.{kind}.html").read_text()
        assert "<mjx-container" in page and "@font-face" in page
        assert ("deck.initialize" in page) == (kind == "slides")


@elsewhere
def test_pdf_brings_prints(growing, wheel, browser):
    growing.install(f"{wheel}[pdf]")
    growing.run("python", "-m", "lecture_utils.publish", "pdf", "lecture.ipynb", "--to", "pdf")
    for kind in ("slides", "notes"):
        assert (growing.folder / f"pdf/lecture.{kind}.pdf").read_bytes().startswith(b"%PDF")


@elsewhere
def test_lab_brings_all_to_teach_with(growing, wheel):
    growing.install(f"{wheel}[lab]")
    growing.run("python", "-m", "lecture_utils.execute", "lecture.ipynb")
    assert "42" in (growing.folder / "lecture.ipynb").read_text()
