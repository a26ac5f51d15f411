"""Two students hand in on the hub, in real browsers, and get the marks that the checks give.

``make matrix ROWS=hub`` runs it. The account that marks is another Unix user than that of the hub;
where the tests are not run by root it can't be, and what this keeps apart is not tested.
"""

import csv
import json
import os
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import nbformat
import pytest
from browsing import SECONDS, Lab
from matrix import HERE, find_python
from real_hub import STUDENTS, USER, Student, blocks, hub, wait_for
from real_marks import MARKED, SCORES, made
from test_exercises import ALL, source

from lecture_utils.publish.chromium import AS_ROOT, open_chromium
from lecture_utils.publish.exercises import MARKS, SOLUTION

__all__ = ["hub", "made"]    # fixtures

_, ONCE, TELL, HAND_OUT, COLLECT, GIVE_BACK = blocks("Marks")
MARKER = {"user": 1, "group": 1, "extra_groups": []} if AS_ROOT else {}
NOTEBOOK = f"{MARKED}/{MARKED}.ipynb"
TASKS = ALL[MARKED].tasks
POINTS = {key: task.points for key, task in TASKS.items()}
RIGHT = {key: MARKS.sub("", source(ALL[MARKED].cells[key])) for key in TASKS}
WRONG = {
    key: "\n".join(ALL[MARKED].cells[key]["metadata"]["wrong"][0]["code"])
    for key in ("differences", "sigmoid-backward", "net")
}
MISSING = "loss-on-logits"
# The first solves all, the second some.
ANSWERS = {
    STUDENTS[0]: RIGHT,
    STUDENTS[1]: {key: RIGHT[key] for key in TASKS if key != MISSING} | WRONG,
}
EXPECTED = {
    STUDENTS[0]: POINTS,
    STUDENTS[1]: POINTS | {key: ALL[MARKED].judge(key, WRONG[key]).marks for key in WRONG}
    | {MISSING: 0},
}  # fmt: skip
OFFERED = "feedback available to fetch"
# What stands between the words of a text in a notebook, in a database or in a page.
BETWEEN = re.compile(rb"""\\n|[\s\\"',]""")


class Candidate(Student):
    """A student, with the list of assignments."""

    def __init__(self, browser, name, hub):
        super().__init__(browser, name, f"{hub.address}/hub/user-redirect/lab")
        self.show_list()

    def show_list(self):
        self.page.locator(".lm-MenuBar-item", has_text="Nbgrader").click()
        self.page.get_by_role("menuitem", name="Assignment List").click()

    def open(self, name):
        Lab.open(self, name)

    def rows(self, kind):
        """Return what the list shows as released, fetched or submitted, when it is there."""
        rows = self.page.locator(f"#{kind}_assignments_list")
        rows.get_by_text(MARKED).first.wait_for()
        return rows

    def press(self, kind, button):
        self.rows(kind).get_by_role("button", name=button, exact=True).click()

    def is_offered_feedback(self):
        self.page.locator("#refresh_assignments_list").click()
        return OFFERED in self.rows("submitted").text_content()


class Account:
    """The account that marks."""

    def __init__(self, hub):
        self.hub, self.home, self.user = hub, hub.folder / "marks", MARKER or USER

    def run(self, block):
        """Run what the guide says to be typed in the folder of the course; return what is told."""
        return self.bash(f"source ~/venv/bin/activate; cd ~/nbgrader\n{block}")

    def bash(self, script):
        script = ["bash", "-ec", script]
        done = self.hub.call(script, within="marks", user=self.user, HOME=str(self.home))
        assert done.returncode == 0 and "cheating" not in done.stderr, done.stderr[-3000:]
        return done.stdout

    def collect(self):
        """Collect and mark; return the marks for each task, and the sums that are exported."""
        self.run(COLLECT)
        each = json.loads(self.run(f"python ~/scores.py {MARKED}"))
        with open(self.home / "nbgrader/grades.csv", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["assignment"] == MARKED]
        return each, {row["student_id"]: float(row["score"]) for row in rows}


