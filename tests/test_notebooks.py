"""The notebooks are built as the series promises: what nbval does not look at, and no kernel."""

import copy
import json
import re
import tomllib
from base64 import b64encode
from pathlib import Path

import notebook_checks as checks
import pytest

from lecture_utils.execute import as_text, normalise, read_patterns, without_noise

ROOT = Path(__file__).parents[1]
PATHS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
NOTEBOOKS = {name: json.loads(path.read_text("utf-8")) for name, path in PATHS.items()}
SYLLABUS = tomllib.loads((Path(__file__).parent / "syllabus.toml").read_text("utf-8"))
SANITIZER = Path(__file__).parent / "nbval_sanitize.cfg"

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def report(faults):
    return "\n".join(["", *faults])


# The series


def test_the_series_is_that_of_the_syllabus():
    assert list(NOTEBOOKS) == list(SYLLABUS)


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@each_notebook
def test_notebook(name, check):
    faults = check(NOTEBOOKS[name])
    assert not faults, report(faults)


@each_notebook
def test_every_row_of_the_syllabus_is_covered(name):
    all_rows = [row for rows in SYLLABUS.values() for row in rows]
    faults = checks.check_covers(NOTEBOOKS[name], SYLLABUS[name], all_rows)
    assert not faults, report(faults)


@each_notebook
def test_links_lead_somewhere(name):
    faults = checks.check_links(NOTEBOOKS[name], linkable())
    assert not faults, report(faults)


def linkable():
    folder = ROOT / "notebooks"
    exercises = {path.relative_to(folder).as_posix(): path for path in folder.glob("*/*.ipynb")}
    return {
        **{path.name: NOTEBOOKS.get(path.stem) for path in folder.iterdir() if path.is_file()},
        **{name: json.loads(path.read_text("utf-8")) for name, path in exercises.items()},
    }


@each_notebook
def test_notebook_is_as_make_execute_leaves_it(name):
    assert PATHS[name].read_text("utf-8") == as_text(normalise(NOTEBOOKS[name]))


def test_the_sanitizer_hides_versions_and_a_measured_time_and_nothing_else():
    patterns = read_patterns(SANITIZER)
    hidden = [
        (name, output["text"] if "text" in output else output["data"]["text/plain"])
        for name, notebook in NOTEBOOKS.items()
        for _, cell, _ in checks.cells_of(normalise(notebook), "code")
        for output in cell["outputs"]
        if without_noise(output, patterns) != output
    ]
    (overview, versions), (layers, factor) = hidden
    assert (overview, layers) == ("00-overview", "02-layers")
    assert re.search(r"(?m)^numpy +\d+\.\d+", versions)
    assert re.fullmatch(r"some [1-9][0,]* times as fast on this computer", factor)
    assert all(regex.search(versions + factor) for regex, _ in patterns)


def test_the_sanitizer_has_no_line_that_is_not_read():
    lines = re.findall(r"^\s*(?:regex|replace)\b", SANITIZER.read_text("utf-8"), re.MULTILINE)
    assert len(lines) == 2 * len(read_patterns(SANITIZER)) > 0


# The checks themselves: a notebook without faults, then one fault at a time

FIGURE = (
    '<svg role="img" aria-labelledby="a1" viewBox="0 0 9 9"'
    ' xmlns="http://www.w3.org/2000/svg">'
    '<title id="a1">A line that rises from left to right.</title>'
    '<defs><path d="M 0 0"/></defs>'
    '<path style="fill: #ffffff" d="M 0 0"/>' + '<path d="M 1 1"/>' * 4 + "</svg>"
)


def text_cell(kind, text, **metadata):
    metadata["slideshow"] = {"slide_type": kind}
    return {"cell_type": "markdown", "metadata": metadata, "source": text}


