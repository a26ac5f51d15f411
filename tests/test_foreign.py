"""How notebooks of other people become pages: cut into slides, with faults marked or refused."""

import json
import logging
import re
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import suppress
from html import unescape
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    new_raw_cell,
)
from PIL import Image, PngImagePlugin
from traitlets.config import Config

from lecture_utils.publish import entry_points
from lecture_utils.publish.__main__ import main
from lecture_utils.publish.checks import MOST_LINES, RefusedError
from lecture_utils.publish.cutting import cut_at_headings, room_of_slide
from lecture_utils.publish.exporters import LectureNotesExporter, LectureSlidesExporter
from lecture_utils.publish.formulas import Formulas
from lecture_utils.publish.headings import headings_in
from lecture_utils.publish.images import with_images
from lecture_utils.publish.markdown import as_html
from lecture_utils.publish.outline import lectures_of, sections_of, series_in, title_of
from lecture_utils.publish.outputs import prepare, slide_type
from lecture_utils.publish.reading import read_notebook

WIDGET = "application/vnd.jupyter.widget-view+json"


def text(source, kind=None, id=None, **metadata):
    if kind:
        metadata["slideshow"] = {"slide_type": kind}
    return new_markdown_cell(source, metadata=metadata, **({"id": id} if id else {}))


def code(source, *outputs, count=1, **metadata):
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def shown(**kinds):
    data = {name.replace("_", "/", 1).replace("__", "+"): given for name, given in kinds.items()}
    return new_output("display_data", data)


def printed(words, name="stdout"):
    return new_output("stream", name=name, text=words)


def png(size=(1, 1), **about):
    """The bytes of an image, of one pixel unless it is to be larger."""
    info, file = PngImagePlugin.PngInfo(), BytesIO()
    for name, words in about.items():
        info.add_text(name, words)
    Image.new("RGB", size).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def coded(content):
    return b64encode(content).decode()


@pytest.fixture(scope="module")
def exporters():
    """Those of slides and of notes, in the usual level."""
    slides, notes = LectureSlidesExporter(strict=False), LectureNotesExporter(strict=False)
    return {"slides": slides, "notes": notes}


# Headings and titles


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# One\n\ntext\n\n### Three ###", [(0, 1, "One"), (4, 3, "Three")]),
        ("Under\n=====\nline\n---", [(0, 1, "Under"), (2, 2, "line")]),
        ("<center>\n<h2 id='a'>In <b>HTML</b></h2>", [(1, 2, "In HTML")]),
        ("```\n# code\n```\n~~~~\n# code\n~~~\n# code\n~~~~\n## After", [(8, 2, "After")]),
        ("<!-- aside\n# no\n-->\n# Yes <!-- no -->", [(3, 1, "Yes")]),
        ("- a list\n---\n\n| a |\n|---|\n\n---\n\n#hashtag\n    # code", []),
        ("# [Link](a.html) ![picture](a.png)<a name='x'></a> {#here}", [(0, 1, "Link picture")]),
        ("# C#\n# of $x_1$, **bold**", [(0, 1, "C#"), (1, 1, "of $x_1$, **bold**")]),
    ],
)
def test_headings_are_found_in_each_form_and_not_in_code(source, expected):
    assert [tuple(found) for found in headings_in(source)] == expected


def test_a_title_is_the_first_heading_or_what_stands_in_for_it():
    late = new_notebook(cells=[code("# no"), text("words"), text("## *Late*")])
    front = new_notebook(cells=[new_raw_cell('---\ntitle: "Of matter"\n---'), text("words")])
    about = new_notebook(cells=[text("words")], metadata={"title": "Said"})
    cases = [late, front, about, new_notebook(cells=[text("words")])]
    assert [title_of(nb, "file") for nb in cases] == ["*Late*", "Of matter", "Said", "file"]


@pytest.mark.parametrize(
    ("sources", "title"),
    [
        (["###### licence\n# Relax\n## Goals"], "Relax"), (["###### licence", "# Relax"], "Relax"),
        (["words", "## Topic", "### Goals", "# Part 1"], "Topic"), (["# One", "# Two"], "One"),
    ],
)  # fmt: skip
def test_a_title_is_of_the_highest_level_where_a_notebook_begins(sources, title):
    assert title_of(new_notebook(cells=[*map(text, sources), text("# Later")]), "file") == title


def test_whatever_lies_in_the_folder_the_lectures_are_found(exporters, tmp_path):
    (tmp_path / "01-link.ipynb").symlink_to("nowhere")
    (tmp_path / "02-folder.ipynb").mkdir()
    for number, content in enumerate(["{", "[]", '{"cells": [1]}', '{"cells": null}', "\xff"], 3):
        (tmp_path / f"0{number}-bad.ipynb").write_text(content, encoding="latin-1")
    cells = [code("import x"), text("# **Deep** $\\oops$ & [nets](https://example.org)", "slide")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "09-good.ipynb")
    nbformat.write(new_notebook(cells=[text("# Start", "slide")]), tmp_path / "00-start.ipynb")
    assert [each.name for each in lectures_of(series_in(tmp_path))] == ["00-start", "09-good"]
    page, _ = exporters["notes"].from_filename(str(tmp_path / "00-start.ipynb"))
    assert exporters["notes"].told == []
    link = re.search(r'<a href="09-good.notes.html">(.*?)</a>', page)[1]
    assert link == r"<strong>Deep</strong> <code>\oops</code> &amp; nets"


# Slides


def outline(cells, paged=False):
    """The ids or texts of what is on each slide, section by section."""
    nb = new_notebook(cells=cells)
    prepare(nb, in_frames=paged)
    nb.cells = cut_at_headings(nb.cells, paged=paged)
    return [
        [[cell.source for group in slide.groups for cell in group.cells] for slide in section]
        for section in sections_of(nb)
    ]


def test_headings_cut_slides_where_there_are_no_slide_types():
    assert outline(
        [
            code("import x"),
            text("# T\nby me\n## A\n### A1\na1\n### A2\na2"),
            code("x = 1"),
            text(" "),
            text("[![Colab](a.svg)](https://colab.research.google.com/x) <a href='x'></a>"),
            text("## B\n#### small"),
        ]
    ) == [
        [["# T\nby me"]],
        [["## A", "### A1\na1"], ["### A2\na2", "x = 1"]],
        [["## B\n#### small"]],
    ]
    # The levels are those that the notebook uses, after its title.
    deep = outline([text("# T"), text("### A"), text("#### A1"), text("### B")])
    assert deep == [[["# T"]], [["### A", "#### A1"]], [["### B"]]]
    macros = r"$$\newcommand{\R}{\mathbb{R}}$$"  # shows nothing, and so is no slide
    assert outline([text(macros), text("# T")]) == [[[f"{macros}\n\n# T"]]]
    assert outline([code("x = 1"), text("words")]) == [[["x = 1", "words"]]]


