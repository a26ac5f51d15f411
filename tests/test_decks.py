"""Slides, notes and the index page do in a real browser what they are for in class."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from unicodedata import normalize
from urllib.parse import unquote

import decks
import nbformat
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browsing import SECONDS, wait_until
from notebook_checks import TITLE_MINUTES, anchors_of
from playwright.sync_api import expect
from pypdf import PdfReader
from test_pdf import outline, told

from lecture_utils.publish.__main__ import rendered, write
from lecture_utils.publish.checks import PLACEHOLDER, RefusedError
from lecture_utils.publish.exercises import beside
from lecture_utils.publish.exporters import LectureNotesExporter, LectureSlidesExporter
from lecture_utils.publish.outline import is_picture, read_lecture, sections_of
from lecture_utils.publish.outputs import prepare
from lecture_utils.publish.pdf import print_notes, print_slides
from lecture_utils.publish.site import make_site

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What the player does is seen in the shortest lecture that has all kinds of slides.
PATHS.sort(key=lambda path: ('"steps"' not in path.read_text("utf-8"), path.stat().st_size))
LECTURES = {path.stem: read_lecture(path) for path in PATHS}
NAMES = [name for name, lecture in LECTURES.items() if lecture.has_slides]
in_one = pytest.mark.parametrize("name", NAMES[:1], indirect=True, scope="module")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
LINKS = "all => all.map(link => link.getAttribute('href'))"
# What is in a drawing is told by its title, and would only cost axe time.
FEWER_DRAWINGS = """() => {
  for (const part of document.querySelectorAll("svg > :not(title, desc)")) part.remove();
}"""
# A slide, or its part of the notes, goes if all it has is of a kind that was seen before.
NEW_KINDS = r"""seen => {
  const text = node => [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const own = node => [node.localName, text(node), ...[...node.attributes]
    .filter(({name}) => !/^(id|src|href|d|viewBox|width|height|data-.*)$/.test(name))
    .map(({name, value}) => /^(class|style|role)$/.test(name)
      ? `${name}=${value.replace(/[\d.]+/g, "")}` : `${name} ${value.length > 0}`)].join(" ");
  const kinds = new Set(seen);
  for (const [k, part] of document.querySelectorAll(".pdf-page, main > section").entries()) {
    const found = [...part.querySelectorAll("*")]
      .filter(node => !node.closest("mjx-assistive-mml, math"))
      .map(node => `${own(node.parentElement)} > ${own(node)}`);
    if (k > 0 && found.every(kind => kinds.has(kind))) part.remove();    // 0 is the title
    found.forEach(kind => kinds.add(kind));
  }
  return [...kinds];
}"""
# All in which the dark page differs, and the ground that reveal.js has painted for print.
DARKEN = """() => {
  document.documentElement.dataset.theme = "dark";
  for (const page of document.querySelectorAll(".pdf-page")) page.style.background = "";
}"""
# Code and formulas that have to be moved to be read.
WIDE = """[...document.querySelectorAll("main :is(pre.code, mjx-container[display])")].filter(
  box => box.scrollWidth > box.clientWidth + 1
    && (box.localName !== "pre" || box.textContent.split("\\n").every(line => line.length < 100))
).length"""
# Headings that are two or more levels below the one before.
JUMPS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((heading, k, all) => k > 0 && +heading.localName[1] > +all[k - 1].localName[1] + 1)
  .map(heading => `jumps to ${heading.localName}: ${heading.textContent}`)"""
RUN_AXE = """async () => {
  const told = ({help, nodes}) => `${help}, ${nodes.length}: ${nodes[0].html.slice(0, 80)}`;
  return (await axe.run({
    resultTypes: ["violations"], rules: {"heading-order": {enabled: false}},    // see JUMPS
  })).violations.map(told);
}"""
MAKE_BOTH = """
import sys
from lecture_utils.publish.__main__ import main
notebook, folder = sys.argv[1:]
for what in ("slides", "handout"):
    assert main([what, notebook, "--to", folder]) == 0
"""
# The seconds that have gone by, and those left until the slide should be over, are those planned.
IS_PLANNED = """planned => {
  const [gone, left] = [".timer", ".pacing"].map(name => {
    const part = kind => document.querySelector(`${name} .${kind}-value`).textContent;
    const [hours, minutes, seconds] = ["hours", "minutes", "seconds"].map(part);
    const size = 3600 * Math.abs(hours) + 60 * minutes.slice(1) + +seconds.slice(1);
    return hours.startsWith("-") ? -size : size;
  });
  return Math.abs(gone + left - planned) <= 2;    // the two are not told at the same moment
}"""


# Each page is made once


@pytest.fixture(scope="module", autouse=True)
def patience():
    expect.set_options(timeout=1000 * SECONDS)


@pytest.fixture(scope="module")
def exporters():
    return [LectureSlidesExporter(), LectureNotesExporter()]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The notebooks, which nobody changes meanwhile."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("exercises", "solutions"):
        shutil.copytree(PATHS[0].parent / name, folder / name)
    return [Path(shutil.copy(path, folder)) for path in sorted(PATHS)]


@pytest.fixture(scope="module")
def made(exporters, sources, tmp_path_factory):
    """The folder with all that the lectures become, but for PDF; it is not easy to address."""
    folder = tmp_path_factory.mktemp("made") / "a site #1" / "100% lectures"
    write(rendered(sources, exporters) | beside(sources), folder)
    make_site(sources, folder, theme="light")
    return folder


@pytest.fixture(scope="module")
def made_again(sources, tmp_path_factory):
    """The folder with a lecture of another process, in which sets have another order."""
    folder = tmp_path_factory.mktemp("again")
    (path,) = [path for path in sources if path.stem == NAMES[0]]
    seed = "1" if os.environ.get("PYTHONHASHSEED") == "2" else "2"
    # One process for both, as it takes longer to start than to make a page.
    subprocess.run(
        [sys.executable, "-c", MAKE_BOTH, path, folder],
        env=os.environ | {"PYTHONHASHSEED": seed}, check=True,
    )
    return folder


GROUND = "getComputedStyle(document.body).backgroundColor"
elsewhere = pytest.mark.elsewhere


# What a lecture holds is looked at in all of them by a row of the matrix.
@pytest.fixture(scope="module", params=[
    NAMES[0], *(pytest.param(name, marks=elsewhere) for name in NAMES[1:])
])
def name(request):
    """Of a lecture; all tests of a lecture are run one after the other."""
    return request.param


@pytest.fixture(scope="module")
def sections(made, name):
    """The slides of a lecture as its notebook has them."""
    notebook = nbformat.read(made / f"{name}.ipynb", 4)
    prepare(notebook)
    return sections_of(notebook)


@contextmanager
def opened(browser, path):
    """Open slides in a browser, and yield them with what is known of them."""
    with decks.watched(browser) as (context, requests, faults):
        page = decks.open_deck(context, path)
        states = decks.walk(page)
        yield SimpleNamespace(
            path=path, page=page, context=context, requests=requests, faults=faults,
            states=states, n_requests=len(requests),
        )


@pytest.fixture(scope="module")
def open_deck(browser, made, name):
    with opened(browser, made / f"{name}.slides.html") as deck:
        yield deck


@contextmanager
def in_use(deck):
    """Begin with the first slide, and see that a test leaves no complaint and no other request."""
    decks.go(deck.page, deck.states[0]["slide"])
    yield deck
    assert deck.faults == []
    assert {url.split("?")[0] for url in deck.requests} == {deck.path.as_uri()}


@pytest.fixture
def deck(open_deck):
    """The slides of a lecture."""
    with in_use(open_deck) as deck:
        yield deck


@pytest.fixture(scope="module")
def print_view(browser, made, name):
    """The slides of a lecture as they are printed."""
    with decks.watched(browser) as (context, _, faults):
        yield decks.open_print_view(context, made / f"{name}.slides.html")
        assert faults == []


@pytest.fixture(scope="module")
def slides_pdf(browser, made, name):
    page = made / f"{name}.slides.html"
    print_slides(browser, page, page.with_suffix(".pdf"))
    return PdfReader(page.with_suffix(".pdf"), strict=True)


@pytest.fixture(scope="module")
def notes_pdf(browser, made, name):
    page = made / f"{name}.notes.html"
    print_notes(browser, page, page.with_suffix(".pdf"))
    return PdfReader(page.with_suffix(".pdf"), strict=True)


@pytest.fixture(scope="module")
def notes(browser, made, name):
    """The notes of a lecture."""
    with decks.watched(browser) as (context, requests, faults):
        page = context.new_page()
        page.goto((made / f"{name}.notes.html").as_uri())
        yield page
        assert faults == []
        assert requests == [(made / f"{name}.notes.html").as_uri()]


# In a hall without a network


def test_a_deck_asks_for_nothing_but_itself(deck):
    assert deck.n_requests == 1


def test_slides_and_notes_are_small_files(made, name):
    for kind in ("slides", "notes"):
        assert (made / f"{name}.{kind}.html").stat().st_size <= 3e6


def test_another_process_makes_the_same_bytes(made, made_again):
    pages = [*made_again.glob("*.html")]
    assert len(pages) == 2
    assert all(page.read_bytes() == (made / page.name).read_bytes() for page in pages)


# What is on the slides


def test_nothing_on_a_slide_is_cut_or_small_or_lies_on_something_else(deck):
    assert decks.faults_of_layout(deck.states) == []


def test_slides_fill_their_frame(deck):
    ends = [state["end"] for state in deck.states[1:]]    # after the title
    assert min(ends) > 300
    assert sum(end < 480 for end in ends) <= max(3, len(ends) / 5)


def test_steps_take_each_others_place_and_leave_the_picture_where_it_is(deck, sections):
    slides = [slide for section in sections for slide in section]
    expected = [(slide.id, 1 + k) for slide in slides for k in range(len(slide.steps))]
    stacked = [state for state in deck.states if state["is_stacked"]]
    assert [(state["slide"], state["step"]) for state in stacked] == expected
    assert decks.faults_of_steps(stacked) == []


def test_the_time_of_the_slides_is_that_of_the_title(deck, sections):
    (minutes,) = TITLE_MINUTES.findall(sections[0][0].groups[0].cells[0].source)
    timings = deck.page.locator("section[data-timing]").evaluate_all(
        "all => all.map(slide => +slide.dataset.timing)"
    )
    assert sum(timings) == 60 * int(minutes)


def test_a_deck_has_the_slides_and_fragments_of_its_notebook(deck, sections):
    places = decks.expected_places(sections)
    assert deck.page.evaluate(decks.PLACES) == [list(place) for place in places]


def test_the_contents_are_all_sections(deck, notes, sections):
    starts = [section[0].id for section in sections[1:]]
    links = deck.page.locator("#contents a").evaluate_all(LINKS)
    assert links == [f"#/{start}" for start in starts]
    links = notes.locator("nav.contents a").evaluate_all(LINKS)
    assert links == [f"#{start}" for start in starts]


# Going through one of them


@in_one
def test_keys_lead_through_all_of_a_deck_and_back(deck, sections):
    places = decks.expected_places(sections)
    assert decks.press(deck.page, "ArrowRight", len(places)) == [*places, places[-1]]
    assert decks.press(deck.page, "ArrowLeft", len(places)) == [*places[::-1], places[0]]


@in_one
def test_keys_lead_to_the_ends_and_to_a_number(deck, sections):
    page, slides = deck.page, [slide for section in sections for slide in section]
    page.keyboard.press("End")
    assert decks.place_of(page)[0] == sections[-1][0].id
    page.keyboard.press("Home")
    assert decks.place_of(page)[0] == slides[0].id
    for slide in (slides[4], slides[-1]):
        page.keyboard.press("g")
        page.keyboard.type(str(slide.number))
        page.keyboard.press("Enter")
        page.wait_for_function("id => deck.getCurrentSlide().id === id", arg=slide.id)
        foot = page.locator(f"section[id='{slide.id}'] .foot")
        expect(foot).to_contain_text(f"{slide.number} / {len(slides) + 1}")


@in_one
def test_keys_open_the_overview_the_help_and_a_pause(deck):
    page = deck.page
    page.keyboard.press("ArrowRight")
    place = decks.place_of(page)
    for first, is_on, last in [
        ("o", "deck.isOverview()", "Escape"),
        ("Escape", "deck.isOverview()", "o"),
        ("b", "deck.isPaused()", "b"),
        ("Shift+Slash", "document.querySelector('.r-overlay-help') !== null", "Escape"),
    ]:
        for key, expected in [(first, True), (last, False)]:
            page.keyboard.press(key)
            assert page.evaluate(is_on) == expected, (key, is_on)
    assert decks.place_of(page) == place


@in_one
def test_the_contents_lead_to_each_section(deck, sections):
    starts = [section[0].id for section in sections[1:]]
    links = deck.page.locator("#contents a").all()
    for start, link in zip(starts, links, strict=True):
        decks.go(deck.page, "contents")
        link.click()
        decks.expect_place(deck.page, start, 0)


@in_one
def test_an_address_leads_to_a_slide_and_to_what_is_uncovered_on_it(deck, sections):
    slide = next(slide for slide, n in decks.expected_places(sections) if n == 1)
    for n, end in [(0, f"#/{slide}"), (1, f"#/{slide}/0")]:
        with decks.open_deck(deck.context, deck.path, end) as page:
            assert decks.place_of(page) == (slide, n)
    decks.go(deck.page, slide, 0)
    expect(deck.page).to_have_url(f"{deck.path.as_uri()}#/{slide}/0")


@in_one
def test_a_finger_leads_on_and_back_on_a_phone(browser, deck, sections):
    places = decks.expected_places(sections)[:4]
    with decks.watched(browser, **PHONE) as (context, requests, faults):
        page = decks.open_deck(context, deck.path)
        for dx, way in [(-200, places[1:]), (200, places[-2::-1])]:
            for place in way:
                decks.swipe(page, dx)
                decks.expect_place(page, *place)
        assert (len(requests), faults) == (1, [])


# The speaker's window


@contextmanager
def with_speaker(browser, path, place=""):
    """Open slides with the speaker's window, and see afterwards that neither complained."""
    with decks.watched(browser) as (context, requests, faults):
        page = decks.open_deck(context, path, place)
        with context.expect_page() as opening:
            page.keyboard.press("s")
        window = opening.value
        frames = [
            window.wait_for_selector(f"#{part}-slide iframe").content_frame()
            for part in ("current", "upcoming")
        ]
        for frame in frames:
            frame.wait_for_function("window.deck?.isReady()")
        yield SimpleNamespace(
            page=page, window=window, pages=[page, *frames], pacing=window.locator(".pacing"),
            notes=window.locator(".speaker-controls-notes .value"),
        )
        assert faults == []
        assert {url.split("?")[0] for url in requests} == {path.as_uri()}


@pytest.fixture(scope="module")
def speaker(browser, made, name):
    with with_speaker(browser, made / f"{name}.slides.html") as speaker:
        yield speaker


def first_words(cells):
    """What notes say before their first formula, code or link."""
    return re.split(r"[$`\[]", cells[0].source)[0].replace("*", "")


@in_one
def test_the_speaker_sees_this_slide_and_the_next_and_what_to_say(speaker, sections):
    decks.go(speaker.page, sections[0][0].id)
    expect(speaker.window.locator("body")).to_have_attribute("data-speaker-layout", "tall")
    expect(speaker.window.locator("body")).not_to_contain_text("-->")    # of a script of reveal.js
    expect_everywhere(speaker, decks.expected_places(sections)[:2])
    expect(speaker.notes).to_contain_text(first_words(sections[0][0].notes))


@in_one
def test_the_slides_move_with_the_speaker_and_the_speaker_with_the_slides(speaker, sections):
    places = decks.expected_places(sections)
    decks.go(speaker.page, sections[0][0].id)
    expect_everywhere(speaker, places[:2])
    for page, key, start in [
        (speaker.page, "ArrowRight", 1),
        (speaker.window, "ArrowRight", 2),
        (speaker.window, "ArrowLeft", 1),
        (speaker.page, "ArrowLeft", 0),
    ]:
        page.keyboard.press(key)
        expect_everywhere(speaker, places[start : start + 2])


def expect_everywhere(speaker, places):
    """Wait until both windows are at a place, and the speaker sees what is next."""
    for page, place in zip(speaker.pages, [places[0], *places], strict=True):
        decks.expect_place(page, *place)


def test_the_speaker_can_read_each_formula(deck, sections):
    slides = [slide for section in sections for slide in section]
    notes = [cell for slide in slides for cell in slide.notes]
    notes += [cell for slide in slides for step in slide.steps for cell in step.notes]
    assert deck.page.locator("aside.notes math").count() == n_formulas(notes)
    assert deck.page.locator("aside.notes mjx-container").count() == 0


@in_one
def test_the_speaker_sees_formulas(speaker, sections):
    slides = [slide for section in sections for slide in section]
    slide = next(slide for slide in slides if n_formulas(slide.notes))
    decks.go(speaker.page, slide.id)
    expect(speaker.notes).to_contain_text(first_words(slide.notes))
    expect(speaker.notes.locator("math")).to_have_count(n_formulas(slide.notes))


def n_formulas(cells):
    return sum(len(FORMULA.findall(cell.source)) for cell in cells)


@in_one
def test_the_speaker_sees_the_minutes_that_are_left(speaker, sections):
    slides = [slide for section in sections for slide in section]
    decks.go(speaker.page, slides[-1].id)
    expect(speaker.pacing).to_be_visible()
    planned = 60 * sum(slide.minutes for slide in slides)
    speaker.window.wait_for_function(IS_PLANNED, arg=planned)


# Steps that take each other's place

HEIGHT = 216    # points
FIGURE = """<svg xmlns="http://www.w3.org/2000/svg" role="img" width="576pt" height="{0}pt"
  viewBox="0 0 576 {0}"><title>Step {1} of three.</title><rect width="576" height="{0}"/></svg>"""


def markdown(source, kind, name, **metadata):
    return nbformat.v4.new_markdown_cell(
        source, id=name, metadata={"slideshow": {"slide_type": kind}, **metadata}
    )


def code(source, kind, name, *outputs):
    """A cell of code that was run; where it shows a figure, it is hidden itself."""
    shown = [nbformat.v4.new_output("display_data", {"image/svg+xml": svg}) for svg in outputs]
    metadata = {"slideshow": {"slide_type": kind}, "tags": ["hide-input"] if shown else []}
    return nbformat.v4.new_code_cell(
        source, id=name, metadata=metadata, outputs=shown, execution_count=1
    )


def stacked_cells(heights=(HEIGHT, HEIGHT, HEIGHT)):
    """A slide of three steps, with texts of other lengths, between two other slides."""
    yield markdown("# A title\n\nAbout it.\n\n**3 minutes**", "slide", "title")
    yield markdown("## Three steps", "slide", "three", tags=["steps"])
    for k, height in enumerate(heights, 1):
        yield markdown(k * f"This is step {k}.\n\n", "fragment", f"three-{k}")
        yield code("draw()", "-", f"three-{k}-figure", FIGURE.format(height, k))
        yield markdown(f"**1 minute.** Say {k}, and $h_{k}$.", "notes", f"three-{k}-notes")
    yield markdown("## The end", "slide", "end")


@pytest.fixture(scope="module")
def write_slides(tmp_path_factory):
    """Write the slides of a notebook of some cells, and return the path."""
    class Lenient(LectureSlidesExporter):
        in_frames = False    # code that can't fit is to get as far as the browser

    exporter = Lenient()

    def write_it(cells):
        notebook = nbformat.v4.new_notebook(cells=[*cells])
        html, _ = exporter.from_notebook_node(notebook)
        path = tmp_path_factory.mktemp("own") / "own.slides.html"
        path.write_text(html, encoding="utf-8")
        return path

    return write_it


@pytest.fixture(scope="module")
def open_stacked(browser, write_slides):
    with opened(browser, write_slides(stacked_cells())) as deck:
        yield deck


@pytest.fixture
def stacked(open_stacked):
    with in_use(open_stacked) as deck:
        yield deck


STEPS = """() => [...document.querySelectorAll("#three .step")].map(step => step.checkVisibility(
  {opacityProperty: true, visibilityProperty: true}))"""


def test_steps_are_gone_through_one_by_one_both_ways(stacked):
    decks.go(stacked.page, "contents")
    for keys, expected in [("ArrowRight", (0, 1, 2)), ("ArrowLeft", (1, 0))]:
        for k in expected:
            stacked.page.keyboard.press(keys)
            assert decks.place_of(stacked.page) == ("three", k)
            assert stacked.page.evaluate(STEPS) == [j == k for j in range(3)]


CHOICES = """## Which one?

Which one is it?

<details>
<summary>A. This</summary>

No. It is the other.

</details>

<details>
<summary>B. That</summary>

Yes. So it is.

</details>"""
FOLDS = "() => [...document.querySelectorAll('#which details')].map(details => details.open)"


def test_choices_unfold_one_at_a_time_by_keyboard(browser, exporters, tmp_path):
    title = markdown("# A title\n\nAbout it.\n\n**3 minutes**", "slide", "title")
    before = markdown("## Before\n\n[A link](https://example.org) leads away.", "slide", "before")
    cells = [title, before, markdown(CHOICES, "slide", "which", tags=["choices"])]
    path = tmp_path / "own.slides.html"
    html, _ = exporters[0].from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    path.write_text(html, encoding="utf-8")
    with opened(browser, path) as deck:
        decks.go(deck.page, "before")
        deck.page.keyboard.press("ArrowRight")
        decks.expect_place(deck.page, "which", 0)
        deck.page.keyboard.press("Tab")    # not to the link on the slide that is gone
        focused = "() => document.activeElement.closest('section')?.id"
        assert deck.page.evaluate(focused) == "which"
        for first, key in [(True, "Space"), (False, "Enter")]:
            deck.page.locator("#which summary").nth(int(not first)).focus()
            deck.page.keyboard.press(key)
            assert deck.page.evaluate(FOLDS) == [first, not first]
            assert decks.place_of(deck.page)[0] == "which"
        print_slides(browser, path, tmp_path / "printed.pdf")
    printed = " ".join(page.extract_text() for page in PdfReader(tmp_path / "printed.pdf").pages)
    assert "That" in printed and "So it is" not in printed    # which is still to be found out


def test_a_slide_that_is_come_back_to_shows_its_last_step(stacked):
    decks.go(stacked.page, "end")
    stacked.page.keyboard.press("ArrowLeft")
    assert decks.place_of(stacked.page) == ("three", 2)
    assert stacked.page.evaluate(STEPS) == [False, False, True]


def test_the_pictures_of_steps_are_in_one_place(stacked):
    steps = stacked.states[2:5]
    assert [(state["slide"], len(state["figures"])) for state in steps] == [("three", 1)] * 3
    assert steps[0]["figures"] == steps[1]["figures"] == steps[2]["figures"]
    assert decks.faults_of_layout(stacked.states) + decks.faults_of_steps(steps) == []


def test_each_step_is_printed_on_a_page_with_its_picture_where_it_was(browser, stacked, tmp_path):
    page = decks.open_print_view(stacked.context, stacked.path)
    with page:
        printed = decks.printed_figures(page)
    for figures, state in zip(printed, stacked.states, strict=True):
        assert decks.same_boxes(figures, state["figures"], within=1)
    print_slides(browser, stacked.path, tmp_path / "stacked.pdf")
    pages = [page.extract_text() for page in PdfReader(tmp_path / "stacked.pdf").pages]
    assert [re.findall(r"step (\d)", text) for text in pages[2:5]] == [["1"], ["2"] * 2, ["3"] * 3]


def test_the_speaker_sees_the_notes_of_each_step(browser, stacked):
    with with_speaker(browser, stacked.path) as speaker:
        for k in (0, 1, 2, 1):
            decks.go(speaker.page, "three", k - 1)
            expect(speaker.notes).to_contain_text(f"Say {k + 1}")
            expect(speaker.notes.locator("math")).to_have_text(re.compile(rf"h\s*{k + 1}"))


def test_from_above_a_slide_of_steps_shows_its_last_step(browser, stacked):
    shown = """all => all.map(step => step.checkVisibility(
      {opacityProperty: true, visibilityProperty: true}))"""
    with decks.watched(browser) as (context, _, _):
        page = decks.open_deck(context, stacked.path, "#/three")
        steps = page.locator("#three .step")
        assert steps.evaluate_all(shown) == [True, False, False]
        for key in ("o", "End"):    # here, and where the slide lies behind
            page.keyboard.press(key)
            page.wait_for_function("deck.isOverview()")
            assert steps.evaluate_all(shown) == [False, False, True]


def test_a_speaker_view_that_is_opened_late_starts_at_the_step_that_is_shown(browser, stacked):
    with with_speaker(browser, stacked.path, "#/three/1") as speaker:
        expect(speaker.notes).to_contain_text("Say 3")
        for page in speaker.pages[:2]:
            decks.expect_place(page, "three", 2)


# A title with a cover, and parts


@pytest.fixture(scope="module")
def parts_and_cover():
    """The cells of a lecture with two parts, and a key figure on its last slide."""
    text = "# A title\n\nAbout it.\n\n**3 minutes**"
    title = markdown(text, "slide", "title", cover="end-figure")
    return [
        title, markdown("## Goals\n\nFor all.", "slide", "goals"),
        *(markdown(f"## {part} {k}\n\nText.", "slide", f"{part}-{k}",
                   **{"part": f"All of {part}"} if k == 1 else {})
          for part in ("one", "two") for k in (1, 2)),
        code("draw()", "-", "end-figure", FIGURE.format(HEIGHT, 1)),
    ]  # fmt: skip


def test_the_parts_are_a_line_on_the_contents_and_where_each_begins(
    browser, write_slides, parts_and_cover
):
    with decks.watched(browser) as (context, _, faults):
        page = decks.open_deck(context, write_slides(parts_and_cover))
        links = page.locator("#contents a").evaluate_all(LINKS)
        assert links == ["#/goals", "#/one-1", "#/one-2", "#/two-1", "#/two-2"]
        lines = {line.evaluate("line => line.closest('section').id"):
                 line.locator("[aria-current]").all_inner_texts()
                 for line in page.locator(".opener").all()}  # fmt: skip
        assert lines == {"one-1": ["All of one"], "two-1": ["All of two"]}
        decks.go(page, "two-1")
        page.locator("#two-1 .opener a").first.click()
        decks.expect_place(page, "one-1", 0)
        # The cover is there to be seen, and its figure is heard where it belongs.
        assert page.locator("#title .cover svg").count() == 1
        assert page.locator("#title").get_by_role("img").count() == 0
        assert page.locator("#title .cover :is(title, desc)").count() == 0
        assert faults == []


def test_a_cover_that_is_not_there_is_told(write_slides, parts_and_cover):
    title, *others = parts_and_cover
    wrong = nbformat.from_dict(title | {"metadata": title.metadata | {"cover": "goals"}})
    with pytest.raises(RefusedError, match=r"cell 1 \(title\): the cover .* of the cell goals,"):
        write_slides([wrong, *others])


# For the lecturer


@in_one
def test_from_above_all_slides_are_in_a_grid_that_arrows_lead_through(deck, sections):
    page, slides = deck.page, [slide.id for section in sections for slide in section]
    page.keyboard.press("o")
    boxes = page.evaluate("deck.getSlides().map(slide => slide.getBoundingClientRect().toJSON())")
    assert all(0 <= box["left"] < box["right"] <= 1280 for box in boxes)
    assert all(0 <= box["top"] < box["bottom"] <= 720 for box in boxes)
    columns = [box["top"] for box in boxes].count(boxes[0]["top"])
    assert len({box["left"] for box in boxes}) == columns > 1
    order = [slides[0], "contents", *slides[1:]]
    for key, place in [("Right", 1), ("Down", 1 + columns), ("Left", columns), ("Up", 0)]:
        page.keyboard.press(f"Arrow{key}")
        assert decks.place_of(page)[0] == order[place]
    page.keyboard.press("o")


@in_one
def test_a_click_with_alt_enlarges_what_is_there(deck):
    enlarged = "() => document.body.style.transform.includes('scale(2)')"
    for expected in (True, False):
        deck.page.locator("body").click(modifiers=["Alt"], position={"x": 300, "y": 300})
        deck.page.wait_for_function(f"() => ({enlarged})() === {str(expected).lower()}")


# What goes wrong is seen


def test_a_picture_that_moves_from_step_to_step_is_found(browser, write_slides):
    path = write_slides(stacked_cells(heights=(HEIGHT, HEIGHT, 2 * HEIGHT)))
    with decks.watched(browser) as (context, _, _):
        page = decks.open_deck(context, path)
        assert decks.faults_of_steps(decks.walk(page)) == ["three 3: the picture moves"]
        style = ".step { visibility: visible !important; opacity: 1 !important }"
        page.add_style_tag(content=style)
        assert "three 1: 3 steps are shown" in decks.faults_of_steps(decks.walk(page))


TALL = "<p style='min-height: {}px'>Tall.</p>"
LAYOUTS = {
    "good": ("Text with $x^2$ and `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |", []),
    "tall": (TALL.format(680), ['"<pre>" leaves the frame']),
    "wide": ("<p style='margin-left: -40px'>Wide.</p>", ['"Wide." leaves the frame']),
    "over": ("First.\n\n<p style='margin-top: -40px'>Up.</p>", ['"First." and "Up." overlap']),
    "small": ("<p style='font-size: 24px'>Small.</p>", ['"Small." has letters of 24 px']),
    "figure": (TALL.format(350), ["a figure has 0."]),
    "long": ("<pre style='width: 300px'>" + 9 * "long " + "</pre>", ["the code is cut by"]),
    "little": ("<pre style='font-size: 17px'>Little.</pre>", ['"Little." has letters of 17 px']),
}
SMALL = re.compile("has letters of|a figure has")
# All this is to become as small as it takes to be within the frame; code may be broken.
FITTED = {
    "lines": "\n\n".join(30 * ["A line."]),
    "words": "\n\n".join(12 * [30 * "words "]),
    "items": "\n".join(4 * k % 12 * " " + "- An item." for k in range(30)),
    "formula": "$$" + 60 * "x + " + "x$$",
    "inline": "Words $" + 60 * "x + " + "x$ and words.",
    "table": "\n".join("|".join(24 * [cell]) for cell in ("heading", "---", "12345.67")),
    "code": "```\n" + 60 * "x = 1\n" + "```",
    "line-of-code": "```\n" + 60 * "x + " + "x\n```",
    "address": "https://example.org/" + 30 * "address",
    "image": "",
    "folds": "\n".join(f"<details open><summary>{k}.</summary>\n\n{40 * k * 'No. '}\n\n</details>"
                       for k in range(5)),  # fmt: skip
}


def test_what_is_out_of_its_place_on_a_slide_is_found(browser, write_slides):
    cells = []
    for name, (text, _) in LAYOUTS.items():
        cells.append(markdown(f"## On {name}\n\n{text}", "slide", name))
        if name in ("good", "figure"):
            cells.append(code("draw()", "fragment", f"{name}-figure", FIGURE.format(HEIGHT, 1)))
        cells.append(code("x = 1 + 1 + 1", "-", f"{name}-code"))
    for name, text in FITTED.items():
        cells.append(markdown(f"## On {name}\n\n{text}", "slide", name))
        if name == "image":
            cells.append(code("draw()", "-", "image-figure", FIGURE.format(5 * HEIGHT, 1)))
    with decks.watched(browser) as (context, _, _):
        states = decks.walk(decks.open_deck(context, write_slides(cells)))
    assert [state["slide"] for state in states] == ["good", "contents", *[*LAYOUTS][1:], *FITTED]
    for state in states:
        expected = LAYOUTS.get(state["slide"], ("", []))[1]
        faults = [fault for fault in state["faults"]
                  if state["slide"] not in FITTED or not SMALL.search(fault)]  # fmt: skip
        where = state["slide"], faults
        assert all(any(words in fault for fault in faults) for words in expected), where
        assert bool(faults) == bool(expected), where


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("console.warn('odd')", "warning: odd"),
        ("setTimeout(() => { throw new Error('late') })", "error: late"),
        ("new Image().src = 'http://lectures.example/a.png'", "http://lectures.example/a.png"),
        ("new Image().src = 'other.png'", "other.png"),
    ],
)
def test_what_goes_wrong_in_a_deck_is_seen(browser, tmp_path, script, fault):
    path = tmp_path / "page.html"
    path.write_text(f"<p>Text</p><script>{script}</script>")
    with decks.watched(browser) as (context, requests, faults), context.new_page() as page:
        page.goto(path.as_uri())

        def is_seen():
            return any(found.endswith(fault) for found in requests[1:] + faults)

        wait_until(page, is_seen)
        assert is_seen()


