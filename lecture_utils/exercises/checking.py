"""Runs what a student wrote, whatever it does, and says in one line what to look at."""

import copy
import dis
import inspect
import io
import linecache
import os
import random
import re
import sys
import time
import warnings
from _thread import allocate_lock, get_ident, start_new_thread
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial, update_wrapper
from html import escape
from unittest.mock import patch

import numpy as np
from IPython.display import display
from IPython.utils.capture import capture_output

from lecture_utils.formatting import with_percent_apart

SECONDS = 0.8    # that a check may take, so that its answer comes within one second
LATE = f"It takes longer than {SECONDS:g} s: is there a loop that does not end?"
NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS"}
SHAPES = {    # what NumPy says of shapes that do not fit, in short
    r"(?:matmul|matvec|vecmat|vecdot): .*\(size (\d+) is different from (\d+)\)":
        r"a product of matrices whose inner sizes, \2 and \1, differ",
    r"(?:matmul|matvec|vecmat|vecdot): Input operand \d does not have enough dimensions.*":
        "a product of matrices, of which one is a single number",
    r"shapes (\(.*\)) and (\(.*\)) not aligned: (\d+) .* != (\d+) .*":
        r"a product of arrays of the shapes \1 and \2, whose inner sizes, \3 and \4, differ",
    r"operands could not be broadcast together with shapes (.*)":
        r"arrays that do not fit entry by entry, of the shapes \1",
    r"could not broadcast input array from shape (\(.*\)) into shape (\(.*\))":
        r"an array of shape \1 does not fit into a place of shape \2",
    r"shape mismatch: value array of shape (.*) could not be broadcast .* of shape (.*)":
        r"an array of shape \1 does not fit into a place of shape \2",
    r"non-broadcastable output operand with shape (.*) doesn't match the broadcast shape (.*)":
        r"a result of shape \2 does not fit into an array of shape \1",
    r"setting an array element with a sequence\. The requested array has an inhomogeneous.*":
        "an array is made of parts that have different shapes",
    r"all the input array dimensions .* but along dimension (\d+), .* has size (\d+) .* (\d+)":
        r"arrays that are put together must fit, but along axis \1 they have the sizes \2 and \3",
    r"all the input arrays must have .* has (\d+) dimension.* has (\d+) dimension.*":
        r"arrays that are put together must have as many axes, but these have \1 and \2",
}
GREEN, ORANGE = "#2e9e5b", "#d9822b"    # both can be seen on white and on black


class _Nowhere(io.TextIOBase):
    """Where nothing that is printed is kept."""

    def write(self, text):
        return len(text)


NOWHERE = _Nowhere()    # one for ever: Python crashes if it goes while a thread still prints


