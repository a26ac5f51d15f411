"""Slides and notes are printed whole, with text, headings and tags, or not at all."""

import os
import re
import signal
from functools import partialmethod
from importlib.resources import files
from threading import Timer

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from playwright.sync_api import Page
from pypdf import PdfReader

from lecture_utils.display import big_numbers
from lecture_utils.publish import pdf
from lecture_utils.publish.chromium import AS_ROOT, find_chromium
from lecture_utils.publish.exporters import LectureNotesExporter
from lecture_utils.publish.pdf import PrintError, print_notes, print_slides

REVEAL = files("pyreveal") / "revealjs/dist"
WORDS = ["neurons", "layers", "networks"]
HEAD = "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>Lecture</title>"
FORMULA = (
    "<mjx-container data-tex='y^2'><svg width='9' height='9' role='img' aria-hidden='true'>"
    "<circle cx='5' cy='5' r='4'/></svg></mjx-container>"
)
START = """
const deck = new Reveal({width: 1280, height: 720, margin: 0, pdfSeparateFragments: false});
deck.on("pdf-ready", () => {
  for (const slide of document.querySelectorAll(".slides section"))
    for (const name of ["hidden", "aria-hidden", "inert"]) slide.removeAttribute(name);
  document.documentElement.dataset.printReady = "";
});
deck.initialize();
"""


def write_deck(path, start=START):
    """Write a deck with a slide for each word."""
    slides = "".join(
        f"<section><h2>On {word}</h2><p>All about <span class='fragment'>{word}.</span> {FORMULA}"
        "</section>" for word in WORDS
    )
    style, script = (
        (REVEAL / name).read_text(encoding="utf-8") for name in ("reveal.css", "reveal.js")
    )
    path.write_text(
        f"{HEAD}<style>{style}</style><div class='reveal'><div class='slides'>{slides}</div></div>"
        f"<script>{script}</script><script>{start}</script>", encoding="utf-8",
    )
    return path


