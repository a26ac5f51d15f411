"""Finds the Chromium of this computer and opens it, without a window and without a network."""

import os
import shutil
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from lecture_utils._extras import needs

NAMES = ("chromium", "chromium-browser", "google-chrome")    # as in .ci/run
HOST = "127.0.0.1"    # the only one that pages may ask
# What Chromium is to do without. For each window it would make the two lists that drop down from
# its address bar, which are web pages: they cost half a second of work, and nobody sees them. Of
# several such options only the last counts, so what Playwright leaves out follows again.
LEFT_OUT = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
    "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class NoBrowser(Exception):
    """There is no Chromium that can be driven; the message is for the user."""


def find_chromium(environment):
    """Return the path of the Chromium that the environment names or that is on its path.

    Raises
    ------
    NoBrowser
        If there is none.
    """
    named = environment.get("CHROMIUM")
    for name in [named] if named else NAMES:
        path = shutil.which(name, path=environment.get("PATH", ""))
        if path:
            return path
    raise NoBrowser(
        f"no browser is found as {named or ' or '.join(NAMES)}: install Chromium (on Debian:"
        " apt install chromium), or name one that you have with CHROMIUM=/path/to/it"
    )


@contextmanager
def open_chromium():
    """Start Chromium without a window, and close it afterwards; yield Playwright's browser.

    Raises
    ------
    NoBrowser
        If it is not found or does not start, or if Playwright, which drives it, is missing.
    """
    try:
        with needs("pdf"):
            from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise NoBrowser(f"no browser can be driven: {error}") from None
    path = find_chromium(os.environ)
    with sync_playwright() as playwright, TemporaryDirectory(ignore_cleanup_errors=True) as own:
        try:
            browser = playwright.chromium.launch(
                executable_path=path,
                env=os.environ | {"XDG_CONFIG_HOME": own, "XDG_CACHE_HOME": own},
                chromium_sandbox=not AS_ROOT,    # root can't have one
                args=[
                    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
                    f"--disable-features={','.join(LEFT_OUT)}",
                ],
            )
        except Error as error:
            raise NoBrowser(f"{path} does not start: {error.message.splitlines()[0]}") from None
        with browser:
            yield browser
