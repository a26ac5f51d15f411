"""The environment is made for real, moved, and made without make; too slow for each `make test`.

``make matrix ROWS=set-up`` runs it, and test_package.py.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_setup import IN_THREE_LINES, LOCK, PYTHONS, README, ROOT, SET_UP, copy_of

from conftest import give_up

(SIZES,) = re.findall('^SIZES = "(.+)"', (ROOT / ".ci/environment.py").read_text(), re.MULTILINE)

# The real lock, with the real uv

# No request leaves, whatever asks: ports below 10 are nobody's.
OFFLINE = {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "HTTPS_PROXY": "http://127.0.0.1:9"}
PLACES = "import lecture_utils, sys; print(lecture_utils.__file__, *sys.path, sep='\\n')"


def really(folder, *command, **variables):
    """Run a command as it is run by hand, and return what it prints."""
    told = ("PYTHON", "JUPYTER", "MAKE", "MFLAGS", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(told)}
    run = subprocess.run(
        command, cwd=folder, env=kept | variables, capture_output=True, text=True
    )
    if re.search("packages can't be reached|Failed to fetch", run.stderr) and not variables:
        give_up("packages can't be had", required="REQUIRE_NETWORK" in os.environ)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A project that make has set up, with one notebook that says where the package is."""
    names = [*SET_UP, "README.md", "LICENSE", "tests/nbval_sanitize.cfg"]
    folder = copy_of(names, tmp_path_factory.mktemp("original"))
    shutil.copytree(ROOT / "lecture_utils", folder / "lecture_utils")
    (folder / "notebooks").mkdir()
    cells = [new_code_cell(PLACES)]
    nbformat.write(new_notebook(cells=cells), folder / "notebooks/00-overview.ipynb")
    made = really(folder, "make", "execute", f"PYTHON={sys.executable}")
    assert SIZES in made
    yield folder
    shutil.rmtree(folder)    # a gigabyte, which pytest would keep for later runs to remove


@pytest.fixture(scope="module")
def copied(original, tmp_path_factory):
    """A copy of it, as on a stick; the original is still there, to be taken by mistake."""
    folder = tmp_path_factory.mktemp("copied") / "Zoë's lectures"
    shutil.copytree(original, folder, symlinks=True)
    yield folder
    shutil.rmtree(folder)


def test_a_copied_folder_runs_without_network_and_by_itself(original, copied):
    made = really(copied, "make", "execute", **OFFLINE)
    assert "build/venv" in made and "Making" not in made
    notebook = nbformat.read(copied / "notebooks/00-overview.ipynb", 4)
    ran = notebook.cells[0].outputs[0].text
    assert ran.startswith(f"{copied}/lecture_utils/__init__.py\n")
    for name in ("build/venv", ".venv"):
        for told in (ran, really("/", copied / name / "bin/python", "-c", PLACES)):
            assert f"{copied}/" in told and f"{original}/" not in told


def test_what_is_called_by_its_name_is_that_of_the_copy(original, copied):
    assert f"{copied}/build/venv" in really("/", copied / "build/venv/bin/pip", "--version")
    activate = f". {shlex.quote(str(copied))}/.venv/bin/activate; jupyter kernelspec list"
    assert f"{copied}/build/venv/share" in really("/", "bash", "-c", activate)
    scripts = [path for path in (copied / "build/venv/bin").iterdir() if path.stat().st_size < 1e5]
    assert len(scripts) > 50
    assert not [path for path in scripts if str(original).encode() in path.read_bytes()]


def test_what_the_project_declares_anew_is_installed_without_network(copied):
    pyproject = copied / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + '[project.entry-points.ours]\nnew = "here"\n')
    assert "Making" not in really(copied, "make", "execute", **OFFLINE)
    ask = "from importlib.metadata import entry_points; print(entry_points(group='ours'))"
    python = copied / "build/venv/bin/python"
    assert "value='here'" in really("/", python, "-c", ask)
    assert f"{copied}/lecture_utils" in really("/", python, "-c", PLACES)


def test_a_python_that_is_gone_is_replaced_by_one_of_its_kind_without_network(copied):
    for path in [copied / ".venv", *copied.glob("build/venv/**/*")]:
        if path.is_symlink():    # which a USB stick can't hold
            path.unlink()
    told = really(copied, "make", "execute", f"PYTHON={sys.executable}", **OFFLINE)
    assert "The Python of build/venv is gone" in told and "Making" not in told
    python = copied / "build/venv/bin/python"
    assert f"{copied}/lecture_utils" in really("/", python, "-c", f"import numpy; {PLACES}")
    assert f"{copied}/build/venv" in really("/", copied / "build/venv/bin/pip", "--version")
    assert (copied / ".venv").is_symlink()


def test_the_sizes_that_are_told_are_those_on_the_disk(original):
    megabytes = int(really(original, "du", "-sm", "build/venv").split()[0])
    told = re.search(r"(\d+) GB on the disk", SIZES)[1]
    assert megabytes == pytest.approx(1000 * int(told), rel=0.15)
    assert SIZES in " ".join(README.split())


@pytest.mark.parametrize("system", ["linux", "aarch64-apple-darwin", "windows"])
@pytest.mark.parametrize("python", [PYTHONS[0], PYTHONS[-1]])
def test_wheels_are_there_for_the_oldest_and_newest_python_and_of_the_size_told(
    python, system, tmp_path
):
    command = f"pip compile --no-deps --python-version {python} --python-platform {system}"
    to = tmp_path / "pylock.toml"
    lock = ROOT / "requirements.lock"
    really(ROOT, sys.executable, "-m", "uv", *command.split(), "-q", "-o", to, lock)
    packages = tomllib.loads(to.read_text())["packages"]
    assert not [package["name"] for package in packages if "wheels" not in package]
    size = sum(max(wheel["size"] for wheel in package["wheels"]) for package in packages)
    assert size / 1e6 == pytest.approx(int(SIZES.split()[0]), rel=0.15)


# Without make

@pytest.mark.parametrize(
    "installs", [[], ["-m pip install -r requirements.lock", "-m pip install --no-deps -e ."]]
)
def test_the_lectures_start_without_make(installs, tmp_path):
    for name in ["pyproject.toml", "requirements.lock", "README.md", "LICENSE"]:
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "lecture_utils", tmp_path / "lecture_utils")
    assert all(f"`{install}`" in README for install in installs)
    pins = "\n".join(re.findall(r"^[a-z].*==.*(?= \\$)", LOCK, flags=re.MULTILINE))
    (tmp_path / "pins").write_text(pins)    # so that no new version of another's fails here
    make_venv, install, start = IN_THREE_LINES[-1].splitlines()
    really(tmp_path, "bash", "-c", make_venv.replace("python3", shlex.quote(sys.executable)))
    for line in installs or [install]:
        _, arguments = line.split("-m pip install ")
        # uv in the place of pip, since it keeps what it has downloaded for other tests.
        to = ["--python", ".venv/bin/python", *([] if installs else ["-c", "pins"])]
        uv = [sys.executable, "-m", "uv", "pip", "install", *to]
        really(tmp_path, *uv, *shlex.split(arguments))
    assert re.fullmatch(r"[\d.]+\n", really(tmp_path, *shlex.split(start), "--version"))
    python = tmp_path / ".venv/bin/python"
    assert f"{tmp_path}/lecture_utils" in really("/", python, "-c", PLACES)
    shutil.rmtree(tmp_path / ".venv")
