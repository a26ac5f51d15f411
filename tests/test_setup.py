"""The declared, the locked and the conda packages agree, and make says what it lacks."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from matrix import VERSIONS
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from lecture_utils import __version__
from lecture_utils.publish.chromium import NAMES

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

CONDA_NAMES = {"matplotlib": "matplotlib-base", "playwright": "playwright-python"}
# The other names that pip installs, as conda-forge does not have them.
BY_PIP = {
    "pyreveal", "django-static-mathjax", "mini-racer", "font-source-sans-pro",
    "axe-playwright-python",
}
# What the exporters patch, or reach into.
PINNED = {"pyreveal", "django-static-mathjax"}
PUBLIC_TARGETS = [
    "help", "lab", "test", "matrix", "slides", "handout", "pdf", "site", "execute", "pictures",
    "rivals", "bench", "lock", "clean",
]


# What the three files say


def declared():
    """The requirements of the package, of its extras and of all groups, but for each other."""
    project = PYPROJECT["project"]
    parts = [*project["optional-dependencies"].values(), *PYPROJECT["dependency-groups"].values()]
    lines = [line for line in sum(parts, project["dependencies"]) if isinstance(line, str)]
    requirements = map(Requirement, lines)
    return [requirement for requirement in requirements if requirement.name != project["name"]]


def locked():
    """Pairs of a name and a version, one for each entry of the lock."""
    return re.findall(r"^([a-z0-9.-]+)==([^ ]+)", LOCK, flags=re.MULTILINE)


def conda():
    """Requirements by their conda-forge names, without Python and pip."""
    return {line for line in ENVIRONMENT["dependencies"][2:] if isinstance(line, str)}


def by_pip():
    """What pip installs into the environment of conda, in its order."""
    return ENVIRONMENT["dependencies"][-1]["pip"]


@pytest.mark.parametrize("requirement", declared(), ids=lambda r: r.name)
def test_a_declared_package_is_locked_at_a_version_it_allows(requirement):
    versions = [version for name, version in locked() if name == requirement.name]
    assert versions
    assert all(version in requirement.specifier for version in versions)


def test_a_declared_package_is_declared_once_with_a_lower_bound_or_where_patched_a_pin():
    names = [requirement.name for requirement in declared()]
    assert len(names) == len(set(names))
    bounds = {requirement.name: str(requirement.specifier)[:2] for requirement in declared()}
    assert bounds == {name: "==" if name in PINNED else ">=" for name in names}


def test_the_build_backend_is_in_the_lock():
    # The package is built without isolation, so from what the lock installs.
    (backend,) = map(Requirement, PYPROJECT["build-system"]["requires"])
    assert dict(locked())[backend.name.replace("_", "-")] in backend.specifier


def test_environment_yml_asks_for_what_pyproject_declares():
    expected = {
        f"{CONDA_NAMES.get(requirement.name, requirement.name)}{requirement.specifier}"
        for requirement in declared()
        if requirement.name not in BY_PIP
    }
    assert conda() == expected
    assert set(by_pip()[:-1]) == {str(r) for r in declared() if r.name in BY_PIP}


def test_environment_yml_has_an_allowed_python_and_installs_the_package_last():
    python, pip = ENVIRONMENT["dependencies"][:2]
    assert python.removeprefix("python=") in SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert pip == "pip"
    assert by_pip()[-1] == "-e ."
    assert ENVIRONMENT["channels"] == ["conda-forge"]


def test_every_entry_of_the_lock_has_a_hash():
    entry = r"[a-z0-9.-]+==[^ ]+( ; [^\\\n]+)? \\\n"
    hashes = r"(    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n"
    comments = r"(    #.*\n)*"
    our_own = "\n# The following packages were excluded from the output:\n# lecture-utils\n"
    assert re.fullmatch(f"({entry}{hashes}{comments})+{our_own}", LOCK)


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock", "environment.yml"])
def test_no_host_and_no_folder_of_a_machine_is_named(name):
    assert not re.search(r"://|--find-links|--index-url", (ROOT / name).read_text())


def test_all_files_tell_the_same_version_and_date():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search("^## (.+) – (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest.groups() == (citation["version"], str(citation["date-released"]))
    assert citation["version"] == __version__


def test_changes_are_checked_as_ci_run_does_on_the_oldest_and_the_newest_python():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    job = workflow["jobs"]["test"]
    machines = job["strategy"]["matrix"]["include"]
    oldest, *_, newest = promised = re.findall(r":: (3\.\d+)", str(PYPROJECT["project"]))
    assert [machine["python"] for machine in machines] == [oldest, newest]
    assert sorted(version for machine in machines for version in machine.values()) == promised
    assert f">={oldest}" == PYPROJECT["project"]["requires-python"]
    assert sorted(VERSIONS, key=promised.index) == promised
    assert job["steps"][-1] == {"run": "bash .ci/run"}


# What make does: in a copy, with scripts that stand in for Python


@pytest.fixture
def project(tmp_path):
    """A copy of the set-up in a folder that is not easy to name in a shell."""
    folder = tmp_path / "Zoë's lectures"
    folder.mkdir()
    for name in ["Makefile", "pyproject.toml", "requirements.lock"]:
        shutil.copy(ROOT / name, folder)
    return folder


def fake_python(path, version="3.11.0", fails_at="nothing"):
    """Write a script that notes its calls in the current folder and installs nothing.

    It answers the question for its version by the real interpreter, and fails at
    calls that contain `fails_at`.
    """
    pretend = (
        "import platform, sys;"
        f"platform.python_version = lambda: '{version}';"
        f"sys.version_info = {tuple(map(int, version.split('.')))};"
        "exec(sys.argv[1])"
    )
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f"""#!/bin/sh
echo "$*" >> calls
case "$*" in
  *"{fails_at}"*) exit 1 ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *version_info*) exec {shlex.quote(sys.executable)} -c "{pretend}" "$2" ;;
