"""Makes build/lite, a site in which the lectures run in a browser without any installation.

``make lite`` calls it. JupyterLite has an environment of its own, since its kernel would else be
offered in everybody's JupyterLab. The package, and what it needs and Pyodide lacks, lie in the site
as wheels. Pyodide itself, with NumPy and its kind, comes from its makers' server when a reader
opens a notebook; or from the site, if PYODIDE names a folder that has it.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

import lecture_utils
from lecture_utils._files import reason_of
from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.exercises import as_text, sealed
from lecture_utils.publish.site import for_students
from lecture_utils.publish.student import package

VENV = Path("build/lite-venv")
SCHEMA = (
    "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/schema"
    "/kernel.v0.schema.json"
)
# What the package, its figures to play with and the kernel need, and Pyodide does not have.
WHEELS = (
    "anywidget", "autograd", "comm", "font-source-sans-pro", "ipywidgets", "jupyterlab-widgets",
    "psygnal",
)  # fmt: skip
LECTURES_TAKE = ("numpy", "matplotlib", "scikit-learn", "pandas")    # of what Pyodide has
SHOWING = ("anywidget", "jupyterlab_widgets")    # what JupyterLab shows such figures with
# Just as the kernel reads it, %pip must not be indented. It looks into the site, and nowhere else.
INSTALL = """\
%pip install --quiet lecture-utils[widgets] autograd

import lecture_utils

if lecture_utils.digest() != "{digest}":
    print("The site now has another lecture_utils than this notebook goes with: numbers may")
    print("differ. Download what you wrote, delete this notebook here, and open it again.")"""
# Where a name is not in the site, pip would take whatever a registry has under it.
SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Neural networks",
        "litePluginSettings": {
            "@jupyterlite/pyodide-kernel-extension:kernel": {"disablePyPIFallback": True},
        },
    },
}


def main(arguments=None):
    """Make the site of these notebooks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--to", required=True, type=Path, help="the folder, which is replaced")
    parser.add_argument("--pyodide", type=Path, help="the folder with pyodide.mjs, to put into it")
    given = parser.parse_args(arguments)
    try:
        Path("build").mkdir(exist_ok=True)
        with TemporaryDirectory(dir="build") as name:
            make(given.notebooks, Path(name).resolve(), given.to, given.pyodide)
    except (OSError, RefusedError) as error:
        sys.exit(f"Error: {reason_of(error)}")


def make(notebooks, folder, to, pyodide):
    """Make the site in a folder, and then put it in its place."""
    for name, content in files(notebooks).items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "jupyter-lite.json").write_text(json.dumps(SETTINGS))
    download_wheels(folder)
    for name, content in package().items():
        (folder / "pypi" / name).write_bytes(content)
    make_environment(folder / "pypi")
    if pyodide:
        require_pyodide(pyodide)
        shutil.copytree(pyodide, folder / "static/pyodide")
    # By its module, as its commands know no folder with a blank; and in the folder, since it leaves
    # a file where it is started.
    run(VENV.absolute() / "bin/python", "-m", "jupyterlite_core", "build", "--lite-dir", folder,
        "--contents", folder / "files", "--output-dir", folder / "site", "--no-sourcemaps",
        cwd=folder)
    to.parent.mkdir(parents=True, exist_ok=True)
    old = folder / "old"
    if to.exists():
        shutil.move(to, old)
    try:
        shutil.move(folder / "site", to)
    except OSError:
        if old.exists():
            shutil.move(old, to)
        raise


def require_pyodide(folder):
    """Raise RefusedError if a folder is not the kernel's Pyodide, and tell what it lacks."""
    version = re.search(r"/v([\d.]+)/", (VENV / SCHEMA).read_text(encoding="utf-8"))[1]
    try:
        is_this = f'"{version}"' in (folder / "pyodide.mjs").read_text("utf-8")
        packages = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))["packages"]
        files = [folder / packages[name]["file_name"] for name in LECTURES_TAKE]
    except (OSError, ValueError, LookupError, TypeError):
        is_this = False
    if not is_this:
        told = f"with pyodide.mjs, pyodide-lock.json, {', '.join(LECTURES_TAKE)}"
        raise RefusedError(f"{folder} is not the folder of Pyodide {version}, {told}")
    lacking = [name for name, file in zip(LECTURES_TAKE, files) if not file.exists()]
    if lacking:
        told = f"{folder} has no {', '.join(lacking)}: notebooks open, but their cells can't run"
        print(told, file=sys.stderr)


def files(notebooks):
    """Return the notebooks for students and the blanks, by their names, as they start here."""
    return {name: for_browser(text) for name, text in for_students(notebooks).items()}


def for_browser(text):
    """Return a notebook whose first code cell installs the package from the site."""
    nb = nbformat.reads(text, 4)
    (cell,) = [cell for cell in nb.cells if cell.id == "install"]
    cell.source = INSTALL.format(digest=lecture_utils.digest())
    return as_text(sealed(nb) if "blank" in nb.metadata else nb)


def download_wheels(folder):
    """Put those of the lock into the folder ``pypi``: for any computer, by their hashes."""
    lock = Path("requirements.lock").read_text(encoding="utf-8")
    entries = [re.search(rf"^{name}==(.*\\\n)*.*\n", lock, re.MULTILINE)[0] for name in WHEELS]
    (folder / "wheels.txt").write_text("".join(entries), encoding="utf-8")
    run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
        "--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none",
        "--dest", folder / "pypi", "-r", folder / "wheels.txt")


def make_environment(wheels):
    """Make the environment of JupyterLite, or bring it up to date."""
    uv = sys.executable, "-m", "uv", "--quiet"
    if not VENV.exists():
        run(*uv, "venv", "--python", sys.executable, VENV)
    install = *uv, "pip", "install", "--python", VENV / "bin/python"
    run(*install, "--constraint", "requirements.lock", "--group", "lite")
    showing = [path for name in SHOWING for path in wheels.glob(f"{name}-*.whl")]
    run(*install, "--no-deps", *showing)


def run(*command, **options):
    """Run a command, or end as it did."""
    done = subprocess.run(list(map(str, command)), **options)
    if done.returncode:
        sys.exit("Error: the site can't be made: see above what is lacking.")


if __name__ == "__main__":
    main()
