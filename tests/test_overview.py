"""The overview says what is checked, with the counts of these tests, and what a computer lacks."""

import json
import shutil
import tomllib
from pathlib import Path

from notebook_checks import GIVEN, source
from test_formulas import NOT_CHECKED, PATHS, formulas_of, states
from test_references import HEADLINES

from lecture_utils.execute import open_kernel, read_notebook

CELL = "what-is-checked"


def counts(notebooks):
    """The counts, by what the overview says of them."""
    cells = [cell for book in notebooks for cell in book["cells"]]
    texts = [cell for cell in cells if cell["cell_type"] == "markdown"]
    pairs = [pair for cell in texts for pair in cell["metadata"].get("values", [])]
    formulas = [
        tex for cell in texts for tex, displayed in formulas_of(source(cell))
        if displayed or states(tex)
    ]
    listed = tomllib.loads(NOT_CHECKED.read_text(encoding="utf-8"))
    listed = [tex for cells in listed.values() if isinstance(cells, dict)
              for formulas in cells.values() for tex in formulas]
    n_listed = sum(tex in listed for tex in formulas)
    marks = [table.get(kind, ()) for table in HEADLINES.values() for kind in ("shown", "bound")]
    return {
        "numbers and statements are bound": sum(code != GIVEN for _, code in pairs),
        "are given": sum(code == GIVEN for _, code in pairs),
        "formulas that state something": len(formulas),
        "are evaluated": len(formulas) - n_listed,
        "stand in a list": n_listed,
        "headline results": sum(map(len, marks)),
    }


def test_the_overview_tells_how_much_is_checked():
    """Each count is said with two digits, rounded down, so that it need not change daily."""
    notebooks = [json.loads(Path(path).read_text(encoding="utf-8")) for path in PATHS]
    (cell,) = [cell for book in notebooks for cell in book["cells"] if cell["id"] == CELL]
    text = " ".join(source(cell).split())
    for words, n in counts(notebooks).items():
        unit = 10 ** max(0, len(str(n)) - 2)
        said = f"{n // unit * unit:,} {words}"
        assert said in text, f"the cell {CELL} must say: {said}"


WITHOUT_JUPYTERLAB = """
import sys
from importlib import metadata

def version(package, found=metadata.version):
    if package == "jupyterlab":
        raise metadata.PackageNotFoundError(package)
    return found(package)

metadata.version, sys.modules["jupyterlab"] = version, None
"""


def test_the_overview_runs_alone_and_says_what_is_missing(tmp_path):
    path = Path(shutil.copy(PATHS[0], tmp_path))
    with open_kernel(tmp_path) as run:
        run(WITHOUT_JUPYTERLAB)
        outputs = {cell["id"]: str(run(cell["source"])) for cell in read_notebook(path)[1]["cells"]
                   if cell["cell_type"] == "code"}
    told = "".join(text for cell, text in outputs.items() if cell.startswith("environment"))
    assert "jupyterlab    is not installed" in told
    assert "missing beside this one: 01-neuron, 02-layers" in told
    assert "Not all is well." in told and "Gradients agree" in told
    assert outputs["map-code"].count("not here") > len(PATHS)
