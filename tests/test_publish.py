"""How pages are made of a notebook: what is on which slide, and what is refused with its place."""

import asyncio
import os
import re
import subprocess
import sys
from base64 import b64encode
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote
from zipfile import ZipFile

import nbformat
import pytest
from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.filemanager import (
    AsyncFileContentsManager,
    FileContentsManager,
)
from jupyter_server.utils import ensure_async
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from conftest import give_up, small_disk
from lecture_utils import digest
from lecture_utils.diagrams import draw_layer
from lecture_utils.display import bundle, picture
from lecture_utils.publish.__main__ import main
from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.chromium import NoBrowser, find_chromium
from lecture_utils.publish.exporters import LectureSlidesExporter
from lecture_utils.publish.outline import read_lecture, sections_of
from lecture_utils.publish.outputs import prepare
from lecture_utils.publish.policy import Policy
from lecture_utils.publish.server import _load_jupyter_server_extension
from lecture_utils.publish.site import for_students, picture_of
from lecture_utils.publish.student import WHEEL, install

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SVG, ALT = picture(draw_layer(2, 3))
WIDGET = "application/vnd.jupyter.widget-view+json"


def text(kind, source, id=None, **metadata):
    metadata = {"slideshow": {"slide_type": kind}} | metadata
    return new_markdown_cell(source, metadata=metadata, **({"id": id} if id else {}))


def code(kind, source, *outputs, **metadata):
    metadata = {"slideshow": {"slide_type": kind}} | metadata
    return new_code_cell(source, execution_count=1, outputs=list(outputs), metadata=metadata)


def drawing(**more):
    return new_output("display_data", bundle(SVG, ALT) | more)


def printed(words):
    return new_output("stream", name="stdout", text=words)


def notebook(*cells):
    return new_notebook(cells=[text("slide", "# A lecture", id="start"), *cells])


def steps(*names):
    """A slide of steps, each with a drawing and notes of its own."""
    cells = [text("subslide", "## In steps", id="in-steps", tags=["steps"])]
    for minutes, name in enumerate(names, 2):
        cells += [
            text("fragment", f"### {name}"),
            code("fragment", "secret = 1", printed(name), drawing(), tags=["hide-input"]),
            text("notes", f"**{minutes} minutes.** Say {name}."),
        ]
    return cells


def rendered(exporter, *cells):
    return exporter.from_notebook_node(notebook(*cells))[0]


def refusal(exporter, *cells):
    with pytest.raises(RefusedError) as caught:
        rendered(exporter, *cells)
    return str(caught.value)


def slide(page, id):
    """The part of a page from a slide's beginning to its end."""
    return page.partition(f'<section id="{id}"')[2].partition("</section>")[0]


# Which slides a notebook has


def test_slides_and_subslides_are_found_with_their_cells_and_minutes():
    sections = sections_of(
        notebook(
            text("notes", "**1 minute.** Hello."),
            text("slide", "## One", id="one"),
            text("-", "goes on"),
            text("fragment", "then this"),
            code("-", "and_this = 1"),
            text("skip", "set-up"),
            text("notes", "**3 minutes.** Explain."),
            text("subslide", "## Two", id="two"),
        )
    )
    assert [[(s.id, s.title, s.minutes) for s in section] for section in sections] == [
        [("start", "A lecture", 1)],
        [("one", "One", 3), ("two", "Two", 0)],
    ]
    one = sections[1][0]
    assert [(g.kind, [c.source for c in g.cells]) for g in [*one.groups, one.appendix]] == [
        ("plain", ["## One", "goes on"]),
        ("fragment", ["then this", "and_this = 1"]),
        ("appendix", ["set-up"]),
    ]
    assert [s.number for section in sections for s in section] == [1, 2, 3]  # without contents


def test_slides_behind_the_contents_have_the_numbers_at_their_feet():
    sections = sections_of(notebook(text("slide", "## One"), text("slide", "## Two")))
    assert [s.number for section in sections for s in section] == [1, 3, 4]


def test_steps_have_text_and_pictures_apart_and_notes_of_their_own():
    cells = steps("first", "second")
    prepare(nb := notebook(*cells))
    (in_steps,) = sections_of(nb)[0][1:]
    assert [step.notes[0].source for step in in_steps.steps] == [
        "**2 minutes.** Say first.",
        "**3 minutes.** Say second.",
    ]
    assert in_steps.minutes == 5 and in_steps.notes == []
    for step, name in zip(in_steps.steps, ("first", "second"), strict=True):
        words, pictures = step.parts
        assert [o.get("text") for cell in words[1:] for o in cell.outputs] == [name]
        assert [o.data["image/svg+xml"] for cell in pictures for o in cell.outputs] == [SVG]
    assert len(cells[2].outputs) == 2  # the notebook itself is as it was