@pytest.mark.parametrize(
    ("source", "is_left_out"),
    [
        ("<table><td><a href='https://colab.research.google.com/x'><img src='a'>Run <b>it</b></a>"
         "</td>\n<td><a href='https://github.com/x'>View source</a></td></table>", True),
        ("[Open](https://mybinder.org/x)\n\n<a href='https://kaggle.com/x'></a>", True),
        ("<a href='https://colab.research.google.com/x'>Run</a> after the lecture.", False),
        ("<a href='https://colab.research.google.com/x'><h2>Training</h2></a>", False),
        ("<h2><a href='https://colab.research.google.com/x'>Training</a></h2>", False),
        ("<a href='https://colab.research.google.com/x'>Run", False),
        ("<a href='https://example.org'>Run</a>", False),
    ],
)  # fmt: skip
def test_links_that_open_the_notebook_elsewhere_are_no_slide(source, is_left_out):
    shown = str(outline([text("# T"), text(source), text("words")]))
    assert (source.split("\n")[0] not in shown) == is_left_out


def test_what_does_not_fit_goes_on_on_a_further_slide():
    paragraphs = [f"Paragraph {n}. " + "word " * 150 for n in range(6)]
    fence = "```\n" + "line\n\n" * 6 + "```"
    run = code("y = 1\n" * 14, printed("1\n" * 14))
    (title, part, *_) = sections = outline(
        [text("# T"), text("\n\n".join(["## Long", *paragraphs, fence])), run], paged=True
    )
    assert len(sections) == 2 and len(title) == 1 and len(part) > 2
    assert [slide[0] for slide in part[1:]] == [f"### Long ({n})" for n in range(2, len(part) + 1)]
    joined = "\n\n".join(piece for slide in part for piece in slide)
    assert joined.count("Paragraph") == 6 and fence in joined
    functions = [f"def f{n}():\n" + "    x = 1\n" * 9 + "\n    return x" for n in range(4)]
    (section,) = outline([text("# C"), code("\n\n".join(functions))], paged=True)
    pieces = [piece for slide in section for piece in slide[1:]]
    assert len(section) > 1 and "\n\n".join(pieces) == "\n\n".join(functions)
    # What is long is cut where it has gaps, and else somewhere; blank lines stay as they are.
    methods = "class A:" + "\n    def f(self):\n        return 1\n" * 12
    whole = "\n".join(f"x{n} = 1" for n in range(50))
    for source, begins, joint in ((methods, "    def", "\n\n"), (whole, "x", "\n")):
        (section,) = outline([text("# C"), code(source)], paged=True)
        pieces = [slide[1] for slide in section]
        assert len(pieces) > 1 and all(piece.startswith(begins) for piece in pieces[1:])
        assert joint.join(pieces) == source.rstrip("\n")
    # Its output stands on a slide of its own, without the code once more.
    nb = new_notebook(cells=[text("# T"), text("## R"), run])
    prepare(nb, in_frames=True)
    nb.cells = cut_at_headings(nb.cells, paged=True)
    slides = [slide for section in sections_of(nb) for slide in section]
    last = slides[-1].groups[-1].cells[-1]
    assert last.outputs and "hide-input" in last.metadata.tags
    assert all(room_of_slide(slide).factor == 1 for slide in slides)
    assert outline([text("## R"), run])[0][0] == ["## R", run.source]  # notes are not cut