class Hint(Exception):
    """What to look at, in one line, which Jupyter shows without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


class _StopRunningError(SystemExit):
    """Ends code that takes too long, even where it catches each `Exception`, and says nothing."""


@dataclass(frozen=True)
class Result:
    """What a check found.

    Attributes
    ----------
    marks : int
        How many steps of the task are right.
    hint : str
        What to look at first; empty if all is right.
    """

    marks: int
    hint: str = ""


class Task:
    """The check of a task: it is called with what the student wrote.

    Attributes
    ----------
    title : str
    points : int
        The number of its steps, each of which gives one mark.
    names : list of str
        What the student's functions or classes are called: the parameters of the check.
    """

    def __init__(self, check, title, points, praise):
        update_wrapper(self, check)
        self.title, self.points = title, points
        self.names = [*inspect.signature(check).parameters]
        self._check, self._praise = check, praise

    def __call__(self, *answers):
        """Show one line: that the answers are right, or what to look at.

        Where nbgrader marks a notebook, it also returns the marks of an answer that is right in
        part, and raises `Hint` if no step is right, as nbgrader expects.
        """
        result = self.judge(*answers)
        _show_line(self.title, result.hint or self._praise, is_right=not result.hint)
        marking = os.environ.get("NBGRADER_EXECUTION")
        if marking and result.hint:
            if marking == "validate" or not result.marks:
                raise Hint(result.hint) from None
            return result.marks

    def judge(self, *answers):
        """Return the `Result` of these answers.

        Raises
        ------
        TypeError
            If there are more or fewer answers than names.
        """
        if len(answers) != len(self.names):
            told = f"{self.__name__} takes {', '.join(self.names)}; got {len(answers)} arguments"
            raise TypeError(told)
        hints = []

        def run():
            try:
                guarded = [_Answer(*pair) for pair in zip(answers, self.names)]
                hints.extend(self._check(*guarded))
            except Hint as hint:
                hints.append(str(hint))
            except _StopRunningError:
                pass    # nobody waits for it
            except BaseException as error:    # as of an object that only looks like an array
                hints.append(f"What it returns can't be read: {_named(error)}")

        if not _ends_within(run, SECONDS):
            hints = [*hints, LATE]
        hint = next(filter(None, hints), "")
        outside = sorted(set().union(*map(_arrays_from_outside, answers)))
        if hint and outside:
            names = " and ".join(f"`{name}`" for name in outside)
            hint += f" It reads {names} of the notebook: use only what it is given."
        return Result(hints.count(""), with_percent_apart(hint))


def task(title, praise, *, points=1):
    """Return a decorator that makes a `Task` of a check.

    Parameters
    ----------
    title : str
        As in the heading of the task.
    praise : str
        What is shown if all is right: what was seen to hold.
    points : int
        The number of steps.

    Notes
    -----
    A check takes what the student wrote, calls it as often as it likes, and yields one text for
    each step: a hint, or an empty one if the step is right, as `compare` returns them. It need not
    watch out for anything: what can go wrong in the student's code raises `Hint`.
    """
    return lambda check: Task(check, title, points, praise)


def _show_line(title, text, *, is_right):
    mark, colour = ("✓", GREEN) if is_right else ("→", ORANGE)
    told = f"{mark} {title}: {text}"
    style = f"border-left: 4px solid {colour}; padding-left: 0.6em; margin: 0.3em 0"
    html = f'<p role="status" style="{style}"><strong>{escape(mark)} {escape(title)}:</strong> '
    display({"text/html": f"{html}{_with_code(text)}</p>", "text/plain": told}, raw=True)


def _with_code(text):
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def _ends_within(run, seconds):
    """Call a function, in silence, in a thread of its own, and stop it when the time is over.

    A signal would need the main thread, and Windows does not have it. What can't be stopped, as a
    long sleep, ends by itself, and nobody waits for it; only one long call of Python's own, such
    as ``sum(range(10**10))``, lets nothing else run until it ends.

    Python in a browser has no threads: there the function is called at once, and what does not end
    goes on until the reader restarts the kernel.
    """
    if sys.platform == "emscripten":
        with _notebook_kept():
            run()
        return True
    running = allocate_lock()
    running.acquire()

    def run_to_the_end():
        try:
            run()
        finally:
            running.release()    # one step, so that no exception can hit in the middle of it

    with _notebook_kept():
        # Not a `Thread`, which would tell that it was stopped, and end for `join` at a Ctrl-C.
        number, is_over = start_new_thread(run_to_the_end, ()), False
        try:
            is_over = running.acquire(timeout=seconds)
        except KeyboardInterrupt:
            raise Hint("The check was interrupted.") from None
        finally:
            if not is_over:
                start_new_thread(_stop, (number, running))
                running.acquire(timeout=0.1)
    return is_over


def _stop(number, running):
    """Stop a thread, whatever it catches."""
    stop = _stop_at_each_step if hasattr(sys, "monitoring") else _stop_time_and_again
    stop(number, running)


def _stop_at_each_step(number, running):
    """Raise in a thread at each line and each turn of a loop, for a moment, and a longer one.

    So it hits in the handlers of a `try`, too, and behind them, which leads out of each. Python can
    watch a thread so from 3.12 on.
    """
    moment = 0.02    # s; to get out of a deep recursion takes its time
    while _is_running(number, running):
        end = time.monotonic() + moment
        with _raising(number, running):
            while _is_running(number, running) and time.monotonic() < end:
                time.sleep(0.005)
        time.sleep(moment)
        moment = min(2 * moment, 1)


@contextmanager
def _raising(number, running):
    """Raise at each step of what a thread runs now, but in none of `run_to_the_end`."""
    watch, codes = sys.monitoring, set()
    frame = sys._current_frames().get(number)
    while frame and frame.f_back:
        codes.add(frame.f_code)
        frame = frame.f_back

    def raise_there(*_):
        if get_ident() == number and _is_running(number, running):
            raise _StopRunningError

    tool = _claim_tool()
    if tool is None:    # all are taken, as by those that a long sleep holds up: another time, then
        yield
        return
    events = [watch.events.LINE, watch.events.JUMP]
    try:
        for event in events:
            watch.register_callback(tool, event, raise_there)
        for code in codes:
            watch.set_local_events(tool, code, sum(events))
        yield
    finally:
        for code in codes:
            watch.set_local_events(tool, code, watch.events.NO_EVENTS)
        for event in events:
            watch.register_callback(tool, event, None)
        watch.free_tool_id(tool)


def _claim_tool():
    """Return the number of one of the few tools that may watch, or None if each is in use."""
    for tool in range(6):
        with suppress(ValueError):
            sys.monitoring.use_tool_id(tool, __name__)
            return tool
    return None


def _stop_time_and_again(number, running):
    """Raise in a thread, and where a bare `except:` catches it at once the next, behind it.

    From outside alone, it would be hit inside of such a `try` time and again. In Python 3.12, what
    hits behind a `try` counts as inside of it.
    """
    import ctypes  # late: some systems do not have it

    raise_in = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(
        ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
    )

    class Stop(_StopRunningError):
        pass

    Stop.__init__ = staticmethod(partial(raise_in, number, Stop))    # it is made where it is caught
    while _is_running(number, running):
        raise_in(number, Stop)
        time.sleep(0.005)


def _is_running(number, running):
    """Return whether a thread is still that of `run_to_the_end`, which this lock belongs to.

    The number of a thread that is over may soon be that of a new one, which must not be hit.
    """
    frame = sys._current_frames().get(number)
    while frame and frame.f_back:
        frame = frame.f_back
    return frame is not None and frame.f_locals.get("running") is running


@contextmanager
def _notebook_kept():
    """Show nothing, ask for nothing, and keep settings and random numbers as they are."""
    environment, drawn, drawn_by_numpy = {**os.environ}, random.getstate(), np.random.get_state()
    with (
        capture_output(False, False), redirect_stdout(NOWHERE), redirect_stderr(NOWHERE),
        patch("builtins.input", _ask_nobody), warnings.catch_warnings(action="ignore"),
        np.printoptions(),
    ):    # fmt: skip
        try:
            yield
        finally:
            random.setstate(drawn)
            np.random.set_state(drawn_by_numpy)
            if os.environ != environment:
                os.environ.clear()
                os.environ.update(environment)


def _ask_nobody(*_):
    raise Hint("It asks for input: use only what it is given.")


class _Answer:
    """What a student wrote: called as itself, it can do no harm, or `Hint` says what it did.

    Attributes
    ----------
    numeric_errors : set of str
        What NumPy noticed in the last call, such as "overflow".
    """

    def __init__(self, written, name):
        self._written, self._name = written, name
        self.numeric_errors = set()
        self._has_returned = False
        if written is None or written is ...:
            raise Hint(f"`{name}` is not written yet.")
        if not callable(written):
            kind = type(written).__name__
            raise Hint(f"`{name}` must be a function, but now it is a value of type {kind}.")

    def __call__(self, *arguments):
        given = copy.deepcopy(arguments)
        self._require_written(arguments)
        result = self._run(given)
        if result is None and self._has_returned:
            raise Hint(f"`{self._name}` sometimes returns nothing: where is a `return` missing?")
        if result is None:
            raise Hint(f"`{self._name}` returns nothing: is its `return` missing?")
        self._has_returned = True
        if result is ... or result is NotImplemented:
            raise Hint(f"`{self._name}` is not written yet.")
        for number, (before, after) in enumerate(zip(arguments, given)):
            if not _are_same(before, after):
                told = f"`{self._name}` changes its argument{self._called(number)}: leave it as it"
                raise Hint(f"{told} was, and compute with a copy.")
        is_own = inspect.isclass(self._written) and isinstance(result, self._written)
        return type(self._name, (_Object,), {})(result, self._name) if is_own else result

    def _called(self, number):
        """Return what an argument is called, or nothing if it has no name of its own."""
        try:
            name = [*inspect.signature(self._written).parameters][number]
        except (TypeError, ValueError, IndexError):
            return ""
        return f" `{name}`"

    def _require_written(self, arguments):
        if _is_empty(self._written):
            raise Hint(f"`{self._name}` is not written yet.")
        try:
            signature = inspect.signature(self._written)
        except (TypeError, ValueError):    # some of NumPy's functions have none
            return
        try:
            signature.bind(*arguments)
        except TypeError as error:
            many = f"{len(arguments)} argument{'s' * (len(arguments) != 1)}"
            told = f"`{self._name}` can't be called with the {many} of the task"
            raise Hint(f"{told}: {error}.") from None

    def _run(self, given):
        self.numeric_errors.clear()
        note = lambda kind, _: self.numeric_errors.add(kind)    # noqa: E731
        try:
            with np.errstate(all="call", call=note):
                return self._written(*given)
        except (_StopRunningError, Hint):
            raise
        except NotImplementedError:
            raise Hint(f"`{self._name}` is not written yet.") from None
        except BaseException as error:    # also what ends a program
            raise Hint(_told(error, self._name)) from None


class _Object:
    """An object of a student's class, whose methods are called as `_Answer`."""

    def __init__(self, own, name):
        self._own, self._name = own, name

    def __getattr__(self, name):
        if name.startswith("__"):    # as NumPy asks whether it is an array
            raise AttributeError(name)
        try:
            value = getattr(self._own, name)
        except AttributeError:
            raise Hint(f"`{self._name}` has no `{name}`.") from None
        return _Method(value, f"{self._name}.{name}") if inspect.ismethod(value) else value


