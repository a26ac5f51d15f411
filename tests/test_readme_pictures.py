"""The README's pictures are those of today's lecture; ``make pictures`` renews them."""

import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from readme_pictures import PICTURES, ROOT, figure, screenshots

BLOCK = 16       # pixels a side, whose mean is compared
TOLERANCE = 25   # of 255: another build of the browser smooths letters in another way
# In the speaker view only what shows the slide: all else is in letters of the computer.
COMPARED = {"slide.png": (0, 0, 1280, 720), "speaker-view.png": (8, 160, 760, 580)}


@pytest.fixture(scope="module")
def taken(browser, tmp_path_factory):
    return screenshots(browser, tmp_path_factory.mktemp("readme"))


def blocks(picture, box):
    pixels = np.asarray(picture.convert("L").crop(box), dtype=float)
    height, width = (side // BLOCK for side in pixels.shape)
    cut = pixels[: height * BLOCK, : width * BLOCK]
    return cut.reshape(height, BLOCK, width, BLOCK).mean(axis=(1, 3))


def largest_change(one, other, box):
    return np.abs(blocks(one, box) - blocks(other, box)).max()


def test_the_readme_shows_all_of_them_and_no_other():
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert {ROOT / name for name in shown} == set(PICTURES.iterdir())


def test_the_figure_is_that_of_its_cell():
    assert (PICTURES / "network.svg").read_bytes() == figure()


@pytest.mark.elsewhere
@pytest.mark.parametrize("name", COMPARED)
def test_a_picture_of_the_readme_shows_what_the_build_shows(taken, name):
    kept, made = Image.open(PICTURES / name), Image.open(BytesIO(taken[name]))
    assert kept.size == made.size == (1280, 720)
    assert largest_change(kept, made, COMPARED[name]) < TOLERANCE


def test_another_step_is_noticed():
    # The gradient of one value is missing: a box of 104 by 26 pixels.
    kept = Image.open(PICTURES / "slide.png")
    without = kept.copy()
    without.paste((252, 252, 252), (868, 487, 975, 514))
    assert largest_change(kept, without, COMPARED["slide.png"]) > TOLERANCE