def test_a_notebook_that_shows_nothing_is_a_title(slides):
    marking = LectureSlidesExporter(strict=False)
    for cells in ([], [new_markdown_cell(" \n")], [text("skip", "set-up")]):
        empty = new_notebook(cells=cells, metadata={"title": "Soon"})
        with pytest.raises(RefusedError, match="has no cell that a page could show"):
            slides.from_notebook_node(empty)
        page, _ = marking.from_notebook_node(empty)
        assert "<h1>Soon</h1>" in page and 'id="contents"' not in page


def test_a_lecture_says_its_title_sentence_and_minutes():
    lecture = read_lecture(NOTEBOOKS / "04-backpropagation.ipynb")
    assert (lecture.name, lecture.title) == ("04-backpropagation", "Backpropagation")
    assert lecture.about.endswith(".") and re.fullmatch(r"\d+ minutes", lecture.minutes)
    assert lecture.has_slides and not read_lecture(NOTEBOOKS / "08-cost.ipynb").has_slides


# What is on a slide, and what in the notes


def test_a_drawing_is_inline_with_its_text_alternative_and_names_of_its_own(slides):
    page = rendered(slides, code("fragment", "x", drawing()), code("fragment", "y", drawing()))
    svgs = re.findall(r"<svg role=\"img\".*?</svg>", slide(page, "start"), flags=re.DOTALL)
    assert len(svgs) == 2
    for svg in svgs:
        pointers = re.findall(r'aria-\w+="([^"]+)"', svg)
        texts = [re.search(rf'id="{name}">([^<]+)<', svg)[1] for name in pointers]
        assert " ".join(texts) == ALT
        targets = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
        assert targets and targets <= set(re.findall(r' id="([^"]+)"', svg))
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in svgs]
    assert not ids[0] & ids[1]


def test_what_can_be_played_with_is_a_still_picture(slides):
    widget = {WIDGET: {"model_id": "abc", "version_major": 2}}
    page = rendered(slides, code("fragment", "play()", drawing(**widget), tags=["hide-input"]))
    assert "<svg role" in slide(page, "start") and "model_id" not in page


def test_a_progress_bar_leaves_nothing_on_a_page(slides, notes):
    view = {WIDGET: {"model_id": "a"}}
    bars = ["  0%|   | 0.00/10.2k [00:00<?, ?step/s]", "Epoch: 5it [1:00:02, 3it/s, loss=1]", ""]
    shown = [{"text/plain": bar} for bar in bars] + [view | {"text/plain": bar} for bar in bars[:2]]
    outputs = [new_output("display_data", data) for data in (*shown, {})]
    for exporter in (slides, notes):
        cell = code("fragment", "train()", *outputs, printed("ok"))
        page = slide(rendered(exporter, cell), "start")
        assert page.count('class="output"') == 1 and "it/s" not in page and "0%" not in page


OTHERS = "<svg width='9pt' role='img' aria-label='x'><style>*{}</style></svg>"


@pytest.mark.parametrize("data", [OTHERS.encode(), SVG.encode("utf-16")])
def test_an_image_of_another_drawing_stays_an_image(slides, data):
    html = f'<img alt="A layer." src="data:image/svg+xml;base64,{b64encode(data).decode()}">'
    page = rendered(slides, code("fragment", "x", new_output("display_data", {"text/html": html})))
    assert '<img alt="A layer." src="data:image/svg+xml,' in slide(page, "start")
    assert "<svg role" not in page


def test_notes_lose_the_mark_that_tells_them_apart_in_jupyterlab(slides, notes):
    said = "> **1 minute.** Say this:\n>\n> - one\n> - two\n\n> > *quoted*\n"
    quotation = "> A quotation of another kind."
    for exporter in (slides, notes):
        page = rendered(exporter, text("fragment", quotation), text("notes", said))
        (aside,) = re.findall(r"<(?:aside|details class=.said).*?</(?:aside|details)>", page, re.S)
        assert aside.count("<blockquote>") == 1 and aside.count("<li>") == 2
        assert slide(page, "start").count("<blockquote>") == 2


def test_notes_that_only_quote_keep_their_quotation(notes):
    page = rendered(notes, text("notes", "**1 minute.** Say:\n\n> quoted"))
    assert slide(page, "start").count("<blockquote>") == 1