@pytest.mark.parametrize(
    "piece",
    ["<details>\n", "<details><summary>", r"\begin{a}", r"\begin{a}" + "\n\n", "~", "![a](", "](",
     "# <!-- ", "<!--\n", "<table>", "{$"],
)  # fmt: skip
def test_what_has_no_end_by_thousands_takes_no_longer(piece):
    cells = [new_markdown_cell(piece * (60_000 // len(piece))), code("x", shown(text_html=""))]
    cells[1].outputs[0].data["text/html"] = cells[0].source
    start = time.process_time()
    outline(cells, paged=True)
    Formulas(lambda *fault: None, str).named(cells[0].source, "html")
    assert time.process_time() - start < 5    # each took ten seconds and more


def test_the_first_cell_that_is_shown_begins_the_first_slide():
    cells = [
        new_raw_cell("---\ntitle: x\n---"),
        text("set-up", "skip"),
        text("", "slide"),
        text("said", "notes"),
        text("first"),
        text("next", "slide"),
    ]
    nb = new_notebook(cells=cells)
    prepare(nb)
    (first,), _ = sections_of(nb)
    assert [cell.source for cell in first.groups[0].cells] == ["first"]
    assert [cell.source for cell in first.appendix.cells] == ["set-up"]
    assert [cell.source for cell in first.notes] == ["said"]


@pytest.mark.parametrize("unseen", [
    "<a id='top'></a>", "<style>p { color: red }</style>", "<!-- of\ntwo lines -->", "<br/>", "---",
    r"$\newcommand{\q}{Q}$", "<div style='text-align: center'>\n\n***",
])  # fmt: skip
def test_a_notebook_without_slide_types_begins_with_what_is_seen(exporters, unseen):
    more = text("## More\n\nWords.")
    for cells in ([text(f"{unseen}\n\n# Title\n\nWords.")], [text(unseen), text("# Title")],
                  [text(unseen), code("import numpy"), text("# Title")],
                  [new_raw_cell(r"\maketitle", metadata={"raw_mimetype": "text/latex"}),
                   text("# Title")]):
        page, _ = exporters["slides"].from_notebook_node(new_notebook(cells=[*cells, more]))
        first = page.partition("<main")[2].partition("</section>")[0]
        assert 'class="title"' in first and "Title</h1>" in first


@pytest.mark.parametrize("seen", ["Home ->", "![](a.png)", "<hr>", "$x$", "1 < 2"])
def test_what_is_seen_before_the_title_stays(seen):
    cells = cut_at_headings([text(seen), code("import numpy"), text("# Title")], paged=False)
    assert cells[0].source == seen and slide_type(cells[0]) == "slide"


def test_each_slide_has_a_name_of_its_own():
    names = ["same", "same", "contents", "12345678", 'a"b', None]
    nb = new_notebook(cells=[text(f"## {name}", "slide") for name in names])
    for cell, name in zip(nb.cells, names, strict=True):
        cell["id"] = name
    slides = [section[0].id for section in sections_of(nb)]
    assert slides == ["same", "cell-2-same", "cell-3-contents", "cell-4-12345678", "a-b", "cell-6"]


# Outputs

PICTURE = {"image_png": coded(png())}
PLOTLY, VEGA = "application/vnd.plotly.v1+json", "application/vnd.vegalite.v5+json"
TABLE = "<table><tr><td>7</td></tr></table>"


def bars(*texts):
    """What a program writes: texts with a sign to a terminal are bars, the others are printed."""
    return [printed(text, "stderr" if re.search("[\r\x1b]", text) else "stdout") for text in texts]


@pytest.mark.parametrize(
    ("outputs", "left"),
    [
        (bars("\r  0%", "a\n", "\r 50%", "b\n", "\r100%\n"), ["a\nb\n", "100%\n"]),
        (bars("careful\n\r  0%", "a\n", "\r100%\n", "b\n", "\r  0%"),
         ["careful\n", "a\n", "100%\n", "b\n", "  0%"]),
        (bars("\router 0\n\rinner 0\x1b[A\n\rinner 1\x1b[A\router 1\n\rinner 2\x1b[A\n"),
         ["outer 1\ninner 2"]),
        (bars("\router 0\n\rinner 1\x1b[A\n\r       \x1b[A\router 1", "a"), ["outer 1", "a"]),
    ],
)  # fmt: skip
def test_of_progress_bars_the_last_state_is_left_whatever_is_printed_between(outputs, left):
    nb = new_notebook(cells=[code("x", *outputs)])
    prepare(nb)
    assert [re.sub(r"\n +$", "", output.text) for output in nb.cells[0].outputs] == left


@pytest.mark.parametrize(
    ("outputs", "left"),
    [
        ([printed("\repoch 1"), printed("\repoch 2")], "epoch 2"),
        ([printed("a"), printed("b\n"), printed("c")], "ab\nc"),
        ([shown(text_plain="  0%|  | 0/3 [00:00<?, ?it/s]")], None),
        ([shown(text_plain="HBox(children=(FloatProgress(value=0.0), HTML(value='')))")], None),
        ([shown(text_html="<i class='sk-container'/><script></script>", text_plain="S()")], "S()"),
        ([shown(text_html="<b class='sk-top-container'>Trust</b>", text_plain="S()")], "S()"),
        ([printed("\n")], None),
        ([shown(text_html=f"<div>{TABLE}<script>1</script></div>", text_plain="x")], TABLE),
        ([shown(text_html=f"<?xml version='1.0'?>{TABLE}<script>1</script>")], TABLE),
        ([shown(text_html="<script></script>", **PICTURE)], PICTURE["image_png"]),
        ([shown(text_latex="$x$", **PICTURE)], "$x$"),
        ([shown(text_plain="[<matplotlib.Line2D>]"), shown(**PICTURE)], PICTURE["image_png"]),
        ([shown(application_x__new="?", text_plain="what it is")], "what it is"),
        ([shown(application_json=[1], text_plain="<JSON object>")], "[\n  1\n]"),
        ([shown(text_html="<style>p { color: red }</style>")], "<style>p { color: red }</style>"),
        ([shown(text_html="<script></script>", text_plain="3 rows")], "3 rows"),
        ([shown(image_gif="R0lG")], '<img src="data:image/gif;base64,R0lG" alt="">'),
    ],
)  # fmt: skip
def test_of_an_output_the_page_has_what_it_can_show(outputs, left):
    nb = new_notebook(cells=[code("x", *outputs)])
    assert prepare(nb) == []
    assert [_first(output) for output in nb.cells[0].outputs] == ([] if left is None else [left])


def _first(output):
    kinds = ["text/html", "image/png", "text/latex", "text/plain"]
    data = output.get("data", {})
    return output.get("text") or next(data[kind] for kind in kinds if kind in data)


@pytest.mark.parametrize(
    ("output", "name"),
    [
        (new_output("display_data", {WIDGET: {}, "text/plain": "IntSlider(value=3)"}), "a widget"),
        (new_output("display_data", {WIDGET: {}, "text/plain": ""}), "a widget"),
        (new_output("display_data", {PLOTLY: {}, "text/html": "<script></script>"}), "Plotly"),
        (new_output("display_data", {VEGA: {}, "text/plain": "alt.Chart(…)"}), "Vega"),
        (shown(text_html="<script>Bokeh.embed()</script>"), "Bokeh"),
        (shown(text_html="<video src='a.mp4'></video>", text_plain="<Video object>"), "a film"),
        (shown(text_html="<audio controls></audio>", text_plain="<Audio object>"), "a sound"),
        (shown(text_html="<iframe src='a'></iframe>", text_plain="<V at 0x7f>"), "a page within"),
        (shown(application_javascript="1", text_plain="<J object>"), "a script draws"),
        (shown(application_geo__json={}, text_plain="<GeoJSON object>"), "a map"),
        (shown(application_pdf="JVBE"), "a PDF"),
        (shown(text_html="<div id='v'></div><script>vegaEmbed()</script>", text_plain="Chart(…)"),
         "Vega"),
        (shown(text_html="<iframe src='m'></iframe>", text_plain="Map(center=…)"), "a page within"),
        (new_output("display_data", {"application/vnd.bokehjs_exec.v0+json": "",
                                     "text/html": "<div id='b'></div>"}), "Bokeh"),
        (shown(text_html="<div style='height: 300px'><p></p>&nbsp;</div>"), "a script draws"),
        (new_output("display_data", {"text/vnd.plotly.v1+html": "<div>x</div>"}), "Plotly"),
        (shown(image_tiff="SUkq", text_plain="<Image object>"), "of the kind image/tiff"),
    ],
)  # fmt: skip
def test_what_needs_more_than_the_page_is_told_with_a_way_to_a_still(output, name):
    nb = new_notebook(cells=[code("x", output)])
    (fault,) = prepare(nb)
    assert name in fault.what and "save a still picture" in fault.what and fault.level == "usual"
    assert nb.cells[0].outputs == []


def test_a_picture_says_what_its_output_its_cell_or_it_itself_says():
    svg = "<svg><metadata><dc:description>A wave.</dc:description></metadata></svg>"
    pictures = [shown(**PICTURE) for _ in range(3)]
    pictures[1].metadata["image/png"] = {"alt": "Its own."}
    nb = new_notebook(
        cells=[
            code("a", *pictures, alt=["First.", "Second."]),
            code("b", shown(image_svg__xml="<svg></svg>"), alt='An "SVG".'),
            code("c", shown(image_png=coded(png(Description="A line.")))),
            code("d", shown(image_svg__xml=svg)),
            code("e", shown(image_png="iVBORw0KGgo=")),
        ]
    )
    prepare(nb)
    alts = [o.metadata[next(iter(o.data))]["alt"] for cell in nb.cells for o in cell.outputs]
    assert alts == ["First.", "Its own.", "Second.", 'An "SVG".', "A line.", "A wave.", ""]
    assert 'aria-label="An &quot;SVG&quot;."' in nb.cells[1].outputs[0].data["image/svg+xml"]


def test_long_outputs_are_cut_on_slides_alone():
    for in_frames, most in ((True, MOST_LINES), (False, 1000)):
        long = "\n".join(map(str, range(1, 2 * most + 2)))
        for output in (printed(long), shown(text_plain=long)):
            nb = new_notebook(cells=[code("x", output, printed("1\n" * 2 * most, "stderr"))])
            (fault,) = prepare(nb, in_frames=in_frames)
            lines = _first(nb.cells[0].outputs[0]).split("\n")
            assert len(lines) == most and lines[0] == "1" and lines[-1] == str(2 * most + 1)
            assert f"of which {most + 2} are left out" in fault.what
        table = f"<table>{'<tr><td>1</td></tr>' * (2 * most + 1)}</table>"
        nb = new_notebook(cells=[code("x", printed("y" * 100 * most), shown(text_html=table))])
        line, rows = prepare(nb, in_frames=in_frames)
        outputs = nb.cells[0].outputs
        assert "of which most are left out" in line.what and len(outputs[0].text) < 51 * most
        kept = most // 2 + 5
        assert f"of which {2 * most + 1 - kept} are left out" in rows.what
        assert outputs[1].data["text/html"].count("<tr>") == kept + 1


def test_of_a_line_of_code_that_is_far_too_long_the_middle_is_cut():
    nb = new_notebook(cells=[code(f"a = 1\nb = [{'1, ' * 9000}2]")])
    (fault,) = prepare(nb, in_frames=True)
    assert "a line of 27007 characters" in fault.what
    hidden = code(f"b = [{'1, ' * 9000}2]", printed("x"), tags=["hide-input"])
    assert prepare(new_notebook(cells=[hidden]), in_frames=True) == []
    first, line = nb.cells[0].source.split("\n")
    assert first == "a = 1" and len(line) < 2000 and line.endswith("2]")


# Tables

LONG = "some words of a cell " * 12


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("| a | b |\n|---|:-:|\n| 1 |\n| 2 | 3 |", ["a b", "1 ", "2 3"]),
        ("text\na | b\n--|--\n1\n# h", ["a b", "1 "]),
        ("- text\n\n  |a|\n  |-|\n  |1|\n- text", ["a", "1"]),
        ("> |a|\n> |-|\n> |1|\n\ntext", ["a", "1"]),
        ("|a|b|\n|-|-|\n||`x \\| y`|", ["a b", " x | y"]),
        ("|a|b|\n|-|\n|1|2|", []),
        ("a\n---\nb", []),
    ],
)
def test_tables_of_markdown_are_as_in_jupyterlab(source, expected):
    told = []
    html = as_html(source, source=str, code=str, page_of=str, told=told.append)
    rows = BeautifulSoup(html, "html.parser").find_all("tr")
    assert [" ".join(cell.text for cell in row(["td", "th"])) for row in rows] == expected
    assert told == []


def test_what_is_lost_of_a_row_that_is_too_long_is_told():
    told = []
    source = "|a|\n|-|\n|`x | y`|\n|2||"
    html = as_html(source, source=str, code=str, page_of=str, told=told.append)
    assert "y`" not in html and len(told) == 1
    assert r"2 cells, of which its head has 1" in told[0] and "|`x | y`|" in told[0]


def test_a_table_that_gets_too_small_on_a_slide_is_told(exporters):
    def faults(*rows):
        row = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        of_html = code("x", shown(text_html=f"<table>{row}</table>"))
        head = f"|{'|' * len(rows[0])}\n|{'-|' * len(rows[0])}\n"
        of_markdown = text(head + "\n".join(f"|{'|'.join(row)}|" for row in rows))
        for cell in (of_html, of_markdown):
            exporters["slides"].from_notebook_node(new_notebook(cells=[text("# T"), cell]))
            yield " ".join(exporters["slides"].told)

    for told in faults(["column"] * 40):
        assert "shows 40 columns" in told
    for told in faults(*[["term", LONG * 2, LONG * 2]] * 6):
        assert "more than fits" in told
    pictures = [f"<img src='data:image/png;base64,{PICTURE['image_png']}' alt='x'>"] * 8
    assert [*faults(["a", LONG, "b" * 60], ["a"] * 3), *faults(pictures)] == [""] * 4


TERMS = "+".join(f"a_{{{k}}}" for k in range(60))


@pytest.mark.parametrize("source, times", [
    (f"Words ${TERMS}$.", "3.8"), (f"$${TERMS}$$", "3.8"), (f"# ${TERMS}$", "5.6"),
    (rf"\begin{{align}}{TERMS}\tag{{1}}\end{{align}}", "3.9"),
    (r"$\displaystyle \sum " + 40 * r"\frac{a}{b} + " + "c$", "2.3"),
    (f"${TERMS[:150]}$", None), (f"$${TERMS[:150]}$$\n\n$${TERMS[:150]}$$", None),
])
def test_a_formula_many_times_as_wide_as_a_slide_is_told(exporters, source, times):
    nb = new_notebook(cells=[text("# T", "slide"), text("## A", "slide"), text(source, id="wide")])
    expected = [f"cell 3 (wide): a formula is {times} times as wide as the slide: break it"]
    for name, wanted in [("slides", expected * bool(times)), ("notes", [])]:
        exporters[name].from_notebook_node(nb)
        assert [told.partition(", ")[2] for told in exporters[name].told] == wanted


@pytest.mark.parametrize("html, is_told", [
    ("<ul>" + "<li>An item.</li>" * 60 + "</ul>", True),
    ("<p>A line.</p>" * 60, True),
    ("A line.<br>" * 60, True),
    ("<dl>" + "<dt>A term</dt><dd>said</dd>" * 30 + "</dl>", True),
    ("<div>A line.</div>" * 60, True),
    ("<style>li {display: inline-block}</style><ul>" + "<li>n</li>" * 60 + "</ul>", False),
    ("<div><p></p></div>" * 60 + "<div><div>A line.</div></div>" * 5, False),
])
def test_each_block_of_html_takes_a_line(exporters, html, is_told):
    for cell in (code("x", shown(text_html=html)), text(f"## A\n\n{html}")):
        exporters["slides"].from_notebook_node(new_notebook(cells=[text("# T"), cell]))
        assert ("more than fits" in " ".join(exporters["slides"].told)) == is_told
    cells = [text(f"# T\n\n{html}", "slide"), text("## B", "slide")]
    page, _ = exporters["slides"].from_notebook_node(new_notebook(cells=cells))
    assert ('" class="title"' in page) != is_told    # which has room for a large one


@pytest.mark.parametrize("height, is_told", [
    ("height: 1500px", True), ("max-height: 1500px", False),
])
def test_a_height_that_no_slide_has_is_told(exporters, height, is_told):
    box = code("x", shown(text_html=f'<div style="color: red; {height}">A box.</div>'))
    exporters["slides"].from_notebook_node(new_notebook(cells=[text("# T"), box]))
    assert ("more than fits" in " ".join(exporters["slides"].told)) == is_told


# What is hidden


def test_tags_hide_what_their_names_say(exporters):
    out = printed("shown")
    nb = new_notebook(
        cells=[
            code("gone = 1", out, tags=["remove_cell"]),
            code("aside = 1", out, tags=["hide-cell"]),
            code("silent = 1", out, tags=["remove-output"]),
            code("folded = 1", out, jupyter={"outputs_hidden": True}),
            code("unseen = 1", out, hide_input=True),
            code("lab = 1", out, jupyter={"source_hidden": True}),
        ]
    )
    nb.cells.insert(0, text("# T", "slide"))
    seen = {}
    for kind, exporter in exporters.items():
        page, _ = exporter.from_notebook_node(nb)
        page = page.partition("<main")[2].partition("</main>")[0]
        unfolded = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
        for name, where in ((kind, page), (f"{kind}, not folded", unfolded)):
            words = re.sub("<[^>]*>", "", where)
            seen[name] = [*re.findall(r"(\w+) = 1", words), words.count("shown")]
    assert seen == {
        "slides": ["silent", "folded", 2],
        "slides, not folded": ["silent", "folded", 2],
        "notes": ["silent", "folded", "unseen", "lab", "aside", 4],
        "notes, not folded": ["silent", "folded", "aside", 3],
    }


# Images


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder with a notebook's folder in it, and images of many kinds."""
    course = tmp_path_factory.mktemp("outside") / "a/b/notebooks"
    for name in ("net.png", "my net.png", "100%.png", "sub/deep.png", "../images/up.png"):
        path = course / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())
    (course / "../../../far.png").write_bytes(png())
    (course / "link.png").symlink_to("../../../far.png")
    (course / "secret.png").write_text("no image")
    (course / "a.svg").write_text("<?xml version='1.0'?>\n<!-- made --><svg></svg>")
    for kind in ("gif", "webp", "jpeg"):
        Image.new("RGB", (1, 1)).save(course / f"a.{kind}")
    return course