def write_notes(path):
    """Write notes of two pages with answers that are folded.

    Their heights leave much more room than letters of other fonts could need: two parts fit on a
    page, three do not, and an answer has room in its part when it is open.
    """
    parts = "".join(
        f"<section style='height: 100mm; break-inside: avoid'><h2>On {word}</h2>"
        f"<p style='height: 50mm'>What are {word}?</p>"
        f"<details><summary>Solution</summary>Answer on {word}. {FORMULA}</details></section>"
        for word in WORDS
    )
    path.write_text(f"{HEAD}<h1>Notes</h1>{parts}", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def slides(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    print_slides(browser, write_deck(folder / "100% no. #1?.html"), folder / "deck.pdf")
    return PdfReader(folder / "deck.pdf", strict=True)


@pytest.fixture(scope="module")
def notes(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    print_notes(browser, write_notes(folder / "notes.html"), folder / "notes.pdf")
    return PdfReader(folder / "notes.pdf", strict=True)


def texts(reader):
    """Return the words of each page."""
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def outline(reader):
    """Return the title and page of each entry, whatever its level."""
    def flat(entries):
        for entry in entries:
            yield from flat(entry) if isinstance(entry, list) else [entry]

    page_of = reader.get_destination_page_number
    return [(entry.title.strip(), page_of(entry)) for entry in flat(reader.outline)]


def tags(reader, part, above=()):
    """Yield the page and the alternative text of each tagged piece, and its tags."""
    part = part.get_object()
    if isinstance(part, list):
        for child in part:
            yield from tags(reader, child, above)
    elif isinstance(part, dict):
        above = (*above, part.get("/S"))
        if "/Pg" in part:
            yield reader.get_page_number(part["/Pg"]), part.get("/Alt"), above
        if "/K" in part:
            yield from tags(reader, part["/K"], above)


def told(reader, tag):
    """Return what a screen reader gets by a tag: the page and alternative text of each piece."""
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    found = tags(reader, root["/StructTreeRoot"])
    return [(page, alternative) for page, alternative, above in found if tag in above]


def test_each_slide_is_a_page_with_its_text_though_it_comes_in_steps(slides):
    assert texts(slides) == [f"On {word} All about {word}." for word in WORDS]
    assert {(*page.mediabox,) for page in slides.pages} == {(0, 0, 960, 540)}    # 1280 by 720 px


def test_slides_are_tagged_and_have_an_outline(slides):
    assert told(slides, "/H2") == [(page, None) for page in range(3)]
    assert {page for page, _ in told(slides, "/P")} == {0, 1, 2}
    assert outline(slides) == [(f"On {word}", page) for page, word in enumerate(WORDS)]
    assert (slides.root_object["/Lang"], slides.metadata.title) == ("en", "Lecture")


def test_notes_are_printed_open_on_numbered_pages(notes):
    parts = [f"On {word} What are {word}? Solution Answer on {word}." for word in WORDS]
    assert texts(notes) == [
        f"Notes {parts[0]} {parts[1]} Lecture 1 / 2", f"{parts[2]} Lecture 2 / 2"
    ]
    assert notes.pages[0].mediabox[2:] == pytest.approx([595.3, 841.9], abs=1)    # A4


def test_notes_are_tagged_and_have_an_outline(notes):
    assert told(notes, "/H1") == [(0, None)]
    assert told(notes, "/H2") == [(0, None), (0, None), (1, None)]
    assert outline(notes) == [
        ("Notes", 0), ("On neurons", 0), ("On layers", 0), ("On networks", 1)
    ]


def test_formulas_are_told_by_their_tex(slides, notes):
    assert told(slides, "/Figure") == [(page, "y^2") for page in (0, 1, 2)]
    assert told(notes, "/Figure") == [(page, "y^2") for page in (0, 0, 1)]


def test_the_same_page_is_printed_to_the_same_bytes(notes, browser, tmp_path):
    print_notes(browser, write_notes(tmp_path / "notes.html"), tmp_path / "notes.pdf")
    assert (tmp_path / "notes.pdf").read_bytes() == notes.stream.getvalue()
    assert notes.metadata.creation_date is notes.metadata.modification_date is None


def test_a_number_and_its_words_a_solution_and_its_heading_are_printed_on_one_page(
    browser, tmp_path
):
    number = big_numbers((7, "samples"))._repr_html_()
    fold = "<details>\n<summary>Why?</summary>\n\nBecause.\n\n</details>"
    line = "Words that make each part begin at another height.\n\n"
    cells = [
        new_markdown_cell(["# Parts", number, fold][k % 3] + "\n\n" + k % 5 * line)
        for k in range(90)
    ]
    page, _ = LectureNotesExporter(strict=False).from_notebook_node(new_notebook(cells=cells))
    path = tmp_path / "parts.html"
    path.write_text(page, encoding="utf-8")
    print_notes(browser, path, tmp_path / "parts.pdf")
    pages = texts(PdfReader(tmp_path / "parts.pdf"))
    assert len(pages) > 5
    for first, second in (("7", "samples"), ("Why?", "Because.")):
        n_together = [len(re.findall(rf"{re.escape(first)} {second}", text)) for text in pages]
        assert sum(n_together) == 30


def test_what_is_wider_than_paper_is_printed_whole(browser, tmp_path):
    many = ["some-words"] * 29
    wide = [
        "<div style='width: 1100px'><p style='margin-left: 1000px'>end0</p></div>",
        "<div><div style='position: relative; left: 1000px'>end1</div></div>",
        f"|{30 * 'a|'}\n|{30 * '-|'}\n|{'|'.join(many)}|end2|",
        f"<table><tr><td>{'<td>'.join(many)}<td>end3</td></tr></table>",
    ]
    cells = [new_markdown_cell(f"begin\n\n{html}") for html in wide]
    page, _ = LectureNotesExporter(strict=False).from_notebook_node(new_notebook(cells=cells))
    path, places = tmp_path / "wide.html", {}
    path.write_text(page, encoding="utf-8")
    print_notes(browser, path, tmp_path / "wide.pdf")
    (sheet,) = PdfReader(tmp_path / "wide.pdf").pages
    sheet.extract_text(visitor_text=lambda text, within, at, *_: places.update(
        {text.strip(): within[0] * at[4] + within[4]}))  # fmt: skip
    left, right = places["begin"], float(sheet.mediabox.width) - places["begin"]
    assert all(left < places[f"end{n}"] < right - 3 for n in range(len(wide)))


# What fails


def expect_no_change(folder, function, *arguments, match):
    """The function fails, and the PDF file that was there stays alone."""
    old = folder / "old.pdf"
    old.write_text("old")
    before = sorted(folder.iterdir())
    with pytest.raises((PrintError, OSError), match=match):
        function(*arguments, old)
    assert sorted(folder.iterdir()) == before
    assert old.read_text() == "old"


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("", f"it is not ready after {pdf.SECONDS} s$"),
        ("new Missing()", f"it is not ready after {pdf.SECONDS} s; Missing is not defined$"),
    ],
)
def test_a_page_that_never_gets_ready_is_told(browser, tmp_path, monkeypatch, start, reason):
    # So that none is waited for what never comes, and yet all of them for the page to load.
    at_once = partialmethod(Page.wait_for_selector, timeout=1)
    monkeypatch.setattr(Page, "wait_for_selector", at_once)
    page = write_deck(tmp_path / "deck.html", start)
    match = f"{page} can't be printed: {reason}"
    expect_no_change(tmp_path, print_slides, browser, page, match=match)


def test_a_missing_page_is_told(browser, tmp_path):
    match = "none.html can't be printed: .*ERR_FILE_NOT_FOUND"
    expect_no_change(tmp_path, print_notes, browser, tmp_path / "none.html", match=match)


def test_a_browser_that_dies_is_told(browser, tmp_path):
    page = write_deck(tmp_path / "deck.html", "")
    mortal = browser.browser_type.launch(
        executable_path=find_chromium(os.environ), chromium_sandbox=not AS_ROOT
    )
    with mortal:
        asked = mortal.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        (number,) = [one["id"] for one in asked["processInfo"] if one["type"] == "browser"]
        Timer(1, os.kill, (number, signal.SIGKILL)).start()
        match = "deck.html can't be printed: .*closed"
        expect_no_change(tmp_path, print_slides, mortal, page, match=match)


def test_a_file_that_can_not_be_replaced_stays(browser, tmp_path):
    page = write_notes(tmp_path / "notes.html")
    (tmp_path / "here").mkdir()
    with pytest.raises(IsADirectoryError):
        print_notes(browser, page, tmp_path / "here")
    assert sorted(tmp_path.iterdir()) == [tmp_path / "here", page]