def test_code_of_a_figure_is_hidden_on_the_slide_and_to_be_opened_in_the_notes(slides, notes):
    cell = code("fragment", "secret = 1", drawing(), tags=["hide-input"])
    assert "secret" not in rendered(slides, cell)
    (details,) = re.findall(r"<details class.*?</details>", rendered(notes, cell), flags=re.DOTALL)
    assert "secret" in details and " open" not in details


@pytest.mark.parametrize("tags", [[], ["hide-input"]])
@pytest.mark.parametrize("source", ["", " \n"])
def test_code_that_is_empty_leaves_nothing_above_its_output(slides, notes, source, tags):
    for exporter in (slides, notes):
        page = slide(rendered(exporter, code("-", source, printed("shown"), tags=tags)), "start")
        assert "shown" in page and page.count("<pre") == 1 and "<details" not in page


def test_the_code_of_a_step_is_once_in_the_notes(notes):
    page = rendered(notes, *steps("first", "second"))
    assert page.count("secret") == 2 and page.count("<figure") == 2


def test_what_stands_behind_a_slide_is_in_the_notes_only(slides, notes):
    cells = code("skip", "import_this = 1"), text("skip", "The answer is 42.")
    assert not re.search("import_this|answer", slide(rendered(slides, *cells), "start"))
    page = rendered(notes, *cells)
    assert "import_this" in page and "The answer is 42." in page


def test_the_speaker_hears_the_notes_of_the_slide_or_step(slides):
    page = rendered(
        slides,
        text("fragment", "uncovered"),
        text("notes", "**1 minute.** Of the slide, with $x$."),
        *steps("first", "second", "third"),
    )
    (aside,) = re.findall(r"<aside.*?</aside>", slide(page, "start"), flags=re.DOTALL)
    assert "Of the slide" in aside and "<math" in aside and "mjx" not in aside
    # reveal.js takes a fragment's own notes, and those of no fragment for the slide.
    before = slide(page, "start").partition("<aside")[0]
    assert before.count("<div") == before.count("</div>") > 2
    in_steps = slide(page, "in-steps")
    told = re.findall(r"<aside.*?Say (\w+).*?</aside>", in_steps, flags=re.DOTALL)
    assert told == ["second", "third", "first"]
    assert in_steps.count("fragment current-visible") == 2


def test_minutes_of_the_notes_are_the_pace_of_the_speaker_view(slides):
    page = rendered(slides, text("notes", "**2 minutes.** Hello."), *steps("one", "two"))
    assert dict(re.findall(r'id="(\S+)" data-timing="(\d+)"', page)) == {
        "start": "120",
        "in-steps": "300",
    }


def test_formulas_are_typeset_and_the_page_holds_no_maths_script(slides):
    page = rendered(slides, text("fragment", "$$ \\frac{a}{b} $$\n\nand $c$"))
    assert page.count("<mjx-container") == 2 and "MathJax.js" not in page
    assert "frac" not in re.sub("<[^>]*>", "", slide(page, "start"))


def test_a_dollar_sign_and_code_are_no_formulas(slides):
    page = rendered(slides, text("fragment", "It costs &#36;5 or &#36;6, in `$HOME`; a &lt; b."))
    assert "$5" in unescape(page) and "<mjx-container" not in page


def test_a_formula_in_an_output_is_typeset(slides):
    latex = new_output("display_data", {"text/latex": "$$ x^2 $$"})
    markdown = new_output("display_data", {"text/markdown": "so $y$"})
    assert rendered(slides, code("fragment", "z", latex, markdown)).count("<mjx-container") == 2


def test_marked_lines_stand_out_in_code_and_in_shown_source(slides):
    source = new_output("display_data", {"text/markdown": "```python\n    dy = dx\n    b = 2\n```"})
    cell = code("fragment", "a = 1\ndy = dx", source, marked=["dy = dx"])
    page = slide(rendered(slides, cell), "start")
    marked = re.findall(r'<span class="hll">(.*?)\n</span>', page, flags=re.DOTALL)
    assert [re.sub("<[^>]*>", "", line).strip() for line in marked] == ["dy = dx"] * 2


def test_a_line_to_mark_that_is_not_there_is_refused(slides):
    told = refusal(slides, code("fragment", "dy = dx  # on", marked=["dy = dx"]))
    assert told.endswith("is to mark a line that it does not show: dy = dx")