def test_a_link_that_leads_to_nothing_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="here">')
    good = ["https://example.org/x", "a.html", "#here", "a.html#here", "a.html#/here"]
    bad = ["b.html", "#there", "a.html#there"]
    assert faults_of_links(good + bad, tmp_path, "a.html") == [f"a.html: {link}" for link in bad]


def test_a_page_that_not_everybody_can_use_is_found(browser):
    with browser.new_page() as page:
        start = "<html lang=en><title>Colours</title><main><h1>Colours</h1>"
        page.set_content(f"{start}<p style='color: #bbb'>Grey")
        assert [fault.split(",")[0] for fault in faults_of_access(page)] == [
            "Elements must meet minimum color contrast ratio thresholds"
        ]


def test_a_page_is_looked_at_where_it_has_something_new(browser):
    parts = ["<p>One.", "<p>Two.", "<p style='color: #bbb'>Grey.", "<p>Three.<p><b>Bold.</b>"]
    with browser.new_page() as page:
        page.set_content(f"<main>{''.join(f'<section>{part}</section>' for part in parts)}</main>")
        seen = set()
        assert any("contrast" in fault for fault in faults_of_what_is_new(page, seen))
        assert page.locator("section").all_inner_texts() == ["One.", "Grey.", "Three.\n\nBold."]
        assert faults_of_what_is_new(page, seen) == []
        assert page.locator("section").all_inner_texts() == ["One."]