class _Method(_Answer):
    """A method of a student's class: it may return nothing, and change what it belongs to."""

    def __call__(self, *arguments):
        self._require_written(arguments)
        return self._run(copy.deepcopy(arguments))


def _is_empty(function):
    """Whether a function has no code but a docstring or ``...``, so that it returns None."""
    code = getattr(function, "__code__", None)
    steps = [*dis.get_instructions(code)] if inspect.iscode(code) else []
    constants = [step.argval for step in steps if step.opname.endswith("_CONST")]
    return {step.opname for step in steps} <= NOTHING and constants == [None]


def _are_same(before, after):
    """Whether arrays and numbers, or what holds them, are the same as before."""
    if isinstance(before, (dict, list, tuple)):
        if type(before) is not type(after) or len(before) != len(after):
            return False
        if isinstance(before, dict):
            return all(key in after and _are_same(before[key], after[key]) for key in before)
        return all(map(_are_same, before, after))
    if not isinstance(before, (np.ndarray, np.generic, int, float, str)):
        return True    # such as a generator of random numbers, which is there to be used
    is_number = np.asarray(before).dtype.kind in "fc"
    is_number = is_number and np.asarray(after).dtype.kind in "fc"
    return np.array_equal(before, after, equal_nan=is_number)


def _told(error, name):
    """Say in one line which error ended a student's function, and in which of its lines."""
    steps, own = error.__traceback__, ""
    while steps:
        file = steps.tb_frame.f_code.co_filename
        if file.startswith("<ipython-input") or "ipykernel" in file:
            own = linecache.getline(file, steps.tb_lineno).strip()
        steps = steps.tb_next
    where = f" in its line `{_short(own)}`" * bool(own)
    told = f"`{name}` stops with {_named(error, where)}"
    return told + "." * (not told.endswith("."))


def _named(error, where=""):
    """Return the type of an error and what it says, if it can say it."""
    try:
        message = str(error)
    except Exception:
        message = ""
    message = _short(_in_short(" ".join(message.split())))
    return f"{type(error).__name__}{where}{': ' * bool(message)}{message}"


def _short(text):
    text = " ".join(text.split())
    return f"{text[:157]}..." if len(text) > 160 else text


def _in_short(message):
    """Say in short which shapes do not fit, if NumPy says this at length."""
    for pattern, told in SHAPES.items():
        found = re.fullmatch(pattern, message)
        if found:
            spaced = re.sub(r",(?=\d)", ", ", found.expand(told))
            return spaced.replace(") (", ") and (")
    return message


def _arrays_from_outside(written):
    """Return the names of arrays of the notebook that a student's function reads."""
    methods = vars(written).values() if inspect.isclass(written) else [written]
    functions = [each for each in methods if inspect.isfunction(each)]
    return {
        name
        for function in functions
        for name in _global_names(function.__code__)
        if isinstance(function.__globals__.get(name), (np.ndarray, list))
    }


def _global_names(code):
    inner = (part for part in code.co_consts if inspect.iscode(part))
    own = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    return own.union(*map(_global_names, inner))
