"""The declared, the locked and the conda packages agree, and make says what it lacks."""

import fcntl
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
IMAGE = yaml.safe_load((ROOT / ".binder/environment.yml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text()
IN_THE_LOCK = re.findall(r"--group (\w+)", MAKEFILE)

CONDA_NAMES = {"matplotlib": "matplotlib-base", "playwright": "playwright-python"}
# The other names that pip installs, as conda-forge does not have them.
BY_PIP = {
    "pyreveal", "django-static-mathjax", "mini-racer", "font-source-sans-pro",
    "axe-playwright-python", "pypdfium2",
}
# What the exporters patch, or reach into.
PINNED = {"pyreveal", "django-static-mathjax"}
PYTHONS = re.findall(r"Python :: (3[.]\d+)", str(PYPROJECT["project"]["classifiers"]))
PUBLIC_TARGETS = [
    "help", "lab", "test", "check", "matrix", "mutants", "slides", "handout", "pdf",
    "student", "site", "lite", "exercises", "sheets", "execute", "pictures", "rivals", "bench",
    "lock", "clean",
]


# What the three files say


def declared():
    """The requirements of the package, its extras and the groups in the lock but each other."""
    project = PYPROJECT["project"]
    groups = [PYPROJECT["dependency-groups"][name] for name in IN_THE_LOCK]
    parts = [*project["optional-dependencies"].values(), *groups]
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


def test_all_groups_are_in_the_lock_but_that_with_an_environment_of_its_own():
    assert {*PYPROJECT["dependency-groups"]} - {*IN_THE_LOCK} == {"hub", "lite"}


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


def test_the_image_for_students_has_just_the_packages_that_they_run():
    extras = PYPROJECT["project"]["optional-dependencies"]
    expected = set(PYPROJECT["project"]["dependencies"]) | set(extras["widgets"]) | {
        requirement for requirement in extras["lab"] if not requirement.startswith("lecture-utils")
    }
    *by_conda, by_pip = IMAGE["dependencies"][2:]
    names = {conda: name for name, conda in CONDA_NAMES.items()}
    found = {Requirement(each) for each in [*by_conda, *by_pip["pip"]]}
    for requirement in found:
        requirement.name = names.get(requirement.name, requirement.name)
    assert {str(each) for each in found if each.name != "nbgitpuller"} == expected
    assert IMAGE["dependencies"][:2] == ENVIRONMENT["dependencies"][:2]
    assert {Requirement(each).name for each in by_pip["pip"]} <= BY_PIP


def test_every_entry_of_the_lock_has_a_hash():
    entry = r"[a-z0-9.-]+==[^ ]+( ; [^\\\n]+)? \\\n"
    hashes = r"(    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n"
    comments = r"(    #.*\n)*"
    our_own = "\n# The following packages were excluded from the output:\n# lecture-utils\n"
    assert re.fullmatch(f"({entry}{hashes}{comments})+{our_own}", LOCK)


@pytest.mark.parametrize("name", [
    "pyproject.toml", "requirements.lock", "environment.yml", ".binder/environment.yml",
])
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
    assert [machine["python"] for machine in machines] == [PYTHONS[0], PYTHONS[-1]]
    assert sorted(version for machine in machines for version in machine.values()) == PYTHONS
    assert PYPROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert sorted(VERSIONS, key=PYTHONS.index) == PYTHONS
    assert job["steps"][-1] == {"run": "bash .ci/run"}


def test_the_site_on_pages_is_that_of_make_site():
    workflow = yaml.safe_load((ROOT / ".github/workflows/site.yml").read_text())
    *_, made, kept, _ = workflow["jobs"]["site"]["steps"]
    assert made["run"] == "make site" and "site" in PUBLIC_TARGETS
    assert kept["with"]["path"] == "build/site"
    assert workflow["permissions"].keys() == {"contents", "pages", "id-token"}


# What make does: in a copy, with scripts that stand in for Python

SET_UP = ["Makefile", ".ci/environment.py", "pyproject.toml", "requirements.lock"]


@pytest.fixture
def project(tmp_path):
    """A copy of the set-up in a folder that is not easy to name in a shell."""
    return copy_of(SET_UP, tmp_path / "Zoë's lectures")


def copy_of(names, folder):
    """Copy files of the project to a new folder, and return the folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def fake_python(path, version="3.11.0", fails_at="nothing", saying=""):
    """Write a script that notes its calls in the current folder and installs nothing.

    It answers the question for its version, and runs `.ci/environment.py`, by the real interpreter,
    and fails at calls that contain `fails_at`.
    """
    pretend = (
        "import platform, sys;"
        f"platform.python_version = lambda: '{version}';"
        f"sys.version_info = {tuple(map(int, version.split('.')))};"
    )
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f"""#!/bin/sh
real={shlex.quote(sys.executable)}
case "$*" in
  *version_info*) exec "$real" -c "{pretend} exec(sys.argv[1])" "$2" ;;
  .ci/environment.py) exec "$real" -c "{pretend} sys.executable = sys.argv.pop()
