"""Makes build/venv, where the lectures run; the Makefile calls it before all that needs it.

A new environment is made beside the old one and takes its place when it is complete: until then,
and where that fails, the old one stays. No file that it needs names its own folder, so that it
runs wherever the project is moved or copied to. Nothing but Python is there yet.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VENV, NEW, OLD = (Path("build", name) for name in ("venv", "venv-new", "venv-old"))
SIZES = "280 MB to download, 1 GB on the disk"    # as tests/test_setup.py measures
# Packages fit one version of Python on one kind of machine.
TAG = "import sysconfig as s; print(s.get_config_var('SOABI'), s.get_platform())"
# A path in a .pth file would be that of one folder, and a relative one leads from a link astray.
PTH = "import os, sys; sys.path.append(os.path.realpath(os.path.join(sys.prefix, '../..')))\n"
# JupyterLab would ask about news, and look for updates in the network.
SETTINGS = """{"@jupyterlab/apputils-extension:notification":
 {"fetchNews": "false", "checkForUpdates": false}}
"""
LAY_OUT = ("venv", "--relocatable", "--allow-existing", "--offline", "--quiet")
PIP = """#!/bin/sh
exec "$(dirname "$0")/python" -m pip "$@"
"""
# From what Python, pip and uv say to what it means; the first that fits counts.
CAUSES = {
    r"No module named '?(venv|ensurepip)": (
        "this Python has no venv module: install it (on Debian and Ubuntu: apt install"
        " python3-venv),"
    ),
    r"No space left|os error 28\b|quota exceeded": (
        f"the disk is full: make room (it takes {SIZES}),"
    ),
    r"Operation not permitted": (
        "this disk takes no links, as many USB sticks don't: copy the folder to another disk,"
    ),
    r"Permission denied|Read-only file system": (
        "a file can't be written, read or run: let this folder, and the caches of pip and uv, be"
        " yours, on a disk from which programs may run,"
    ),
    r"(?i)hash mismatch|do not match the hashes": (
        "a file that was downloaded is not the one in requirements.lock, and was not installed: it"
        " was cut short or changed on its way. Empty the caches by `pip cache purge` and"
        " `uv cache clean`,"
    ),
    r"No CA certificates": (
        "this computer has no certificates: install them (on Debian and Ubuntu: apt install"
        " ca-certificates), or take those of uv by `export UV_SYSTEM_CERTS=0`,"
    ),
    r"(?i)invalid peer certificate|certificate.verify.failed": (
        "a certificate is not trusted, as behind a proxy: ask its administrator for a file of"
        " certificates, name it by `export PIP_CERT=/path/to/it SSL_CERT_FILE=/path/to/it`,"
    ),
    r"(?i)failed to fetch|sending request|connect|name resolution|timed out|versions: none": (
        "the packages can't be reached: check the network (behind a proxy: `export"
        " HTTPS_PROXY=http://name:port`),"
    ),
}


class SetupError(Exception):
    """The environment can't be made; the message says why, and what to do."""


def main():
    """Make the environment, unless it is there."""
    os.chdir(Path(__file__).parents[1])
    try:
        Path("build").mkdir(exist_ok=True)
        with open("build/venv.lock", "w", encoding="utf-8") as guard:
            wait_for(guard)
            prepare()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        fail(f"{error}: {explained(str(error))}")
    except SetupError as error:
        fail(str(error))


def fail(message):
    """End with the message, and with what can be done in a hall without network."""
    shutil.rmtree(NEW, ignore_errors=True)
    if (VENV / "ready").exists() and tag(VENV / "bin/python"):
        message += (
            f"\nThe environment from before is still there: {VENV}/bin/python -m jupyterlab"
            " opens the lectures with it."
        )
    sys.exit(f"Error: {message}")


def wait_for(guard):
    """Wait until no other process has this open file, which those that we start have too."""
    os.set_inheritable(guard.fileno(), True)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Another make is setting up {VENV}; waiting for it.", flush=True)
        fcntl.flock(guard, fcntl.LOCK_EX)


