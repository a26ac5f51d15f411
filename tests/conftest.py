"""Settings that all tests share."""

import os
import pickle
import shutil
import signal
import tempfile
import weakref
from contextlib import contextmanager
from importlib import import_module

import nbval.kernel
import numpy as np
import pytest
import same_kernel
from hypothesis import HealthCheck, settings
from jupyter_client import KernelManager

from lecture_utils.publish.chromium import NoBrowser, open_chromium

# The same examples in each run, and no time limits, which a busy machine would break.
settings.register_profile(
    "lectures", derandomize=True, deadline=None, max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("lectures")


class NoPorts(KernelManager):
    """Talks to its kernel through files; ports that are free now may be taken a moment later."""

    def __init__(self, **options):
        folder = tempfile.mkdtemp()
        file = os.path.join(folder, "kernel.json")
        super().__init__(transport="ipc", connection_file=file, **options)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


nbval.kernel.KernelManager = NoPorts


def pytest_configure(config):
    """Let all notebooks be checked, wherever they are; hooks of this file are for tests/ alone."""
    config.pluginmanager.register(same_kernel)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what needs a browser, and begin with the files that take long.

    Tests of a file stay together. Where files are shared out among processes, none of these is
    then left to the end, where the others would wait for it.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    marks = "browser", "long"
    long = {item.path for item in items if any(map(item.get_closest_marker, marks))}
    long |= {item.path for item in items if item.path.suffix == ".ipynb"}
    items.sort(key=lambda item: (item.path not in long, -item.path.stat().st_size))


@contextmanager
def small_disk():
    """Let no file grow beyond 1 kB, as on a disk that fills up in the middle of one.

    Only around the call that is tested: the report of the tests may go to a file, too.
    """
    import resource  # late, since Windows has none

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture(autouse=True)
def no_luck():
    """Let no test draw from the generator that all share: it could pass, or fail, by luck."""
    before = pickle.dumps(np.random.get_state())
    yield
    is_left_alone = pickle.dumps(np.random.get_state()) == before
    assert is_left_alone, "numbers come from np.random: give a seed to what draws them"


@pytest.fixture(autouse=True)
def fresh_ctrl_c():
    """Let each test begin as a program does: an interrupted training leaves its mark on SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# Not for the whole session: its event loop would be in the way of those of other tests.
@pytest.fixture(scope="module")
def browser():
    """Chromium. Without one a test is skipped, or fails where REQUIRE_BROWSER is set."""
    try:
        with open_chromium() as chromium:
            yield chromium
    except NoBrowser as reason:
        give_up(str(reason), required="REQUIRE_BROWSER" in os.environ)


@pytest.fixture(scope="session")
def slides():
    """The exporter of slides, in the strict level."""
    return _exporters().LectureSlidesExporter()


@pytest.fixture(scope="session")
def notes():
    """The exporter of notes, in the strict level."""
    return _exporters().LectureNotesExporter()


def _exporters():
    return import_module("lecture_utils.publish.exporters")  # late, as it takes two seconds


@pytest.fixture(scope="session")
def torch():
    """PyTorch. Without it a test is skipped, or fails where REQUIRE_RIVALS is set."""
    return rival("torch")


@pytest.fixture(scope="session")
def micrograd():
    """micrograd; without it as for PyTorch."""
    return rival("micrograd")


def rival(name):
    try:
        return import_module(name)
    except ImportError:
        give_up(f"{name} is not installed", required="REQUIRE_RIVALS" in os.environ)


def give_up(reason, *, required):
    """End the test that needs what is missing."""
    if required:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
