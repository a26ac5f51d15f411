"""The site without installation is built for real, and its Python started in a browser.

``make matrix ROWS=lite`` runs it. The npm registry has the core of Pyodide, and PyPI what a kernel
starts with; both are put into a copy of the site, so that a browser without network boots it.
NumPy, Matplotlib, scikit-learn and pandas for browsers are on neither: no lecture is run through.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import metadata
from pathlib import Path
from threading import Thread

import nbformat
import pytest
from browsing import Lab
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from conftest import give_up
from lecture_utils import digest
from lecture_utils.publish.chromium import HOST
from lecture_utils.publish.student import WHEEL

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = {path.relative_to(ROOT / "notebooks").as_posix()
         for path in [*PATHS, *(ROOT / "notebooks/exercises").glob("*.ipynb")]}  # fmt: skip
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
KERNEL = "@jupyterlite/pyodide-kernel-extension"
STARTS_WITH = ("micropip", "packaging", "jedi", "ipython", "traitlets")
STUBS = {"widgetsnbextension"}    # which the kernel brings empty
BY_WORKER = "/api/drive"    # a service worker answers, which `Lab` blocks: then files are not seen
ASK = """async code => {
  const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
  const future = kernel.requestExecute({code});
  let said = "";
  future.onIOPub = message => {
    const {text, data, evalue} = message.content;
    said += text ?? evalue ?? data?.["text/plain"] ?? "";
  };
  const {content} = await future.done;
  return [content.status, said];
}"""
# NumPy is a stand-in that computes nothing; all else is what a reader gets.
PURE = """
import sys
from unittest.mock import MagicMock
%pip install --quiet --no-deps lecture-utils
sys.modules |= {name: MagicMock() for name in ("numpy", "numpy.lib", "numpy.lib.stride_tricks")}
import lecture_utils
from lecture_utils._interrupt import held_back_interrupt
from lecture_utils.exercises import checking

with held_back_interrupt() as press:
    print(press.is_set(), end=" ")
done = []
print(checking._ends_within(lambda: done.append(1), 1), done, lecture_utils.__version__)
"""


def run(*command, **options):
    """Run a command; what can't be downloaded is no fault of ours."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, **({"cwd": ROOT} | options)
    )
    if done.returncode and re.search("No matching|Failed to fetch|network|ENOTFOUND", done.stderr):
        give_up(f"packages can't be had: {done.stderr}", required="REQUIRE_NETWORK" in os.environ)
    assert done.returncode == 0, done.stderr