def prepare():
    """Find out what is lacking, and make up for it."""
    if any(record(NEW)) and not VENV.exists():    # interrupted within `put_in_place`
        NEW.rename(VENV)
    for leftover in (NEW, OLD):
        shutil.rmtree(leftover, ignore_errors=True)
    python = VENV / "bin/python"
    made_for, packages, project = record(VENV)
    if made_for and not python.exists():
        relink(made_for)
    if not made_for or made_for != tag(python) or packages != digest("requirements.lock"):
        make_new()
        put_in_place()
    elif project != digest("pyproject.toml"):
        install_project(VENV)
    if not os.path.lexists(".venv"):
        os.symlink(VENV, ".venv")    # where editors look for it


def record(venv):
    """Return the tag and the two digests that a complete environment was made for, or blanks."""
    path = venv / "ready"
    lines = path.read_text().splitlines() if path.exists() else []
    return lines if len(lines) == 3 else [""] * 3


def tag(python):
    """Return what packages must fit to run with this Python, or None if it does not run."""
    try:
        asked = subprocess.run([python, "-c", TAG], capture_output=True, text=True)
    except OSError:    # it is not there, or is that of another kind of machine
        return None
    return None if asked.returncode else asked.stdout.strip()


def digest(name):
    """Return what changes with a file."""
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()


def relink(made_for):
    """Put a Python of the same kind in the place of the one that is gone, if there is one."""
    same_version = next(VENV.glob("lib/python3*")).name
    found = [sys.executable, shutil.which(same_version)]
    python = next((path for path in found if path and tag(path) == made_for), None)
    print(f"The Python of {VENV} is gone, as on another computer or after an upgrade:", end=" ")
    if python is None:
        print(f"there is no {same_version}, so it is made anew.", flush=True)
    else:
        print(f"{python} takes its place.", flush=True)
        run(VENV / "bin/uv", *LAY_OUT, "--python", python, VENV)


def make_new():
    """Make a complete environment in the folder `NEW`."""
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"Making {VENV} with {sys.executable} (Python {version}):", flush=True)
    print(f"{SIZES}, a minute or two.", flush=True)
    python = NEW / "bin/python"
    lock = Path("requirements.lock").read_text(encoding="utf-8")
    pin = re.search(r"^uv==(.*\\\n)*.*\n", lock, re.MULTILINE)[0]
    Path("build/uv.txt").write_text(pin, encoding="utf-8")
    run(sys.executable, "-m", "venv", "--without-pip", NEW)
    run(python, "-m", "ensurepip", "--default-pip")
    run(python, "-m", "pip", "install", "--retries", "1", "--require-hashes", "-r", "build/uv.txt")
    run(python, "-m", "uv", *LAY_OUT, "--python", python, NEW)
    for script in NEW.glob("bin/pip*"):    # the only ones that uv did not write
        script.write_text(PIP)
    (NEW / "bin/activate.csh").unlink()    # it names its folder
    run(python, "-m", "uv", "pip", "install", "--python", python, "--require-hashes",
        "-r", "requirements.lock")
    settings = NEW / "share/jupyter/lab/settings/overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS)
    # Matplotlib lists the fonts once; inside a notebook it may print that it does.
    run(python, "-c", "import matplotlib.font_manager")
    install_project(NEW)


def install_project(venv):
    """Install the package as it stands in this folder, and note that all is complete."""
    python = venv / "bin/python"
    run(python, "-m", "uv", "pip", "install", "--python", python, "--quiet", "--offline",
        "--no-deps", "--no-build-isolation", "-e", ".")
    (packages,) = venv.glob("lib/python3*/site-packages")
    (packages / "lecture_utils.pth").write_text(PTH)
    os.sync()    # a power cut leaves no note without what it tells of
    files = map(digest, ("requirements.lock", "pyproject.toml"))
    (venv / "ready").write_text("\n".join([tag(python), *files]))


def put_in_place():
    """Let the new environment take the place of the old one."""
    if VENV.exists():
        VENV.rename(OLD)
    NEW.rename(VENV)
    shutil.rmtree(OLD, ignore_errors=True)


def run(*command):
    """Run a command, show what it complains of, and explain it if it fails."""
    said = []
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace", close_fds=False,
    ) as process:
        for line in process.stderr:
            print(line, end="", file=sys.stderr, flush=True)
            said.append(line)
    if process.returncode:
        raise SetupError(explained("".join(said)))


def explained(said):
    """Return what a complaint means, and what to do."""
    causes = (cause for pattern, cause in CAUSES.items() if re.search(pattern, said))
    cause = next(causes, "the packages could not be installed: see above what is lacking, mend it,")
    return f"{cause} then run the same command again."


if __name__ == "__main__":
    main()
