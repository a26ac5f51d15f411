"""Settings that all tests share."""

import os

import pytest
from hypothesis import settings

from lecture_utils.publish.chromium import NoBrowser, open_chromium

# The same examples in each run, and no time limit, which a busy machine would break.
settings.register_profile("lectures", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("lectures")


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
def torch():
    """PyTorch. Without it a test is skipped, or fails where REQUIRE_TORCH is set."""
    try:
        import torch
    except ImportError:
        give_up("PyTorch is not installed", required="REQUIRE_TORCH" in os.environ)
    return torch


def give_up(reason, *, required):
    """End the test that needs what is missing."""
    if required:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
