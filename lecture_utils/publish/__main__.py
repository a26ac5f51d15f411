"""Makes what is handed out: ``python -m lecture_utils.publish slides notebooks/*.ipynb``.

Faults are told, and marked in the pages; with ``--strict`` they are reasons to refuse a notebook.
Where a notebook is refused, nothing is written.
"""

import argparse
import logging
import sys
from contextlib import suppress
from glob import escape, glob
from os.path import realpath
from pathlib import Path
from tempfile import TemporaryDirectory

from lecture_utils._extras import needs
from lecture_utils._files import reason_of, replace_file
from lecture_utils.publish.chromium import NoBrowser, open_chromium
from lecture_utils.publish.pdf import PrintError, print_notes, print_slides

with needs("publish"):
    from tqdm import tqdm

    from lecture_utils.publish.brand import read_brand
    from lecture_utils.publish.checks import RefusedError
    from lecture_utils.publish.exercises import beside, blanks, refuse_to_overwrite_work, trees
    from lecture_utils.publish.exporters import LectureNotesExporter, LectureSlidesExporter
    from lecture_utils.publish.outline import read_lecture
    from lecture_utils.publish.reading import NO_NOTEBOOK
    from lecture_utils.publish.site import beside_notes, make_site, refuse_old_lite
    from lecture_utils.publish.student import StudentExporter, package

PRINTERS = {"slides": print_slides, "notes": print_notes}


def fitting(path, exporters):
    """Return the exporters for a notebook: one that is to read has notes in place of slides."""
    with suppress(OSError, *NO_NOTEBOOK):    # the exporter tells better what is wrong
        if not read_lecture(path).has_slides:
            others = [each for each in exporters if not isinstance(each, LectureSlidesExporter)]
            first = exporters[0]
            same = {name: getattr(first, name) for name in ("theme", "strict", "brand", "series")}
            return others or [LectureNotesExporter(**same)]
    return exporters


def found(paths):
    """Return the files that are meant, since a shell of Windows leaves each ``*`` as it is.

    Raises
    ------
    RefusedError
        If no notebook has such a name.
    """
    files = []
    for path in paths:
        if "*" in path.name and not path.exists():
            these = sorted(Path(name) for name in glob(f"{escape(str(path.parent))}/{path.name}"))
            these = [each for each in these if each.is_file()]
            if not these:
                raise RefusedError(f"no notebook has a name as {path}")
            files += these
        else:
            files.append(path)
    return files


def exporters_for(what, solutions, prints, **same):
    """Return the exporters of one kind of output; PDF files and the site are of two kinds."""
    if what == "student":
        return [StudentExporter()]
    slides = LectureSlidesExporter(**same)
    beside = beside_notes(prints) if what == "site" else {}
    notes = LectureNotesExporter(solutions=solutions, beside=beside, **same)
    return {"slides": [slides], "handout": [notes]}.get(what, [slides, notes])


def rendered(notebooks, exporters):
    """Return the pages of notebooks, by their file names, and tell what falls short in them.

    Parameters
    ----------
    notebooks : list of Path
    exporters : list of Exporter

    Raises
    ------
    RefusedError
        If any notebook can't become a page; the message has a line for each reason.
    """
    pages, origin, told, refused = {}, {}, [], []
    for path in tqdm(notebooks, "Rendering", unit=" notebook"):
        for exporter in fitting(path, exporters):
            name = f"{path.stem}{exporter.file_extension}"
            if name in pages and origin[name] == realpath(path):
                refused.append(f"{path} is given twice: name it once")
            elif name in pages:
                refused.append(f"{path} has the name of another notebook: give it another one")
            origin[name] = realpath(path)
            try:
                pages[name], _ = exporter.from_filename(str(path))
                told += getattr(exporter, "told", [])
            except (RefusedError, OSError) as error:
                refused.append(reason_of(error))
    for line in dict.fromkeys(told):  # slides and notes of one notebook have most of them in common
        print(f"Warning: {line}", file=sys.stderr)
    if refused:
        raise RefusedError("\n".join(dict.fromkeys(refused)))
    return pages


def files_for(what, notebooks, exporters):
    """Return what is to be written, by the names of the files; PDF files are made of pages."""
    if what in ("exercises", "blanks"):
        return trees(notebooks) if what == "exercises" else blanks(notebooks)
    pages = rendered(notebooks, exporters)
    if what == "student":
        return pages | package() | beside(notebooks, wheel_at="../")
    return pages


