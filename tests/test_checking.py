"""A check says in one line what a student's code did, whatever that is, and nothing is harmed."""

import builtins
import gc
import os
import random
import signal
import sys
import threading
import time
import warnings
from importlib.util import find_spec, module_from_spec

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lecture_utils.exercises import checking, progress, show_progress
from lecture_utils.exercises.checking import Hint, task
from lecture_utils.exercises.diagnosis import compare, parts

X = np.arange(6.0).reshape(2, 3)


@task("Twice", "twice as much.", points=2)
def check_twice(twice):
    """Check ``twice(x)``, which returns 2x."""
    found = [(x, twice(x)) for x in (X.copy(), np.ones(2))]
    for x, mine in found:
        yield compare(mine, 2 * x, "2x", like="x")


def hint_of(code, name="twice"):
    names = {"np": np, "X": X}
    exec(code, names)
    return check_twice.judge(names[name]).hint


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("def twice(x):\n    return 2 * x", ""),
        ("twice = lambda x: [2 * each for each in x]", ""),
        ("twice = np.vectorize(lambda x: 2 * x)", ""),
        ("def twice(x):\n    print(x)\n    return np.float32(2 * x)", ""),
        ("def twice(x):\n    ...", "`twice` is not written yet."),
        ("def twice(x):\n    'Return it.'\n    ...", "`twice` is not written yet."),
        ("def twice(x):\n    raise NotImplementedError", "`twice` is not written yet."),
        ("def twice(x):\n    return ...", "`twice` is not written yet."),
        ("twice = None", "`twice` is not written yet."),
        ("twice = X", "`twice` must be a function, but now it is a value of type ndarray."),
        ("def twice(x):\n    2 * x", "`twice` returns nothing: is its `return` missing?"),
        ("def twice(x):\n    print(2 * x)", "`twice` returns nothing: is its `return` missing?"),
        (
            "def twice():\n    return 0",
            "`twice` can't be called with the 1 argument of the task: too many positional"
            " arguments.",
        ),
        (
            "def twice(x):\n    x *= 2\n    return x",
            "`twice` changes its argument `x`: leave it as it was, and compute with a copy.",
        ),
        ("def twice(x):\n    return x.two", "`twice` stops with AttributeError: 'numpy.ndarray'"
         " object has no attribute 'two'."),
        ("def twice(x):\n    return x @ x", "`twice` stops with ValueError: a product of matrices"
         " whose inner sizes, 3 and 2, differ."),
        ("def twice(x):\n    return np.dot(x, x)", "`twice` stops with ValueError: a product of"
         " arrays of the shapes (2, 3) and (2, 3), whose inner sizes, 3 and 2, differ."),
        ("def twice(x):\n    return x @ 2", "`twice` stops with ValueError: a product of"
         " matrices, of which one is a single number."),
        ("def twice(x):\n    return x + x.T", "`twice` stops with ValueError: arrays that do not"
         " fit entry by entry, of the shapes (2, 3) and (3, 2)."),
        ("def twice(x):\n    y = x.copy()\n    y[0] = y[:, 0]", "`twice` stops with ValueError:"
         " an array of shape (2,) does not fit into a place of shape (3,)."),
        ("def twice(x):\n    y = x[0]\n    y += x", "`twice` stops with ValueError: a result of"
         " shape (2, 3) does not fit into an array of shape (3,)."),
        ("def twice(x):\n    return np.hstack([x, x.T])", "`twice` stops with ValueError: arrays"
         " that are put together must fit, but along axis 0 they have the sizes 2 and 3."),
        ("def twice(x):\n    return np.vstack([x, [x]])", "`twice` stops with ValueError: arrays"
         " that are put together must have as many axes, but these have 2 and 3."),
        ("def twice(x):\n    y = x.copy()\n    y[[0, 1], 0] = x[0]", "`twice` stops with"
         " ValueError: an array of shape (3,) does not fit into a place of shape (2,)."),
        ("def twice(x):\n    return np.array([x, x.T])", "`twice` stops with ValueError: an array"
         " is made of parts that have different shapes."),
        ("def twice(x):\n    exit(3)", "`twice` stops with SystemExit: 3."),
        ("def twice(x):\n    raise KeyboardInterrupt", "`twice` stops with KeyboardInterrupt."),
        ("def twice(x):\n    return twice(x)", "`twice` stops with RecursionError: maximum"
         " recursion depth exceeded."),
        (
            "def twice(x):\n    return 2 * X",
            "Shape (2, 3), but 2x has the shape of x, (2,). It reads `X` of the notebook: use only"
            " what it is given.",
        ),
        ("def twice(x):\n    return 'two'", "2x must be an array of shape (2, 3), but it is of"
         " type str."),
        ("def twice(x):\n    return {1: x}", "2x must be an array of shape (2, 3), but it is of"
         " type dict."),
        ("def twice(x):\n    return 2j * x", "2x has complex numbers; real ones are expected."),
        ("def twice(x):\n    yield 2 * x", "2x must be an array of shape (2, 3), but it is of"
         " type generator."),
        ("def twice(x):\n    return x / 0", "6 of 6 entries of 2x are not finite (inf or nan):"
         " where does it overflow, or divide by 0?"),
        (
            "class Odd:\n    def __array__(self, *a, **b):\n        raise RuntimeError('no')\n"
            "def twice(x):\n    return Odd()",
            "What it returns can't be read: RuntimeError: no",
        ),
        (
            "class Odd:\n    def __array__(self, *a, **b):\n        raise SystemExit('no')\n"
            "def twice(x):\n    return Odd()",
            "What it returns can't be read: SystemExit: no",
        ),
        (
            "class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\n"
            "def twice(x):\n    raise Odd",
            "`twice` stops with Odd.",
        ),
        ("def twice(x):\n    return str(2 * x)", "2x must be an array of shape (2, 3), but it is of"
         " type str."),
        ("def twice(x):\n    return (2 * x).astype(str)", "2x must be an array of shape (2, 3), but"
         " it is an array of other things than numbers."),
        ("def twice(x):\n    return np.zeros((10**5, 10**4))", "Shape (100000, 10000), but 2x has"
         " the shape of x, (2, 3)."),
        ("def twice(x):\n    return 2 * float(input('x: '))", "It asks for input: use only what it"
         " is given."),
        (
            "class twice:\n    def __init__(self, x):\n        self.y = 2 * x",
            "2x must be an array of shape (2, 3), but it is of type twice.",
        ),
        (
            "class Any:\n    def __call__(self, x):\n        return 2 * x\n"
            "    def __getattr__(self, _):\n        return 3\ntwice = Any()",
            "",
        ),
        ("twice = lambda *x: np.multiply(x[0], 2, out=x[0])", "`twice` changes its argument `x`:"
         " leave it as it was, and compute with a copy."),
        ("def change(k, x):\n    x *= k\n    return x\ntwice = __import__('functools').partial("
         "change, 2)", "`twice` changes its argument `x`: leave it as it was, and compute with a"
         " copy."),
    ],
)  # fmt: skip
def test_what_a_student_writes_is_told_in_one_line(code, hint):
    assert hint_of(code) == hint