def test_links_between_notebooks_become_links_between_their_pages(slides, notes):
    links = "[next](02-layers.ipynb), [a place](02-layers.ipynb#batch), [far](https://example.org/)"
    link = text("fragment", links)
    for exporter, ending in ((slides, "slides.html"), (notes, "notes.html")):
        page = rendered(exporter, link)
        assert f'<a href="02-layers.{ending}">' in page
        assert f'<a href="02-layers.{ending}#batch">' in page
        assert '<a href="https://example.org/" rel="noopener noreferrer">' in page


def test_the_contents_lead_to_each_section(slides):
    page = rendered(
        slides,
        text("slide", "## Of $x$", id="one"),
        text("subslide", "## Not here", id="two"),
        text("slide", "## 2. **Next**", id="three"),
    )
    contents = slide(page, "contents")
    assert re.findall(r'<a href="#/([^"]+)"', contents) == ["one", "three"]
    assert "2. <strong>Next</strong>" in contents
    assert "<mjx-container" in contents and "Not here" not in contents


def test_scripts_of_the_page_end_nowhere_but_at_their_end(slides):
    page = rendered(slides)
    # Those of reveal.js, of its notes and of its zoom, and our own.
    assert page.count("</script") == 4 and page.rstrip().endswith("</script>\n</body>\n</html>")
    assert Policy().script("'</script><!--'") == r"'<\/script><\!--'"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_is_one_option(theme):
    page = rendered(LectureSlidesExporter(theme=theme))
    assert f'<html lang="en" data-theme="{theme}">' in page


def test_the_value_of_a_last_line_is_shown(slides, notes):
    table = new_output("execute_result", {"text/html": "<table><tr><td>42</td></tr></table>"})
    number = new_output("execute_result", {"text/plain": "1729"})
    figure = drawing()
    figure.update(output_type="execute_result", execution_count=1)
    for exporter in (slides, notes):
        page = rendered(exporter, code("fragment", "x", table), code("fragment", "y", number))
        assert "<td>42</td>" in page and "1729" in page
        assert "<svg role" in rendered(exporter, code("fragment", "z", figure))


def test_a_slide_does_not_begin_with_a_heading_alone(slides):
    page = rendered(
        slides,
        text("slide", "## Bare", id="bare"),
        text("fragment", "from the start"),
        text("fragment", "later"),
        text("slide", "## Asked", id="asked"),
        text("-", "a question"),
        text("fragment", "the answer"),
    )
    assert page.count('<div class="fragment">') == 2
    assert slide(page, "bare").index("from the start") < slide(page, "bare").index("fragment")
    assert slide(page, "asked").index("the answer") > slide(page, "asked").index("fragment")


def test_a_title_is_text_in_the_window_and_typeset_at_the_foot(slides):
    cells = [text("slide", "# Is $a$ < b & c?", id="start")]
    page = slides.from_notebook_node(new_notebook(cells=cells))[0]
    assert "<title>Is a &lt; b &amp; c?</title>" in page
    foot = page.rpartition('<div class="foot">')[2].partition("</div>")[0]
    assert "<mjx-container" in foot and "&lt; b &amp; c?" in foot


def test_code_of_an_unknown_language_is_text(slides):
    assert "graph TD" in rendered(slides, text("fragment", "```mermaid\ngraph TD\n```"))


def test_a_notebook_of_old_has_cells_without_ids(slides):
    old = notebook(text("slide", "## Next", id="x"), text("slide", "## Last"))
    old.nbformat_minor = 4
    for cell in old.cells:
        del cell["id"]
    page, _ = slides.from_notebook_node(old)
    assert '<section id="cell-2"' in page and 'href="#/cell-2"' in page and "(no id)" in page


def test_cells_may_be_run_by_the_export_itself():
    never = code("fragment", "print(6 * 7)")
    never.execution_count = None
    exporter = LectureSlidesExporter(config={"ExecutePreprocessor": {"enabled": True}})
    assert re.search(r'<pre class="output">42\s*</pre>', rendered(exporter, never))


