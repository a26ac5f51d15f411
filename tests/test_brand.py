"""A name, a logo and colours of one's own: in all pages, or refused in one line."""

import re
from base64 import b64encode

import nbformat
import pytest
from figure_checks import contrast
from nbformat.v4 import new_markdown_cell, new_notebook

from lecture_utils.publish import brand
from lecture_utils.publish.__main__ import main
from lecture_utils.publish.checks import RefusedError

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">
<circle r="2" fill="#8c1d40"/></svg>"""
BRAND = """
name = "Ünder & Sons"
logo = "pictures/logo.svg"

[light]
accent = "#8c1d40"
title-ground = "#5c0f28"

[dark]
accent = "#f2a3b7"
"""


@pytest.fixture
def folder(tmp_path):
    """A notebook with a title, and a brand beside it."""
    slide = {"slideshow": {"slide_type": "slide"}}
    texts = "# Mine\n\n**3 minutes**", "## One\n\nA text."
    cells = [new_markdown_cell(text, metadata=slide) for text in texts]
    nbformat.write(new_notebook(cells=cells), tmp_path / "mine.ipynb")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/logo.svg").write_text(LOGO)
    (tmp_path / "brand.toml").write_text(BRAND, encoding="utf-8")
    return tmp_path


def made(folder, what, *options):
    """Return the exit status of the command for the notebook of the folder."""
    notebook, to = str(folder / "mine.ipynb"), str(folder / "out")
    return main([what, notebook, "--to", to, "--brand", str(folder / "brand.toml"), *options])


def test_all_pages_have_it(folder, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere")    # without PDF
    assert made(folder, "site", "--strict") == 0
    names = "mine.slides.html", "mine.notes.html", "index.html"
    pages = [folder / "out" / name for name in names]
    for page in pages:
        html = page.read_text("utf-8")
        assert len(re.findall(r'<(?:span|h1) dir="auto">Ünder &amp; Sons</', html)) == 1
        [image] = re.findall(r'<(?:p|div) class="brand"><img alt="" [^>]*src="([^"]*)"', html)
        assert image.startswith("data:image/svg+xml,") and "8c1d40" in image
    for page in [*pages, folder / "out/search.html"]:
        html = page.read_text("utf-8")
        rules = re.findall(r'^\[data-theme="(\w+)"\] \{(.*)\}$', html, flags=re.MULTILINE)
        assert rules == [
            ("light", " --accent: #8c1d40; --title-ground: #5c0f28; "),
            ("dark", " --accent: #f2a3b7; "),
        ]


def test_without_one_pages_are_as_they_were(folder):
    notebook = str(folder / "mine.ipynb")
    assert main(["slides", notebook, "--to", str(folder / "out")]) == 0
    assert 'class="brand"' not in (folder / "out/mine.slides.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "Ünder & Sons"', "", 'name is missing: write name = "…" above all tables'),
        ('name = "Ünder & Sons"', "name = 3", "name must be a text, in quotation marks; got 3"),
        ('name = "Ünder & Sons"', 'name = "', "line 2"),
        ("[dark]", "[dusk]", "there is dusk: expected name, logo, [light] and [dark] alone"),
        ("logo.svg", "none.svg", "there is no file \"pictures/none.svg\" for the logo: save"),
        ("logo.svg", "text.png", "text.png is no image that browsers show: save it as PNG or SVG"),
        ("logo.svg", "bad.svg", "the logo pictures/bad.svg has what no page may have, which"),
        ("logo.svg", "latin.svg", "the logo pictures/latin.svg can't be read: save it as plain"),
        ("logo.svg", "", "there is no file"),
        ("logo.svg", "large.svg", "the logo pictures/large.svg has more than 500 kB"),
        ("Ünder & Sons", "\u200b", "name is missing"),
        ("Ünder & Sons", "long " * 30, "name has 149 letters, but there is room for 120"),
        ('"Ünder & Sons"', "[" * 50_000, "brand.toml: "),
        ("title-ground", "ground", "[light] has ground: expected some of accent, title-ink"),
        ('"#8c1d40"', '"red"', 'accent in [light] must be "#rrggbb", as "#0b5a8f"; got red'),
        ('"#8c1d40"', '"#f2a3b7"', "in [light], accent #f2a3b7 can't be read on panel #f0f2f5:"),
        ('"#5c0f28"', '"#c0c0c0"', "title-ink #f4f8fb can't be read on title-ground #c0c0c0:"),
        ('[dark]\naccent = "#f2a3b7"', "", None),
        ('[light]\naccent = "#8c1d40"\ntitle-ground', "light", "a table of colours, with"),
    ],
)
def test_what_can_not_be_is_told_in_one_line_and_nothing_is_written(folder, capsys, old, new, told):
    path = folder / "brand.toml"
    (folder / "pictures/text.png").write_text("no image")
    (folder / "pictures/large.svg").write_text(LOGO + " " * 500_000)
    (folder / "pictures/latin.svg").write_text(LOGO.replace("<circle", "é<circle"), "latin-1")
    bad = LOGO.replace("<circle", '<script>alert(1)</script><circle onload="x()"')
    (folder / "pictures/bad.svg").write_text(bad)
    path.write_text(BRAND.replace(old, new), encoding="utf-8")
    assert made(folder, "slides") == (1 if told else 0)
    said = capsys.readouterr().err
    if told:
        assert told in said and str(path) in said
        assert len(said.strip().splitlines()) == 1 and not (folder / "out").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "brand.toml: No such file or directory"), ("utf-16", "save it as plain text in UTF-8")],
)
def test_a_file_that_is_no_text_or_not_there_is_named_once(tmp_path, content, told):
    path = tmp_path / "brand.toml"
    if content:
        path.write_text('name = "Mine"', encoding=content)
    with pytest.raises(RefusedError, match=told) as raised:
        brand.read_brand(path)
    assert str(raised.value).count("brand.toml") == 1


def test_a_raster_image_is_a_logo_too(folder):
    png = b"\x89PNG\r\n\x1a\n" + bytes(20)
    (folder / "pictures/logo.svg").write_bytes(png)
    assert made(folder, "slides") == 0
    page = (folder / "out/mine.slides.html").read_text("utf-8")
    assert f"data:image/png;base64,{b64encode(png).decode()}" in page


@pytest.mark.parametrize("pair", [("#000000", "#ffffff"), ("#0b5a8f", "#f0f2f5"), ("#123456",) * 2])
def test_contrast_is_that_of_the_figures_tests(pair):
    assert brand.contrast(*pair) == pytest.approx(contrast(*pair), abs=1e-4)
