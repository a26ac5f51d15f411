"""The pictures in the README are those of today's slides; ``make pictures`` renews them."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from readme_pictures import NOTEBOOKS, take

BLOCK = 16       # pixels a side, whose mean is compared
TOLERANCE = 25   # of 255: another build of the browser smooths letters in another way
# In the speaker view only what shows the slide: all else is in letters of the computer.
COMPARED = {"readme-slide.png": (0, 0, 1280, 720), "readme-speaker-view.png": (8, 160, 760, 580)}


@pytest.fixture(scope="module")
def pictures(browser, tmp_path_factory):
    return take(browser, tmp_path_factory.mktemp("readme"))


def blocks(picture, box):
    pixels = np.asarray(picture.convert("L").crop(box), dtype=float)
    height, width = (side // BLOCK for side in pixels.shape)
    cut = pixels[: height * BLOCK, : width * BLOCK]
    return cut.reshape(height, BLOCK, width, BLOCK).mean(axis=(1, 3))


def largest_change(one, other, box):
    return np.abs(blocks(one, box) - blocks(other, box)).max()


@pytest.mark.parametrize("name", COMPARED)
def test_a_picture_of_the_readme_shows_what_the_build_shows(pictures, name):
    kept, made = Image.open(NOTEBOOKS / name), Image.open(BytesIO(pictures[name]))
    assert kept.size == made.size == (1280, 720)
    assert largest_change(kept, made, COMPARED[name]) < TOLERANCE


def test_another_step_is_noticed():
    # The gradient of one value is missing: a box of 104 by 26 pixels.
    kept = Image.open(NOTEBOOKS / "readme-slide.png")
    without = kept.copy()
    without.paste((252, 252, 252), (868, 487, 975, 514))
    assert largest_change(kept, without, COMPARED["readme-slide.png"]) > TOLERANCE