IMAGES = {
    "net.png": "image/png",
    "./net.png?raw=true": "image/png",
    "my%20net.png": "image/png",
    "100%.png": "image/png",
    "sub/deep.png#x": "image/png",
    "../images/up.png": "image/png",
    "files/net.png": "image/png",
    "attachment:my%20own.png": "image/png",
    "a.svg": "image/svg+xml",
    "a.gif": "image/gif",
    "a.webp": "image/webp",
    "a.jpeg": "image/jpeg",
    "nowhere.png": "there is no nowhere.png",
    "secret.png": "is no image",
    "../../../far.png": "there is no",
    "link.png": "there is no",
    "https://example.org/a.png": "is on the network",
    "//example.org/a.png": "is on the network",
    "file:///home/me/a.svg": "has a place on one computer alone",
    "C:/Users/me/a.png": "has a place on one computer alone",
    "attachment:none.png": "is not in the notebook",
    "sub": "there is no",
    f"{'x' * 300}.png": "there is no",
}


@pytest.mark.parametrize(("source", "expected"), IMAGES.items(), ids=lambda name: name[:30])
def test_images_near_the_notebook_are_put_into_the_page(course, source, expected):
    told = []
    attachments = {"my own.png": {"image/png": coded(png())}}
    html = f"<p><IMG title='a > b' src='{source}'></p>"
    page = with_images(html, course, attachments, "A net.", lambda what, _: told.append(what))
    if expected.startswith("image/"):
        assert f'src="data:{expected};base64,' in page and 'alt="A net."' in page and not told
    else:
        assert expected in told[0] and page == '<p><em class="missing">A net.</em></p>'