def test_what_can_not_be_read_in_the_dark_alone_is_found(browser):
    with browser.new_page() as page:
        grey = "<style>[data-theme=dark] p { background: #333; color: #444 }</style><p>Grey."
        start = "<html lang=en><title>Colours</title><main><h1>Colours</h1><section>"
        page.set_content(start + grey)
        (fault,) = faults_of_what_is_new(page, set())
        assert "contrast" in fault


# On paper


def missing_words(states, pages):
    """Words of slides that their printed pages lack, by the number of the page."""
    shown = [decks.words_of(" ".join(state["texts"])) for state in states]
    lacking = zip(shown, pages, strict=True)
    return {i: words - page for i, (words, page) in enumerate(lacking, 1) if words - page}


def test_each_slide_has_a_page_of_its_own_in_print_with_all_its_words(deck, print_view):
    pages = [decks.words_of(text) for text in print_view.evaluate(decks.PRINTED_TEXTS)]
    assert missing_words(deck.states, pages) == {}


@in_one
def test_each_slide_is_printed_on_its_page(deck, slides_pdf):
    assert missing_words(deck.states, decks.words_of_pages(slides_pdf.stream)) == {}
    assert {(*page.mediabox,) for page in slides_pdf.pages} == {(0, 0, 960, 540)}    # in points


