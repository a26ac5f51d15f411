"""Ctrl-C in a training: the first press ends it after a whole step, the next ends all at once."""

import signal
import threading
import warnings
from contextlib import contextmanager


class _Press:
    """A handler of SIGINT that keeps the first press to itself and hands on all others."""

    def __init__(self, handler_before):
        self.handler_before, self.came = handler_before, False

    def is_set(self):
        return self.came

    def __call__(self, signum, frame):
        if self.came:
            self.handler_before(signum, frame)
        self.came = True


@contextmanager
def held_back_interrupt():
    """Yield what the first Ctrl-C sets, in place of ending the step under way.

    It warns at the end if Ctrl-C was pressed. Every later press is an ordinary one, so that it
    ends what else runs, such as a loop of trainings: the handler of SIGINT stays, and a training
    that finds it holds back nothing. A notebook has a handler of its own for each cell, and so
    begins anew; a script, or a session at a prompt, does if it sets
    ``signal.signal(signal.SIGINT, signal.default_int_handler)``.
    """
    before = signal.getsignal(signal.SIGINT)
    press = _Press(before)
    # Python tells only the main thread of Ctrl-C; no callable means that nobody is to be told.
    is_told = threading.current_thread() is threading.main_thread() and callable(before)
    if not is_told or isinstance(before, _Press):
        yield press
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield press
    finally:
        # From here on a press is an ordinary one; so none is lost before the look at the first.
        signal.signal(signal.SIGINT, before)
        if press.is_set():
            signal.signal(signal.SIGINT, press)
    if press.is_set():
        warnings.warn(
            "Training interrupted: it keeps what is trained so far. Until this notebook cell or "
            "program ends, Ctrl-C or the stop button raises KeyboardInterrupt at once.",
            stacklevel=4,  # the call of train, above this generator, contextlib and train
        )
