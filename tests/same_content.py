"""Runs the notebooks with other versions of packages, and tells which cells say something else.

Other versions of Matplotlib place letters, lines and axes elsewhere: of a picture, its text
alternative and all letters and digits in it are compared; of a figure to play with, all but where
its axes are; of all else, each character. The notebooks are left as this run saves them, so that
the tests can be run on them.
"""

import json
import re
import subprocess
import sys
from base64 import b64decode
from functools import cache
from importlib.resources import files
from pathlib import Path
from unicodedata import normalize
from xml.etree import ElementTree

import matplotlib
from fontTools.agl import toUnicode
from fontTools.ttLib import TTFont
from matplotlib.font_manager import get_font
from packaging.version import Version

from lecture_utils.display import short_names
from lecture_utils.execute import read_patterns, without_noise
from lecture_utils.interactive.still import PLAYER

ROOT = Path(__file__).parents[1]
SANITIZER = ROOT / "tests/nbval_sanitize.cfg"
LOCKED = re.search(r"^matplotlib==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.M)[1]
PICTURE = re.compile(r'style="[^"]*" src="data:image/svg\+xml;base64,([^"]*)"')


def main():
    """Run all notebooks, print the cells that differ and return 1 if there are any, else 0."""
    folders = ROOT / "notebooks", ROOT / "notebooks/solutions"
    paths = [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    before = [contents(path, LOCKED) for path in paths]
    command = [sys.executable, "-m", "lecture_utils.execute", "--sanitize-with", SANITIZER, *paths]
    subprocess.run(command, check=True)
    differ = [
        f"{path.relative_to(ROOT)}: {cell}"
        for path, old in zip(paths, before)
        for cell, content in contents(path, matplotlib.__version__).items()
        if content != old[cell]
    ]
    print("Cells that show something else:", *(differ or ["none"]), sep="\n")
    return 1 if differ else 0


def contents(path, version):
    """Return the outputs of each cell, by its id, without what another Matplotlib changes."""
    patterns = [*read_patterns(SANITIZER), (PICTURE, lambda found: letters(found[1], version))]
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        for axes in output.get("data", {}).get(PLAYER, {}).get("places", []):
            axes["box"] = len(axes["box"])
    return {cell["id"]: without_noise(cell.get("outputs"), patterns) for cell in cells}


def letters(picture, version):
    """Return the letters in a picture in their order.

    Those at the ticks of axes are left out, since Matplotlib chooses which ticks there are.
    """
    svg = ElementTree.fromstring(b64decode(picture))
    return "".join(letter(name, version) for name in names(svg))


def names(element):
    """Yield the names of the letters of an element of SVG."""
    name = element.get("href", "")
    if re.match(r"#[A-Za-z][\w-]*-[0-9a-f]+$", name) and name[1:].rpartition("-")[0] in paths():
        yield name[1:]
    for child in element:
        if not re.match("[xy]tick_", child.get("id", "")):
            yield from names(child)


def letter(name, version):
    """Return the letters of a name: it holds their code, or since 3.11 their place in the font."""
    font, number = name.rsplit("-", 1)
    if Version(version) < Version("3.11"):
        text = chr(int(number, 16))
    else:
        glyph = opened(font).getGlyphName(int(number, 16))
        text = codes(font).get(glyph) or toUnicode(glyph)
    return normalize("NFKC", text)


@cache
def paths():
    """Return the fonts that figures may be set in, by their names there."""
    folders = Path(matplotlib.get_data_path(), "fonts/ttf"), files("font_source_sans_pro") / "files"
    found = [path for folder in folders for path in sorted(folder.glob("*.ttf"))]
    return {short_names(get_font(path).postscript_name): path for path in found}


@cache
def opened(font):
    return TTFont(paths()[font])


@cache
def codes(font):
    return {glyph: chr(code) for code, glyph in sorted(opened(font).getBestCmap().items())[::-1]}


if __name__ == "__main__":
    sys.exit(main())