def test_absolute_paths_lead_to_no_image(course):
    told = []
    for source in (course / "net.png", (course / "net.png").as_uri()):
        with_images(f'<img src="{source}">', course, {}, [], lambda what, _: told.append(what))
    assert len(told) == 2


@pytest.mark.parametrize(
    ("source", "name"), [("https://example.org/a/my%20net.png?raw=1", "my net.png"), ("b/c/", "c"),
                         ("https://", "https:"), ("?x", "?x")],
)  # fmt: skip
def test_a_missing_image_without_words_is_shown_by_its_name(course, source, name):
    page = with_images(f'<img src="{source}">', course, {}, [], lambda *_: None)
    assert page == f'<em class="missing">{name}</em>'


def test_an_image_of_a_notebook_in_a_file_is_in_the_page(exporters, course):
    cells = [text("# T\n\n![A net](net.png)\n\n<img src='a.svg' alt='b'>", "slide")]
    nbformat.write(new_notebook(cells=cells), course / "x.ipynb")
    page, _ = exporters["slides"].from_filename(str(course / "x.ipynb"))
    assert page.count('src="data:image/') == 2


# Levels


def faulty():
    error = new_output("error", ename="ValueError", evalue="not aligned", traceback=[])
    return new_notebook(
        cells=[
            text("# T", "slide"),
            code("W @ x", error, count=None, tags=["raises-exception"]),
            code("V @ x", error),
            text("![](a.png)\n\n![](b.png)\n\n![](c.png)", "fragment"),
            *[code("print(1)", printed("1\n" * 20)) for _ in range(3)],
            text(r"## $\oops$", "slide"),
            text(r"$\other$", "notes"),
        ]
    )


@pytest.mark.parametrize("kind", ["slides", "notes"])
def test_faults_are_marked_below_their_cells_or_refused_all_at_once(exporters, kind):
    exporter, nb = exporters[kind], faulty()
    page, _ = exporter.from_notebook_node(nb)
    marks = [unescape(mark) for mark in re.findall(r'<p class="fault">(.*?)</p>', page)]
    places = [3, 4, 8, 9] if kind == "notes" else [1, 3, 4, 8, 9]
    assert sorted({int(re.search(r"cell (\d+)", line)[1]) for line in exporter.told}) == places
    assert {int(re.match(r"cell (\d+)", mark)[1]) for mark in marks} == set(places)
    assert any(mark.endswith("… and 1 more") for mark in marks) and "<!-- end of" not in page
    assert page.count("not aligned") == 2
    exporter.strict = True
    with pytest.raises(RefusedError) as refused:
        exporter.from_notebook_node(nb)
    exporter.strict = False
    lines = str(refused.value).split("\n")
    assert set(exporter.told) < set(lines)
    assert any("cell 2" in line and "has not been run" in line for line in lines)
    if kind == "slides":  # a cell that goes on on a further slide is marked there, where it ends
        paged, _ = exporter.from_notebook_node(
            new_notebook(cells=[code("x = 1\n" * 20, shown(**PICTURE))])
        )
        assert paged.index('<p class="fault">') > paged.index("<figure")


def test_the_command_tells_each_fault_once(tmp_path, capsys, caplog):
    nbformat.write(new_notebook(cells=[text("# T\n\n![](a.png)")]), tmp_path / "x.ipynb")
    assert main(["slides", str(tmp_path / "x.ipynb"), "--to", str(tmp_path)]) == 0
    assert capsys.readouterr().err.count("there is no a.png") == 1 and caplog.messages == []


def test_doors_for_people_have_the_usual_level_unless_they_are_told():
    for kind in ("LectureSlidesExporter", "LectureNotesExporter"):
        door = getattr(entry_points, kind)
        levels = [door(config=Config({kind: given})) for given in ({}, {"strict": True})]
        assert [each._exporter.strict for each in levels] == [False, True]
    with pytest.raises(RefusedError):
        levels[1].from_notebook_node(faulty())


def test_nbconvert_says_in_one_line_what_falls_short_or_can_not_be_built(tmp_path):
    nbformat.write(new_notebook(cells=[text("# T\n\n![x](a.png)")]), tmp_path / "a.ipynb")
    (tmp_path / "x.ipynb").write_text("{")
    command = [sys.executable, "-m", "nbconvert", "--log-level=WARN", "--to", "lecture-slides"]
    paths = tmp_path / "a.ipynb", tmp_path / "x.ipynb"
    run = subprocess.run([*command, *paths], capture_output=True, text=True)
    told, line = run.stderr.splitlines()
    assert run.returncode == 1 and "x.ipynb can't be read as a notebook" in line
    assert "there is no a.png" in told


