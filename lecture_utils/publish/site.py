"""Makes a folder of pages to a site, which any host can serve from any address."""

from glob import escape

from jinja2 import Environment, FileSystemLoader

from lecture_utils._files import replace_file
from lecture_utils.publish.exercises import beside
from lecture_utils.publish.exporters import TEMPLATES
from lecture_utils.publish.fonts import SANS, font_faces
from lecture_utils.publish.outline import read_lecture
from lecture_utils.publish.policy import Policy, Scripts
from lecture_utils.publish.student import WHEEL, StudentExporter, package, packed


def make_site(notebooks, folder, *, theme, prints=True):
    """Add an index page and the notebooks to a folder that has their pages and PDF files.

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
    """
    lectures = [read_lecture(path) for path in notebooks]
    for path in notebooks:
        replace_file(folder / path.name, path.read_bytes())
        if not prints:
            for old in folder.glob(f"{escape(path.stem)}.*.pdf"):
                old.unlink()
    exporter = StudentExporter()
    files = {path.name: exporter.from_filename(str(path))[0] for path in notebooks} | package()
    files |= beside(notebooks, wheel_at="../")
    (folder / "student/exercises").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / "student" / name, content)
    replace_file(folder / "student.zip", packed(files))
    policy, loader = Policy(), FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, extensions=[Scripts])
    environment.filters["script"] = policy.script
    template = environment.get_template("site/index.html.j2")
    text = template.render(
        lectures=lectures, theme=theme, sans=SANS, prints=prints, with_package=WHEEL in files,
        exercises=[name for name in files if name.startswith("exercises/")],
    )
    page = policy.put_into(text)
    page = page.replace("<!-- fonts -->", f"<style>\n{font_faces(text, '')}\n</style>", 1)
    replace_file(folder / "index.html", page)