def seek_browser(*, required):
    """Return whether a browser starts; without one, tell why there will be no PDF, or raise."""
    try:
        with open_chromium():
            return True
    except NoBrowser as error:
        if required:
            raise
        print(f"The site is made without PDF: {error}", file=sys.stderr)
        return False


def write(files, folder):
    """Write files into a folder, which is made if it is not there, and its folders.

    Raises
    ------
    RefusedError
        If one of them is a student's work; nothing is written then.
    """
    paths = {folder / name: content for name, content in files.items()}
    refuse_to_overwrite_work([path for path in paths if path.suffix == ".ipynb"])
    for path, content in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)


def print_pages(pages, folder):
    """Write each page as PDF into a folder."""
    with TemporaryDirectory() as own, open_chromium() as browser:
        write(pages, Path(own))
        folder.mkdir(parents=True, exist_ok=True)
        for name in tqdm(pages, "Printing", unit=" file"):
            page = Path(own) / name
            kind = page.stem.rpartition(".")[2]
            PRINTERS[kind](browser, page, folder / f"{page.stem}.pdf")


def main(arguments=None):
    """Make one kind of output out of notebooks; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lecture_utils.publish", description=__doc__)
    kinds = (
        "HTML slides, HTML notes to read, both as PDF, notebooks for students, or a folder for the"
        " web with all of it; of notebooks with solutions, the blanks, or the exercises as they are"
        " handed out, kept and marked"
    )
    choices = ["slides", "handout", "pdf", "student", "site", "blanks", "exercises"]
    parser.add_argument("what", choices=choices, help=kinds)
    parser.add_argument("notebooks", nargs="+", type=Path, help="with their outputs")
    parser.add_argument("--to", required=True, type=Path, help="the folder to write into")
    themes = "dark letters on light ground (the default), or light on dark"
    parser.add_argument("--theme", default="light", choices=["light", "dark"], help=themes)
    parser.add_argument(
        "--brand", default="", help="a file with a name, a logo and colours of your own, in TOML"
    )
    parser.add_argument(
        "--without-solutions", action="store_false", dest="solutions",
        help="leave out of notes to read the solutions of tasks",
    )  # fmt: skip
    parser.add_argument(
        "--strict", action="store_true",
        help="refuse what falls short, in place of marking it in the pages",
    )  # fmt: skip
    parser.add_argument(
        "--lite", type=Path,
        help="the folder that `make lite` made, in which lectures run, to put into a site",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    if given.lite and not (given.what == "site" and (given.lite / "lab/index.html").exists()):
        parser.error("--lite is for a site, and names the folder that `make lite` made")
    if given.brand and given.what not in ("slides", "handout", "pdf", "site"):
        parser.error("--brand is for slides, handout, pdf and site")
    logging.basicConfig(format="%(message)s")  # what exporters tell that is no fault
    try:
        given.notebooks = found(given.notebooks)
        brand = read_brand(given.brand) if given.brand else None
        if given.lite:
            refuse_old_lite(given.lite, given.notebooks)
        # First, as it takes a second, and rendering a minute.
        prints = given.what in ("pdf", "site") and seek_browser(required=given.what == "pdf")
        same = {"theme": given.theme, "strict": given.strict, "brand": given.brand}
        if given.what == "site":    # which holds these lectures, and no others beside them
            same["series"] = [str(path) for path in given.notebooks]
        exporters = exporters_for(given.what, given.solutions, prints, **same)
        files = files_for(given.what, given.notebooks, exporters)
        own = beside(given.notebooks) if given.what in ("slides", "handout", "site") else {}
        # Before anything is written: the site has them a second time, among what students get.
        refuse_to_overwrite_work([given.to / to / name for to in ("", "student") for name in own])
        if prints:
            print_pages(files, given.to)
        if given.what != "pdf":
            write(files | own, given.to)
        if given.what == "site":
            make_site(
                given.notebooks, given.to, theme=given.theme, prints=prints, lite=given.lite,
                brand=brand,
            )  # fmt: skip
    except (RefusedError, NoBrowser, PrintError, OSError) as error:
        print(f"Error: {reason_of(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
