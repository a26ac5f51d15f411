"""The Chromium of this computer is found, and where there is none the user is told what to do."""

import sys

import pytest

from lecture_utils.publish.chromium import NoBrowser, find_chromium, open_chromium


def test_the_browser_is_one_that_is_installed(tmp_path):
    for name in ("google-chrome", "chromium", "mine"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    here = {"PATH": str(tmp_path)}
    assert find_chromium(here) == str(tmp_path / "chromium")
    assert find_chromium(here | {"CHROMIUM": "mine"}) == str(tmp_path / "mine")
    (tmp_path / "chromium").unlink()
    assert find_chromium(here) == str(tmp_path / "google-chrome")


@pytest.mark.parametrize("environment", [{"PATH": ""}, {"PATH": "/bin", "CHROMIUM": "no-such"}])
def test_a_missing_browser_is_named_with_what_to_install(environment):
    with pytest.raises(NoBrowser, match="no-such|chromium or .*: install Chromium"):
        find_chromium(environment)


def test_a_browser_that_does_not_start_is_told(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/bin/false")
    with pytest.raises(NoBrowser, match="^/bin/false does not start: "), open_chromium():
        pass


def test_a_browser_that_nothing_can_drive_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(NoBrowser, match=r'pip install "lecture-utils\[pdf\]"'), open_chromium():
        pass