def code_cell(kind, text, *outputs, **metadata):
    return text_cell(kind, text, **metadata) | {"cell_type": "code", "outputs": list(outputs)}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def figure(svg=FIGURE):
    alt = "A line that rises from left to right."
    source = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
    image = f'<img alt="{alt}" style="width: 9px" src="{source}">'
    return shown({checks.HTML: image, "text/plain": alt})


def good_notebook():
    notes = "> **In class, 2 minutes.** Ask what happens, wait, then show it."
    cells = [
        text_cell("slide", "# Lines\n\nHow they rise.\n\n**10 minutes**", covers=["T1"]),
        text_cell("notes", notes),
        code_cell("skip", "import numpy as np\n\nuse_style()"),
        text_cell("slide", "## Learning goals\n\n- Draw a line, see [the recap](#Recap).",
                  part="Aims"),
        text_cell("notes", notes),
        text_cell("subslide", "### A line\n\nIt rises by $0.5$.", values=[["0.5", "slope"]]),
        code_cell("fragment", "slope = 1 / 2\nprint(slope)", stream("0.5\n"), covers=["T2"]),
        code_cell("fragment", "show(plot(slope))", figure(), tags=["hide-input"]),
        text_cell("notes", notes),
        text_cell("slide", "## Its end\n\nIt has none.", part="Lines"),
        text_cell("notes", notes.replace("2 minutes", "1 minute")),
        text_cell("slide", "## Recap\n\nLines rise.", part="Recap"),
        text_cell("notes", notes),
        text_cell("subslide", "### Check yourself\n\n1. By how much?\n2. Where to?"),
        text_cell("notes", notes.replace("2 minutes", "1 minute")),
        text_cell("skip", "\n\n".join(
            f"<details>\n<summary>Answer {n}</summary>\n\n{answer}\n\n</details>"
            for n, answer in enumerate(("By half.", "Up."), 1)
        )),
    ]
    notebook = normalise({"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": {}})
    assert notebook["metadata"] == checks.METADATA
    notebook["cells"][TITLE]["metadata"]["cover"] = notebook["cells"][DRAWING]["id"]
    return copy.deepcopy(notebook)


TITLE, NOTES, SET_UP, GOALS, LINE, PRINTING, DRAWING, RECAP, ANSWERS = 0, 1, 2, 3, 5, 6, 7, 11, -1


def change_cell(index, **entries):
    return lambda notebook: notebook["cells"][index].update(entries)


def change_metadata(index, **entries):
    return lambda notebook: notebook["cells"][index]["metadata"].update(entries)


def bind(index, *pairs):
    """Add pairs to what a cell binds."""
    return lambda notebook: notebook["cells"][index]["metadata"].setdefault("values", []).extend(
        [list(pair) for pair in pairs]
    )


def change_text(index, old, new):
    def plant(notebook):
        cell = notebook["cells"][index]
        assert old in cell["source"]
        cell["source"] = cell["source"].replace(old, new)

    return plant


def change_figure(old, new):
    assert old in FIGURE
    return change_output(DRAWING, figure(FIGURE.replace(old, new)))


def change_image(kind, old, new):
    def plant(notebook):
        data = notebook["cells"][DRAWING]["outputs"][0]["data"]
        assert old in data[kind]
        data[kind] = data[kind].replace(old, new)

    return plant


def change_output(index, output):
    return change_cell(index, outputs=[output])


def remove_cell(index):
    return lambda notebook: notebook["cells"].pop(index)


def append_cell(cell):
    return lambda notebook: notebook["cells"].append(cell | {"id": "new"})


def change_notebook(**entries):
    return lambda notebook: notebook.update(entries)


def move_cell(old, new):
    return lambda notebook: notebook["cells"].insert(new, notebook["cells"].pop(old))


