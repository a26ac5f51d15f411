"""Makes sheets on which each student computes one pass forward and back, with numbers of her own.

``python -m lecture_utils.publish.sheets --seed 2027 -n 30 --to build/sheets`` writes the sheets,
and apart from them the worked solutions, as HTML and PDF. The same seed gives the same sheets.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from lecture_utils._extras import needs
from lecture_utils._files import replace_file
from lecture_utils.activations import sigmoid
from lecture_utils.backprop import backprop
from lecture_utils.diagrams import draw_network, stages
from lecture_utils.display import bundle, picture
from lecture_utils.layers import Dense
from lecture_utils.losses import binary_cross_entropy
from lecture_utils.networks import Network
from lecture_utils.walkthrough import explain

with needs("publish"):
    from matplotlib import pyplot as plt
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
    from tqdm import trange

    from lecture_utils.publish.chromium import NoBrowser, open_chromium
    from lecture_utils.publish.exporters import LectureNotesExporter
    from lecture_utils.publish.pdf import PrintError, print_notes

MOST = 200    # sheets, which is a large class, and a minute's work
INPUTS = (-2, -1, 1, 2, 3)
WEIGHTS = (-2, -1, 1, 2)
TITLE = "# One pass forward and back, by hand\n\n{}"
ABOUT = {
    "sheets": "One sheet for each student, with numbers of its own.",
    "solutions": "The worked solution of each sheet.",
}
TASK = r"""## Sheet {number} of seed {seed}

Name: ____________________________

A network has two inputs, two hidden neurons and one output, all neurons with a sigmoid and without
biases. The loss is the binary cross-entropy. Compute all that is missing, with a pocket calculator,
to four significant digits.

$$ x = {x} \qquad y = {y} \qquad W = {W} \qquad V = {V} $$"""
TABLE = r"""| forward | your numbers |
|:--|:--|
| $z = x W$, shape (1, 2) | |
| $h = \sigma(z)$, shape (1, 2) | |
| $z_\text{out} = h V$, one number | |
| $\hat y = \sigma(z_\text{out})$, one number | |
| $J = -y \log \hat y - (1 - y) \log (1 - \hat y)$ | |

| back | your numbers |
|:--|:--|
| $\delta_\text{out} = \hat y - y$, one number | |
| $\partial J / \partial V = h^\top \delta_\text{out}$, shape (2, 1) | |
| $\partial J / \partial h = \delta_\text{out} V^\top$, shape (1, 2) | |
| $\delta = \partial J / \partial h \odot h \odot (1 - h)$, shape (1, 2) | |
| $\partial J / \partial W = x^\top \delta$, shape (2, 2) | |"""


class SheetsExporter(LectureNotesExporter):
    """Notes of which each section begins on a new page of paper."""

    style_files, title_end = ("notes.css", "sheets.css"), ""


def draw_numbers(n, rng):
    """Draw the numbers of sheets, each different, with sums that a sigmoid does not saturate.

    Parameters
    ----------
    n : int
        From 1 to 200.
    rng : numpy.random.Generator

    Returns
    -------
    list of tuple
        (x, y, W, V): whole numbers of shapes (1, 2), (1, 1), (2, 2) and (2, 1).

    Raises
    ------
    ValueError
        If `n` is out of range.
    """
    if not 1 <= n <= MOST:
        raise ValueError(f"n must be from 1 to {MOST}, got {n}")
    found = {}
    while len(found) < n:
        x, y = rng.choice(INPUTS, (1, 2)), rng.integers(0, 2, (1, 1))
        W, V = rng.choice(WEIGHTS, (2, 2)), rng.choice(WEIGHTS, (2, 1))
        z = x @ W
        # Two sums that differ, within what a table of the sigmoid has, so that digits remain.
        if 1 <= abs(z[0, 0] - z[0, 1]) and np.all(np.abs(z) <= 3):
            key = (*x.flat, *y.flat, *W.flat, *V.flat)
            found.setdefault(key, tuple(each.astype(float) for each in (x, y, W, V)))
    return [*found.values()]


def sheet_cells(number, seed, x, y, W, V):
    """Return the cells of a sheet, and those of its solution, as a dict of two lists."""
    trace = backprop(Network([Dense(W), sigmoid, Dense(V), sigmoid]), binary_cross_entropy, x, y)
    network = Network([step.layer for step in trace.steps])
    names = stages(network)
    given = {name: _latex(value) for name, value in {"x": x, "W": W, "V": V}.items()}
    stated = TASK.format(number=number, seed=seed, y=int(y[0, 0]), **given)
    explained = "\n\n".join(explain(trace, name) for name in names)
    return {
        "sheets": [_text(stated), _drawing(network, trace, names[:2]), _text(TABLE)],
        "solutions": [_text(f"## Sheet {number} of seed {seed}: solution\n\n{explained}"),
                      _drawing(network, trace, names)],
    }  # fmt: skip


def _latex(matrix):
    rows = r" \\ ".join(" & ".join(f"{value:.0f}" for value in row) for row in matrix)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def _text(source):
    kind = "slide" if source.startswith("#") else "-"
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})


def _drawing(network, trace, names):
    ax = draw_network(network, trace=trace, reveal=names)
    output = new_output("display_data", bundle(*picture(ax)))
    plt.close(ax.figure)
    return new_code_cell("", execution_count=1, outputs=[output])


def make_sheets(n, seed):
    """Return two notebooks, "sheets" and "solutions", of `n` sheets each.

    Raises
    ------
    ValueError
        As by `draw_numbers`.
    """
    made = {kind: [_text(TITLE.format(about))] for kind, about in ABOUT.items()}    # on the screen
    numbers = draw_numbers(n, np.random.default_rng(seed))
    for i in trange(n, desc="Computing", unit=" sheet"):
        for kind, cells in sheet_cells(i + 1, seed, *numbers[i]).items():
            made[kind] += cells
    for kind, cells in made.items():
        for i, cell in enumerate(cells):
            cell.id = f"{kind}-{i}"    # by itself it would be drawn by chance
    return {kind: new_notebook(cells=cells) for kind, cells in made.items()}


def main(arguments=None):
    """Write sheets and solutions into a folder; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m lecture_utils.publish.sheets", description=__doc__
    )
    parser.add_argument("--seed", type=int, required=True, help="the same gives the same sheets")
    parser.add_argument("-n", type=int, required=True, help=f"how many sheets, from 1 to {MOST}")
    parser.add_argument("--to", required=True, type=Path, help="the folder to write into")
    given = parser.parse_args(arguments)
    try:
        if given.seed < 0:
            raise ValueError(f"the seed must be 0 or more, got {given.seed}")
        exporter = SheetsExporter()
        pages = {
            kind: exporter.from_notebook_node(nb, {"metadata": {"name": kind}})[0]
            for kind, nb in make_sheets(given.n, given.seed).items()
        }
        given.to.mkdir(parents=True, exist_ok=True)
        for kind, html in pages.items():
            replace_file(given.to / f"{kind}.html", html)
        with open_chromium() as browser:
            for kind in pages:
                print_notes(browser, given.to / f"{kind}.html", given.to / f"{kind}.pdf")
    except NoBrowser as error:
        print(f"The sheets are made without PDF: {error}", file=sys.stderr)
    except (OSError, PrintError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
