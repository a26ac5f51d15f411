"""Two students of a class work on one JupyterHub, at once, each in a real browser.

``make matrix ROWS=hub`` runs it, as it needs an environment of its own, npm and the network. It
prints a table of what it took.
"""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from threading import Barrier
from types import SimpleNamespace
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import nbformat
import psutil
import pytest
from browsing import SECONDS, Lab
from matrix import HERE, NOBODY, find_python
from test_exercises import ALL, source
from test_package import ROOT

from conftest import give_up
from lecture_utils.publish.__main__ import main
from lecture_utils.publish.chromium import AS_ROOT, HOST, open_chromium

GUIDE = ROOT / "docs/hub.md"
STUDENTS = ("ada", "emmy")
PASSWORD = "a class of thirty"
LECTURE, EXERCISE = "04-backpropagation.ipynb", "exercises/04-backpropagation.ipynb"
TASK = "differences"
SOLUTION = source(ALL["04-backpropagation"].cells[TASK])
MONDAY, NEWS = "\n\nHand it in on Monday.", "No lecture on Friday."
# The hub refuses to be started by root.
USER = NOBODY if AS_ROOT else {}
GIT = ["git", "-c", "user.name=Teacher", "-c", "user.email=teacher@localhost"]


def blocks(heading):
    """Return what a section of the guide tells to type, a text for each block."""
    _, _, section = GUIDE.read_text("utf-8").partition(f"# {heading}\n")
    section = section.partition("\n#")[0]
    return [dedent(found) for found in re.findall(r"(?:^    .+\n)+", section, re.MULTILINE)]


INSTALL, START, REPOSITORY, LINK = blocks("A class on one machine")
WRITE = """([id, text]) => {
  const model = jupyterapp.shell.currentWidget.content.model;
  for (const cell of model.cells) if (cell.id === id) cell.sharedModel.setSource(text);
}"""
SAVE = """async () => {
  await jupyterapp.commands.execute("docmanager:save");
  return !jupyterapp.shell.currentWidget.context.model.dirty;
}"""


class Student(Lab):
    """A student, who follows a link, logs in and works in the page that comes."""

    def __init__(self, browser, name, address):
        self.name, self.seconds = name, {}
        super().__init__(browser, None, address)

    def go(self, address):
        """Follow a link; on the page of the hub that may come first, log in."""
        if not self.seconds:
            self.page.goto(address)
            log_in(self.page, self.name, PASSWORD)
            self.seconds["log in, clone, open"] = self._until_open()
        else:
            self.page.goto(address)
            self.seconds["follow the link again"] = self._until_open()

    def _until_open(self):
        start = time.monotonic()
        self._wait("window.jupyterapp")
        self._wait("async () => { await jupyterapp.restored; return true }")
        return time.monotonic() - start

    def open(self, name):
        super().open(f"lectures/{name}")

    def run(self, name):
        """Open a notebook, run it and return it as the page then holds it."""
        self.open(name)
        start = time.monotonic()
        notebook = self.run_all()
        self.seconds[f"run {name}"] = time.monotonic() - start
        return nbformat.from_dict(notebook)

    def write_and_save(self, sources):
        """Change cells of the open notebook, by their ids, and save it."""
        for item in sources.items():
            self.page.evaluate(WRITE, list(item))
        self._wait(SAVE)

    def status(self, address):
        """Return with what status the hub answers this student's browser."""
        return self.page.context.request.get(address).status

    def memory(self):
        """Return the memory of this student's processes, in MB; what they share counts once."""
        own = [process for process in psutil.process_iter() if self._is_own(process)]
        return sum(process.memory_full_info().pss for process in own) / 1e6

    def _is_own(self, process):
        try:
            return process.environ().get("JUPYTERHUB_USER") == self.name
        except psutil.Error:    # it has just ended
            return False


def log_in(page, name, password):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