def test_printed_figures_are_where_they_are_on_the_screen(deck, print_view):
    printed = decks.printed_figures(print_view)
    assert sum(printed, [])
    for state, figures in zip(deck.states, printed, strict=True):
        assert decks.same_boxes(figures, state["figures"], within=1), state["slide"]


@in_one
def test_printed_slides_are_tagged_and_have_an_outline(slides_pdf):
    pages = {*range(len(slides_pdf.pages))}
    headings = [heading for kind in ("/H1", "/H2", "/H3") for heading in told(slides_pdf, kind)]
    assert {page for page, _ in headings} == {page for _, page in outline(slides_pdf)} == pages
    pictures = told(slides_pdf, "/Figure")
    assert pictures
    assert [page + 1 for page, alternative in pictures if not alternative] == []


def files_linked(printed):
    """What links in a PDF file lead to outside of it, but for the web."""
    links = [link.get_object() for page in printed.pages for link in page.get("/Annots", [])]
    web = [link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})]
    return [target for target in web if not target.startswith("https://")]


@in_one
def test_links_in_print_lead_to_slides_and_not_to_files(slides_pdf, sections):
    assert files_linked(slides_pdf) == []
    contents = [link.get_object() for link in slides_pdf.pages[1]["/Annots"]]
    assert len([link for link in contents if "/Dest" in link]) >= len(sections) - 1