@pytest.fixture
def no_garbage_collected():
    """What a collection calls, as what other tests left behind, fails at the limit of recursion."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    "body",
    [
        "while True:\n        pass",
        "time.sleep(3)",
        "while True:\n        try:\n            len(x)\n        except:\n            pass",
        "while True:\n        try:\n            print(1)\n        except:\n            pass",
        "while True:\n        try:\n            1 / 0\n        except:\n            pass",
        "while True: pass",
        "while True:\n        with __import__('contextlib').suppress(BaseException):\n"
        "            x + x",
        "def deep():\n        try:\n            deep()\n        except:\n            deep()\n"
        "    deep()",
        "while True:\n        try:\n            sum(x)\n        finally:\n            continue",
        "while True:\n        try:\n            try:\n                print(1)\n            except:"
        "\n                pass\n        except:\n            pass",
    ],
)
def test_what_does_not_end_is_told_and_stopped(body, no_garbage_collected):
    before, start = threads(), time.monotonic()
    told = hint_of(f"import time\ndef twice(x):\n    {body}")
    assert told == "It takes longer than 0.8 s: is there a loop that does not end?"
    assert time.monotonic() - start < 2    # and not the three seconds of the sleep
    assert hint_of("def twice(x):\n    return 2 * x") == ""    # while it may still run
    wait_for_threads(before)


def test_nothing_goes_on_to_stop_a_thread_that_could_not_tell_its_end(monkeypatch):
    class Kept:
        def __init__(self):
            self.acquire = threading.Lock().acquire

        def release(self):
            raise checking._StopRunningError

    before = threads()
    monkeypatch.setattr(checking, "allocate_lock", Kept)
    assert not checking._ends_within(lambda: time.sleep(0.3), 0.01)
    wait_for_threads(before)


@pytest.fixture
def in_a_browser(monkeypatch):
    """The module of the checks as Python in a browser loads it, without threads and ctypes."""

    def fail(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setitem(sys.modules, "ctypes", None)    # so that its import fails
    monkeypatch.setattr("_thread.start_new_thread", fail)
    monkeypatch.setattr(threading.Thread, "start", fail)
    spec = find_spec("lecture_utils.exercises.checking")
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_where_there_are_no_threads_a_check_runs_in_the_one_there_is(in_a_browser):
    @in_a_browser.task("Twice", "twice as much.", points=2)
    def check(twice):
        yield compare(twice(X), 2 * X, "2x")
        yield compare(twice(1.0), 2.0, "2x")

    def told(twice):
        result = check.judge(twice)
        return result.marks, result.hint

    seen = []
    assert told(lambda x: seen.append(threading.get_ident()) or 2 * x) == (2, "")
    assert {*seen} == {threading.get_ident()}
    assert told(lambda x: 2.0)[0] == 1 and told(None) == (0, "`twice` is not written yet.")
    marks, hint = told(lambda x: sys.exit())
    assert marks == 0 and "SystemExit" in hint
    before = sys.stdout, builtins.input
    assert told(lambda x: print(x)) == (0, "`twice` returns nothing: is its `return` missing?")
    assert (sys.stdout, builtins.input) == before


def test_a_browser_sets_no_limit_of_time(in_a_browser, monkeypatch):
    monkeypatch.setattr(in_a_browser, "SECONDS", 0.01)
    check = in_a_browser.task("One", "it is.")(lambda one: iter([compare(one(), 1, "one")]))
    assert check.judge(lambda: time.sleep(0.05) or 1).hint == ""


def threads():
    """Which threads run, also those that `threading` knows nothing of."""
    return {*sys._current_frames()}


def wait_for_threads(before):
    """Wait until no other threads run than before, or fail."""
    deadline = time.monotonic() + 60
    while not threads() <= before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threads() <= before    # some of these may have ended, too


def test_an_interrupted_check_is_told_and_stopped():
    before = threads()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(Hint, match="The check was interrupted."):
        hint_of("def twice(x):\n    while True:\n        pass")
    wait_for_threads(before)


def test_steps_that_were_right_before_the_time_was_over_count():
    @task("Two", "both.", points=2)
    def check_two(one, two):
        yield compare(one(), 1, "one")
        yield compare(two(), 2, "two")

    names = {}
    exec("def two():\n    while True:\n        pass", names)
    result = check_two.judge(lambda: 1, names["two"])
    assert result.marks == 1 and result.hint.startswith("It takes longer than 0.8 s")


@pytest.mark.parametrize(
    ("change", "is_seen"),
    [
        ("x[0][0] = 5", True),
        ("x[1][0] = 5", True),
        ("x[1].append(5)", True),
        ("x[2]['a'] += 1", True),
        ("del x[2]['a']", True),
        ("x[3] = None", True),
        ("x[4] = 'b'", True),
        ("x[5].random()", False),
        ("x = 0", False),
    ],
)
def test_a_change_inside_an_argument_is_seen(change, is_seen):
    @task("Change", "it is as before.")
    def check_change(function):
        arrays = [np.ones(2), [1, 2], {"a": 1, "b": np.nan}, np.array(["a"]), "a"]
        yield compare(function([*arrays, np.random.default_rng(0)]), 1, "It")

    names = {}
    exec(f"def function(x):\n    {change}\n    return 1", names)
    hint = check_change.judge(names["function"]).hint
    assert hint.startswith("`function` changes its argument `x`") == is_seen, hint


def test_settings_of_the_notebook_stay_as_they_are():
    def settings():
        drawn = np.random.get_state()[1].tobytes(), random.getstate()
        of_numpy = np.geterr(), np.get_printoptions()
        of_python = builtins.input, warnings.filters[:], {**os.environ}
        return sys.stdout, sys.stderr, of_python, of_numpy, drawn

    before = settings()
    hint_of("def twice(x):\n    print(1)\n    return np.exp(1000 * x)")
    hint_of("import time\ndef twice(x):\n    time.sleep(2)")
    for change in (
        "import sys; sys.stdout = sys.stderr = None",
        "import os; os.environ['NBGRADER_EXECUTION'] = 'validate'",
        "import warnings; warnings.simplefilter('error')",
        "import random; random.seed(0); np.random.seed(0)",
        "np.seterr(all='raise'); np.set_printoptions(precision=1)",
    ):
        assert hint_of(f"def twice(x):\n    {change}\n    return 2 * x") == ""
    assert settings() == before


def test_what_is_displayed_is_not_shown():
    shell = InteractiveShell.instance()
    with capture_output() as captured:
        shell.run_cell(f"from {task.__module__} import task\nfrom IPython.display import display")
        shell.run_cell("@task('T', 'yes.')\ndef check_one(one):\n    yield '' if one() else 'no'")
        shell.run_cell("def one():\n    print(7)\n    display(7)\n    return 1\ncheck_one(one)")
    InteractiveShell.clear_instance()
    told = [each.data["text/plain"] for each in captured.outputs]
    assert (captured.stdout, told) == ("", ["✓ T: yes."])


def test_steps_are_judged_each():
    result = check_twice.judge(lambda x: 2 * x if x.ndim == 2 else -2 * x)
    assert result.marks == 1 and result.hint.startswith("Every entry of 2x is right but for its")


def test_a_check_that_gets_too_few_answers_is_told():
    with pytest.raises(TypeError, match="check_twice takes twice; got 2 arguments"):
        check_twice(abs, abs)


@task("A class", "it counts.")
def check_counter(Counter):
    """Check a class with a method ``add(n)`` and the attribute ``total``."""
    counter = Counter(2)
    counter.add(3)
    yield compare(counter.total, 5, "total")


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("self.total += n", ""),
        ("...", "`Counter.add` is not written yet."),
        ("self.totals += n", "`Counter.add` stops with AttributeError: 'Counter' object has no"
         " attribute 'totals'"),
        ("pass; del self.total", "`Counter` has no `total`."),
    ],
)  # fmt: skip
def test_a_method_is_watched_as_a_function_is(body, hint):
    names = {}
    start = "class Counter:\n    def __init__(self, start):\n        self.total = start\n"
    exec(f"{start}    def add(self, n):\n        {body}", names)
    assert check_counter.judge(names["Counter"]).hint.startswith(hint)
    assert bool(hint) == bool(check_counter.judge(names["Counter"]).hint)


@pytest.mark.parametrize("result", [1, "ab", (1, 2, 3), None])
def test_what_is_not_as_many_parts_as_asked_for_is_told(result):
    with pytest.raises(Hint, match="It must return 2 values, a, b, but returns"):
        parts(result, "a, b")
    assert parts([1, 2], "a, b") == [1, 2]


RIGHT = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


@pytest.mark.parametrize(
    ("mine", "hint"),
    [
        (RIGHT.T, "Shape (3, 2), but G has the shape of W, (2, 3): is it the transpose?"),
        (RIGHT.ravel(), "Shape (6,), but G has the shape of W, (2, 3): as many entries, in another"
         " shape."),
        (np.ones((7, 2, 3)), "Shape (7, 2, 3), but G has the shape of W, (2, 3): is the sum over"
         " the samples missing?"),
        (1.0, "Shape (), but G has the shape of W, (2, 3)."),
        (-RIGHT, "Every entry of G is right but for its sign: is a minus missing, or one too"
         " many?"),
        (7 * RIGHT, "Every entry of G is 7 times too large: n = 7 samples, and J is a mean."),
        (RIGHT / 7, "Every entry of G is 7 times too small: is it divided by n = 7 once too"
         " often?"),
        (2 * RIGHT, "Every entry of G is twice what it should be."),
        (RIGHT / 2, "Every entry of G is half of what it should be."),
        (RIGHT**2, "It is squared."),
        (np.maximum(RIGHT, 0), "Right where G > 0, wrong where G < 0."),
        (RIGHT + [[0, 0, 1], [0, 0, 1]], "2 of 6 entries of G are off, the first at [0, 2], where"
         " yours is 4."),
        (RIGHT + 1e-7, ""),
    ],
)  # fmt: skip
def test_a_mistake_is_called_by_its_name(mine, hint):
    regions = {"G > 0": RIGHT > 0, "G < 0": RIGHT < 0}
    more = {"n": 7, "like": "W", "mistakes": {"It is squared.": RIGHT**2}, "regions": regions}
    assert compare(mine, RIGHT, "G", **more) == hint


def test_a_square_that_is_mirrored_is_told_and_one_number_too_large():
    square = np.arange(9.0).reshape(3, 3)
    assert "is it the transpose?" in compare(square.T, square, "G")
    assert compare(3.5, 3, "J") == "J is 3.5, which is too large."
    assert compare([3], 3, "J") == "J must be one number, but it is an array of shape (1,)."


# What is shown


@pytest.fixture
def shown(monkeypatch):
    """The text and the HTML of what is displayed."""
    found = []
    for module in (checking, progress):
        monkeypatch.setattr(module, "display", lambda data, raw: found.append(data))
    return found


def test_an_answer_is_shown_in_words_for_eyes_and_ears(shown):
    check_twice(lambda x: 2 * x)
    check_twice(lambda x: exec("1 < None"))
    right, data = shown
    assert right["text/plain"] == "✓ Twice: twice as much."
    assert 'role="status"' in right["text/html"]
    assert data["text/plain"].startswith("→ Twice: `twice` stops with TypeError: '<' not")
    assert "<code>twice</code> stops with TypeError: '&lt;' not" in data["text/html"]


def test_progress_names_what_is_right(shown):
    module = type(sys)("lecture")
    module.check_twice, module.check_counter = check_twice, check_counter
    names = {"twice": lambda x: 2 * x if x.ndim == 2 else x}
    show_progress(module, names)
    assert shown[-1]["text/plain"].splitlines() == [
        "0 of 2 tasks are right.",
        "→ 1. Twice: not yet (1 of 2 steps)",
        "→ 2. A class: not yet",
    ]
    names["twice"] = lambda x: 2 * x
    show_progress(module, names)
    told = ["1 of 2 tasks is right.", "✓ 1. Twice: right", "→ 2. A class: not yet"]
    assert shown[-1]["text/plain"].splitlines() == told


# Where nbgrader marks


@pytest.mark.parametrize(
    ("execution", "answer", "marks"),
    [
        ("autograde", lambda x: 2 * x, None),
        ("autograde", lambda x: 2 * x if x.ndim == 2 else x, 1),
        ("autograde", lambda x: x, Hint),
        ("validate", lambda x: 2 * x, None),
        ("validate", lambda x: 2 * x if x.ndim == 2 else x, Hint),
    ],
)
def test_marks_are_what_nbgrader_reads(execution, answer, marks, monkeypatch, shown):
    monkeypatch.setenv("NBGRADER_EXECUTION", execution)
    if marks is Hint:
        with pytest.raises(Hint, match="."):
            check_twice(answer)
    else:
        assert check_twice(answer) == marks


def test_a_hint_that_is_raised_has_no_traceback():
    shell = InteractiveShell()
    with capture_output() as captured:
        shell.run_cell(f"from {Hint.__module__} import Hint\nraise Hint('Look at n.')")
    assert captured.stdout.strip() == "Look at n."