esac
"""
    )
    path.chmod(0o755)
    return path


def make(folder, *arguments, path=os.environ["PATH"]):
    """Run make as a user would, untouched by the make that runs the tests."""
    environment = {"PATH": str(path), "HOME": str(folder)}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )


def make_test(folder, python):
    """Run `make test` with a fake Python, and return what that was asked to do."""
    (folder / "calls").write_text("")
    run = make(folder, "test", f"PYTHON={python}")
    assert run.returncode == 0, run.stderr
    return (folder / "calls").read_text()


def change(lock):
    """Make the lock newer than the environment."""
    later = (lock.parent / "build/venv/ready").stat().st_mtime + 1
    os.utime(lock, (later, later))


def error_of(run):
    """The one line that tells a user what is missing."""
    assert run.returncode != 0
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("Error: ")]
    return line


def test_help_is_the_default_and_lists_every_target(project):
    run = make(project)
    assert run.stdout == make(project, "help").stdout
    assert re.findall(r"^make (\w+) +\w+", run.stdout, flags=re.MULTILINE) == PUBLIC_TARGETS
    assert re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE) == PUBLIC_TARGETS


def test_an_old_python_is_refused(project, tmp_path):
    run = make(project, "test", f"PYTHON={fake_python(tmp_path / 'old', '3.10.13')}")
    assert "Python 3.11 or newer is needed" in error_of(run)
    assert "old is 3.10.13" in error_of(run)


def test_a_missing_python_is_named(project):
    assert "no-such-python is missing" in error_of(make(project, "lab", "PYTHON=no-such-python"))


def test_the_first_python_that_is_new_enough_is_taken(project, tmp_path):
    fakes = tmp_path / "bin"
    fake_python(fakes / "python3", "3.9.18")
    for name in ("python3.14", "python3.13"):
        fake_python(fakes / name, fails_at="version_info")
    fake_python(fakes / "python3.12", "3.12.1")
    fake_python(fakes / "python3.11", "3.11.7")
    run = make(project, "test", path=f"{fakes}:{os.environ['PATH']}")
    assert "Making build/venv with python3.12 (Python 3.12.1)" in run.stdout


@pytest.mark.parametrize(
    "fails_at, message",
    [
        ("import ensurepip", "has no venv module"),
        ("-m pip install", "Check the network"),
        ("-m uv pip sync", "Check the network"),
    ],
)
def test_what_is_missing_is_told_and_made_up_for(project, tmp_path, fails_at, message):
    python = fake_python(tmp_path / "python", fails_at=fails_at)
    assert message in error_of(make(project, "test", f"PYTHON={python}"))
    fake_python(python)
    assert "-m venv build/venv" in make_test(project, python)


def test_the_second_time_nothing_is_installed(project, tmp_path):
    python = fake_python(tmp_path / "python")
    assert "pip" in make_test(project, python)
    assert make_test(project, python) == "-c import uv\n-m pytest\n"


def test_a_changed_lock_is_installed_into_the_environment(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    change(project / "requirements.lock")
    calls = make_test(project, python)
    assert "-m uv pip sync" in calls
    assert "-m venv" not in calls


def test_after_a_change_that_failed_the_environment_is_made_anew(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    change(project / "requirements.lock")
    fake_python(project / "build/venv/bin/python", fails_at="-m uv pip sync")
    error_of(make(project, "test"))
    assert "-m venv build/venv" in make_test(project, python)


def test_a_moved_clone_gets_a_new_environment(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    moved = project.rename(tmp_path / "another place")
    assert "-m venv build/venv" in make_test(moved, python)


def test_an_environment_without_its_python_is_made_anew(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    (project / "build/venv/bin/python").unlink()
    assert "-m venv build/venv" in make_test(project, python)


def test_the_locked_uv_is_installed_by_its_hash(project, tmp_path):
    calls = make_test(project, fake_python(tmp_path / "python"))
    assert "-m pip install --retries 1 --require-hashes -r build/uv.txt" in calls
    entry = (project / "build/uv.txt").read_text()
    assert entry.startswith(f"uv=={dict(locked())['uv']} \\\n    --hash=sha256:")
    assert entry.count("==") == 1


# One lecture


@pytest.fixture
def lectures(project, tmp_path):
    """A project that is set up, with two lectures."""
    (project / "notebooks").mkdir()
    for name in ("00-overview", "04-backpropagation"):
        (project / f"notebooks/{name}.ipynb").touch()
    make_test(project, fake_python(tmp_path / "python"))
    return project


@pytest.mark.parametrize("target", ["slides", "handout", "pdf", "execute"])
@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("04", ["04-backpropagation"]),
        ("04-backpropagation ", ["04-backpropagation"]),
        ("", ["00-overview", "04-backpropagation"]),
    ],
)
def test_only_one_lecture_is_made_or_all(lectures, target, only, names):
    assert make(lectures, target, f"ONLY={only}").returncode == 0
    *_, call = (lectures / "calls").read_text().splitlines()
    assert re.findall(r"notebooks/(\S+)\.ipynb", call) == names


@pytest.mark.parametrize(
    ("target", "only", "told"),
    [
        ("slides", "99", "There is no lecture 99; there are 00-overview 04-backpropagation."),
        ("execute", "0", "There is no lecture 0; there are 00-overview 04-backpropagation."),
        ("site", "04", "ONLY is for slides, handout, pdf and execute"),
        ("test", "04", "ONLY is for slides, handout, pdf and execute"),
    ],
)
def test_a_lecture_that_is_not_there_and_what_needs_all_are_told(lectures, target, only, told):
    before = (lectures / "calls").read_text()
    run = make(lectures, target, f"ONLY={only}")
    assert run.returncode != 0 and told in run.stderr
    assert (lectures / "calls").read_text() == before


# What runs where changes are checked: a script that stands in for each command notes its call


@pytest.fixture
def machine(tmp_path):
    """A folder with the script `.ci/run`, and one with all the commands that there are."""
    script = tmp_path / "project/.ci/run"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / ".ci/run", script)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "dirname", "env"):
        (commands / name).symlink_to(shutil.which(name))
    required = " ".join(f"$REQUIRE_{what}" for what in ("BROWSER", "NETWORK", "RIVALS", "ROWS"))
    add_command(commands, "make", f'echo "$* {required}"')
    add_command(commands, "chromium", "")
    add_command(commands, "fc-list", "echo Liberation Serif")
    environment = tmp_path / "project/build/venv/bin"
    environment.mkdir(parents=True)
    add_command(environment, "ruff", 'echo "ruff $*"')
    return script, commands


# What make is called for, with what the tests require, and what looks at the code before.
MADE = ["rivals    ", "ruff check", "test 1 1 1 ", "matrix ROWS=quick 1   1"]


def add_command(folder, name, text):
    (folder / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
    (folder / name).chmod(0o755)


def run_ci(machine):
    script, commands = machine
    return subprocess.run([script], env={"PATH": str(commands)}, capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_that_is_there_is_used(machine, name):
    (machine[1] / "chromium").rename(machine[1] / name)
    run = run_ci(machine)
    assert (run.stdout.splitlines(), run.returncode) == (MADE, 0)


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize(
    ("missing", "packages"),
    [("chromium", "chromium fonts-dejavu-core"), ("fc-list", "fonts-liberation")],
)
def test_a_missing_browser_and_missing_fonts_are_installed(machine, user, missing, packages):
    (machine[1] / missing).unlink()
    add_command(machine[1], "id", f"echo {user}")
    add_command(machine[1], "sudo", 'echo -n "sudo "; "$@"')
    add_command(machine[1], "apt-get", 'echo "$@"')
    lines = run_ci(machine).stdout.splitlines()
    by = "sudo " if user else ""
    assert lines[0] == f"{by}update -qq"
    assert re.fullmatch(rf"{by}install .*-recommends {packages}", lines[1])
    assert lines[2:] == MADE


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ({"id": "echo 1000", "apt-get": ""}, "Only root can install chromium"),
        ({"id": "echo 0"}, "There is no apt-get to install chromium"),
        ({"id": "echo 0", "apt-get": "exit 100"}, ""),
    ],
)
def test_without_a_browser_nothing_is_run(machine, commands, reason):
    (machine[1] / "chromium").unlink()
    for name, text in commands.items():
        add_command(machine[1], name, text)
    run = run_ci(machine)
    assert run.returncode != 0 and run.stdout == ""
    assert reason in run.stderr
