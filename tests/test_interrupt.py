"""Ctrl-C in one training of many: the first press is told, and the second ends them all."""

import re
import signal
import subprocess
import sys
import threading

import pytest

from lecture_utils._interrupt import held_back_interrupt


def press():
    signal.raise_signal(signal.SIGINT)


def run(presses=0):
    """Stand for a training of ten steps with some presses in the third; return its steps."""
    with held_back_interrupt() as interrupt:
        for step in range(1, 11):
            for _ in range(presses if step == 3 else 0):
                press()
            if interrupt.is_set():
                break
    return step


def run_interrupted():
    with pytest.warns(UserWarning, match="Training interrupted.*raises KeyboardInterrupt at once"):
        return run(presses=1)


def test_the_first_press_ends_the_training_and_is_told():
    assert run_interrupted() == 3


def test_the_second_press_in_the_same_training_is_an_ordinary_one():
    with pytest.raises(KeyboardInterrupt):
        run(presses=2)
    with pytest.raises(KeyboardInterrupt):
        run(presses=1)  # a third one, in the next


def test_the_second_press_is_an_ordinary_one_in_a_later_training_and_after_it():
    run_interrupted()
    assert run() == 10
    with pytest.raises(KeyboardInterrupt):
        run(presses=1)
    with pytest.raises(KeyboardInterrupt):
        press()


def test_nothing_is_told_and_left_behind_without_a_press():
    before = signal.getsignal(signal.SIGINT)
    assert run() == 10 and signal.getsignal(signal.SIGINT) is before
    with pytest.raises(ZeroDivisionError), held_back_interrupt():
        1 / 0  # noqa: B018
    assert signal.getsignal(signal.SIGINT) is before


def test_a_training_that_fails_after_a_press_tells_of_its_failure_alone():
    with pytest.raises(ZeroDivisionError), held_back_interrupt():
        press()
        1 / 0  # noqa: B018
    with pytest.raises(KeyboardInterrupt):
        press()


def test_later_presses_go_to_the_handler_of_the_program():
    told = []
    signal.signal(signal.SIGINT, lambda *given: told.append(given))
    run_interrupted()
    assert told == []
    press()
    assert len(told) == 1 and told[0][0] == signal.SIGINT


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_program_that_leaves_ctrl_c_to_the_system_keeps_it_so(handler):
    signal.signal(signal.SIGINT, handler)
    with held_back_interrupt() as interrupt:
        assert signal.getsignal(signal.SIGINT) == handler and not interrupt.is_set()
    assert signal.getsignal(signal.SIGINT) == handler


def test_a_thread_never_hears_of_ctrl_c():
    before, steps = signal.getsignal(signal.SIGINT), []
    thread = threading.Thread(target=lambda: steps.append(run()))
    thread.start()
    thread.join()
    assert steps == [10] and signal.getsignal(signal.SIGINT) is before


SCRIPT = """
import signal
from lecture_utils import Adam, mlp, squared_error, train
import numpy as np

class Pressing(Adam):
    def step(self, parameters, gradients, memory):
        super().step(parameters, gradients, memory)
        if memory.t == 3:
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # even where it starts with it ignored
network = mlp((1, 1), rng=np.random.default_rng(0))
for number in range(3):
    _, history = train(network, squared_error, [[1.0]], [[2.0]],
                       optimizer=Pressing(), epochs=9)
    print(number, len(history.loss), flush=True)
"""


def test_who_presses_twice_ends_a_loop_of_trainings_in_a_script():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.stdout == "0 3\n"
    (told,) = re.findall("^.*Training interrupted", done.stderr, flags=re.MULTILINE)
    assert told.startswith("<string>:15: UserWarning")  # where it calls train
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
