"""Each step of docs/make-it-yours.md, taken in a copy of the project as a lecturer takes it.

``make matrix ROWS=set-up`` runs it, as it makes environments of its own.
"""

import re
import shlex
import shutil
import sys
import textwrap
from zipfile import ZipFile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from real_setup import really
from test_brand import LOGO
from test_notebooks import DRAWING, PRINTING, SET_UP, TITLE, good_notebook
from test_package import ROOT

from lecture_utils.execute import execute
from lecture_utils.publish.student import WHEEL

PAGE = (ROOT / "docs/make-it-yours.md").read_text("utf-8")
COMMANDS = [line.strip() for line in re.findall(r"^ {4}(?: {3})?\w.*", PAGE, re.MULTILINE)]
LEFT = ".*", "build", "__pycache__", "mine"


def block(language, number=0):
    """Return a block of the page, by its language and number."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found[number])


def run(folder, word):
    """Run the one command of the page that has a word, as it stands there; return what it says."""
    (command,) = [command for command in COMMANDS if word in command]
    COMMANDS.remove(command)
    return really(folder, "bash", "-c", command.replace("python3", shlex.quote(sys.executable)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the project, with a notebook of one's own, a logo and what goes with it."""
    folder = tmp_path_factory.mktemp("yours") / "lectures"
    ignore = shutil.ignore_patterns(*LEFT)
    shutil.copytree(ROOT, folder, ignore=lambda *found: ignore(*found) - {".ci", ".binder"})
    title = new_markdown_cell("# Mine\n\nOf my own.\n\n**45 minutes**")
    cells = new_notebook(cells=[title, new_code_cell(block("python"))])
    nbformat.write(cells, folder / "mine.ipynb")
    execute(folder / "mine.ipynb")
    (folder / "mine.toml").write_text(block("toml"), encoding="utf-8")
    (folder / "logo.svg").write_text(LOGO)
    yield folder
    shutil.rmtree(folder)    # a gigabyte


def test_a_notebook_of_your_own_becomes_slides_beside_one_of_ours(folder):
    run(folder, "-m venv")
    run(folder, "pip install")
    run(folder, "publish slides")
    made = {path.name for path in (folder / "build/mine-slides").glob("*.html")}
    assert made == {"mine.slides.html", "04-backpropagation.slides.html"}
    page = (folder / "build/mine-slides/mine.slides.html").read_text("utf-8")
    assert "A network with two inputs, three hidden units and one output." in page


def test_a_site_of_both_has_your_name_and_colours(folder):
    run(folder, "publish site")
    site = folder / "build/mine-site"
    index = (site / "index.html").read_text("utf-8")
    assert index.count('<p class="minutes">') == len([*site.glob("*.ipynb")]) == 10
    assert "45 minutes" in index and ">Neural networks, University of Example</h1>" in index
    with ZipFile(site / "student.zip") as archive:
        assert f"student/{WHEEL}" in archive.namelist()
    for page in [site / "mine.notes.html", *site.glob("0[1-7]*.slides.html")]:
        html = page.read_text("utf-8")
        assert ">Neural networks, University of Example</span>" in html and "#8c1d40" in html


def test_a_lecture_in_the_series_is_checked_as_ours_are(folder):
    lecture = good_notebook()
    cells = lecture["cells"]
    cells[SET_UP]["source"] = (
        "from lecture_utils.display import show\n"
        "from lecture_utils.plotting import new_axes, use_style\n\nuse_style()"
    )
    cells[TITLE]["metadata"]["covers"], cells[PRINTING]["metadata"]["covers"] = ["M1"], ["M2"]
    cells[DRAWING]["source"] = (
        'ax = new_axes()\nax.plot([0, 1], [0, slope])\nax.set(xlabel="$x$", ylabel="$y$")\n'
        'show(ax, "A line that rises from left to right.")'
    )
    path = folder / "notebooks/09-mine.ipynb"
    nbformat.write(nbformat.from_dict(lecture), path)
    syllabus = folder / "tests/syllabus.toml"
    syllabus.write_text(f"{syllabus.read_text('utf-8')}\n{block('toml', 1)}", encoding="utf-8")
    run(folder, "make execute")
    told = run(folder, "make check")
    assert int(re.search(r"(\d+) passed", told)[1]) > 25
    run(folder, "make slides")
    page = (folder / "build/slides/09-mine.slides.html").read_text("utf-8")
    assert "#8c1d40" in page and '<div class="number">09</div>' in page
    path.write_text(path.read_text("utf-8").replace('"0.5\\n"', '"0.4\\n"'), encoding="utf-8")
    with pytest.raises(AssertionError, match="notebooks/09-mine.ipynb::Cell"):
        really(folder, "make", "check", "ONLY=09")


def test_no_command_of_the_page_was_left_out(folder):
    assert COMMANDS == []