PLANTED = [
    (checks.check_format, change_notebook(nbformat_minor=4), "4.4"),
    (checks.check_format, change_notebook(metadata={"kernelspec": {"name": "venv"}}), "venv"),
    (
        checks.check_format,
        lambda notebook: notebook["metadata"].update(language_info={"version": "3.13.1"}),
        "3.13.1",
    ),
    (checks.check_ids, change_cell(4, id="cell-4"), "cell 5 (cell-4) has the id of another"),
    (checks.check_ids, change_cell(4, id=""), "cell 5 () has no valid id"),
    (checks.check_ids, change_cell(4, id="no id"), "no valid id"),
    (checks.check_cell_metadata, change_metadata(LINE, slideshow={}), "cell 6 (cell-6)"),
    (
        checks.check_cell_metadata,
        change_metadata(LINE, slideshow={"slide_type": "-"}),
        "no slide type",
    ),
    (checks.check_cell_metadata, change_metadata(LINE, trusted=True), "trusted"),
    (checks.check_cell_metadata, change_metadata(PRINTING, values=[["1", "x"]]), "values"),
    (checks.check_cell_metadata, change_metadata(PRINTING, tags=["hide"]), "tag hide"),
    (checks.check_cell_metadata, change_cell(LINE, cell_type="raw"), "raw cell"),
    (checks.check_execution_order, change_cell(PRINTING, execution_count=3), "3, not 2"),
    (checks.check_execution_order, change_cell(PRINTING, execution_count=None), "None, not 2"),
    (checks.check_execution_order, change_cell(PRINTING, source="\n"), "is empty"),
    (
        checks.check_execution_order,
        change_output(PRINTING, shown({}) | {"execution_count": 9}),
        "another execution count",
    ),
    (checks.check_outputs_present, change_cell(PRINTING, outputs=[]), "print must make one"),
    (checks.check_outputs_present, change_cell(DRAWING, outputs=[]), "show must make one"),
    (
        checks.check_outputs_present,
        change_cell(PRINTING, source="slope + 1", outputs=[]),
        "its last line must make one",
    ),
    (
        checks.check_outputs_clean,
        change_output(PRINTING, {"output_type": "error", "ename": "NameError"}),
        "NameError",
    ),
    (checks.check_outputs_clean, change_output(PRINTING, stream("hm", "stderr")), "stderr"),
    (checks.check_outputs_clean, change_output(PRINTING, stream("<f at 0x7f3a1c>")), "address"),
    (checks.check_outputs_clean, change_output(PRINTING, stream("in /home/me/x")), "path"),
    (checks.check_outputs_clean, change_output(PRINTING, stream(r"in C:\Users")), "path"),
    (
        checks.check_outputs_clean,
        change_output(PRINTING, shown({"text/plain": "np.float64(0.5)"})),
        "NumPy scalar in text/plain",
    ),
    (
        checks.check_outputs_clean,
        change_output(PRINTING, shown({"application/vnd.jupyter.widget-view+json": {}})),
        "widget",
    ),
    (
        checks.check_outputs_clean,
        change_output(PRINTING, shown({}, **{checks.HTML: {"alt": "see /root/x"}})),
        "metadata of text/html",
    ),
    (checks.check_outputs_clean, change_figure("M 1 1", "/tmp/x"), "path of one computer"),
    (
        checks.check_no_markers,
        change_text(PRINTING, "print", "# NBVAL_IGNORE_OUTPUT\nprint"),
        "NBVAL_",
    ),
    (checks.check_no_markers, change_metadata(PRINTING, tags=["nbval-skip"]), "nbval-skip"),
    (
        checks.check_no_markers,
        change_metadata(PRINTING, tags=["raises-exception"]),
        "raises-exception",
    ),
    (checks.check_code_style, change_cell(PRINTING, source="x = 1\n" * 21), "21 lines"),
    (
        checks.check_code_style,
        lambda notebook: [
            change_cell(index, source="x = 1\n" * 6)(notebook) for index in (PRINTING, DRAWING)
        ],
        "median code cell has 6 lines",
    ),
    (
        checks.check_in_sight,
        lambda notebook: [
            change_text(SET_UP, "use_style()", "def half():\n    pass\nuse_style()")(notebook),
            change_text(PRINTING, "1 / 2", "half()")(notebook),
        ],
        "calls half, which is defined out of sight",
    ),
    (checks.check_code_style, change_text(PRINTING, "print(slope)", "slope;"), "semicolon"),
    (checks.check_code_style, change_text(PRINTING, "2", "2;  # half"), "semicolon"),
    (checks.check_code_style, change_text(PRINTING, "slope =", "import re\nslope ="), "imports"),
    (checks.check_code_style, change_text(SET_UP, "use_style()", ""), "use_style"),
    (
        checks.check_code_style,
        change_text(SET_UP, "numpy as np", "numpy._core as np"),
        "uses _core, a private name",
    ),
    (
        checks.check_code_style,
        change_text(SET_UP, "import numpy", "from numpy import _core\nimport numpy"),
        "uses _core, a private name",
    ),
    (checks.check_code_style, change_text(PRINTING, "slope =", "slope = np._x ="), "uses _x"),
    (
        checks.check_code_style,
        change_metadata(SET_UP, slideshow={"slide_type": "fragment"}),
        "must be skip",
    ),
    (checks.check_code_style, change_text(PRINTING, "slope =", "%time slope ="), "leaves Python"),
    (checks.check_code_style, change_text(PRINTING, "print(", "clear_output("), "of before"),
    (
        checks.check_imports,
        change_text(SET_UP, "import numpy", "if np:\n    import pytest as p\nimport numpy"),
        "imports pytest",
    ),
    (
        checks.check_imports,
        change_text(SET_UP, "import numpy", "from torch.nn import Linear\nimport numpy"),
        "imports torch",
    ),
    (
        checks.check_imports,
        change_text(
            SET_UP, "import", "try:\n    import x\nexcept ImportError:\n    import y\nimport"
        ),
        "imports y",
    ),
    (checks.check_figures, change_metadata(DRAWING, tags=[]), "hide-input"),
    (checks.check_figures, change_cell(DRAWING, outputs=[]), "shows nothing"),
    (checks.check_figures, change_metadata(DRAWING, jupyter={}), "not folded in JupyterLab"),
    (
        checks.check_figures,
        change_metadata(PRINTING, jupyter={"source_hidden": True}),
        "not folded in JupyterLab",
    ),
    (
        checks.check_figures,
        change_output(DRAWING, shown({"image/svg+xml": FIGURE})),
        "not as show makes it",
    ),
    (checks.check_figures, change_image(checks.HTML, "base64", "utf8"), "not as show makes it"),
    (checks.check_figures, change_image(checks.HTML, "A line", ""), "of itself"),
    (checks.check_figures, change_image("text/plain", "A line", ""), "another text in place"),
    (
        checks.check_figures,
        change_image(checks.HTML, "A line that rises from left to right.", "A line."),
        "alternative",
    ),
    (checks.check_figures, change_figure(' role="img"', ""), "role=img"),
    (checks.check_figures, change_figure("A line", "No line"), "of itself"),
    (checks.check_figures, change_figure("<svg", '<svg width="649pt"'), "wider than 9 inches"),
    (checks.check_figures, change_figure('<path d="M 1 1"/>' * 4, ""), "only 1 shapes"),
    (checks.check_figures, change_figure("</svg>", ""), "can't be read"),
    (checks.check_figures, change_figure("fill: #ffffff", "fill: none"), "ground"),
    (checks.check_figures, change_figure("fill: #ffffff", "fill: #202020"), "ground"),
    (checks.check_figures, change_figure("#ffffff", "#ffffff; opacity: 0"), "ground"),
    (checks.check_percent, change_cell(GOALS, source="- 9%"), "percent sign"),
    (
        checks.check_percent,
        change_output(PRINTING, shown({"text/plain": "9%", "text/html": "<b>9%</b>"})),
        "percent sign",
    ),
    (checks.check_parts_and_cover, change_metadata(TITLE, cover="nothing"), 'has no "cover"'),
    (checks.check_parts_and_cover, change_metadata(GOALS, cover="a"), "not the first, and has"),
    (checks.check_parts_and_cover, change_metadata(GOALS, part="Recap"), "not three to six with"),
    (checks.check_cell_metadata, change_metadata(LINE, theme="Lines"), "not belong there: theme"),
    (checks.check_slides, change_text(LINE, "### A line", "A line"), "not with a heading"),
    (checks.check_slides, change_text(LINE, "A line", "A line $x$"), "formula in a heading"),
    (checks.check_slides, change_text(LINE, "### A line", "## A line"), "level 3"),
    (checks.check_slides, change_text(LINE, "A line", "Recap"), "heading of another"),
    (checks.check_slides, change_text(TITLE, "# Lines", "Lines"), "title of the notebook"),
    (checks.check_slides, change_metadata(TITLE, slideshow={"slide_type": "skip"}), "be a slide"),
    (
        checks.check_slides,
        change_metadata(DRAWING, slideshow={"slide_type": "subslide"}),
        "not with a heading",
    ),
    (checks.check_notes, remove_cell(NOTES), "with 0 notes"),
    (checks.check_notes, move_cell(4, NOTES), "with 2 notes"),
    (checks.check_notes, move_cell(8, 6), "goes on after its notes"),
    (checks.check_notes, change_text(NOTES, "In class, ", ""), "must be text that starts"),
    (checks.check_notes, change_text(NOTES, "> **", "**"), "must be text that starts"),
    (checks.check_notes, change_text(NOTES, "wait,", "wait,\n\nand"), "does not begin with >"),
    (checks.check_notes, change_text(NOTES, "2 minutes", "1 minutes"), "**In class, 1 minutes.**"),
    (checks.check_notes, change_text(NOTES, "2 minutes", "0 minutes"), "**In class, 0 minutes.**"),
    (checks.check_notes, change_text(NOTES, "Ask what happens, wait, then show", "See"), "nothing"),
    (checks.check_minutes, change_text(NOTES, "2 minutes", "3 minutes"), "take 11 minutes"),
    (checks.check_minutes, change_text(NOTES, "Ask", 1300 * "word "), "14.1 minutes"),
    (checks.check_minutes, change_text(NOTES, "Ask", 30 * "Why? "), "14.4 minutes"),
    (checks.check_minutes, change_text(TITLE, "**10 minutes**", ""), "says neither"),
    (checks.check_notes, change_text(TITLE, "10 minutes", "to read"), "has notes, but the title"),
    (
        checks.check_minutes,
        lambda notebook: [
            change_text(NOTES, "2 minutes", "50 minutes")(notebook),
            change_text(TITLE, "10 minutes", "58 minutes")(notebook),
        ],
        "58 minutes: a lecture",
    ),
    (checks.check_frame, change_text(GOALS, "Learning goals", "Plan"), "Learning goals"),
    (checks.check_frame, change_text(RECAP, "Recap", "End"), "Recap"),
    (checks.check_frame, change_text(13, "Check yourself", "Quiz"), "Check yourself"),
    (checks.check_frame, remove_cell(ANSWERS), "fold each answer"),
    (checks.check_frame, change_text(13, "\n2. Where to?", ""), "fold each answer"),
    (checks.check_frame, change_text(13, "1. By how much?\n2.", ""), "fold each answer"),
    (checks.check_frame, change_text(ANSWERS, "Answer 2", "Answer"), "fold each answer"),
    (checks.check_frame, change_text(ANSWERS, "<details>\n<summary>Answer 2</summary>\n\n", ""),
     "fold each answer"),
    (checks.check_markdown, change_cell(RECAP, source=" "), "is empty"),
    (checks.check_markdown, change_text(RECAP, "rise.", "rise.<br>"), "<br>"),
    (checks.check_markdown, change_text(RECAP, "rise.", "cost \\$5."), "&#36;"),
    (checks.check_markdown, change_text(ANSWERS, "summary>\n\n", "summary>\n"), "blank line"),
    (checks.check_markdown, change_text(ANSWERS, "</details>", ""), "unequally"),
    (checks.check_numbers_bound, change_metadata(LINE, values=[]), "shows 0.5"),
    (checks.check_numbers_bound, change_metadata(LINE, values={"0.5": "slope"}), "list of pairs"),
    (checks.check_numbers_bound, change_metadata(LINE, values=[["0.5", 0.5]]), "list of pairs"),
    (checks.check_numbers_bound, change_text(LINE, "0.5", "-0.5"), "shows -0.5"),
    (checks.check_numbers_bound, change_text(LINE, "It", "By 1,234 it"), "shows 1,234"),
    (checks.check_numbers_bound, change_text(LINE, "It", "By $10^{-5}$ it"), "shows 10^{-5}"),
    (checks.check_numbers_bound, change_text(LINE, "It", "By `0.25` it"), "shows 0.25"),
    (checks.check_numbers_bound, change_text(LINE, "It", "Of 12 lines it"), "shows 12 ("),
    (checks.check_numbers_bound, change_text(NOTES, "Ask", "Ask why 0.7"), "shows 0.7"),
    (checks.check_numbers_bound, change_text(ANSWERS, "By half", "By 50"), "shows 50"),
    (checks.check_numbers_bound, change_text(LINE, "0.5", "a half"), "does not show it: if"),
    (checks.check_numbers_bound, change_text(LINE, "It", "By 0.5 it"), "neither bound nor given"),
    (checks.check_numbers_bound, bind(LINE, ["rises by", "slope"]), "binds 'rises by'"),
    (checks.check_numbers_bound, bind(LINE, ["It rises", "slope > 0"]), "in the order"),
    (
        checks.check_numbers_bound,
        lambda notebook: [
            change_text(RECAP, "Lines", "2 lines, 2 dots")(notebook),
            bind(RECAP, ["2", "slope"])(notebook),
        ],
        "shows '2' more often",
    ),
    (checks.check_numbers_bound, bind(RECAP, ["0.1", "given"]), "binds '0.1' to given"),
    (checks.check_numbers_bound, bind(RECAP, ["Lines rise", "given"]), "only a number"),
    (
        checks.check_numbers_bound,
        lambda notebook: [
            change_text(RECAP, "rise", "rise by 0.7311")(notebook),
            bind(RECAP, ["0.7311", "given"])(notebook),
        ],
        "measured, not chosen",
    ),
    (checks.check_numbers_bound, bind(RECAP, ["-0.5", "-0.5 * slope / slope"]), "nothing"),
    *(
        (checks.check_numbers_bound, change_metadata(LINE, values=[["0.5", constant]]), "nothing")
        for constant in (
            "0.5", "abs(0.5)", "slope +", "len('x') / 2", "[i for i in (1,)][0] / 2",
            "(lambda i: i / 2)(1)", "np.full(1,0.5)", "0 * slope + 0.5", "slope or .5",
        )
    ),
]


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_a_good_notebook_has_no_faults(check):
    assert check(good_notebook()) == []


