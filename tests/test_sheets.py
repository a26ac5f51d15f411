"""Sheets with numbers of one's own: each is solved again, without the package."""

import math
import re

import numpy as np
import pypdf
import pytest
from nbformat.v4 import new_markdown_cell

from lecture_utils.publish import sheets
from lecture_utils.publish.sheets import MOST, draw_numbers, main, make_sheets

MATRIX = r"{} = \\begin{{pmatrix}} (.+?) \\end{{pmatrix}}"


@pytest.fixture
def without_drawings(monkeypatch):
    """Their numbers are those of the formulas, and drawn in another test."""
    monkeypatch.setattr(sheets, "_drawing", lambda *given: new_markdown_cell("A drawing."))


def numbers_on(sheet):
    """The numbers that a student reads: x, y, W and V as lists."""
    found = {name: re.search(MATRIX.format(name), sheet)[1] for name in "xWV"}
    rows = {name: [[int(n) for n in row.split("&")] for row in text.split(r"\\")]
            for name, text in found.items()}  # fmt: skip
    return rows["x"][0], int(re.search(r"y = (\d)", sheet)[1]), rows["W"], [v for v, in rows["V"]]


def solved(x, y, W, V):
    """All results, in the order of the solution, by plain loops."""
    z = [x[0] * W[0][k] + x[1] * W[1][k] for k in (0, 1)]
    h = [1 / (1 + math.exp(-each)) for each in z]
    z_out = h[0] * V[0] + h[1] * V[1]
    y_hat = 1 / (1 + math.exp(-z_out))
    loss = -math.log(y_hat if y else 1 - y_hat)
    delta_out = y_hat - y
    dh = [v * delta_out for v in V]
    delta = [dh[k] * h[k] * (1 - h[k]) for k in (0, 1)]
    by_neuron = [[delta[k], x[0] * delta[k], x[1] * delta[k]] for k in (0, 1)]
    forward = [z[0], h[0], z[1], h[1], z_out, y_hat, loss]
    back = [delta_out / (y_hat * (1 - y_hat)), delta_out, h[0] * delta_out, h[1] * delta_out, *dh]
    return [*forward, *back, *by_neuron[0], *by_neuron[1]]


def results_in(solution):
    """What stands behind the last sign of equality in each line of the solution."""
    lines = [line for line in solution.splitlines() if " = " in line][2:]    # x and y, W and V
    found = []
    for line in lines:
        last = line.rpartition(" = ")[2].replace("$$", "").replace(r" \cdot 10^{", "e")
        found += [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", last)]
    return found


@pytest.mark.parametrize("seed", [2027, 0, 1])
def test_each_sheet_is_solved_right(seed, without_drawings):
    made = make_sheets(30, seed)
    stated = [cell.source for cell in made["sheets"].cells if cell.source.startswith("## Sheet")]
    told = [cell.source for cell in made["solutions"].cells if cell.source.startswith("## Sheet")]
    assert len(stated) == len(told) == 30 == len({str(numbers_on(sheet)) for sheet in stated})
    for number, (sheet, solution) in enumerate(zip(stated, told), 1):
        assert sheet.startswith(f"## Sheet {number} of seed {seed}\n")
        assert solution.startswith(f"## Sheet {number} of seed {seed}: solution\n")
        np.testing.assert_allclose(results_in(solution), solved(*numbers_on(sheet)), rtol=5e-5)


def test_numbers_are_small_and_whole_and_results_can_be_read():
    for x, y, W, V in draw_numbers(MOST, np.random.default_rng(3)):
        numbers = [*x.flat, *W.flat, *V.flat]
        assert all(n == int(n) and 1 <= abs(n) <= 3 for n in numbers) and y in (0, 1)
        assert min(map(abs, solved(x[0], y[0, 0], W, V[:, 0])[5:])) > 5e-4


def test_no_two_sheets_are_the_same():
    for seed in range(9):    # in which chance gives some twice
        drawn = draw_numbers(MOST, np.random.default_rng(seed))
        assert len({str(numbers) for numbers in drawn}) == MOST


def test_the_same_seed_gives_the_same_sheets(without_drawings):
    first, again, other = (make_sheets(3, seed)["sheets"] for seed in (5, 5, 6))
    assert first == again != other


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--seed", "1", "-n", "0"], "n must be from 1 to 200, got 0"),
        (["--seed", "1", "-n", "201"], "n must be from 1 to 200, got 201"),
        (["--seed", "-1", "-n", "3"], "the seed must be 0 or more, got -1"),
    ],
)
def test_options_out_of_range_are_told(options, fault, tmp_path, capsys):
    assert main([*options, "--to", str(tmp_path / "out")]) == 1
    assert f"Error: {fault}" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_without_a_browser_there_are_pages_and_it_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    assert main(["--seed", "7", "-n", "1", "--to", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheets.html", "solutions.html"]
    assert "The sheets are made without PDF: no browser is found" in capsys.readouterr().err
    sheet, solution = ((tmp_path / f"{kind}.html").read_text("utf-8")
                       for kind in ("sheets", "solutions"))  # fmt: skip
    assert 'data-tex="\\delta_\\text{out} = \\hat y - y"' in sheet and "<svg" in sheet
    assert "Sheet 1 of seed 7: solution" in solution and "Code of" not in sheet + solution


def test_each_sheet_is_a_page_of_paper(browser, tmp_path):
    made = sheets.SheetsExporter().from_notebook_node(
        make_sheets(2, 8)["sheets"], {"metadata": {"name": "sheets"}}
    )[0]
    (tmp_path / "sheets.html").write_text(made, encoding="utf-8")
    sheets.print_notes(browser, tmp_path / "sheets.html", tmp_path / "sheets.pdf")
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "sheets.pdf").pages]
    assert ["Sheet 1" in pages[0], "Sheet 2" in pages[1], len(pages)] == [True, True, 2]
