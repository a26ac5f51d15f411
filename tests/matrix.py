"""Runs the tests where other readers are: on other Pythons and packages, and in other places.

``make matrix`` runs all rows, ``make matrix ROWS="lowest c-locale"`` these two, and ``make matrix
ROWS=quick`` the four that find most. A row takes some minutes: it copies the project, makes an
environment in the copy, and runs there, in two processes, what needs no browser and no network;
rows with other fonts run what a browser draws. Its log is build/matrix/ROW.log.

What can't be run here is told as skipped, and counts as failed where REQUIRE_ROWS is set.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from lecture_utils.publish.chromium import NoBrowser, find_chromium

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build/matrix"
FONTS = Path("/usr/share/fonts")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSIONS = ("3.14", "3.13", "3.12", "3.11")
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
MINUTES = 30    # that the tests of a row may take
TOLD = 40    # lines of the log of a row that failed

NO_BROWSER = ("-m", "not browser and not elsewhere")
ALL = (*NO_BROWSER, "-n", "2", "--dist", "loadfile")
# The bytes of figures are those of the lock; what they show is compared by same_content.py.
OTHER_BYTES = (*ALL, "--deselect=tests/test_readme_pictures.py")
# Before 3.11, Matplotlib draws the last digits of an axis' limits.
OLD_MATPLOTLIB = "test_the_last_digits_of_a_number_do_not_change_the_picture"
LOWEST = (*OTHER_BYTES, f"--deselect=tests/test_display.py::{OLD_MATPLOTLIB}")
DRAWN = (
    "tests/test_decks.py", "tests/test_fonts.py", "tests/test_pdf.py", "tests/test_typesetting.py",
)  # fmt: skip
INSTALLED = (
    "tests/real_setup.py", "tests/real_alone.py", "tests/real_marks.py", "tests/real_yours.py",
    "tests/test_package.py", "tests/test_browser.py", "tests/test_readme_pictures.py",
)  # fmt: skip
HUB = ("-s", "tests/real_hub.py", "tests/real_hub_marks.py")
ODD = "Zoë's lectures"
OWN = "build/venv/bin/python"    # of a copy
# One family alone, for what names none and, by the rules of this computer, for what is not here.
FONTS_CONF = """<fontconfig>
<dir>{folder}</dir><cachedir>{cache}</cachedir>
<include ignore_missing="yes">/etc/fonts/conf.d</include>
<alias binding="strong">
  <family>serif</family> <prefer><family>{family} Serif</family></prefer>
</alias>
<alias binding="strong">
  <family>sans-serif</family> <prefer><family>{family} Sans</family></prefer>
