"""Makes a folder of pages to a site, which any host can serve from any address."""

import re
import shutil
from glob import escape
from io import StringIO
from unicodedata import normalize
from urllib.parse import quote

import nbformat
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

import lecture_utils
from lecture_utils._files import replace_file
from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.drawings import READABLE
from lecture_utils.publish.exercises import as_text, beside, read
from lecture_utils.publish.exporters import TEMPLATES
from lecture_utils.publish.fonts import SANS, font_faces
from lecture_utils.publish.outline import read_lecture
from lecture_utils.publish.policy import Policy, Scripts
from lecture_utils.publish.reading import read_notebook
from lecture_utils.publish.student import (
    WHEEL,
    StudentExporter,
    package,
    packed,
    project_addresses,
    with_set_up,
)

# Not to be found: what is said to a class, code that is hidden on slides, and figures.
LEFT_OUT = ".said, .code-behind, nav, figure"
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)    # most of a page, which is quicker read without
FIGURE = r"<figure[^>]*>(.*?)</figure>"
COVER = re.compile(rf'<div class="cover">{FIGURE}', re.DOTALL)
FIRST = re.compile(FIGURE, re.DOTALL)
IMAGE = re.compile(r'<img [^<>]*?src="(data:image/[^"<>]*)"')
LINES = '<svg style="stroke-linejoin: round; stroke-linecap: butt"'    # as pages draw all figures


def beside_notes(prints):
    """Return what lies beside the notes of a lecture in a site, by the endings of the names."""
    printed = {".notes.pdf": "PDF"} if prints else {}
    return {".slides.html": "Slides", ".ipynb": "Notebook"} | printed


def make_site(notebooks, folder, *, theme, prints=True, lite=None, brand=None):
    """Add an index page, a search and the notebooks to a folder that has their pages and PDF files.

    Without PDF files there are no links to them, and those of an earlier site go. The notebooks for
    students come with the exercises and the package, in a folder ``student`` and as one file.

    Parameters
    ----------
    notebooks : list of Path
    folder : Path
        Has ``NN-name.slides.html``, ``.notes.html``, ``.slides.pdf`` and ``.notes.pdf``; without
        slides where a notebook is to read.
    theme : str
        "light" or "dark".
    prints : bool
        Whether the PDF files are there.
    lite : Path, optional
        A site in which the notebooks run, as `make lite` makes it: it is copied into a folder
        ``lite``, to which each lecture then has a link. Without it, that of an earlier site goes.
    brand : Brand, optional
    """
    lectures = [read_lecture(path) for path in notebooks]
    for path in notebooks:
        nb = with_set_up(read_notebook(StringIO(path.read_text(encoding="utf-8"))), "./")
        replace_file(folder / path.name, as_text(nb))
        if not prints:
            for old in folder.glob(f"{escape(path.stem)}.*.pdf"):
                old.unlink()
    shutil.rmtree(folder / "lite", ignore_errors=True)
    if lite is not None:
        shutil.copytree(lite, folder / "lite")
    files = for_students(notebooks) | package()
    (folder / "student/exercises").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / "student" / name, content)
    replace_file(folder / "student.zip", packed(files))
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, extensions=[Scripts])
    texts = [part for lecture in lectures for part in parts_of(lecture, folder)]
    given = {
        "lectures": lectures, "theme": theme, "brand": brand, "sans": SANS, "prints": prints,
        "texts": texts,
        "runs": {path.stem for path in notebooks if (folder / "lite/files" / path.name).exists()},
        "with_package": WHEEL in files, "project": project_addresses(),
        "exercises": [name for name in files if name.startswith("exercises/")],
        "pictures": {each.name: picture_of(each, folder) for each in lectures},
    }  # fmt: skip
    for name in ("index", "search"):
        policy = Policy()
        environment.filters["script"] = policy.script
        page = policy.put_into(environment.get_template(f"site/{name}.html.j2").render(given))
        # Signs of formulas in what is found come from the fonts of each computer.
        letters = {*page, *(c for part in texts for text in part for c in text if c.isalpha())}
        faces = f"<style>\n{font_faces(letters, '')}\n</style>"
        replace_file(folder / f"{name}.html", page.replace("<!-- fonts -->", faces, 1))


def for_students(notebooks):
    """Return the notebooks for students, and the exercises beside them, by their names."""
    exporter = StudentExporter()
    made = {path.name: exporter.from_filename(str(path))[0] for path in notebooks}
    return made | beside(notebooks, wheel_at="../")


def refuse_old_lite(lite, notebooks):
    """Raise RefusedError if a site in which notebooks run has older ones, or an older package.

    Parameters
    ----------
    lite : Path
        As `make lite` makes it; what it does not have is no fault.
    notebooks : list of Path
    """
    for name, text in for_students(notebooks).items():
        path = lite / "files" / name
        if not path.exists():
            continue
        old = read(path)
        is_of_package = lecture_utils.digest() in str(old.cells)
        if not is_of_package or _but_install(old) != _but_install(nbformat.reads(text, 4)):
            told = f"{lite} was made before {name}, or the package, was changed"
            raise RefusedError(f"{told}: `make lite` makes it anew; without it, remove the folder")


def _but_install(nb):
    return [cell.source for cell in nb.cells if cell.get("id") != "install"]


def picture_of(lecture, folder):
    """Return the figure on the first slide of a lecture as an image, or "" if there is none.

    A lecture without slides has the first figure of its notes.
    """
    kind, figure = ("slides", COVER) if lecture.has_slides else ("notes", FIRST)
    found = figure.search((folder / f"{lecture.name}.{kind}.html").read_text(encoding="utf-8"))
    content = found[1].strip() if found else ""
    if image := IMAGE.match(content):    # without its style, or what stands behind it
        return Markup(f'<img alt="" src="{image[1]}">')
    if not content.startswith("<svg"):
        return Markup("")
    drawing = quote(content.replace("<svg", LINES, 1), safe=READABLE)
    return Markup('<img alt="" src="data:image/svg+xml,{}">').format(drawing)


def parts_of(lecture, folder):
    """Return what can be found in the notes of a lecture.

    Parameters
    ----------
    lecture : Lecture
    folder : Path
        Where its page of notes is.

    Returns
    -------
    list of (str, str, str, str)
        Address, title of the lecture, heading and text of each part.
    """
    name = f"{lecture.name}.notes.html"
    soup = BeautifulSoup(SVG.sub(" ", (folder / name).read_text(encoding="utf-8")), "html.parser")
    for element in soup.select(LEFT_OUT):
        element.decompose()
    for formula in soup.find_all("mjx-container"):
        # In one line a long formula can't be read, and of a short one 𝒳 is found as X.
        is_short = not formula.has_attr("display")
        formula.replace_with(normalize("NFKC", formula.get_text()) if is_short else "…")
    parts, heading = [], lecture.title
    for section in soup.select("main section[id]"):
        found = section.find(re.compile("h[1-6]"))
        heading = found.extract().get_text(" ", strip=True) if found else heading
        text = " ".join(section.get_text().split())
        parts.append((f"{quote(name)}#{section['id']}", lecture.title, heading, text))
    return parts