@pytest.mark.parametrize(
    ("check", "plant", "words"),
    PLANTED,
    ids=[f"{check.__name__}-{words}" for check, _, words in PLANTED],
)
def test_a_planted_fault_is_reported(check, plant, words):
    notebook = good_notebook()
    plant(notebook)
    assert any(words in fault for fault in check(notebook)), report(check(notebook))


def test_every_check_has_a_planted_fault():
    assert {check for check, _, _ in PLANTED} == set(checks.CHECKS)


@pytest.mark.parametrize(
    "plant",
    [
        change_text(RECAP, "Lines rise.", "`12` lines at $12$ rise.\n\n### 12 lines"),
        change_text(RECAP, "Lines rise.", "9 lines rise by 1."),
        lambda notebook: [
            change_text(RECAP, "Lines rise.", "In 1958\nlines rose.")(notebook),
            bind(RECAP, ["1958", "given"], ["lines rose", "slope > 0"])(notebook),
        ],
        lambda notebook: [
            change_text(LINE, "by $0.5$", "by $0.5$, half of 1")(notebook),
            bind(LINE, ["half of 1", "slope"])(notebook),
        ],
    ],
)
def test_what_need_not_be_bound_and_what_is_bound_well_is_accepted(plant):
    notebook = good_notebook()
    plant(notebook)
    assert checks.check_numbers_bound(notebook) == []


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (change_metadata(PRINTING, covers=[]), "no cell covers T2"),
        (change_metadata(PRINTING, covers=["T2", "T9"]), "cell 7 (cell-7) covers T9"),
        (change_metadata(NOTES, covers=["T1"]), "covers nothing for a reader"),
    ],
)
def test_a_fault_against_the_syllabus_is_reported(plant, fault):
    notebook = good_notebook()
    assert checks.check_covers(notebook, ["T1", "T2"], ["T1", "T2", "T3"]) == []
    plant(notebook)
    assert fault in report(checks.check_covers(notebook, ["T1", "T2"], ["T1", "T2", "T3"]))