# What is refused


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("![a cat](cat.png)", "not embedded in the file: there is no cat.png beside the notebook"),
        ("![a cat](https://example.org/cat.png)", "not embedded in the file: https://example.org"),
        ("![a cat](attachment:cat.png)", "the image cat.png is not in the notebook"),
        ('<img src="data:image/png;base64,AA" srcset="a.png 2x" alt="a cat">', "<img srcset>"),
        ("![](data:image/png;base64,AA)", "an image has no text alternative"),
        ('<img src="data:image/png;base64,AA">', "an image has no text alternative"),
        (
            "![No description has been provided for this image](data:image/png;base64,AA)",
            "an image has no text alternative",
        ),
        ('<script src="https://example.org/a.js"></script>', "<script src>"),
        ("<script>import('https://example.org/a.js')</script>", "<script> is taken out"),
        (r"\eqref{a} is nowhere", r"No numbered equation has the label in the formula: \eqref{a}"),
        ("```text\n" + "line\n" * 23 + "```", "23 lines are more than the 22 that fit on a slide"),
        ("```text\n" + 99 * "x" + "\n```", "a line has 99 characters, of which 98 fit"),
        ('<iframe src="https://example.org/"></iframe>', "<iframe src>"),
        ('<video poster="a.png"></video>', "<video poster>"),
        ('<link rel="stylesheet" href="a.css">', "<link href>"),
        ('<p style="background: url(a.png)">x</p>', "a style sheet loads"),
        ("<style>@import 'a.css';</style>", "a style sheet loads"),
        ("<style>p { background: url('https://example.org/a.png') }</style>", "a style sheet"),
        ('<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', "a drawing has no title"),
        ("$$ a\n\nb $$", "a formula is not typeset: $$ a b $$"),
        ("half a character: \ud83d", "U+D83D, can't be written"),
        ("[half](\ud83d.ipynb)", "U+D83D, can't be written"),
        ("<a href='#\ud83d'>half</a>", "U+D83D, can't be written"),
        (r"$\nothing$", r"Undefined control sequence \nothing in the formula: \nothing"),
        (r"$ \frac{a}{b $", r"a formula is not typeset: $ \frac{a}{b $ (a brace is missing"),
        (r"$\frac{a$ and $b$", r"a formula is not typeset: $\frac{a (a brace is missing"),
        (r"$x_{1$ and $y_{2}$, too", r"a formula is not typeset: $x_{1 (a brace is missing"),
        (r"At $5, $\alpha$ is Greek.", r"a formula is not typeset: \alpha$ is Greek. (a brace"),
    ],
)
def test_what_would_be_missing_is_refused_with_its_place(slides, source, reason):
    cells = text("slide", "## Good"), text("fragment", source, id="planted")
    told = refusal(slides, *cells)
    assert reason in told and "cell 3 (planted)" in told


def test_a_formula_of_an_output_is_refused_with_its_cell(notes):
    bad = new_output("display_data", {"text/markdown": r"$\oops$"})
    told = refusal(notes, code("fragment", "x", bad))
    assert re.match(r"Notebook, cell 2 \(\w+\): Undefined control sequence \\oops", told)


def test_an_image_among_the_outputs_needs_a_text_alternative(slides):
    data = {"image/png": "AA"}
    silent = new_output("display_data", data)
    assert "cell 2" in refusal(slides, code("fragment", "x", silent))
    told = new_output("display_data", data, metadata={"image/png": {"alt": "A cat & a dog."}})
    assert 'alt="A cat &amp; a dog."' in rendered(slides, code("fragment", "x", told))


def test_a_cell_without_its_outputs_is_refused(slides):
    never = code("fragment", "x = 1")
    never.execution_count = None
    assert "cell 2" in refusal(slides, never) and "has not been run" in refusal(slides, never)
    empty = code("fragment", "show(x)", tags=["hide-input"])
    assert "has no output to show" in refusal(slides, empty)
    error = new_output("error", ename="ValueError", evalue="x", traceback=[])
    assert "ended in an error" in refusal(slides, code("fragment", "x", error))


def test_a_fault_in_the_notes_of_a_slide_is_told_with_its_cell(slides):
    assert "cell 2" in refusal(slides, text("notes", "**1 minute.** ![](a.png)"))


def test_what_is_read_may_be_longer_than_a_slide(notes):
    assert rendered(notes, code("fragment", "x", printed("line\n" * 99))).count("line") >= 99


def test_all_faults_are_told_at_once(slides):
    bad = [text("fragment", "![](a.png)"), text("fragment", "![](b.png)")]
    bad += [code("fragment", "x", new_output("error", ename="E", evalue="", traceback=[]))]
    told = refusal(slides, *bad, text("fragment", r"$\one$ and $\two$"))
    found = re.findall(r"cell \d|a\.png|b\.png|in an error, E|\\one|\\two", told)
    assert [*dict.fromkeys(found)] == [
        "cell 2", "a.png", "cell 3", "b.png", "cell 4", "in an error, E",
        "cell 5", r"\one", r"\two",
    ]