</alias>
</fontconfig>
"""
# What a processor must have for a kernel of OpenBLAS, as Linux names it.
KERNELS = {
    "Prescott": {"pni"},
    "Sandybridge": {"avx"},
    "Haswell": {"avx2", "fma"},
    "SkylakeX": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
}


class Missing(Exception):
    """What a row needs is not here; the message is for the user."""


@dataclass(frozen=True)
class Row:
    """What differs from this computer and from the packages of the lock."""

    versions: tuple = (HERE,)    # of Python; the first that is here is taken
    resolution: str = "lock"     # or, of what pyproject.toml allows, lowest-direct or highest
    folder: str = "project"
    variables: dict = field(default_factory=dict)    # None stands for one that is not set
    umask: int = 0o022
    ordinary_user: bool = False
    font: str = ""
    kernel: str = ""
    programs: tuple = ()    # that must be on the path, and beside them a browser
    tests: tuple = ALL


def with_threads(n, kernel):
    """Return the row of a number of threads, which is also that of a kernel of OpenBLAS."""
    threads = {"OPENBLAS_NUM_THREADS": str(n), "OMP_NUM_THREADS": str(n)}
    return Row(variables=threads, kernel=kernel)


ROWS = {
    **{version: Row((version,)) for version in reversed(VERSIONS)},
    "lowest": Row(VERSIONS[-1:], "lowest-direct", tests=LOWEST),
    "newest": Row(VERSIONS, "highest", tests=OTHER_BYTES),
    "random-order": Row(tests=(*NO_BROWSER, "--random-order")),
    "c-locale": Row(folder=ODD, variables={"LC_ALL": "C", "TZ": "<+14>-14"}),
    "no-home": Row(umask=0o077, variables={"HOME": None}),
    "user": Row(folder=ODD, ordinary_user=True),
    "set-up": Row(tests=INSTALLED),
    "hub": Row(programs=("npm", "git"), tests=HUB),
    "lite": Row(tests=("tests/real_lite.py",)),
    "liberation": Row(font="Liberation", tests=DRAWN),
    "dejavu": Row(font="DejaVu", tests=DRAWN),
    "1-thread": with_threads(1, "Prescott"),
    "2-threads": with_threads(2, "Sandybridge"),
    "8-threads": with_threads(8, "Haswell"),
    "skylakex": Row(kernel="SkylakeX"),
}


def main(names):
    """Run the rows of these names, print the table and return 1 if a row failed, else 0."""
    unknown = [name for name in names if name not in {*ROWS, "quick"}]
    if unknown:
        told = f"there is no row {', '.join(unknown)}; there are {', '.join(ROWS)}, and quick"
        print(f"Error: {told}", file=sys.stderr)
        return 2
    chosen = sum((quick() if name == "quick" else [name] for name in names or ROWS), [])
    results = {name: tell(name, ROWS[name]) for name in dict.fromkeys(chosen)}
    failed = [name for name, result in results.items() if result.startswith("failed")]
    for name in failed:
        log = (BUILD / f"{name}.log").read_text("utf-8", "replace")
        print(f"\nThe end of {name}.log:", *log.splitlines()[-TOLD:], sep="\n")
    return int(bool(failed))


def quick():
    """Return the rows that find most, with another Python if there is one."""
    others = [version for version in VERSIONS if version != HERE]
    here = [version for version in others if find_python((version,), ROOT, {})]
    return [(here or others)[0], "user", "liberation", "set-up"]


def tell(name, row):
    """Run a row, print its line of the table and return its result."""
    start = time.monotonic()
    BUILD.mkdir(parents=True, exist_ok=True)
    log = BUILD / f"{name}.log"
    try:
        with open(log, "w", encoding="utf-8") as file:
            run(row, file)
        result = f"ok: {last_line(log)}"
    except Missing as reason:
        result = f"{'failed' if 'REQUIRE_ROWS' in os.environ else 'skipped'}: {reason}"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        result = f"failed: {last_line(log) or error}"
    print(f"{name:12} {time.monotonic() - start:5.0f} s  {result}", flush=True)
    return result


def last_line(log):
    return log.read_text("utf-8", "replace").rstrip().rpartition("\n")[2].strip("= ")


def run(row, log):
    """Run the tests of a row in a folder of its own.

    Raises
    ------
    Missing
        If something that the row needs is not here.
    subprocess.CalledProcessError, subprocess.TimeoutExpired
        If a test fails or the environment can't be made; the log has the reason.
    """
    if row.kernel:
        check_processor(row.kernel)
    if row.programs:
        check_programs(row.programs)
    font = font_folder(row.font) if row.font else None
    user = NOBODY if row.ordinary_user and os.geteuid() == 0 else {}
    # What belongs to root is often hidden from others, as the folder of this project may be.
    with TemporaryDirectory(dir=None if user else BUILD) as place:
        os.chmod(place, 0o755)
        python = find_python(row.versions, place, user)
        if python is None:
            raise Missing(f"Python {' or '.join(row.versions)} is not here")
        project = Path(place) / row.folder
        copy_project(project, row.umask, user)
        here = {"cwd": project, "check": True, "stdout": log, "stderr": subprocess.STDOUT}
        call = partial(subprocess.run, stdin=subprocess.DEVNULL, **here)
        make_environment(python, row.resolution, call)
        told = variables(row, project, font)
        call_in_row = partial(call, env=told, umask=row.umask, timeout=60 * MINUTES, **user)
        if row.kernel:
            check_kernel(row.kernel, call_in_row)
        list_fonts(call_in_row)
        if row.resolution != "lock":
            call_in_row([OWN, "tests/same_content.py"])
        call_in_row([OWN, "-m", "pytest", "-p", "matrix_plugin", *row.tests])


def find_python(versions, folder, user):
    """Return the first interpreter of these versions that a user can start in a folder, or None."""
    kept_by_pyenv = Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"), "versions")
    for version in versions:
        found = [sys.executable] if version == HERE else []
        found += [shutil.which(f"python{version}", path=place) for place in os.get_exec_path()]
        if os.access(kept_by_pyenv, os.R_OK):
            found += sorted(kept_by_pyenv.glob(f"{version}.*/bin/python"))
        for python in filter(None, found):
            if is_usable(python, version, folder, user):
                return python
    return None


def is_usable(python, version, folder, user):
    """Whether a user can start an interpreter in a folder, and it is of this version."""
    question = "import sys; print(*sys.version_info[:2], sep='.')"
    command = [python, "-I", "-c", question]
    try:
        asked = subprocess.run(command, cwd=folder, capture_output=True, text=True, **user)
    except OSError:
        return False
    return asked.stdout.strip() == version


def copy_project(folder, umask, user):
    """Copy the project as a clone under this umask would have it, and give it to the user."""
    left_out = shutil.ignore_patterns("build", ".*_cache", ".git", ".venv", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=left_out)
    (folder / "build").mkdir()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~umask)
        if user:
            os.chown(path, user["user"], user["group"])


def make_environment(python, resolution, call):
    """Make the environment of a copy: as make does, or of the lowest or highest versions."""
    if resolution == "lock":
        call([python, ".ci/environment.py"])
        return
    uv = [sys.executable, "-m", "uv"]
    into = ["--quiet", "--python", OWN]
    call([*uv, "venv", "--quiet", "--python", python, "build/venv"])
    groups = ["--group", "lab", "--group", "test", "--no-emit-package", "lecture-utils"]
    call([*uv, "pip", "compile", *into, "pyproject.toml", *groups,
          "--resolution", resolution, "--output-file", "build/requirements.txt"])  # fmt: skip
    call([*uv, "pip", "sync", *into, "build/requirements.txt"])
    call([*uv, "pip", "install", *into, "--no-deps", "--no-build-isolation", "--editable", "."])


def list_fonts(call):
    """Let Matplotlib list the fonts, as it otherwise does, and says so, inside a notebook."""
    call([OWN, "-c", "import matplotlib.font_manager"])


def variables(row, project, font):
    """Return the environment variables of a row, whose leftovers all stay in its copy."""
    build = project / "build"
    own = {
        "HYPOTHESIS_STORAGE_DIRECTORY": build / "hypothesis",
        "IPYTHONDIR": build / "ipython",
        "MPLCONFIGDIR": build / "matplotlib",
        "PYTHONPATH": project / "tests",    # of the plugin
        "TQDM_DISABLE": "1",
    }
    if row.ordinary_user:
        own["HOME"] = build
        own["PYTHONPYCACHEPREFIX"] = build / "pycache"    # the environment is root's
    if row.kernel:
        own["OPENBLAS_CORETYPE"] = row.kernel
    if font:
        names = {"folder": escape(str(font)), "cache": escape(str(build)), "family": row.font}
        own["FONTCONFIG_FILE"] = build / "fonts.conf"
        own["FONTCONFIG_FILE"].write_text(FONTS_CONF.format(**names), encoding="utf-8")
    told = os.environ | {name: str(value) for name, value in own.items()} | row.variables
    return {name: value for name, value in told.items() if value is not None}


def font_folder(family):
    """Return the folder of a family of fonts, if there is also a browser to draw them."""
    check_browser()
    for path in FONTS.rglob(f"{family}Serif*.ttf"):
        return path.parent
    raise Missing(f"the fonts {family} are not in {FONTS}")


def check_browser():
    """Raise `Missing` if there is no browser."""
    try:
        find_chromium(os.environ)
    except NoBrowser as reason:
        raise Missing(str(reason)) from None


def check_programs(names):
    """Raise `Missing` if one of these programs, or a browser, is not here."""
    lacking = [name for name in names if not shutil.which(name)]
    if lacking:
        raise Missing(f"{', '.join(lacking)} is not here")
    check_browser()


def check_processor(kernel):
    """Raise `Missing` if the processor does not have what a kernel of OpenBLAS asks for."""
    info = Path("/proc/cpuinfo")
    has = info.read_text("utf-8").split() if info.exists() else []
    lacking = KERNELS[kernel] - {*has}
    if lacking:
        raise Missing(f"the processor lacks {', '.join(sorted(lacking))}")


def check_kernel(kernel, call):
    """Raise `Missing` if NumPy, told to take a kernel of OpenBLAS, takes another."""
    call = partial(call, stdout=subprocess.PIPE, text=True)
    question = "import numpy, threadpoolctl; print(threadpoolctl.threadpool_info())"
    taken = call([OWN, "-c", question]).stdout
    # Without code for still older ones, OpenBLAS calls the oldest kernel by the name of the first.
    if kernel.replace("Prescott", "Katmai") not in taken and kernel not in taken:
        raise Missing(f"NumPy takes another kernel: {taken.strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