class Hub:
    """A JupyterHub, an address for it, and the teacher's repository, in folders of their own."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("teacher", "served", "class", "marks"):
            (folder / name).mkdir()
            if USER:
                os.chown(folder / name, USER["user"], USER["group"])
        self.ports = free_ports(4)
        self.address = f"http://{HOST}:{self.ports[0]}"
        self.variables = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder / "class"),
            "HUB_FOLDER": str(folder / "class"), "HUB_PASSWORD": PASSWORD,
        }  # fmt: skip

    def command(self):
        _, own, api, _ = self.ports
        start = START.splitlines()[-1].replace("~", str(self.folder))
        return [
            *shlex.split(start), f"--url={self.address}", f"--JupyterHub.hub_port={own}",
            f"--ConfigurableHTTPProxy.api_url=http://{HOST}:{api}",
        ]  # fmt: skip

    def call(self, command, *, within="class", user=USER, **variables):
        """Run a command as a user, who is that of the hub if no other is named."""
        return subprocess.run(
            command, cwd=self.folder / within, env=self.variables | variables,
            capture_output=True, text=True, timeout=SECONDS, **user,
        )  # fmt: skip

    @contextmanager
    def serve(self, command, log):
        """Run a server as the user of the hub."""
        with open(self.folder / log, "w", encoding="utf-8") as file:
            server = subprocess.Popen(
                command, cwd=self.folder / "class", env=self.variables, stdout=file,
                stderr=subprocess.STDOUT, **USER,
            )  # fmt: skip
            try:
                yield server
            finally:
                server.terminate()    # whereupon the hub stops the servers of students, too
                server.wait(60)

    def link(self, name):
        """Return the link that brings the notebooks and opens one of them."""
        link = LINK.strip().replace("http://HUB", self.address).replace(LECTURE, name)
        return link.replace("ADDRESS", f"git://{HOST}:{self.ports[3]}")

    def hand_out(self, message):
        """Let the teacher commit what is in the folder, and publish it."""
        for command in (["add", "."], ["commit", "-m", message]):
            done = self.call([*GIT, *command], within="teacher")
            assert done.returncode == 0, done.stderr
        self.push()

    def push(self):
        done = self.call([*GIT, "push", "../served/lectures", "main"], within="teacher")
        assert done.returncode == 0, done.stderr

    def log(self):
        return (self.folder / "hub.log").read_text("utf-8", "replace")


def free_ports(n):
    sockets = [socket.create_server((HOST, 0)) for _ in range(n)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(hub, server):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{hub.address}/hub/health"):
                return
        except URLError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterHub does not start:\n{hub.log()}")


def install(folder, python):
    """Install the hub as the guide says; what was downloaded before is taken from where it is."""
    cache = subprocess.check_output([sys.executable, "-m", "uv", "cache", "dir"], text=True).strip()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        ["bash", "-ec", INSTALL.replace("python3", python)], cwd=ROOT, capture_output=True,
        text=True, env=kept | {"HOME": str(folder), "UV_CACHE_DIR": cache},
    )  # fmt: skip
    if done.returncode:
        give_up(done.stderr[-300:], required="REQUIRE_NETWORK" in os.environ)


@pytest.fixture(scope="module")
def hub():
    """A hub that nobody has started yet, installed as the guide says."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as place:
        os.chmod(place, 0o755)    # what belongs to root is often hidden from others
        python = find_python((HERE,), place, USER)
        if python is None:
            give_up(f"there is no Python {HERE} that all may start", required=False)
        folder = Path(place)
        install(folder, python)
        # JupyterLab tells the tests when it is ready; it does not ask for news.
        etc = folder / "hub/etc/jupyter/jupyter_server_config.json"
        etc.write_text('{"LabApp": {"expose_app_in_browser": true}}')
        yield Hub(folder)


@pytest.fixture(scope="module")
def started(hub):
    """The hub, and the teacher's repository, which holds what students get."""
    paths = map(str, sorted((ROOT / "notebooks").glob("*.ipynb")))
    assert main(["student", *paths, "--to", str(hub.folder / "teacher")]) == 0
    told = [shlex.split(line.replace("../lectures", ".")) for line in REPOSITORY.splitlines()]
    own = [words[1:] for words in told if words[0] == "git"]
    assert [words[2] for words in own] == ["init", "add", "commit"]
    for command in (["init", "--bare", "-b", "main", "../served/lectures"], *own):
        done = hub.call([*GIT, *command], within="teacher")
        assert done.returncode == 0, done.stderr
    hub.push()
    core = subprocess.check_output(["git", "--exec-path"], text=True).strip()
    git = [f"{core}/git-daemon", "--export-all", f"--base-path={hub.folder / 'served'}",
           f"--listen={HOST}", f"--port={hub.ports[3]}"]  # fmt: skip
    with hub.serve(git, "git.log"), hub.serve(hub.command(), "hub.log") as server:
        wait_for(hub, server)
        yield hub