# The command


@pytest.fixture
def folder(tmp_path):
    for name in ("00-start", "01-more"):
        nbformat.write(notebook(), tmp_path / f"{name}.ipynb")
    return tmp_path


def names_in(folder):
    """The files in a folder, and in the folders of it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_command_writes_a_page_for_each_notebook(folder):
    paths = [str(path) for path in sorted(folder.glob("*.ipynb"))]
    assert main(["slides", *paths, "--to", str(folder / "out")]) == 0
    names = ["00-start.slides.html", "01-more.slides.html"]
    assert sorted(path.name for path in (folder / "out").iterdir()) == names


def test_names_may_be_as_a_shell_of_windows_leaves_them(folder, capsys):
    assert main(["slides", str(folder / "*.ipynb"), "--to", str(folder / "out")]) == 0
    assert len([*(folder / "out").glob("*.slides.html")]) == len([*folder.glob("*.ipynb")]) > 0
    names = [str(folder / name) for name in ("*.ipynb", "x**.ipynb")]
    assert main(["slides", *names, "--to", str(folder / "more")]) == 1
    assert f"no notebook has a name as {names[1]}\n" in capsys.readouterr().err
    assert not (folder / "more").exists()


def test_where_one_notebook_is_refused_nothing_is_written(folder, capsys):
    nbformat.write(notebook(text("fragment", "![](a.png)")), folder / "01-more.ipynb")
    paths = [str(path) for path in sorted(folder.glob("*.ipynb"))]
    assert main(["handout", *paths, "--strict", "--to", str(folder / "out")]) == 1
    assert not (folder / "out").exists()
    assert "Error: 01-more, cell 2" in capsys.readouterr().err
    assert main(["handout", *paths, "--to", str(folder / "out")]) == 0
    assert capsys.readouterr().err.splitlines()[-1].startswith("Warning: 01-more, cell 2")
    assert len(names_in(folder / "out")) == 2


def test_a_page_that_does_not_fit_on_the_disk_leaves_the_old_one(folder, capsys):
    old = folder / "00-start.slides.html"
    old.write_text("old")
    with small_disk():
        assert main(["slides", str(folder / "00-start.ipynb"), "--to", str(folder)]) == 1
    assert "File too large" in capsys.readouterr().err and old.read_text() == "old"


def test_without_a_browser_pdf_says_what_is_missing_before_it_renders(folder, capsys, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    (folder / "00-start.ipynb").write_text("which would be refused, if it was read")
    assert main(["pdf", str(folder / "00-start.ipynb"), "--to", str(folder / "out")]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("Error: no browser is found as no-such-browser")
    assert not (folder / "out").exists()


def test_without_a_browser_a_site_is_made_without_pdf(folder, capsys, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    out = folder / "out"
    out.mkdir()
    for name in ("00-start.slides.pdf", "of others.pdf"):
        (out / name).write_text("of an earlier site")
    paths = [str(path) for path in sorted(folder.glob("*.ipynb"))]
    assert main(["site", *paths, "--to", str(out)]) == 0
    told, *_ = capsys.readouterr().err.splitlines()
    assert told.startswith("The site is made without PDF: no browser is found as no-such-browser")
    made = names_in(out) - {"of others.pdf", f"student/{WHEEL}"}
    links = re.findall(r'<a href="([^"]+)"', (out / "index.html").read_text(encoding="utf-8"))
    assert {*links, "index.html"} == made
    assert {Path(name).suffix for name in made} == {".html", ".ipynb", ".zip"}
    with ZipFile(out / "student.zip") as archive:
        assert {*archive.namelist()} == {name for name in names_in(out) if "/" in name}
    assert "with the package that they need" in (out / "index.html").read_text(encoding="utf-8")
    kept, student = (nbformat.read(out / name / "01-more.ipynb", 4) for name in (".", "student"))
    assert "for students" in str(student.cells)
    assert kept.cells[1].source == install("./") and kept.cells[0].source == student.cells[0].source


def test_a_site_of_some_lectures_leads_to_no_other(folder, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    own = notebook(text("slide", "# Mine"), text("slide", "## See\n\n[the start](00-start.ipynb)"))
    nbformat.write(own, folder / "mine.ipynb")
    names = "01-more.ipynb", "mine.ipynb"
    out = folder / "out"
    assert main(["site", *(str(folder / name) for name in names), "--to", str(out)]) == 0
    for page in out.glob("*.html"):
        links = re.findall(r'href="([^"#]+\.html)', page.read_text("utf-8"))
        assert not [name for name in links if not (out / name).exists()], page
    notes = (out / "mine.notes.html").read_text("utf-8")
    assert "<p>the start</p>" in notes and 'href="01-more.notes.html"' in notes


def test_a_site_leads_to_where_lectures_run_if_there_is_one(folder, monkeypatch, capsys):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    lite = folder / "made/lite"
    for name in ("lab/index.html", "files/01-more.ipynb"):
        (lite / name).parent.mkdir(parents=True, exist_ok=True)
        (lite / name).write_text(for_students([folder / "01-more.ipynb"]).get(Path(name).name, ""))
    command = ["site", *map(str, sorted(folder.glob("*.ipynb"))), "--to", str(folder / "out")]

    def links():
        page = (folder / "out/index.html").read_text(encoding="utf-8")
        return re.findall(r'href="(lite/[^"]+)"', page), "fetches Python" in page

    assert main([*command, "--lite", str(lite)]) == 0
    (link,), is_told = links()    # the other lecture is not there
    place, _, name = link.partition("?path=")
    assert (folder / "out" / place).exists() and (folder / "out/lite/files" / name).exists()
    assert name == "01-more.ipynb" and is_told
    assert main(command) == 0
    assert links() == ([], False) and not (folder / "out/lite").exists()
    path = lite / "files" / name
    kept = path.read_text(encoding="utf-8")
    for old in (kept.replace(digest(), "0"), kept.replace("No cell has been run", "")):
        path.write_text(old, encoding="utf-8")
        assert main([*command, "--lite", str(lite)]) == 1
        assert "was made before 01-more.ipynb, or the package, was" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--lite", str(folder)])


@pytest.mark.browser
def test_with_a_browser_a_site_has_pdf(folder):
    try:
        find_chromium(os.environ)
    except NoBrowser as reason:
        give_up(str(reason), required="REQUIRE_BROWSER" in os.environ)
    out = folder / "out"
    # In a process of its own: an open browser here would be in the way of the tests after this one.
    command = [sys.executable, "-m", "lecture_utils.publish", "site", folder / "00-start.ipynb"]
    subprocess.run([*command, "--to", out], check=True)
    links = re.findall(r'<a href="([^"]+)"', (out / "index.html").read_text(encoding="utf-8"))
    assert {*links, "index.html", f"student/{WHEEL}"} == names_in(out)
    assert {"00-start.slides.pdf", "00-start.notes.pdf"} <= set(links)


NO_NOTEBOOKS = ("{", "[]", '{"cells": null}', '{"cells": [{"source": null, "metadata": null}]}',
                '{"cells": [{"cell_type": "code", "source": 3}], "nbformat": true}', "[" * 10**5)


@pytest.mark.parametrize("what", ["slides", "student", "blanks", "exercises"])
@pytest.mark.parametrize("text", NO_NOTEBOOKS)
def test_a_file_that_is_no_notebook_is_told(folder, capsys, text, what):
    (folder / "02-broken.ipynb").write_text(text)
    assert main([what, str(folder / "02-broken.ipynb"), "--to", str(folder / "out")]) == 1
    told = capsys.readouterr().err
    assert re.search("02-broken.*(can't be read as a notebook|cell 1 .* no text: write)", told)
    assert "Traceback" not in told and not (folder / "out").exists()


def test_two_notebooks_of_one_name_are_refused(folder, capsys):
    (folder / "other").mkdir()
    nbformat.write(notebook(), folder / "other/00-start.ipynb")
    paths = [str(path) for path in sorted(folder.rglob("00-start.ipynb"))]
    assert main(["slides", *paths, "--to", str(folder / "out")]) == 1
    assert "has the name of another notebook" in capsys.readouterr().err
    again = str(folder / "other" / ".." / "00-start.ipynb")
    assert main(["slides", str(folder / "00-start.ipynb"), again, "--to", str(folder / "out")]) == 1
    told = capsys.readouterr().err
    assert f"{again} is given twice" in told and "another" not in told
    assert not (folder / "out").exists()


@pytest.mark.parametrize("text", NO_NOTEBOOKS)
def test_another_lecture_that_is_broken_is_no_reason_to_refuse_this_one(notes, folder, text):
    (folder / "02-broken.ipynb").write_text(text)
    page, _ = notes.from_filename(str(folder / "00-start.ipynb"))
    assert "01-more.notes.html" in page and "02-broken" not in page


def test_notes_link_to_the_lectures_of_their_folder(notes, folder):
    page, _ = notes.from_filename(str(folder / "00-start.ipynb"))
    (nav,) = re.findall(r'<nav class="lectures".*?</nav>', page, flags=re.DOTALL)
    assert re.findall(r'href="([^"]+)"', nav) == ["01-more.notes.html"]
    assert '<span aria-current="page">A lecture</span>' in nav


@pytest.fixture
def folder_with_more(folder):
    """With a notebook that is to read, and a lecture that links to it."""
    link = text("fragment", "[more](02-more.ipynb#why)")
    nbformat.write(notebook(link), folder / "01-more.ipynb")
    title = text("slide", "# More\n\nAt home.\n\n**to read**", id="start")
    nbformat.write(new_notebook(cells=[title]), folder / "02-more.ipynb")
    return folder


@pytest.mark.parametrize("what", ["slides", "handout"])
def test_a_notebook_to_read_has_notes_and_no_slides(folder_with_more, what):
    out = folder_with_more / "out"
    paths = [str(path) for path in sorted(folder_with_more.glob("*.ipynb"))]
    assert main([what, *paths, "--to", str(out)]) == 0
    kind = {"slides": "slides", "handout": "notes"}[what]
    names = [f"00-start.{kind}.html", f"01-more.{kind}.html", "02-more.notes.html"]
    assert sorted(path.name for path in out.iterdir()) == names
    page = (out / f"01-more.{kind}.html").read_text(encoding="utf-8")
    assert '<a href="02-more.notes.html#why">' in page


def test_a_site_does_not_lead_to_slides_of_a_notebook_to_read(folder_with_more, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    out = folder_with_more / "out"
    paths = [str(path) for path in sorted(folder_with_more.glob("*.ipynb"))]
    assert main(["site", *paths, "--to", str(out)]) == 0
    links = re.findall(r'<a href="([^"]+)"', (out / "index.html").read_text(encoding="utf-8"))
    assert {*links, "index.html", f"student/{WHEEL}"} == names_in(out)
    about_more = ["02-more.notes.html", "02-more.ipynb", "student/02-more.ipynb"]
    assert [link for link in links if "02-more" in link] == about_more


def test_a_notebook_to_read_has_the_first_figure_of_its_notes_on_the_index(tmp_path):
    lecture = SimpleNamespace(name="02-more", has_slides=False)
    page = "<p>text</p>{}<figure><svg>b</svg></figure>"
    for first, shown in (("<figure><svg>a</svg></figure>", ">a<"), ("", ">b<")):
        (tmp_path / "02-more.notes.html").write_text(page.format(first), encoding="utf-8")
        assert shown in unquote(picture_of(lecture, tmp_path))


def test_slides_of_a_notebook_to_read_are_refused(slides, folder_with_more):
    with pytest.raises(RefusedError, match="02-more, which is to read, has no slides"):
        slides.from_filename(str(folder_with_more / "02-more.ipynb"))


# The server of JupyterLab

NAME, FULL = {"name": "python"}, dict(IPythonKernel.language_info)
OTHER, JULIA = FULL | {"version": "3.1"}, {"name": "julia"}


@pytest.mark.parametrize("manager", [FileContentsManager, AsyncFileContentsManager])
def test_a_lecture_is_opened_with_what_jupyterlab_would_add_and_others_as_they_are(
    manager, tmp_path
):
    for name, info in {"lecture": NAME, "other": OTHER, "julia": JULIA}.items():
        nbformat.write(new_notebook(metadata={"language_info": info}), tmp_path / f"{name}.ipynb")
    # Nothing is read from the user's folders, which there may not be, or kept there.
    notary = NotebookNotary(db_file=":memory:", secret=b"of a test", data_dir=str(tmp_path))
    contents = manager(root_dir=str(tmp_path), notary=notary)
    web_app = SimpleNamespace(settings={"base_url": "/"}, add_handlers=lambda *_: None)
    _load_jupyter_server_extension(SimpleNamespace(web_app=web_app, contents_manager=contents))

    def told(name, **options):
        model = asyncio.run(ensure_async(contents.get(name, **options)))
        return model["content"] and model["content"]["metadata"]["language_info"]

    assert [told(f"{name}.ipynb") for name in ("lecture", "other", "julia")] == [FULL, OTHER, JULIA]
    assert told("lecture.ipynb", content=False) is None
    assert asyncio.run(ensure_async(contents.get("")))["type"] == "directory"
    assert nbformat.read(tmp_path / "lecture.ipynb", 4).metadata.language_info == NAME
    notary.store.close()
