"""Makes a folder of pages to a site, which any host can serve from any address."""

from jinja2 import Environment, FileSystemLoader

from lecture_utils._files import replace_file
from lecture_utils.publish.exporters import TEMPLATES
from lecture_utils.publish.fonts import SANS, font_faces
from lecture_utils.publish.outline import read_lecture


def make_site(notebooks, folder, *, theme):
    """Add an index page and the notebooks to a folder that has their pages and PDF files.

    Parameters
    ----------
    notebooks : list of Path
    folder : Path
        Has ``NN-name.slides.html``, ``.notes.html``, ``.slides.pdf`` and ``.notes.pdf``.
    theme : str
        "light" or "dark".
    """
    lectures = [read_lecture(path) for path in notebooks]
    for path in notebooks:
        replace_file(folder / path.name, path.read_bytes())
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    template = environment.get_template("site/index.html.j2")
    text = template.render(lectures=lectures, theme=theme, sans=SANS)
    page = text.replace("<!-- fonts -->", f"<style>\n{font_faces(text, '')}\n</style>", 1)
    replace_file(folder / "index.html", page)
