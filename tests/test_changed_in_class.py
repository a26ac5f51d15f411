"""A lecturer changes the input in class: every drawing and every line of text after it follows."""

import re
import shutil
from pathlib import Path

import pytest
from notebook_checks import names_in

from lecture_utils import Dense, Network, backprop, binary_cross_entropy, sigmoid
from lecture_utils.diagrams import draw_network, stages
from lecture_utils.execute import open_kernel, read_notebook
from lecture_utils.walkthrough import explain

PATH = Path(__file__).parents[1] / "notebooks" / "04-backpropagation.ipynb"
INPUT = "x, y = np.array([[5.0, 3.0]]), np.array([[1.0]])"
CHANGED = "x, y = np.array([[-0.5, 2.0]]), np.array([[1.0]])"
SET_UP = "worked-set-up"
PREPARE = ["set-up", "more-imports", "net-parts-code", "net-class-code"]
CHECK = [
    "code-numbers-code", "code-numbers-table", "gradient-check-code-2", "gradient-check-table-code"
]
FIRST, LAST = "worked", "code-numbers"  # the slides of the worked example
# What the input does not change.
ALLOWED = {"W", "V", "net", "np", "sigmoid", "backprop", "binary_cross_entropy"}
HTML = "text/html"

W, V = [[1, -1, 3], [2, 2, -1]], [[0.1], [0.5], [-0.1]]
NETWORK = Network([Dense(W), sigmoid, Dense(V), sigmoid])
TRACE = backprop(NETWORK, binary_cross_entropy, [-0.5, 2.0], [1])
STAGES = stages(NETWORK)


@pytest.fixture(scope="module")
def lecture():
    return read_notebook(PATH)[1]


@pytest.fixture(scope="module")
def changed(lecture, tmp_path_factory):
    """The outputs of each code cell, by its id, after the change of the one line."""
    folder = tmp_path_factory.mktemp("class") / "notebooks"
    shutil.copytree(PATH.parent, folder, ignore=shutil.ignore_patterns(".*"))
    with open_kernel(folder) as run_cell:
        return {
            cell["id"]: run_cell(cell["source"].replace(INPUT, CHANGED), cell["execution_count"])
            for cell in lecture["cells"]
            if cell["cell_type"] == "code"
        }


def walkthrough(lecture):
    """The cells of the worked example."""
    ids = [cell["id"] for cell in lecture["cells"]]
    return lecture["cells"][ids.index(FIRST) : ids.index(f"{LAST}-notes")]


def contents(outputs):
    """All that outputs say, each as a text."""
    return [o["text"] if "text" in o else [*map(str, o["data"].values())] for o in outputs]


def shown(outputs):
    """The texts and the text alternatives of what a cell shows."""
    found = []
    for output in outputs:
        data = output.get("data", {})
        found += [data["text/markdown"]] if "text/markdown" in data else []
        found += [data["text/plain"]] if HTML in data else []
    return found


def test_the_input_is_set_in_one_place(lecture):
    sources = [cell["source"] for cell in lecture["cells"] if cell["cell_type"] == "code"]
    lines = [line for source in sources for line in source.split("\n")]
    (line,) = [line for line in lines if re.match(r"(\w+, )*[xy](, \w+)* = ", line)]
    assert line.startswith(INPUT)


def test_each_step_of_the_example_is_that_of_the_new_input(lecture, changed):
    wanted = []
    for cell in walkthrough(lecture):
        if "show_stage(" not in cell["source"]:
            continue
        names = [name for name in STAGES if f'"{name}"' in cell["source"]]
        until = STAGES[: STAGES.index(names[-1]) + 1]
        picture = draw_network(NETWORK, trace=TRACE, reveal=until).get_label()
        *texts, alternative = shown(changed[cell["id"]])
        assert alternative == picture
        assert all(explain(TRACE, name).strip("$ ") in "\n".join(texts) for name in names)
        wanted += names
    assert wanted == STAGES


def test_each_number_of_the_example_is_ticked_where_the_code_finds_it(lecture, changed):
    (cell,) = [cell for cell in lecture["cells"] if cell["id"] == "code-numbers-drawn"]
    for outputs in (cell["outputs"], changed[cell["id"]]):
        assert "A tick beside 18 of 18 numbers" in shown(outputs)[0]


def test_nothing_in_the_example_stays_as_it_was(lecture, changed):
    for cell in walkthrough(lecture):
        if cell["cell_type"] == "code" and cell["outputs"] and "show_source" not in cell["source"]:
            before, after = contents(cell["outputs"]), contents(changed[cell["id"]])
            assert len(before) == len(after), cell["id"]
            assert not [one for one, other in zip(before, after) if one == other], cell["id"]


def test_what_the_text_of_the_example_says_does_not_depend_on_the_input(lecture):
    for cell in walkthrough(lecture):
        for words, expression in cell["metadata"].get("values", []):
            assert names_in(expression) <= ALLOWED, (cell["id"], words)


@pytest.mark.parametrize("x", ["10, 10", "7, 9", "20, 30", "-120.5, 0.333", "0, 0", "1e-3, 1e-4"])
def test_gradient_check_calls_no_right_gradient_wrong(lecture, kernel, x):
    sources = {cell["id"]: cell["source"] for cell in lecture["cells"]}
    line = f"x, y = np.array([[{x}]]) * 1.0, np.array([[1.0]])"
    assert INPUT in sources[SET_UP]
    assert not kernel(sources[SET_UP].replace(INPUT, line), 1)
    outputs = [output for name in CHECK for output in kernel(sources[name], 1)]
    assert ["data" in output for output in outputs] == 3 * [True]  # tables, and no warning
    table = outputs[-1]
    assert "WRONG" not in str(table)
    assert str(table).count("< 1e-") >= 12 - 6  # of the cells, at most half tell nothing


@pytest.fixture(scope="module")
def kernel(lecture):
    """A kernel in which the imports are done, and `Net` is defined."""
    sources = {cell["id"]: cell["source"] for cell in lecture["cells"]}
    with open_kernel(PATH.parent) as run_cell:
        for name in PREPARE:
            run_cell(sources[name], 1)
        yield run_cell