import runpy; runpy.run_path('.ci/environment.py', run_name='__main__')" "$0" ;;
  *sysconfig*) exec "$real" "$@" ;;
esac
echo "$*" >> calls
case "$*" in
  *"{fails_at}"*) echo {shlex.quote(saying)} >&2; exit 1 ;;
  "-m venv "*)
    mkdir -p "$4/bin" "$4/lib/python3.11/site-packages"
    touch "$4/bin/activate.csh"
    cp "$0" "$4/bin/python" ;;
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
    """Run `make test` with a fake Python, and return what that was asked to do before.

    The last is to run the tests.
    """
    (folder / "calls").write_text("")
    run = make(folder, "test", f"PYTHON={python}")
    assert run.returncode == 0, run.stderr
    *calls, last = (folder / "calls").read_text().splitlines(keepends=True)
    assert last.startswith("-m pytest --numprocesses=logical ")
    return "".join(calls)


def change(path):
    """Add a line that says nothing."""
    path.write_text(path.read_text() + "# changed\n")


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


@pytest.mark.parametrize("name", ["PYTHONHOME", "PYTHONPATH"])
def test_where_a_readers_own_python_looks_is_not_handed_on(project, name):
    show = f'show: ; @echo "got $${name}"'
    environment = {"PATH": os.environ["PATH"], name: "theirs"}
    run = subprocess.run(
        ["make", "--eval", show, "show"], cwd=project, env=environment, capture_output=True
    )
    assert run.stdout == b"got \n"


def test_an_old_python_is_refused(project, tmp_path):
    run = make(project, "test", f"PYTHON={fake_python(tmp_path / 'old', '3.10.13')}")
    assert "Python 3.11 or newer is needed" in error_of(run)
    assert "old is 3.10.13" in error_of(run)


def test_a_missing_python_is_named(project):
    assert "no-such-python is missing" in error_of(make(project, "test", "PYTHON=no-such-python"))


def test_the_first_python_that_is_new_enough_is_taken(project, tmp_path):
    fakes = tmp_path / "bin"
    fake_python(fakes / "python3", "3.9.18")
    for name in ("python3.14", "python3.13"):
        (fakes / name).write_text("#!/bin/sh\nexit 1\n")
        (fakes / name).chmod(0o755)
    fake_python(fakes / "python3.12", "3.12.1")
    fake_python(fakes / "python3.11", "3.11.7")
    run = make(project, "test", path=f"{fakes}:{os.environ['PATH']}")
    assert f"Making build/venv with {fakes}/python3.12 (Python 3.12.1)" in run.stdout


NO_VENV = "build/venv-new/bin/python: No module named ensurepip"
NO_NETWORK = "error: Failed to fetch: `https://host/simple/pandas/`"
REASONS = {
    NO_VENV: "apt install python3-venv",
    "ERROR: No matching distribution found for uv==1 (from versions: none)": "check the network",
    "cause: tcp connect error: Connection refused (os error 111)": "check the network",
    NO_NETWORK: "check the network",
    "failed to copy file to matplotlib/text.py: No space left on device (os error 28)": "make room",
    "OSError: [Errno 28] No space left on device": "make room",
    "write: Disk quota exceeded (os error 122)": "make room",
    "error: Failed to initialize cache: Permission denied (os error 13)": "be yours",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.": "uv cache clean",
    "cause: Hash mismatch for `iniconfig==2.3.1`": "uv cache clean",
    "Failed to fetch: x\ncause: invalid peer certificate: UnknownIssuer": "PIP_CERT",
    "cause: unexpected error: No CA certificates were loaded from the system": "UV_SYSTEM_CERTS=0",
    "SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed')": "PIP_CERT",
    "OSError: [Errno 1] Operation not permitted: 'lib' -> 'build/venv-new/lib64'": "another disk",
    "error: Failed to build `argon2-cffi-bindings`": "see above",
}