def make(to, *options):
    run(sys.executable, ".ci/lite.py", *PATHS, "--to", to, *options)
    return to


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make lite` makes it."""
    return make(tmp_path_factory.mktemp("lite") / "site")


@pytest.fixture(scope="module")
def pyodide(site, tmp_path_factory):
    """The core of the Pyodide that the kernel asks for, with what a kernel starts with."""
    folder = tmp_path_factory.mktemp("pyodide")
    if not shutil.which("npm"):
        give_up("npm is not here, which brings Pyodide", required="REQUIRE_ROWS" in os.environ)
    schema = site / "extensions" / KERNEL / "static/schema/kernel.v0.schema.json"
    version = re.search(r"/v([\d.]+)/", schema.read_text())[1]
    run("npm", "pack", "--silent", f"pyodide@{version}", cwd=folder)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder)
    folder = folder / "package"
    path = folder / "pyodide-lock.json"
    lock = json.loads(path.read_text())
    names, todo = set(), [*STARTS_WITH]
    while todo:
        name = canonicalize_name(todo.pop())
        todo += [] if name in names else lock["packages"][name]["depends"]
        names.add(name)
    pins = [f"{name}=={lock['packages'][name]['version']}" for name in names]
    run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--platform", "any", "--implementation", "py", "--abi", "none", "--python-version", "3.14",
        "--dest", folder, *pins)
    for wheel in folder.glob("*.whl"):    # Pyodide's own have the same content, packed anew
        entry = lock["packages"][parse_wheel_filename(wheel.name)[0]]
        entry["file_name"] = wheel.name
        entry["sha256"] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    path.write_text(json.dumps(lock))
    return folder


@pytest.fixture(scope="module")
def packages(pyodide):
    """What Pyodide has, by name."""
    return json.loads((pyodide / "pyodide-lock.json").read_text())["packages"]


@contextmanager
def served(folder):
    """Serve a folder; yield its address and the list that gets the path of each failed request."""
    missing = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def send_error(self, code, *rest, **named):
            if self.path != "/favicon.ico" and not self.path.startswith(BY_WORKER):
                missing.append(self.path.partition("?")[0])
            super().send_error(code, *rest, **named)

    with ThreadingHTTPServer((HOST, 0), partial(Handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/", missing
        server.shutdown()


# What lies in the site


def test_all_notebooks_are_there_and_install_the_package_from_the_site(site):
    files = site / "files"
    made = {path.relative_to(files).as_posix() for path in files.rglob("*.ipynb")}
    assert made == NAMES
    for name in made:
        cells = nbformat.read(files / name, 4).cells
        code = [cell for cell in cells if cell.cell_type == "code"]
        install, _, check = code[0].source.partition("\n")
        assert install == "%pip install --quiet lecture-utils[widgets] autograd"
        assert f'if lecture_utils.digest() != "{digest()}":' in check
        assert not any(cell.outputs for cell in code)
        assert not any("SOLUTION" in cell.source for cell in cells)
    index = json.loads((site / "pypi/all.json").read_text())
    (release,) = index["lecture-utils"]["releases"].values()
    assert release[0]["filename"] == WHEEL and (site / "pypi" / WHEEL).exists()


def test_no_registry_is_asked(site):
    settings = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    assert settings["litePluginSettings"][f"{KERNEL}:kernel"]["disablePyPIFallback"] is True


def test_all_that_is_needed_is_in_pyodide_or_in_the_site_in_versions_that_we_take(site, packages):
    """Followed from the package through all that it needs there, as its kernel does."""
    wheels = {parse_wheel_filename(path.name)[0] for path in site.glob("pypi/*.whl")}
    extras = PROJECT["optional-dependencies"]["widgets"]
    todo = [*map(Requirement, PROJECT["dependencies"] + extras), Requirement("autograd")]
    todo.append(Requirement("comm"))    # of the kernel
    seen = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in STUBS or requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if name in packages:
            version = packages[name]["version"]
            assert requirement.specifier.contains(version), f"{requirement}: it has {version}"
            seen.add(name)
        else:
            assert name in wheels, f"{requirement} is nowhere"
            if name not in seen:
                todo += map(Requirement, metadata(name).get_all("Requires-Dist", []))
            seen.add(name)
    assert {"numpy", "matplotlib", "scikit-learn", "pandas", "ipython", "tqdm"} <= seen
    assert wheels - {"lecture-utils"} <= seen    # and nothing lies there for nothing


@pytest.mark.parametrize(
    ("script", "lock"), [("", "{}"), ('"1.2.3"', None), (None, "{}"), (None, "no JSON")]
)
def test_another_pyodide_is_refused_and_the_site_stays(site, pyodide, tmp_path, script, lock):
    """Each None stands for what Pyodide itself has."""
    for name, text in (("pyodide.mjs", script), ("pyodide-lock.json", lock)):
        text = (pyodide / name).read_text("utf-8") if text is None else text
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, ".ci/lite.py", PATHS[0], "--to", site, "--pyodide", tmp_path]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"Error: {tmp_path} is not the folder of Pyodide "), done.stderr
    assert {path.name for path in (site / "files").glob("*.ipynb")} == {p.name for p in PATHS}


# What a browser does with it


@pytest.mark.browser
def test_a_browser_without_network_starts_python_and_runs_what_needs_no_numpy(
    site, pyodide, packages, browser, tmp_path
):
    whole = make(tmp_path / "whole", "--pyodide", pyodide)
    config = whole / "jupyter-lite.json"
    told = json.loads(config.read_text())
    told["jupyter-config-data"]["exposeAppInBrowser"] = True
    config.write_text(json.dumps(told))
    with served(whole) as (address, missing):
        lab = Lab(browser, tmp_path, f"{address}lab/index.html")
        lab.open("04-backpropagation.ipynb")
        ask = partial(lab.page.evaluate, ASK)
        assert ask("import sys; print(sys.platform, 6 * 7)") == ["ok", "emscripten 42\n"]
        # The first cell of the lecture lacks NumPy and its kind, which Pyodide only logs, and
        # nothing else.
        assert ask("%pip install --quiet lecture-utils[widgets] autograd") == ["ok", ""]
        names = {path.rpartition("/")[2] for path in missing}
        assert names and names <= {entry["file_name"] for entry in packages.values()}
        assert any(name.startswith("numpy-") for name in names)
        assert [fault for fault in lab.faults if fault.startswith("request")] == []
        version = WHEEL.split("-")[1]
        assert ask(PURE) == ["ok", f"False True [1] {version}\n"]
        lab.page.context.close()
