"""A few drawings still look as they did, whatever draws their letters and smooths their lines.

That what is drawn is true is tested elsewhere; here it is how it looks: widths, colours, letters.
``python tests/test_pictures.py`` draws the reference pictures anew, after a change that is meant.
"""

from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.patches import PathPatch
from matplotlib.text import Text
from PIL import Image

from lecture_utils import Dense, Network, backprop, binary_cross_entropy, sigmoid
from lecture_utils.diagrams import (
    draw_backward_steps,
    draw_biological_neuron,
    draw_graph,
    draw_layer,
    draw_network,
    draw_recurrent,
    stages,
)
from lecture_utils.diagrams.canvas import Disc
from lecture_utils.graph import derivatives, variable
from lecture_utils.plotting import use_style

FOLDER = Path(__file__).parent / "pictures"
BLOCK = 8           # pixels a side, at one pixel a point; their mean is compared
TOLERANCE = 25.5    # of 255: other letters and versions give up to 24.5, what is lost 27 and more


def worked_example():
    network = Network(
        [Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]), sigmoid]
    )
    trace = backprop(network, binary_cross_entropy, [5, 3], [1])
    return draw_network(network, trace=trace, reveal=stages(network))


def graph():
    a, b = variable("a", 2), variable("b", 1)
    e = ((a + b).named("c") * (b + 1).named("d")).named("e")
    return draw_graph(e, derivatives=derivatives(e))


DRAWINGS = {
    "worked-example": worked_example,
    "layer": lambda: draw_layer(2, 3, shown=2),
    "biological-neuron": draw_biological_neuron,
    "backward-steps": lambda: draw_backward_steps(6),
    "graph": graph,
    "recurrent": lambda: draw_recurrent(3),
}
every_drawing = pytest.mark.parametrize("name", DRAWINGS)


def pixels(ax, *, enlarged=4):
    """Return the brightness of a drawing, one pixel a point.

    It is drawn enlarged and then shrunk, since whole pixels, to which letters are moved, are
    smaller there.
    """
    width, height = np.round(ax.figure.get_size_inches() * 72).astype(int)
    stream = BytesIO()
    ax.figure.savefig(stream, format="png", dpi=72 * enlarged)
    image = Image.open(stream).convert("L").resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, dtype=float)


def means(image):
    """Return the mean of each block of pixels; what is left over at the edges is cut off."""
    rows, columns = (n // BLOCK for n in image.shape)
    image = image[: rows * BLOCK, : columns * BLOCK]
    return image.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))


def reference(name):
    return np.asarray(Image.open(FOLDER / f"{name}.png").convert("L"), dtype=float)


def difference(image, name):
    """Return the largest difference of a block from the reference picture."""
    return np.abs(means(image) - means(reference(name))).max()


@pytest.fixture(autouse=True, scope="module")
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


@every_drawing
def test_a_drawing_looks_like_its_reference(name):
    image = pixels(DRAWINGS[name]())
    assert image.shape == reference(name).shape
    assert difference(image, name) < TOLERANCE


# One drawing is enough to see that the tolerance is right


def test_other_edges_of_letters_and_other_smoothing_are_no_difference():
    for settings in ({"text.hinting": "none"}, {"text.antialiased": False}):
        with matplotlib.rc_context(settings):
            assert difference(pixels(worked_example()), "worked-example") < TOLERANCE
    assert difference(pixels(worked_example(), enlarged=6), "worked-example") < TOLERANCE


@pytest.mark.parametrize("kind", [PathPatch, Text])
def test_a_lost_part_is_a_difference(kind):
    ax = DRAWINGS["layer"]()
    parts = [artist for artist in (*ax.patches, *ax.texts) if isinstance(artist, kind)]
    parts[-1].remove()
    assert difference(pixels(ax), "layer") > TOLERANCE


def test_a_node_moved_by_four_points_is_a_difference():
    ax = DRAWINGS["layer"]()
    disc = [patch for patch in ax.patches if isinstance(patch, Disc)][-1]
    disc.center = np.add(disc.center, (4, 0))
    assert difference(pixels(ax), "layer") > TOLERANCE


def test_a_picture_of_reference_is_small_and_in_use():
    files = {path.stem: path.stat().st_size for path in FOLDER.iterdir()}
    assert files.keys() == DRAWINGS.keys()
    assert max(files.values()) < 20_000


def renew():
    """Write the reference pictures in 32 shades of grey."""
    use_style()
    for name, draw in DRAWINGS.items():
        picture = Image.fromarray(pixels(draw()).astype(np.uint8)).quantize(32)
        picture.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    renew()