def change_the_exercise(hub):
    """Let the teacher change a text, and the task that the students have solved."""
    path = hub.folder / "teacher" / EXERCISE
    notebook = nbformat.read(path, 4)
    cells = {cell.id: cell for cell in notebook.cells}
    cells[f"{TASK}-task"].source += MONDAY
    cells[TASK].source = "# The teacher was here."
    nbformat.write(notebook, path)
    (hub.folder / "teacher/news.txt").write_text(NEWS)
    hub.hand_out("A date, and news")


def attend(hub, name, all_are_done):
    """Work as a student, and return what there is to be seen."""
    seen = SimpleNamespace(memory={})
    try:
        with open_chromium() as browser:
            student = Student(browser, name, hub.link(EXERCISE))
            seen.blank = student.run(EXERCISE)
            student.write_and_save({TASK: SOLUTION, "title": f"# Exercises of {name}"})
            seen.solved = student.run(EXERCISE)
            student.write_and_save({})
            seen.memory["the exercise open"] = student.memory()
            seen.lecture = student.run(LECTURE)
            student.write_and_save({})
            seen.memory["the lecture open, too"] = student.memory()
            all_are_done.wait(SECONDS)
            seen.statuses = {
                (other, page): student.status(f"{hub.address}/user/{other}/{page}")
                for other in STUDENTS for page in ("lab", "api/contents/lectures", "api/kernels")
            }  # fmt: skip
            student.go(hub.link(EXERCISE))
            student.open(EXERCISE)
            seen.updated = nbformat.from_dict(student.notebook())
            seen.seconds, seen.faults = student.seconds, student.faults
    except BaseException:
        all_are_done.abort()    # or the others would wait
        raise
    return seen


@pytest.fixture(scope="module")
def attended(started):
    """What each student has seen, by name."""
    all_are_done = Barrier(len(STUDENTS), action=lambda: change_the_exercise(started))
    with ThreadPoolExecutor(len(STUDENTS)) as threads:
        work = {name: threads.submit(attend, started, name, all_are_done) for name in STUDENTS}
    errors = [each.exception() for each in work.values() if each.exception()]
    assert not errors, [*errors, started.log()[-3000:]]
    seen = {name: each.result() for name, each in work.items()}
    tell(seen.values())
    return seen


def tell(seen):
    """Print what it took, a column for each student."""
    print()
    for what in next(iter(seen)).seconds:
        print(f"{what:40}", *(f"{each.seconds[what]:5.0f} s" for each in seen))
    for what in next(iter(seen)).memory:
        print(f"{what:40}", *(f"{each.memory[what]:5.0f} MB" for each in seen))


each_student = pytest.mark.parametrize("name", STUDENTS)


def source_of(notebook, key):
    return next(cell.source for cell in notebook.cells if cell.id == key)


