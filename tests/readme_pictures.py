"""Takes the pictures of the README: ``make pictures`` renews them."""

import json
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from notebook_checks import drawing_of

from lecture_utils.publish.chromium import NoBrowser, open_chromium
from lecture_utils.publish.exporters import LectureSlidesExporter

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / ".github/pictures"
NOTEBOOK = ROOT / "notebooks/04-backpropagation.ipynb"
TAG = "readme-picture"    # on the cell of the figure
SLIDE, STEP = "worked", 4
NOTES = "() => document.querySelector('.speaker-controls-notes .value').innerText"
FRAME = {"width": 1280, "height": 720}


def figure():
    """Return the figure as the notebook shows it, as SVG."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    (cell,) = [cell for cell in cells if TAG in cell["metadata"].get("tags", [])]
    ((_, svg),) = filter(None, map(drawing_of, cell["outputs"]))
    return svg.encode()


def screenshots(browser, folder):
    """Return the pictures of the slides as PNG, by the names of their files.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    folder : Path
        Where the slides may be written to.
    """
    html, _ = LectureSlidesExporter().from_filename(str(NOTEBOOK))
    deck = folder / "deck.html"
    deck.write_text(html, encoding="utf-8")
    with browser.new_context(viewport=FRAME) as context:
        context.clock.set_fixed_time(datetime(2026, 1, 1, 10, 0))  # the speaker view has a clock
        page = context.new_page()
        page.goto(f"{deck.as_uri()}#/{SLIDE}")
        page.wait_for_function("() => window.deck?.isReady() && document.fonts.status === 'loaded'")
        with context.expect_page() as opened:
            page.keyboard.press("s")
        speaker = opened.value
        speaker.set_viewport_size(FRAME)
        speaker.wait_for_function(NOTES)
        for _ in range(STEP):
            speaker.keyboard.press("ArrowRight")
        page.wait_for_function(f"() => deck.getIndices().f === {STEP - 1}")
        for frame, step in zip(speaker.frames[1:], (STEP, STEP + 1), strict=True):
            frame.wait_for_function(f"() => window.deck?.getIndices().f === {step - 1}")
            frame.wait_for_function("() => document.fonts.status === 'loaded'")
        return {"slide.png": page.screenshot(), "speaker-view.png": speaker.screenshot()}


def main():
    with TemporaryDirectory() as own, open_chromium() as browser:
        taken = screenshots(browser, Path(own))
    for name, picture in (taken | {"network.svg": figure()}).items():
        (PICTURES / name).write_bytes(picture)


if __name__ == "__main__":
    try:
        main()
    except NoBrowser as reason:
        sys.exit(f"Error: {reason}")