@pytest.fixture(scope="module")
def account(hub, made):
    """The account that marks, as the guide says, which has handed an exercise out."""
    account = Account(hub)
    shutil.copytree(made / "nbgrader", account.home / "nbgrader")
    for wheel in (made / "student").glob("*.whl"):
        shutil.copy(wheel, account.home)
    (account.home / "scores.py").write_text(SCORES)
    for path in [account.home, *account.home.rglob("*")]:
        os.chown(path, account.user.get("user", -1), account.user.get("group", -1))
    account.bash(ONCE.replace("python3", find_python((HERE,), account.home, account.user)))
    account.run(HAND_OUT)
    return account


@pytest.fixture(scope="module")
def started(hub, account):
    """The hub, which knows where work is handed in."""
    name, value = TELL.split()[1].split("=")
    hub.variables[name] = value.replace("~marks", str(account.home))
    with hub.serve(hub.command(), "hub.log") as server:
        wait_for(hub, server)
        yield hub


def at_once(work, action):
    """Let all students work at once, who wait for each other until an action is done."""
    barrier = Barrier(len(STUDENTS), action)

    def attend(name):
        try:
            return work(name, lambda: barrier.wait(SECONDS))
        except BaseException:
            barrier.abort()    # or the others would wait
            raise

    with ThreadPoolExecutor(len(STUDENTS)) as threads:
        return dict(zip(STUDENTS, threads.map(attend, STUDENTS)))


@pytest.fixture(scope="module")
def handed_in(started, account):
    """What there was to be read on the machine when students had what they were to solve."""
    seen = SimpleNamespace()

    def work(name, wait):
        with open_chromium() as browser:
            student = Candidate(browser, name, started)
            student.press("released", "Fetch")
            student.rows("fetched")
            wait()
            student.open(NOTEBOOK)
            student.write_and_save(ANSWERS[name])
            student.show_list()
            student.press("fetched", "Submit")
            student.rows("submitted")
            return student.faults

    def look():
        seen.texts = {path: path.read_bytes() for path in files(started, {})}

    seen.faults = at_once(work, look)
    return seen


@pytest.fixture(scope="module")
def marked(started, account, handed_in):
    """The marks of all, and how long it took."""
    start = time.monotonic()
    marks = account.collect()
    print(f"\ncollect, mark and export: {time.monotonic() - start:.0f} s")
    return marks


@pytest.fixture(scope="module")
def given_back(started, account, marked):
    """Who was offered feedback when only the first had some, and then; and what all have got."""
    generate, release = GIVE_BACK.splitlines()
    account.run(f"{generate}\n{release} --student {STUDENTS[0]}")

    def work(name, wait):
        with open_chromium() as browser:
            student = Candidate(browser, name, started)
            offers = [student.is_offered_feedback()]
            wait()
            offers.append(student.is_offered_feedback())
            student.press("submitted", "Fetch Feedback")
            student.rows("submitted").get_by_text("view feedback").wait_for()
            return offers, student.faults

    return at_once(work, lambda: account.run(GIVE_BACK))


def home(hub, name):
    return hub.folder / "class/homes" / name


def files(hub, user):
    """Return what a user can find and read, but for installed packages; root finds all.

    The user knows which folders are in the home of the account that marks, which can't be listed.
    """
    places = [hub.folder, *(hub.folder / "marks" / name for name in ("nbgrader", "exchange"))]
    packages = f"-path {hub.folder}/hub -o -path {hub.folder}/marks/venv"
    find = ["find", *places, *f"( {packages} ) -prune -o -type f -readable -print0".split()]
    return {hub.folder / name for name in hub.call(find, user=user).stdout.split("\0") if name}


def words(text):
    return BETWEEN.sub(b"", text)


def solutions():
    """Return all solutions of all exercises, without what stands between their words."""
    sources = [source(cell) for each in ALL.values() for cell in each.cells.values()]
    found = [match[0] for text in sources for match in SOLUTION.finditer(text)]
    return [words(MARKS.sub("", each).encode()) for each in found]