@in_one
def test_the_keys_to_print_open_the_slides_as_they_are_printed(deck):
    with deck.page.context.expect_page() as opened:
        deck.page.keyboard.press("Control+p")
    opened.value.wait_for_selector("html[data-print-ready]", state="attached")
    opened.value.close()


@in_one
def test_slides_that_are_printed_from_the_screen_say_how_to_print_them(deck):
    (page,) = PdfReader(BytesIO(deck.page.pdf())).pages
    assert "open their address with ?print-pdf" in " ".join(page.extract_text().split())


@in_one
def test_printed_notes_are_tagged_and_hold_the_answers(notes_pdf, sections):
    assert files_linked(notes_pdf) == []
    words = set().union(*decks.words_of_pages(notes_pdf.stream))
    expected = set().union(*map(decks.words_of, answers(sections)))
    assert expected
    assert expected - words == set()
    assert {page for page, _ in told(notes_pdf, "/Document")} == {*range(len(notes_pdf.pages))}


def answers(sections):
    """What each fold of the notebook holds, without formulas and code."""
    cells = [cell for section in sections for slide in section for cell in slide.appendix.cells]
    sources = "\n".join(cell.source for cell in cells)
    found = re.findall(r"<details>(.*?)</details>", sources, flags=re.DOTALL)
    return [re.sub(r"`.*?`|<.*?>", " ", FORMULA.sub(" ", text)) for text in found]