def errors(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [each for each in outputs if each.output_type == "error" or each.get("name") == "stderr"]


def checks(notebook):
    """Return what the check of the task says."""
    (cell,) = [cell for cell in notebook.cells if cell.id == f"{TASK}-check"]
    return cell.outputs[0].data["text/plain"]


def culler_token(hub):
    """Return the token of the culler, as whoever has the Unix user of the hub can read it."""
    wanted = {
        "JUPYTERHUB_SERVICE_NAME": "culler",
        "JUPYTERHUB_API_URL": f"http://{HOST}:{hub.ports[1]}/hub/api",
    }
    for process in psutil.process_iter():
        with suppress(psutil.Error):    # it has just ended
            variables = process.environ()
            if wanted.items() <= variables.items():
                return variables["JUPYTERHUB_API_TOKEN"]
    raise RuntimeError("the culler does not run")


# Before anybody comes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_PASSWORD", ""), ("HUB_PASSWORD", "short"), ("HUB_PASSWORD", "Grüße an alle"),
        ("HUB_EXCHANGE", "~marks/exchange"), ("HUB_EXCHANGE", "."), ("HUB_EXCHANGE", "/nowhere"),
        ("HUB_FOLDER", "/dev/null"), ("HUB_FOLDER", "/proc/class"), ("HUB_FOLDER", "{x}"),
    ],
)  # fmt: skip
def test_settings_that_would_fail_later_are_refused_at_the_start(hub, name, value):
    done = hub.call(hub.command(), **{name: value})
    assert done.returncode != 0 and done.stderr.startswith(f"Error: set {name} to "), done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="only root can try what root must not do")
def test_root_does_not_start_the_hub(hub):
    done = hub.call(hub.command(), user={})
    assert done.returncode != 0 and done.stderr.startswith("Error: start the hub as an ordinary ")


# A class


@each_student
def test_all_cells_of_the_lecture_run(attended, name):
    lecture = attended[name].lecture
    assert all(cell.execution_count for cell in lecture.cells if cell.cell_type == "code")
    assert errors(lecture) == []
    assert attended[name].faults == []


@each_student
def test_the_check_says_what_is_missing_and_then_that_the_task_is_solved(attended, name):
    assert "not written yet" in checks(attended[name].blank)
    assert checks(attended[name].solved).startswith("✓ Central differences")


@each_student
def test_the_link_brings_what_is_new_and_keeps_what_the_student_wrote(started, attended, name):
    folder = started.folder / f"class/homes/{name}/lectures"
    on_disk = nbformat.read(folder / EXERCISE, 4)
    nbformat.validate(on_disk)
    for notebook in (on_disk, attended[name].updated):
        assert source_of(notebook, TASK) == SOLUTION
        assert source_of(notebook, "title").startswith(f"# Exercises of {name}")
        assert source_of(notebook, f"{TASK}-task").endswith(MONDAY)
    assert (folder / "news.txt").read_text() == NEWS


@each_student
def test_a_student_opens_the_own_server_and_no_other(attended, name):
    for (owner, page), status in attended[name].statuses.items():
        assert status == (200 if owner == name else 403), (owner, page)


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", PASSWORD[:-1]), ("ada", ""), ("..", PASSWORD), ("ada/..", PASSWORD),
     ("ada+emmy", PASSWORD)],
)  # fmt: skip
def test_a_wrong_password_or_a_name_that_is_no_folder_lets_nobody_in(
    started, attended, browser, name, password
):
    with browser.new_page() as page:
        page.goto(f"{started.address}/hub/login")
        page.locator("#password_input").evaluate("node => node.required = false")
        log_in(page, name, password)
        page.get_by_text("Invalid username or password").wait_for()
        page.goto(f"{started.address}/hub/home")
        assert "/hub/login" in page.url
    assert {path.name for path in (started.folder / "class/homes").iterdir()} == {*STUDENTS}


def test_the_culler_may_see_who_is_idle(started, attended):
    """It asks once when it starts."""
    assert re.search(r"200 GET /hub/api/users.* \(culler@", started.log())


def test_the_culler_may_not_go_into_the_servers_of_students(started, attended):
    told = {"Authorization": f"token {culler_token(started)}"}
    assert urlopen(Request(f"{started.address}/hub/api/users", headers=told)).status == 200
    with pytest.raises(HTTPError, match="403"):
        urlopen(Request(f"{started.address}/user/{STUDENTS[0]}/api/contents", headers=told))


def test_as_many_servers_may_run_as_fit_into_the_memory(hub, attended):
    own = {"HUB_FOLDER": str(hub.folder / "class/another")}    # the hub runs in the other
    done = hub.call([*hub.command(), "--show-config-json"], **own)
    limit = json.loads(done.stdout)["JupyterHub"]["active_server_limit"]
    each = max(max(seen.memory.values()) for seen in attended.values())
    total = psutil.virtual_memory().total / 1e6
    assert total / 2 < limit * each < total
