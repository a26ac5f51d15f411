"""The slides that `make slides` renders: figures say what they show, and none is an empty box."""

import re
import shlex
from pathlib import Path

import nbformat
import pytest
from nbconvert.nbconvertapp import NbConvertApp

from lecture_utils.diagrams import draw_layer
from lecture_utils.display import picture

ROOT = Path(__file__).parents[1]
WIDGET, SVG = "application/vnd.jupyter.widget-view+json", "image/svg+xml"
STATE = "application/vnd.jupyter.widget-state+json"


def options():
    """What the Makefile passes to nbconvert, but for the folder and the notebooks."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"-m nbconvert (.*) notebooks/\*\.ipynb", recipe)
    assert "--output-dir build/slides" in line
    return shlex.split(line.replace("--output-dir build/slides", ""))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The slides of a notebook as JupyterLab saves it, with the state of a widget."""
    svg, alt = picture(draw_layer(2, 3))
    data = {SVG: svg, "text/plain": alt, WIDGET: {"model_id": "abc", "version_major": 2}}
    output = nbformat.v4.new_output("display_data", data, metadata={SVG: {"alt": alt}})
    cell = nbformat.v4.new_code_cell("secret = 1", outputs=[output])
    cell.metadata = {"slideshow": {"slide_type": "slide"}, "tags": ["hide-input"]}
    state = {"state": {"abc": {"model_name": "VBoxModel"}}, "version_major": 2, "version_minor": 0}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {STATE: state}})
    folder = tmp_path_factory.mktemp("slides")
    nbformat.write(notebook, folder / "one.ipynb")
    app = NbConvertApp()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        app.initialize([*options(), "--log-level=ERROR", str(folder / "one.ipynb")])
        app.start()
    return (folder / "one.slides.html").read_text(encoding="utf-8")


def test_a_figure_says_in_the_slides_what_it_shows(page):
    (svg,) = re.findall(r"<svg[^>]*>.*?</svg>", page, flags=re.DOTALL)
    alt = picture(draw_layer(2, 3))[1]
    texts = re.findall(r"<(?:title|desc)[^>]*>([^<]*)<", svg)
    assert " ".join(texts) == alt
    assert 'role="img"' in svg
    assert "No description has been provided" not in page


def test_a_figure_to_play_with_is_a_still_picture_in_the_slides(page):
    assert WIDGET not in page and "model_id" not in page


def test_the_code_of_a_figure_is_hidden_in_the_slides(page):
    assert "secret" not in page


def test_the_frame_fills_the_screen(page):
    # reveal.js would leave a margin, and scale figures down by as much.
    (settings,) = re.findall(r"Reveal\.initialize\(\{(.*?)\}\)", page, flags=re.DOTALL)
    assert re.search(r"\bmargin: 0,", settings)
    assert re.search(r"\bwidth: 1280\b", settings) and re.search(r"\bheight: 720\b", settings)