# For everybody


@pytest.fixture(scope="module")
def seen():
    """The kinds of what axe has looked at on slides, and in notes."""
    return {"slides": set(), "notes": set()}


def faults_of_access(page):
    """Return what axe finds in a page, each with the first element that it is about."""
    page.evaluate(AXE_SCRIPT)
    return page.evaluate(RUN_AXE)


def faults_of_what_is_new(page, seen):
    """Return what axe finds, light and dark, in the parts of a page that hold a new kind.

    The others are taken out: they would cost time and tell nothing; so this is the last that is
    done with a page. What is new goes into `seen`.
    """
    jumps = page.evaluate(JUMPS)
    page.evaluate(FEWER_DRAWINGS)
    kinds = {*page.evaluate(NEW_KINDS, [*seen])}
    if kinds <= seen:
        return jumps
    seen |= kinds
    faults = jumps + faults_of_access(page)
    page.evaluate(DARKEN)
    return faults + page.evaluate(RUN_AXE)


def in_the_dark(path, folder):
    """Write the page that the exporter makes for a dark room."""
    dark = folder / path.name
    html = path.read_text(encoding="utf-8")
    dark.write_text(html.replace('data-theme="light"', 'data-theme="dark"', 1), encoding="utf-8")
    return dark


def test_a_dark_page_differs_in_its_theme_only(made, sources, tmp_path):
    for exporter in (LectureSlidesExporter(theme="dark"), LectureNotesExporter(theme="dark")):
        html, _ = exporter.from_filename(str(sources[0]))
        light = made / f"{sources[0].stem}{exporter.file_extension}"
        assert html == in_the_dark(light, tmp_path).read_text(encoding="utf-8")
        assert 'data-theme="dark"' in html