@pytest.mark.parametrize(
    ("link", "is_good"),
    [
        ("#Recap", True),
        ("#Summary", False),
        ("01-neuron.ipynb", True),
        ("01-neuron.ipynb#A-line", True),
        ("01-neuron.ipynb#A-curve", False),
        ("02-neuron.ipynb", False),
        ("picture.svg", True),
        ("picture.svg#top", False),
        ("https://example.org/#anything", True),
    ],
)
@pytest.mark.parametrize("in_output", [False, True])
def test_a_link_that_leads_nowhere_is_reported(link, is_good, in_output):
    notebook = good_notebook()
    if in_output:
        change_output(PRINTING, shown({"text/markdown": f"[there]({link})"}))(notebook)
    else:
        change_text(RECAP, "Lines rise.", f"Lines rise, see [there]({link}).")(notebook)
    files = {"01-neuron.ipynb": good_notebook(), "picture.svg": None}
    assert (checks.check_links(notebook, files) == []) == is_good


def test_code_and_formulas_are_not_mistaken_for_html_or_links():
    notebook = good_notebook()
    text = "Lines rise: `<b>`, ``a ` <i>``, $a<b>c$, `f[0](x)`, $f[0](x)$.\n\n```\n<u>\n```\n"
    change_cell(RECAP, source="## Recap\n\n" + text)(notebook)
    assert checks.check_markdown(notebook) == []
    assert checks.check_links(notebook, {}) == []


def test_a_cell_may_try_to_import_what_may_be_missing():
    notebook = good_notebook()
    trying = "try:\n    from torch import nn\nexcept ImportError:\n    nn = None\nimport numpy"
    change_text(SET_UP, "import numpy", trying)(notebook)
    assert checks.check_imports(notebook) == []


def test_a_notebook_to_read_needs_neither_minutes_nor_notes():
    notebook = good_notebook()
    change_text(TITLE, "10 minutes", "to read")(notebook)
    is_said = [checks.slide_type(cell) == "notes" for cell in notebook["cells"]]
    notebook["cells"] = [cell for cell, said in zip(notebook["cells"], is_said) if not said]
    assert checks.check_notes(notebook) == checks.check_minutes(notebook) == []


def test_a_print_inside_a_function_needs_no_output():
    notebook = good_notebook()
    change_cell(PRINTING, source="def f():\n    print(1)\n\nslope = 0", outputs=[])(notebook)
    assert checks.check_outputs_present(notebook) == []
