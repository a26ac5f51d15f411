"""Prints slides and notes to PDF files that can be searched, and read out by a screen reader."""

import re
from contextlib import contextmanager

from lecture_utils._files import replace_file

SECONDS = 60    # until slides are laid out, which takes 5 of them where nothing else runs
# What is folded can't be opened on paper: answers are printed where they belong, but neither the
# code behind figures and what is said to a class, nor what is said of choices on slides, which are
# still to be made there. Hidden MathML does not get
# into a PDF: the pictures of formulas are given their TeX as alternative. Links lead to slides of
# this file, or to the web; other pages are not where the file will be.
PREPARE = """() => {
  for (const link of document.querySelectorAll("a[href]")) {
    const target = link.getAttribute("href");
    if (target.startsWith("#/")) link.setAttribute("href", target.replace("#/", "#"));
    else if (!/^(#|https?:|mailto:)/.test(target)) link.removeAttribute("href");
  }
  for (const details of document.querySelectorAll("details")) {
    details.open = !details.closest(".reveal") && !details.matches(".said, .code-behind");
  }
  for (const formula of document.querySelectorAll("mjx-container[data-tex]")) {
    const picture = formula.querySelector("svg");
    picture.removeAttribute("aria-hidden");
    picture.setAttribute("aria-label", formula.dataset.tex);
  }
}"""
# On paper nothing can be moved into sight: what is too wide becomes smaller, from the inside out.
PAPER = {"width": 642, "height": 910}    # in pixels, within the margins of A4
NARROW = """() => {
  const boxes = document.querySelectorAll("main :is(.cell, .output, .held, mjx-container)");
  for (const box of [...boxes].reverse())
    for (let k = 0, share = 1; k < 3 && box.scrollWidth > box.clientWidth + 1; k++) {
      share *= box.clientWidth / box.scrollWidth;
      box.style.zoom = share;
    }
}"""
DATES = re.compile(rb"/(Creation|Mod)Date \(D:[^)]*\)")
FOOTER = """<div style="display: flex; justify-content: space-between; width: 100%;
 margin: 0 20mm; font: 8pt sans-serif; color: #555555"><span class="title"></span>
 <span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>"""


class PrintError(Exception):
    """A page can't be printed; the message is for the user."""


def print_slides(browser, page_path, pdf_path):
    """Print a deck of slides, each to a page of its own.

    Formulas are told by the TeX in the attribute `data-tex` of their `<mjx-container>`.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    page_path : pathlib.Path
        HTML with reveal.js that sets the attribute `data-print-ready` of its root when it was
        opened with `?print-pdf` and is laid out.
    pdf_path : pathlib.Path
        The file to write; the one that is there stays if anything fails.

    Raises
    ------
    PrintError
        If the page does not get ready, or the browser fails.
    OSError
        If the file can't be written.
    """
    with _opened(browser, page_path, "?print-pdf") as page:
        page.wait_for_selector("html[data-print-ready]", state="attached")
        page.evaluate(PREPARE)
        printed = page.pdf(
            prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
    _write(pdf_path, printed)


def print_notes(browser, page_path, pdf_path):
    """Print notes on pages of A4, with their title and number at the foot.

    Answers are printed open; what is said to a class and the code behind figures are left out.
    Formulas are told as by `print_slides`.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    page_path : pathlib.Path
    pdf_path : pathlib.Path
        The file to write; the one that is there stays if anything fails.

    Raises
    ------
    PrintError
        If the browser fails.
    OSError
        If the file can't be written.
    """
    with _opened(browser, page_path) as page:
        page.evaluate("document.documentElement.dataset.theme = 'light'")    # as paper is
        page.evaluate(PREPARE)
        page.emulate_media(media="print")
        page.set_viewport_size(PAPER)
        page.evaluate(NARROW)
        printed = page.pdf(
            format="A4",
            margin={"top": "18mm", "bottom": "20mm", "left": "20mm", "right": "20mm"},
            print_background=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            tagged=True,
            outline=True,
        )
    _write(pdf_path, printed)


@contextmanager
def _opened(browser, page_path, query=""):
    """Open a page, and tell of what fails in the browser as a `PrintError`."""
    from playwright.sync_api import Error, TimeoutError  # whoever has a browser has it

    errors = []
    try:
        with browser.new_page(viewport={"width": 1280, "height": 720}) as page:
            page.set_default_timeout(1000 * SECONDS)
            page.on("pageerror", lambda error: errors.append(error.message))
            page.goto(page_path.resolve().as_uri() + query)
            yield page
    except Error as error:
        late = isinstance(error, TimeoutError)
        reason = f"it is not ready after {SECONDS} s" if late else error.message.splitlines()[0]
        raise PrintError(f"{page_path} can't be printed: {'; '.join([reason, *errors])}") from None


def _write(path, printed):
    """Write the file without its dates, which would differ from run to run."""
    printed = DATES.sub(lambda found: b" " * len(found[0]), printed)    # all else stays in place
    replace_file(path, printed)