def test_the_command_refuses_a_missing_attachment_in_one_line(tmp_path, capsys):
    cells = [text("# T"), text("![A net](attachment:my%20net.png)")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "ü x.ipynb")
    for given, reason in [("ü x.ipynb", "the image my net.png is not in"), (".", "Is a directory"),
                          ("none.ipynb", "No such file")]:
        assert main(["slides", str(tmp_path / given), "--to", str(tmp_path / "out")]) == 1
        *_, line = capsys.readouterr().err.splitlines()
        assert line.startswith("Error: ") and reason in line and not (tmp_path / "out").exists()


def test_notebooks_of_any_age_are_read_and_other_files_are_refused():
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["Old"], "metadata": {}},
        {"cell_type": "code", "input": ["1"], "language": "python", "outputs": [], "metadata": {}},
    ]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    nb = read_notebook(StringIO(json.dumps(old)))
    assert [cell.source for cell in nb.cells] == ["# Old", "1"]
    bare = '{"cells": [{"cell_type": "code", "source": ["a", "b"]}], "nbformat": 4}'
    assert read_notebook(StringIO(bare)).cells[0].outputs == []
    assert read_notebook(StringIO(bare.replace("source", "x"))).cells[0].source == ""
    assert [cell.get("id") for cell in nb.cells] == [None, None]
    odd = {"cell_type": "markdown", "source": "a", "metadata": {"tags": "a", "slideshow": None}}
    marked = "\ufeff" + json.dumps({"cells": [odd], "nbformat": 4})
    assert read_notebook(StringIO(marked)).cells[0].metadata == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (" \n", "is empty: save it in Jupyter"), ("{", "in line 1 it breaks off"),
        ("version https://git-lfs.github.com/spec/v1\n", "run `git lfs pull`"),
        ('{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> b\n}', "Git left the marks of a conflict"),
        ("<!DOCTYPE html>\n<html>", "it is a page of the web"), ("import this", "text of another"),
        ("[]", "no list of cells"), ('{"nbformat": 3, "cells": []}', "no list of cells"),
        ('{"cells": 1}', "no list of cells"), ("[" * 10**5, "too many brackets"),
        ("é".encode("latin-1"), "save it in this encoding"), ("é".encode("utf-16"), "not in UTF-8"),
        (b"PK\3\4\0\xff", "perhaps an archive"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_notebook_is_named_with_what_to_do(content, reason):
    file = BytesIO(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RefusedError, match="can't be read as a notebook") as caught:
        read_notebook(TextIOWrapper(file, encoding="utf-8"))
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def as_file(*cells, **other):
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells} | other
    return StringIO(json.dumps({key: value for key, value in made.items() if value != "none"}))


def raw(kind="markdown", **other):
    return {"cell_type": kind, "id": "a", "metadata": {}, "source": "# T"} | other


def with_outputs(*outputs):
    return raw("code", execution_count=1, outputs=outputs)


@pytest.mark.parametrize(
    ("wrong", "reasons"),
    [
        ([None, raw(source=None)], ["cell 1 (no id): is no cell", "cell 2 (a): has a source that"]),
        ([raw(source=["a", 3])], ["cell 1 (a): has a source that is no text"]),
        ([raw(["code"])], ["cell 1 (a): has a type"]), ([{"id": "a"}], ["cell 1 (a): has a type"]),
        ([raw("code", outputs={"a": 1})], ["cell 1 (a): has outputs that are no list"]),
        ([with_outputs(3, {"output_type": []})], ["output 1 is of no type", "output 2 is of no"]),
        ([with_outputs({"output_type": "stream", "text": 3})], ["output 1 has no name and text"]),
        ([with_outputs({"output_type": "error", "ename": "E", "evalue": "", "traceback": "t"})],
         ["output 1 has no traceback that can be read: run the cell again"]),
        *[([with_outputs({"output_type": "display_data", "data": data})], ["output 1 has no data"])
          for data in (None, [], {"text/plain": 3}, {"text/html": None}, {"image/png": 3},
                       {"text/latex": {"a": 1}, "text/markdown": []})],
    ],
)  # fmt: skip
def test_what_is_wrong_in_cells_is_told_all_at_once_with_what_to_do(wrong, reasons):
    with pytest.raises(RefusedError) as caught:
        read_notebook(as_file(*wrong))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(reasons)
    assert all(why in line and line.count(": ") > 1 for why, line in zip(reasons, lines))


@pytest.mark.parametrize("version", ["none", None, True, "4", 4.5, 0, 5])
def test_a_format_that_is_not_known_is_told_with_the_rest(version):
    with pytest.raises(RefusedError) as caught:
        read_notebook(as_file(raw(source=3), nbformat=version))
    first, second = str(caught.value).splitlines()
    assert "the notebook: has a format" in first and "cell 1 (a): has a source" in second


def test_nbformat_says_nothing_beside_what_is_told(caplog):
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "1"}}
    assert nbformat.validate(read_notebook(as_file(with_outputs(shown)))) is None
    new = as_file(raw(more=1), with_outputs(shown | {"more": 1}))
    cells = [{"cell_type": "code", "input": 1, "outputs": [], "more": 1}]
    old = StringIO(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}], "metadata": {}}))
    for file in (new, old, as_file(raw(source=3))):
        with suppress(RefusedError):
            read_notebook(file)
        assert caplog.messages == [] and logging.root.manager.disable == 0


def test_what_only_adds_something_goes_where_it_is_wrong(exporters):
    shown = {"output_type": "display_data", "metadata": None, "data": {"text/plain": "1"}}
    odd = {"id": 3, "attachments": None, "metadata": {"tags": [1, "a", "a", "b,c"], "name": []}}
    cells = [
        raw(**odd), raw(id="<b>" * 30, attachments={"a.png": "b", "c.png": {"image/png": 3}}),
        raw("code", outputs=None, execution_count="1"), with_outputs(shown),
        with_outputs(shown | {"output_type": "execute_result", "execution_count": -1}),
    ]  # fmt: skip
    about = {"language_info": "python", "kernelspec": [], "title": 3, "kept": 4}
    for metadata in (None, [], about):
        for minor in ("none", "5", -1, 5):
            nb = read_notebook(as_file(*cells, metadata=metadata, nbformat_minor=minor))
            nbformat.validate(nb, relax_add_props=True)
    assert nb.metadata == {"kept": 4} and nb.cells[0].metadata == {"tags": ["a"]}
    assert nb.cells[0].id == "cell-1" and nb.cells[1].attachments == {}
    assert exporters["notes"].from_notebook_node(nb)[0].count('class="output"') == 2


def test_types_of_a_newer_format_are_done_without():
    cells = [raw("sql"), with_outputs({"output_type": "odd"})]
    assert len(read_notebook(as_file(*cells, nbformat_minor=99)).cells) == 2


def test_what_is_read_from_the_right_is_no_text_of_tags(exporters):
    page, _ = exporters["notes"].from_notebook_node(new_notebook(cells=[text("# مرحبا")]))
    assert '<h1 dir="auto"' in page and "dir=&#34;" not in page


# In the browser