@pytest.mark.parametrize("saying", REASONS)
def test_what_fails_is_told_apart_by_what_pip_and_uv_say(project, tmp_path, saying):
    python = fake_python(tmp_path / "python", fails_at="-m pip install", saying=saying)
    run = make(project, "test", f"PYTHON={python}")
    told = error_of(run)
    assert REASONS[saying] in told and told.endswith("then run the same command again.")
    assert {reason for reason in REASONS.values() if reason in told} == {REASONS[saying]}
    assert saying in run.stderr


@pytest.mark.parametrize(
    "fails_at", ["-m venv", "-m ensurepip", "-m pip install", "-m uv venv", "-m uv pip install"]
)
def test_where_something_fails_the_same_command_goes_on(project, tmp_path, fails_at):
    python = fake_python(tmp_path / "python", fails_at=fails_at, saying="Failed to fetch")
    assert "check the network" in error_of(make(project, "test", f"PYTHON={python}"))
    assert not list(project.glob("build/venv*/"))
    fake_python(python)
    assert "-m venv" in make_test(project, python)


@pytest.mark.parametrize(
    "fails_at", ["-m venv", "-m ensurepip", "-m pip install", "-m uv venv", "-m uv pip install"]
)
def test_where_a_new_environment_fails_the_old_one_stays(project, tmp_path, fails_at):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    (project / "build/venv/of old").touch()
    change(project / "requirements.lock")
    fake_python(python, fails_at=fails_at, saying="Failed to fetch")
    run = make(project, "test", f"PYTHON={python}")
    assert "check the network" in error_of(run)
    assert "build/venv/bin/python -m jupyterlab opens the lectures with it" in run.stderr
    assert [path.name for path in project.glob("build/venv*/")] == ["venv"]
    assert (project / "build/venv/of old").exists()
    fake_python(python)
    make_test(project, python)
    assert not (project / "build/venv/of old").exists()


def test_the_second_time_nothing_is_installed(project, tmp_path):
    python = fake_python(tmp_path / "python")
    assert "pip" in make_test(project, python)
    assert make_test(project, python) == ""