def test_figures_on_slides_have_names(print_view, sections):
    slides = [slide for section in sections for slide in section]
    cells = [cell for slide in slides for group in slide.groups for cell in group.cells]
    expected = sum(is_picture(output) for cell in cells for output in cell.get("outputs", []))
    assert expected > 0
    assert print_view.get_by_role("img").count() == expected
    assert print_view.get_by_role("img", name=re.compile(r"\w \w")).count() == expected
    assert print_view.get_by_role("img", name=PLACEHOLDER).count() == 0


def test_slides_are_for_everybody_also_in_the_dark(print_view, seen):
    assert faults_of_what_is_new(print_view, seen["slides"]) == []


# Notes, and the way to them


@in_one
def test_notes_can_be_read_with_keys(notes):
    skip = notes.get_by_role("link", name="Skip to the text")
    expect(skip).not_to_be_in_viewport()
    notes.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    notes.keyboard.press("Enter")
    notes.keyboard.press("Tab")
    assert notes.evaluate("document.activeElement.closest('main') !== null")


def test_notes_fit_a_phone_and_code_and_formulas_a_laptop(notes):
    usual, too_wide = notes.viewport_size, "document.documentElement.scrollWidth > innerWidth"
    open_all = "is => document.querySelectorAll('main details').forEach(d => { d.open = is })"
    notes.evaluate(open_all, True)
    for width, is_wide in [(391, too_wide), (390, too_wide), (1280, WIDE)]:
        notes.set_viewport_size({"width": width, "height": 800})
        notes.wait_for_function("width => innerWidth === width", arg=width)    # at a frame
        assert not notes.evaluate(is_wide)
    notes.evaluate(open_all, False)
    notes.set_viewport_size(usual)


@in_one
def test_what_is_said_to_a_class_is_out_of_the_readers_way(notes, sections):
    slides = [slide for section in sections for slide in section]
    said = [c for slide in slides for c in slide.notes + [n for g in slide.groups for n in g.notes]]
    assert notes.locator(".said").count() == len(said) > 0
    switch = notes.get_by_role("button", name="Notes for class")
    for n_seen, pressed in [(0, "false"), (len(said), "true"), (0, "false")]:
        expect(switch).to_have_attribute("aria-pressed", pressed)
        assert notes.locator(".said[open] > summary:visible").count() == n_seen
        switch.click()
    switch.click()


@in_one
def test_a_reader_sees_where_they_are_and_can_tell_it(notes):
    sections = notes.locator("main > section:has(> .cell > h2)")
    for k in (3, 1):
        sections.nth(k).evaluate("section => section.scrollIntoView()")
        id_ = sections.nth(k).get_attribute("id")
        current = notes.locator("nav.contents [aria-current]")
        expect(current).to_have_attribute("href", f"#{id_}")
        link = sections.nth(k).get_by_role("link", name="Link to: ").first
        assert link.get_attribute("href") == f"#{id_}"


@in_one
def test_code_is_copied_as_it_runs(notes, sections):
    slides = [slide for section in sections for slide in section]
    cell = next(c for s in slides for g in s.groups for c in g.cells if c.cell_type == "code"
                and "hide-input" not in c.metadata.get("tags", []))  # fmt: skip
    notes.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = notes.locator(f"[data-place*='({cell.id})'] .code-box").first
    box.hover()
    box.get_by_role("button", name="Copy this code").click()
    expect(box.get_by_text("Copied")).to_be_visible()
    assert notes.evaluate("navigator.clipboard.readText()") == cell.source


@in_one
def test_a_figure_opens_as_large_as_it_was_drawn(browser, made, name):
    with browser.new_context(**PHONE) as context, context.new_page() as page:
        page.goto((made / f"{name}.notes.html").as_uri())
        drawing = page.locator("main figure").first.locator("> svg")
        before = drawing.bounding_box()["width"]
        opened_one = page.get_by_role("dialog", name="Figure, enlarged")
        for _ in range(2):
            drawing.tap()
            assert opened_one.locator("svg").bounding_box()["width"] >= 2 * before
            page.keyboard.press("Escape")
            expect(opened_one).not_to_be_visible()
            assert drawing.bounding_box()["width"] == before