def opened(exporters, browser, folder, cells, kind="slides", width=1280):
    """The page of some cells in a window, for slides as large as a frame."""
    page, _ = exporters[kind].from_notebook_node(new_notebook(cells=cells))
    path = folder / "x.html"
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 720})
    tab.goto(path.as_uri())
    if kind == "slides":
        tab.wait_for_function("() => window.deck?.isReady()")
    return tab


@pytest.mark.browser
def test_pictures_and_long_outputs_are_made_small_enough(exporters, browser, tmp_path):
    tall = f"![x](data:image/png;base64,{coded(png((600, 600)))})"
    line = f"{'=' * 30} - 5s 3ms/step - loss: 0.0241 - val_loss: 0.0194\n"
    slides = [f"## A\n\n{tall}\n\nText.", f"## B\n\n{tall}\n\n{tall}\n\n{tall}"]
    cells = [text(source, "slide") for source in ["# T", *slides, "## C"]]
    page, _ = exporters["slides"].from_notebook_node(
        new_notebook(cells=[*cells, code("fit()", printed(line * 40))])
    )
    path = Path(tmp_path, "x.html")
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    for name in re.findall(r'<section id="([^"]+)"', page):
        tab.goto(f"{path.as_uri()}#/{name}")
        frame = tab.locator(f"[id='{name}'] > .frame").evaluate(
            "f => [f.scrollWidth - f.offsetWidth, f.scrollHeight - f.offsetHeight]"
        )
        assert frame == [0, 0], name
    tab.close()


GIVEN_SIZES = [
    ((800, 800), "width=100%"), ((800, 800), "width=60% height=60%"), ((400, 1200), "width='60%'"),
    ((1400, 700), "style='width: 75%; height: 75%'"), ((1400, 700), "width=1200 height=600"),
    ((1400, 700), "style='height: 500px'"), ((100, 50), "width=100%"), ((2000, 1800), ""),
    ((1400, 600), "width=75% height=75%"),
]  # fmt: skip


# What of pictures is stretched, or is not in what is seen of a page.
LOST = """() => [...document.querySelectorAll("img")].filter((image) => {
  if (window.deck) {
    const {h, v} = deck.getIndices(image.closest("section"));
    deck.slide(h, v);
  }
  const {left, right, top, bottom, width, height} = image.getBoundingClientRect();
  const cell = image.closest(".cell").getBoundingClientRect();
  const isTrue = Math.abs(width / height / (image.naturalWidth / image.naturalHeight) - 1) < 0.03;
  const edges = [window.deck ? 690 : cell.bottom + 1, (window.deck ? 1280 : cell.right) + 1];
  return !(isTrue || getComputedStyle(image).objectFit === "contain") || width * height < 3000
    || bottom > edges[0] || right > edges[1];
}).map((image) => image.outerHTML.slice(-60))"""


@pytest.mark.browser
@pytest.mark.parametrize(("kind", "width"), [("slides", 1280), ("notes", 1280), ("notes", 390)])
def test_no_picture_is_stretched_or_cut(exporters, browser, tmp_path, kind, width):
    cells, words = [], "Some words. " * 34
    for size, given in GIVEN_SIZES:
        image = f"<img src='data:image/png;base64,{coded(png(size))}' alt='A picture.' {given}>"
        cells += [text(f"## A\n\n{words}\n\n{image}", "slide"), text("## B", "slide"),
                  code("x", shown(text_html=image)), text("## C", "slide"),
                  text(f"- {words}\n\n{image}")]  # fmt: skip
    tab = opened(exporters, browser, tmp_path, cells, kind, width)
    assert tab.locator("img").count() == 3 * len(GIVEN_SIZES) and tab.evaluate(LOST) == []
    tab.close()


HIDING = [
    "height: 60px; overflow: auto", "max-height: 60px; overflow-y: scroll",
    "height: 60px; overflow: hidden", "height: 60px",
]  # fmt: skip


@pytest.mark.browser
def test_no_box_of_a_slide_hides_what_it_holds(exporters, browser, tmp_path):
    cells = []
    for style in HIDING:
        inner = f"<div style='{style}'>{8 * '<p>line</p>'}</div>"
        html = f"<div class='alert' style='{style}'>{inner}</div>\n<p class='turn'>below</p>"
        cells += [text(f"## A\n\n{html}", "slide"), text("## B", "slide"),
                  code("x", shown(text_html=html))]  # fmt: skip
    tab = opened(exporters, browser, tmp_path, cells)
    boxes = tab.locator(".alert").all()
    assert len(boxes) == 2 * len(HIDING)
    for box in boxes:
        last, bottom, below, end = box.evaluate("""box => {
          const {h, v} = deck.getIndices(box.closest("section"));
          deck.slide(h, v);
          const [line, own, next] = [[...box.querySelectorAll("p")].at(-1), box,
            box.nextElementSibling].map((node) => node.getBoundingClientRect());
          return [line.bottom, own.bottom, next.top, next.bottom];
        }""")
        assert 0 < last <= bottom <= below < end < 720
    tab.close()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["slides", "notes"])
def test_captions_floats_and_boxes_look_as_in_jupyter(exporters, browser, tmp_path, kind):
    image = f"<img src='data:image/png;base64,{coded(png((300, 900)))}' alt='A picture.'"
    caption = f"<figure><center>{image}></center><figcaption><p>1</p></figcaption></figure>"
    float_, alert = f"{image} align='right'>\n\nwords", "<div class='alert'>Careful.</div>"
    parts = caption, float_, alert
    cells = [text(f"## {n}\n\n{part}", "slide") for n, part in enumerate(parts)]
    tab = opened(exporters, browser, tmp_path, cells, kind)
    if kind == "slides":
        tab.evaluate("deck.slide(deck.getIndices(document.querySelector('img').closest('section')).h)")
    above, below = (tab.locator(name).first.bounding_box() for name in ("img", "center + div"))
    assert above["y"] + above["height"] <= below["y"]
    edge = tab.locator(".alert").evaluate("box => getComputedStyle(box).borderLeftWidth")
    assert edge == "4px"
    if kind == "notes":
        picture, cell = tab.locator("img").nth(1), tab.locator("main .cell").nth(1)
        ends = [box["y"] + box["height"] for box in (picture.bounding_box(), cell.bounding_box())]
        assert ends[0] <= ends[1]
    tab.close()


@pytest.mark.browser
def test_what_is_wider_than_notes_can_be_moved_into_sight(exporters, browser, tmp_path):
    box = "<div style='width: 900px'><p style='margin-left: 800px'>end</p></div>"
    moved = "<div style='position: relative; left: 800px'>end</div>"
    cells = [text(f"words\n\n{box}"), *[code("x", shown(text_html=html)) for html in (box, moved)]]
    tab = opened(exporters, browser, tmp_path, [text("# T"), *cells], "notes", 390)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    assert tab.get_by_text("end", exact=True).count() == 3
    for end in tab.get_by_text("end", exact=True).all():
        end.scroll_into_view_if_needed()
        assert end.bounding_box()["x"] < 390 - 30
    tab.close()