def test_files_that_are_newer_but_the_same_are_no_reason_to_install(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    for name in SET_UP:
        os.utime(project / name, (2e9, 2e9))
    assert make_test(project, python) == ""


def test_a_changed_project_is_installed_without_network(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    change(project / "pyproject.toml")
    (install,) = make_test(project, python).splitlines()
    assert re.search("-m uv pip install .*--offline .*-e [.]$", install)
    assert make_test(project, python) == ""


def test_an_environment_of_another_python_is_made_anew(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    ready = project / "build/venv/ready"
    ready.write_text(ready.read_text().replace("cpython", "other"))
    assert "-m venv" in make_test(project, python)


def test_what_an_interrupted_start_left_is_made_up_for(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    venv, new, old = (project / f"build/venv{ending}" for ending in ("", "-new", "-old"))
    venv.rename(new)    # between two names
    shutil.copytree(new, old)
    assert make_test(project, python) == ""
    shutil.copytree(venv, old)    # before all of the old one was removed
    assert make_test(project, python) == ""
    shutil.copytree(venv, new)    # with a new one that is not complete
    (new / "ready").unlink()
    assert make_test(project, python) == ""
    shutil.rmtree(venv)
    new.mkdir()    # the first time
    assert "-m venv" in make_test(project, python)
    assert list(project.glob("build/venv*/")) == [venv]


def test_two_that_start_at_once_wait_for_each_other(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    change(project / "requirements.lock")
    command = ["make", "test", f"PYTHON={python}"]
    options = {"cwd": project, "env": {"PATH": os.environ["PATH"]}, "text": True}
    with open(project / "build/venv.lock", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        with subprocess.Popen(command, stdout=subprocess.PIPE, **options) as other:
            assert "Another make is setting up build/venv" in other.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                other.wait(2)
            assert list(project.glob("build/venv*/")) == [project / "build/venv"]
            fcntl.flock(guard, fcntl.LOCK_UN)
            assert "Making build/venv" in other.stdout.read()
    assert other.returncode == 0


def test_the_locked_uv_and_by_it_all_else_are_installed_by_their_hashes(project, tmp_path):
    calls = make_test(project, fake_python(tmp_path / "python"))
    assert "-m pip install --retries 1 --require-hashes -r build/uv.txt" in calls
    assert "--require-hashes -r requirements.lock" in calls
    entry = (project / "build/uv.txt").read_text()
    assert entry.startswith(f"uv=={dict(locked())['uv']} \\\n    --hash=sha256:")
    assert entry.count("==") == 1


def test_editors_find_the_environment_and_a_folder_of_yours_stays(project, tmp_path):
    python = fake_python(tmp_path / "python")
    make_test(project, python)
    assert (project / ".venv").readlink() == Path("build/venv")
    make(project, "clean")
    assert not os.path.lexists(project / ".venv")
    (project / ".venv").mkdir()
    make_test(project, python)
    make(project, "clean")
    assert (project / ".venv").is_dir()


def test_options_go_to_jupyterlab_which_root_must_allow(project, tmp_path):
    python = fake_python(tmp_path / "python")
    add_command(tmp_path / "bin", "id", "echo 0")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    refused = make(project, "lab", f"PYTHON={python}", path=path)
    assert "make lab LAB_OPTIONS=--allow-root" in error_of(refused)
    assert not (project / "build").exists()
    options = "--no-browser --port=9999"
    make(project, "lab", f"PYTHON={python}", f"LAB_OPTIONS={options} --allow-root", path=path)
    add_command(tmp_path / "bin", "id", "echo 1000")
    make(project, "lab", f"PYTHON={python}", f"LAB_OPTIONS={options}", path=path)
    *_, root, user = (project / "calls").read_text().splitlines()
    call = f"-m jupyterlab --ip=localhost {options}"
    assert root == f"{call} --allow-root notebooks/00-overview.ipynb"
    assert user == f"{call} notebooks/00-overview.ipynb"


# Without make

IN_THREE_LINES = re.findall(r"(?:^    \S*py.* -m .*\n){3}", README, flags=re.MULTILINE)


def test_the_lines_for_windows_are_those_for_linux_with_its_names():
    windows, linux = IN_THREE_LINES
    named = windows.replace("py -m venv", "python3 -m venv").replace("\\", "/")
    assert named.replace(".venv/Scripts/", ".venv/bin/") == linux


@pytest.mark.parametrize("name", re.findall(r"^export (UV_\w+)", MAKEFILE, flags=re.MULTILINE))
def test_what_make_tells_uv_is_heard(name):
    command = [sys.executable, "-m", "uv", "pip", "list"]
    run = subprocess.run(command, env=os.environ | {name: "?"}, capture_output=True, text=True)
    assert run.returncode != 0 and name in run.stderr


def test_each_python_that_is_supported_is_named_and_no_other():
    assert set(re.findall(r"\b3[.]\d\d\b", README)) == set(PYTHONS)
    assert re.findall(r"python(3[.]\d+)", MAKEFILE) == PYTHONS[::-1]


# One lecture


@pytest.fixture(scope="module")
def lectures(tmp_path_factory):
    """A project that is set up once, with two lectures; what is asked of it adds to its calls."""
    folder = tmp_path_factory.mktemp("lectures")
    project = copy_of(SET_UP, folder / "Zoë's lectures")
    (project / "notebooks").mkdir()
    for name in ("00-overview", "04-backpropagation"):
        (project / f"notebooks/{name}.ipynb").touch()
    make_test(project, fake_python(folder / "python"))
    return project


@pytest.mark.parametrize("target", ["slides", "handout", "pdf", "student", "execute"])
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


def test_only_one_lecture_is_checked_or_all(lectures):
    assert make(lectures, "check").returncode == make(lectures, "check", "ONLY=04").returncode == 0
    *_, both, one = (lectures / "calls").read_text().splitlines()
    assert "-m not browser and not elsewhere --ignore=tests/test_decks.py" in both
    assert one == f"{both} -k 04-backpropagation"


@pytest.mark.parametrize(
    ("target", "only", "told"),
    [
        ("slides", "99", "There is no lecture 99; there are 00-overview 04-backpropagation."),
        ("execute", "0", "There is no lecture 0; there are 00-overview 04-backpropagation."),
        ("site", "04", "ONLY is for check, slides, handout, pdf, student, exercises and execute"),
        ("test", "04", "ONLY is for check, slides, handout, pdf, student, exercises and execute"),
    ],
)
def test_a_lecture_that_is_not_there_and_what_needs_all_are_told(lectures, target, only, told):
    before = (lectures / "calls").read_text()
    run = make(lectures, target, f"ONLY={only}")
    assert run.returncode != 0 and told in run.stderr
    assert (lectures / "calls").read_text() == before


def test_what_make_can_not_do_is_told(lectures):
    run = make(lectures, "nonsense")
    assert run.returncode != 0
    assert "Error: There is no make nonsense; make help lists what there is." in run.stderr


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
    folder.mkdir(exist_ok=True)
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
