"""Takes the pictures of the README: ``make pictures`` renews them."""

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from lecture_utils.publish.chromium import NoBrowser, open_chromium
from lecture_utils.publish.exporters import LectureSlidesExporter

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LECTURE, SLIDE, STEP = "04-backpropagation", "worked", 6
NOTES = "document.querySelector('.speaker-controls-notes .value').innerText"
FRAME = {"width": 1280, "height": 720}


def take(browser, folder):
    """Return the pictures as PNG, by the names of their files.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    folder : Path
        Where the slides may be written to.
    """
    html, _ = LectureSlidesExporter().from_filename(str(NOTEBOOKS / f"{LECTURE}.ipynb"))
    deck = folder / "deck.html"
    deck.write_text(html, encoding="utf-8")
    with browser.new_context(viewport=FRAME) as context:
        context.clock.set_fixed_time(datetime(2026, 1, 1, 10, 0))  # the speaker view has a clock
        page = context.new_page()
        page.goto(f"{deck.as_uri()}#/{SLIDE}")
        page.wait_for_function("window.deck?.isReady() && document.fonts.status === 'loaded'")
        with context.expect_page() as opened:
            page.keyboard.press("s")
        speaker = opened.value
        speaker.set_viewport_size(FRAME)
        speaker.wait_for_function(NOTES)
        for _ in range(STEP):
            speaker.keyboard.press("ArrowRight")
        page.wait_for_function(f"deck.getIndices().f === {STEP - 1}")
        for frame, step in zip(speaker.frames[1:], (STEP, STEP + 1), strict=True):
            frame.wait_for_function(f"window.deck?.getIndices().f === {step - 1}")
            frame.wait_for_function("document.fonts.status === 'loaded'")
        return {
            "readme-slide.png": page.screenshot(),
            "readme-speaker-view.png": speaker.screenshot(),
        }


def main():
    with TemporaryDirectory() as own, open_chromium() as browser:
        for name, png in take(browser, Path(own)).items():
            (NOTEBOOKS / name).write_bytes(png)


if __name__ == "__main__":
    try:
        main()
    except NoBrowser as reason:
        sys.exit(f"Error: {reason}")