def with_solutions(texts):
    known = solutions()
    texts = {path: words(text) for path, text in texts.items()}
    return {path for path, text in texts.items() if any(each in text for each in known)}


as_root = pytest.mark.skipif(not AS_ROOT, reason="only root can be two other users")
each_student = pytest.mark.parametrize("name", STUDENTS)


# Solutions


def test_solutions_are_found_where_they_are(made):
    texts = {path: path.read_bytes() for path in (made / "nbgrader").rglob("*.ipynb")}
    assert {path.stem for path in with_solutions(texts)} == {*ALL}


def test_no_solution_is_on_the_machine_before_students_write_theirs(handed_in, started):
    fetched = {home(started, name) / NOTEBOOK for name in STUDENTS}
    assert handed_in.texts.keys() >= {*fetched, started.folder / "marks/nbgrader/gradebook.db"}
    assert with_solutions(handed_in.texts) == set()


# Marks


@each_student
def test_the_marks_are_those_of_the_checks(marked, name):
    each, sums = marked
    assert each[name] == {f"{key}-check": marks for key, marks in EXPECTED[name].items()}
    assert sums[name] == sum(EXPECTED[name].values())


def test_the_marks_differ_as_the_answers_do():
    marks = EXPECTED[STUDENTS[1]]
    assert all(marks[key] < POINTS[key] for key in (*WRONG, MISSING))
    assert any(marks[key] for key in WRONG), "no answer is right in part"


# Feedback


def test_feedback_is_offered_to_the_one_whose_it_is(given_back):
    assert {name: offers for name, (offers, _) in given_back.items()} == {
        STUDENTS[0]: [True, True], STUDENTS[1]: [False, True],
    }  # fmt: skip


@each_student
def test_feedback_shows_the_own_answers_and_marks(started, given_back, name):
    (page,) = home(started, name).glob(f"{MARKED}/feedback/*/{MARKED}.html")
    text = re.sub("<[^>]*>", "", page.read_text("utf-8"))
    got, most = sum(EXPECTED[name].values()), sum(POINTS.values())
    assert f"Score: {got:.1f} / {most:.1f}" in " ".join(text.split())
    assert given_back[name][1] == []


@each_student
def test_no_page_shows_an_error(handed_in, name):
    assert handed_in.faults[name] == []


@as_root
def test_students_reach_of_the_account_only_what_is_handed_out(started, given_back):
    exchange = started.folder / "marks/exchange"
    reached = {path for path in files(started, USER) if started.folder / "marks" in path.parents}
    assert reached == {exchange / "neural-networks/outbound" / NOTEBOOK}
    for change in (["mv", "neural-networks", "mine"], ["touch", "neural-networks/outbound/mine"]):
        assert started.call(change, within=exchange, user=USER).returncode != 0


@as_root
def test_the_account_that_marks_reaches_no_home_of_a_student(started, given_back):
    homes = started.folder / "class/homes"
    assert not any(homes in path.parents for path in files(started, MARKER))
    assert any(homes in path.parents for path in files(started, USER))


# Once more


def test_the_newest_work_counts_when_it_is_collected_again(started, account, given_back):
    name = STUDENTS[1]
    path = home(started, name) / NOTEBOOK
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        cell.source = RIGHT.get(cell.id, cell.source)
    nbformat.write(notebook, path)
    variables = {
        "HOME": str(home(started, name)), "JUPYTERHUB_USER": name,
        "JUPYTER_CONFIG_PATH": str(started.folder / "class/hub"),
    }  # fmt: skip
    submit = [started.folder / "hub/bin/nbgrader", "submit", MARKED]
    done = started.call(submit, within=path.parents[1], **variables)
    assert done.returncode == 0, done.stderr
    _, sums = account.collect()
    assert sums == {student: sum(POINTS.values()) for student in STUDENTS}
    account.run(GIVE_BACK)
    told = started.call([*submit[:1], "list", "--cached"], within=path.parents[1], **variables)
    assert told.stderr.count("feedback already fetched") == 1, told.stderr
    assert told.stderr.count("feedback ready to be fetched") == 1, told.stderr