@pytest.mark.browser
def test_a_long_word_of_notes_is_broken(exporters, browser, tmp_path):
    marks = ["{}", "`{}`", "- <{}>", "## {}", "![x]({})", "<div>{}</div>"]
    cells = [text(mark.format(f"https://example.org/{'path' * 50}")) for mark in marks]
    tab = opened(exporters, browser, tmp_path, [text("# T"), *cells], "notes", 390)
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    rights = tab.locator("main .cell").evaluate_all("""cells => cells.map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return Math.max(...[...range.getClientRects()].map(({right}) => right));
    })""")
    assert len(rights) == 1 + len(marks) and max(rights) < 390
    tab.close()


@pytest.mark.browser
def test_texts_in_tables_wrap_before_they_become_small(exporters, browser, tmp_path):
    rows = f"|n|{LONG}|{LONG}|\n" * 5
    address = f"https://example.org/{'path/' * 40}"
    cells = [text(f"## A\n\n|a|b|c|\n|-|-|-|\n{rows}", "slide"),
             text(f"## B\n\n|a|b|\n|-|-|\n|1|{address}|", "slide")]  # fmt: skip
    page, _ = exporters["slides"].from_notebook_node(new_notebook(cells=cells))
    path = Path(tmp_path, "x.html")
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    for name in re.findall(r'<section id="([^"]+)"', page):
        tab.goto(f"{path.as_uri()}#/{name}")
        size, right = tab.locator(f"[id='{name}']").evaluate("""slide => {
          const table = slide.querySelector("table");
          if (!table) return [99, 0];
          const {right} = table.getBoundingClientRect();
          return [parseFloat(getComputedStyle(table).fontSize), right];
        }""")
        assert size > 16 and right < 1281
    tab.close()


@pytest.mark.browser
@pytest.mark.parametrize("n_rows", [7, 11])
def test_a_wide_table_is_not_made_smaller_by_columns(exporters, browser, tmp_path, n_rows):
    row = "|Carl Friedrich Gauss|12 Long Acre Road, London" + 10 * "|2021-03-04" + "|\n"
    table = f"|{12 * 'a|'}\n|{12 * '-|'}\n{n_rows * row}"
    tab = opened(exporters, browser, tmp_path, [text("# T"), text(table)])
    size = tab.locator("table").evaluate("table => parseFloat(getComputedStyle(table).fontSize)")
    assert size > 14
    tab.close()


TABLE = "<table {}><tr><td {}>one</td><td {}>two</td></tr></table>"
WIDE_BOX = "<p style='min-width: 300px'>a</p>"
# What leads out of a slide, and the least size that its letters are to have.
LEADING_OUT = {
    "table": (TABLE.format("style='width: 3000px'", "", ""), 25),
    "table-attribute": (TABLE.format("width=3000", "", ""), 25),
    "table-least": (TABLE.format("style='min-width: 2000px'", "", ""), 25),
    "cells": (TABLE.format("", *2 * ["style='min-width: 900px'"]), 16),
    "tables": ("<div style='display: inline-flex'>" + 20 * TABLE + "</div>", 25),
    "line": (f"<p style='white-space: nowrap'>{LONG * 3}</p>", 25),
    "cell": (f"<table><tr><td style='white-space: nowrap'>{LONG * 3}</td></tr></table>", 25),
    "boxes": (f"<div style='display: flex'>{8 * WIDE_BOX}</div>", 25),
    "boxes-fixed": ("<div style='width: 1900px'><p style='margin-left: 1150px'>wide</p></div>", 16),
    "margin": ("<p style='margin-left: 1400px'>gone</p>", 25),
    "moved": ("<p style='transform: translate(2000px)'>gone</p>", 25),
    "placed": ("<p style='position: absolute; left: 1500px'>gone</p>", 25),
}
SHOWN = """() => [...document.querySelectorAll(".output :is(p, td)")].map((node) => {
  let room = {left: 0, top: 0, right: 1280, bottom: 720};
  for (const name of [".held", ".output", ".cell"]) {
    const box = node.closest(name);
    if (!box) continue;
    const {left, top, right, bottom} = box.getBoundingClientRect();
    room = {left: Math.max(left, room.left), top: Math.max(top, room.top),
            right: Math.min(right, room.right), bottom: Math.min(bottom, room.bottom)};
  }
  const range = document.createRange();
  range.selectNodeContents(node);
  const {left, top, right, bottom} = range.getBoundingClientRect();
  const isOut = left < room.left - 1 || top < room.top - 9 || right > room.right + 1
    || bottom > room.bottom + 9;
  return isOut ? 0 : parseFloat(getComputedStyle(node).fontSize) * (node.currentCSSZoom ?? 1);
})"""


@pytest.mark.browser
@pytest.mark.parametrize("name", LEADING_OUT)
def test_no_style_leads_out_of_a_slide(exporters, browser, tmp_path, name):
    html, least = LEADING_OUT[name]
    tab = opened(exporters, browser, tmp_path, [text("# T"), code("x", shown(text_html=html))])
    assert min(tab.evaluate(SHOWN)) > least
    # Where it was to be, nothing is, which may have been meant.
    is_told = "farther than a slide is wide: take out" in " ".join(exporters["slides"].told)
    assert is_told == (name in ("margin", "moved", "placed"))
    tab.close()


@pytest.mark.browser
def test_what_is_many_times_too_much_is_cut_with_its_fault_in_sight(exporters, browser, tmp_path):
    cells = [text("## A\n\n***\n\ntext", "slide"), text("some words " * 9000, "slide")]
    page, _ = exporters["slides"].from_notebook_node(new_notebook(cells=cells))
    path = Path(tmp_path, "x.html")
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    tab.goto(path.as_uri())
    assert tab.locator("hr").bounding_box()["width"] > 900
    last = re.findall(r'<section id="([^"]+)"', page)[-1]
    tab.goto(f"{path.as_uri()}#/{last}")
    assert tab.locator(".cut").evaluate("frame => getComputedStyle(frame).overflow") == "hidden"
    box = tab.locator(".cut .fault", has_text="more than fits").bounding_box()
    assert 0 < box["y"] < 700 and box["x"] + box["width"] < 1280
    tab.close()


@pytest.mark.browser
def test_contents_of_any_length_fit_on_their_slides(exporters, browser, tmp_path):
    sections = [text(f"## {n}. A heading of usual length " + "or longer " * (n % 9), "slide")
                for n in range(100)]
    nb = new_notebook(cells=[text("# T", "slide"), *sections])
    page, _ = exporters["slides"].from_notebook_node(nb)
    path = Path(tmp_path, "x.html")
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    ids = re.findall(r'id="(contents[-\d]*)"', page)
    for name in ids:
        tab.goto(f"{path.as_uri()}#/{name}")
        outside = tab.evaluate("""name => {
          const items = [...document.querySelectorAll(`#${name} li`)];
          const boxes = items.map((item) => item.getBoundingClientRect());
          return boxes.filter((b) => b.bottom > 690 || b.right > 1280 || b.height < 10).length;
        }""", name)
        assert outside == 0
    tab.close()
    assert len(ids) > 1 and page.count('<li><a href="#/') == 100
