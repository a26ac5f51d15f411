"""Makes what is handed out: ``python -m lecture_utils.publish slides notebooks/*.ipynb``.

Either all pages are written or, where a notebook is refused, none.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from nbformat.reader import NotJSONError
from tqdm import tqdm

from lecture_utils.publish.chromium import NoBrowser, open_chromium
from lecture_utils.publish.exporters import (
    LectureNotesExporter,
    LectureSlidesExporter,
    RefusedError,
)
from lecture_utils.publish.pdf import PrintError, print_notes, print_slides
from lecture_utils.publish.site import make_site

EXPORTERS = {"slides": LectureSlidesExporter, "handout": LectureNotesExporter}
PRINTERS = {".slides.html": print_slides, ".notes.html": print_notes}


def rendered(notebooks, exporters):
    """Return the pages of notebooks, by their file names.

    Parameters
    ----------
    notebooks : list of Path
    exporters : list of Exporter

    Raises
    ------
    RefusedError
        If any notebook can't become a page; the message has a line for each reason.
    """
    pages, faults = {}, []
    for path in tqdm(notebooks, "Rendering", unit=" notebook"):
        for exporter in exporters:
            try:
                html, _ = exporter.from_filename(str(path))
            except RefusedError as error:
                faults.append(str(error))
            except NotJSONError as error:
                faults.append(f"{path} is no notebook: {str(error)[:80]}")
            else:
                pages[f"{path.stem}{exporter.file_extension}"] = html
    if faults:
        raise RefusedError("\n".join(faults))
    return pages


def write(pages, folder):
    """Write pages into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, html in pages.items():
        (folder / name).write_text(html, encoding="utf-8")


def print_pages(pages, folder):
    """Write each page as PDF into a folder."""
    with TemporaryDirectory() as own, open_chromium() as browser:
        write(pages, Path(own))
        folder.mkdir(parents=True, exist_ok=True)
        for name in tqdm(pages, "Printing", unit=" file"):
            stem, ending = name.split(".", 1)
            pdf = folder / Path(name).with_suffix(".pdf")
            PRINTERS[f".{ending}"](browser, Path(own) / name, pdf)


def main(arguments=None):
    """Make one kind of output out of notebooks; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lecture_utils.publish", description=__doc__)
    parser.add_argument("what", choices=["slides", "handout", "pdf", "site"])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--to", required=True, type=Path, help="the folder to write into")
    parser.add_argument("--theme", default="light", choices=["light", "dark"])
    given = parser.parse_args(arguments)
    kinds = [given.what] if given.what in EXPORTERS else list(EXPORTERS)
    exporters = [EXPORTERS[kind](theme=given.theme) for kind in kinds]
    try:
        pages = rendered(given.notebooks, exporters)
        if given.what in EXPORTERS:
            write(pages, given.to)
        if given.what in ("pdf", "site"):
            print_pages(pages, given.to)
        if given.what == "site":
            write(pages, given.to)
            make_site(given.notebooks, given.to)
    except (RefusedError, NoBrowser, PrintError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