def loaded(page, address, ground):
    """Load a page, again where need be, as Chromium may tell it late what was chosen in another."""
    for _ in range(60):
        page.goto(address)
        if page.evaluate(GROUND) == ground:
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{address} never has the ground {ground}")


@in_one
def test_a_page_is_dark_by_the_readers_wish_and_light_on_paper(browser, made, name):
    index = (made / "index.html").as_uri()
    with browser.new_context(color_scheme="dark") as context, context.new_page() as page:
        page.goto((made / f"{name}.notes.html").as_uri())
        dark = page.evaluate(GROUND)
        page.get_by_role("button", name="Light page").click()
        light = page.evaluate(GROUND)
        assert (dark, light) == ("rgb(20, 24, 31)", "rgb(252, 252, 252)")
        loaded(page, index, light)
        page.get_by_role("button", name="Dark page").click()
        loaded(page, index, dark)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(GROUND) == light


@in_one
def test_answers_are_folded_in_the_notes(notes, sections):
    folded = notes.locator(".cell:not(.task, .choices) > details:not(.code-behind)")
    assert notes.locator("main details[open]").count() == 0
    assert folded.count() == len(answers(sections)) > 0
    for place, text in zip(folded.all(), answers(sections), strict=True):
        assert decks.words_of(text) <= decks.words_of(place.text_content())
        place.locator("summary").focus()
        for is_open in (True, False):
            notes.keyboard.press("Enter")
            assert place.evaluate("details => details.open") == is_open


def test_solutions_and_choices_are_folded_in_the_notes(notes, sections):
    cells = [cell for section in sections for slide in section
             for group in slide.groups for cell in group.cells]  # fmt: skip
    of = {kind: [c for c in cells if kind in c.metadata.get("tags", [])]
          for kind in ("task", "choices")}  # fmt: skip
    assert notes.locator(".task > details").count() == len(of["task"])
    choices = sum(cell.source.count("<details>") for cell in of["choices"])
    assert notes.locator(".choices > details").count() == choices


def test_notes_are_for_everybody_also_in_the_dark(notes, seen):
    assert faults_of_what_is_new(notes, seen["notes"]) == []


def test_links_lead_to_what_is_there(made, notes, deck):
    for page in (deck.page, notes):
        links = page.locator("a").evaluate_all(LINKS)
        assert len(links) > 5
        assert faults_of_links(links, made, Path(unquote(page.url.split("#")[0])).name) == []


@pytest.mark.parametrize(("old", "new"), [
    ("05-training.slides.html#/digits", "06-generalisation.slides.html#/digits"),
    ("05-training.notes.html#digits", "06-generalisation.notes.html#digits"),
    ("05-training.slides.html#/growth", "08-cost.notes.html#growth"),
    ("05-training.slides.html#/momentum/1", "05-training.slides.html#/momentum/1"),
])
def test_an_old_link_leads_to_where_its_slide_is_now(browser, made, old, new):
    with browser.new_page() as page:
        page.goto((made / old.split("#")[0]).as_uri() + "#" + old.split("#")[1])
        page.wait_for_url((made / new.split("#")[0]).as_uri() + "#" + new.split("#")[1])


def faults_of_links(links, folder, page):
    """Return links that lead to nothing, of those that stay in the folder.

    Parameters
    ----------
    links : list of str
    folder : Path
    page : str
        The name of the file that they stand in.
    """
    faults = []
    for link in links:
        target, _, part = link.partition("#")
        path = folder / (target or page)
        if re.match("[a-z]+:", link):
            continue
        if not path.is_file() or part and not has_place(path, unquote(part)):
            faults.append(f"{page}: {link}")
    return faults


def has_place(path, part):
    """Whether a page has an element of this name, or a notebook a heading."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        return part in anchors_of(json.loads(text))
    return f'id="{part.strip("/")}"' in text


def test_the_index_leads_to_all_there_is(browser, made):
    with decks.watched(browser) as (context, requests, faults), context.new_page() as page:
        page.goto((made / "index.html").as_uri())
        links = page.locator("a").evaluate_all(LINKS)
        assert page.locator(".picture img[alt='']").evaluate_all(
            "all => all.filter(image => image.naturalWidth > 100).length") == len(LECTURES)
        assert (made / "index.html").stat().st_size < 1.5e6
        assert faults_of_access(page) == []
        assert (requests, faults) == ([(made / "index.html").as_uri()], [])
    endings = [".slides.html", ".notes.html", *3 * [".ipynb"], ".slides.pdf", ".notes.pdf"]
    places = ["", "", "", "student/", "student/exercises/", "", ""]
    exercises = {path.stem for path in (PATHS[0].parent / "exercises").glob("*.ipynb")}
    first = sorted(name for name in LECTURES if not name.startswith("00"))[0]
    assert links == [f"{first}.notes.html", "search.html", "student.zip"] + [
        f"{place}{name}{ending}" for name in sorted(LECTURES)
        for place, ending in zip(places, endings)
        if (name in NAMES or "slides" not in ending) and (name in exercises or "ex" not in place)
    ]


def test_the_search_finds_parts_of_all_lectures(browser, made):
    with decks.watched(browser) as (context, requests, faults), context.new_page() as page:
        page.goto((made / "search.html").as_uri())
        told, found = page.get_by_role("status"), page.locator(".found a")
        page.keyboard.type("xyzzy")
        expect(told).to_contain_text("Nothing is found")
        page.get_by_role("searchbox").fill("GRADIENT chéck")
        expect(page.locator(".found mark").first).to_be_visible()
        assert faults_of_access(page) == []
        assert (requests, faults) == ([(made / "search.html").as_uri()], [])
        links = found.evaluate_all(LINKS)
        assert told.text_content() == f"{len(links)} parts"
        assert len({link.split(".")[0] for link in links}) > 1
        assert faults_of_links(links, made, "search.html") == []
        title = found.first.text_content()
        texts = " ".join(part[3] for part in json.loads(page.locator("#texts").text_content()))
        found.first.click()
        part = page.locator(f"[id='{links[0].split('#')[1]}']")
        expect(part).to_contain_text(title)
        expect(part).to_be_in_viewport()
        assert {"gradient", "check"} <= decks.words_of(page.content().lower())
        formulas = page.locator("main mjx-container[display]").all_text_contents()
        long = [normalize("NFKC", text) for text in formulas if len(text) > 12]
        assert long and [text for text in long if text in texts] == []    # nobody could read them
        page.go_back()
        expect(told).to_have_text(f"{len(links)} parts")
