"""Runs the notebooks with other versions of packages, and tells which cells say something else.

Other versions of Matplotlib place letters and lines elsewhere: of a picture, its text alternative
and all letters and digits in it are compared; of all else, each character. The notebooks are left
as this run saves them, so that the tests can be run on them.
"""

import json
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from lecture_utils.execute import read_patterns, without_noise

ROOT = Path(__file__).parents[1]
SANITIZER = ROOT / "tests/nbval_sanitize.cfg"
SVG = "{http://www.w3.org/2000/svg}"
NEAR = 50    # of 3000 for a letter's height: one letter moves by up to 24, two are 100 apart
PICTURE = re.compile(r'style="[^"]*" src="data:image/svg\+xml;base64,([^"]*)"')


def main():
    """Run all notebooks, print the cells that differ and return 1 if there are any, else 0."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    alphabet = []
    before = [contents(path, alphabet) for path in paths]
    command = [sys.executable, "-m", "lecture_utils.execute", "--sanitize-with", SANITIZER, *paths]
    subprocess.run(command, check=True)
    differ = [
        f"{path.name}: {cell}"
        for path, old in zip(paths, before)
        for cell, content in contents(path, alphabet).items()
        if content != old[cell]
    ]
    print("Cells that show something else:", *(differ or ["none"]), sep="\n")
    return 1 if differ else 0


def contents(path, alphabet):
    """Return the outputs of each cell, by its id, without what may differ."""
    patterns = [*read_patterns(SANITIZER), (PICTURE, lambda found: letters(found[1], alphabet))]
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {cell["id"]: without_noise(cell.get("outputs"), patterns) for cell in cells}


def letters(picture, alphabet):
    """Return the letters in a picture, as places in the alphabet, in their order.

    They are told apart by their outlines, as their names differ too. Those at the ticks of axes
    are left out, since Matplotlib chooses which ticks there are.
    """
    svg = ElementTree.fromstring(b64decode(picture))
    outlines = {path.get("id"): path.get("d", "") for path in svg.iter(f"{SVG}path")}
    return " ".join(str(place(outlines[name], alphabet)) for name in names(svg))


def names(element):
    """Yield the names of the letters of an element of SVG."""
    name = element.get("href", "")
    if name.startswith("#g-"):
        yield name[1:]
    for child in element:
        if not re.match("[xy]tick_", child.get("id", "")):
            yield from names(child)


def place(outline, alphabet):
    """Return the place of a letter in the alphabet, which it joins if it is new."""
    kind = re.sub(r"[^A-Za-z]", "", outline)
    points = np.array([float(number) for number in re.findall(r"-?[\d.]+", outline)])
    for number, (other_kind, other_points) in enumerate(alphabet):
        if kind == other_kind and np.all(np.abs(points - other_points) < NEAR):
            return number
    alphabet.append((kind, points))
    return len(alphabet) - 1


if __name__ == "__main__":
    sys.exit(main())
