"""What nbval leaves out is checked while it runs a notebook, in the same kernel.

What nbval does not compare, as the text alternative of a picture, must be that of the file. After
the last cell come the texts in figures, and the numbers and statements of the text. In the rows of
the matrix each cell runs once more at once, and must give the same.
"""

import json
import re
from itertools import zip_longest
from pathlib import Path

import bindings
import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from lecture_utils.execute import normalise, without_noise

PATIENCE = 120    # seconds for a message of the kernel, on a computer that has much else to do

# Run before the first cell and after the last.
WATCH = f"""
__import__("sys").path.insert(0, {str(Path(__file__).parent)!r})
_watch = __import__("figure_checks").watched()
_faults_of_figures = _watch.__enter__()
"""
TELL = """
__import__("builtins").print(__import__("json").dumps(_faults_of_figures))
_ = _watch.__exit__(None, None, None)
"""


# Hooks of pytest, which tests/conftest.py registers


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Let what is checked after the last cell follow on the cells."""
    report = yield
    if isinstance(collector, IPyNbFile) and report.passed:
        report.result += [
            AfterTheCells.from_parent(collector, name=name, find_faults=find_faults)
            for name, find_faults in [("figures", in_figures), ("text", in_text)]
        ]
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Watch the figures from the first cell on."""
    result = yield
    if isinstance(item, IPyNbCell):
        item.output_timeout = PATIENCE
        if item.cell_num == 0:
            run(item.parent, WATCH)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare all of what a cell shows, and in a row of the matrix run it once more."""
    result = yield
    if isinstance(item, IPyNbCell):
        stored, first = as_saved(item, item.cell.outputs), as_saved(item, item.test_outputs)
        if stored != first:
            old, new = first_difference(stored, first)
            item.raise_cell_error(f"shows in the file: {old}; and when it runs: {new}")
        is_lecture = item.parent.path.parent.name != "solutions"    # which nobody runs in class
        if is_lecture and item.config.pluginmanager.hasplugin("matrix_plugin"):
            again = as_saved(item, run(item.parent, item.cell.source))
            if again != first:
                item.raise_cell_error("gives another output when it is run again")
    return result


def pytest_terminal_summary(terminalreporter):
    """Say at the end what to do where a cell gives something else than its notebook shows."""
    failed = [report.nodeid for report in terminalreporter.stats.get("failed", [])]
    for name in sorted({node.split("::")[0] for node in failed if ".ipynb::Cell" in node}):
        number = Path(name).stem.partition("-")[0]
        terminalreporter.write_line(
            f"{name} shows something else than its code gives. If you have changed the code: "
            f"make execute ONLY={number}, and make check ONLY={number} again."
        )


class AfterTheCells(pytest.Item):
    """A check of a whole notebook that needs all that its cells have made."""

    def __init__(self, find_faults, **kwargs):
        super().__init__(**kwargs)
        self.find_faults = find_faults

    def runtest(self):
        """Fail with all faults, a line for each."""
        faults = self.find_faults(self.parent)
        if faults:
            pytest.fail("\n".join(faults), pytrace=False)

    def reportinfo(self):
        """Tell where the check belongs."""
        return self.path, None, f"{self.parent.name}: {self.name}"


def run(file, source):
    """Run code in the kernel of a notebook as nbval runs a cell, and return the outputs."""
    cell = nbformat.v4.new_code_cell(source)
    options = {"skip": False, "check": False, "check_exception": False}
    item = IPyNbCell.from_parent(file, name="more", cell_num=-1, cell=cell, options=options)
    item.output_timeout = PATIENCE
    item.runtest()
    return item.test_outputs


def printed(file, source):
    """Run code that prints JSON, and return what that says."""
    (output,) = run(file, source)
    return json.loads(output["text"])


def as_saved(item, outputs):
    """Return outputs as a notebook keeps them, without what differs from computer to computer."""
    cell = nbformat.v4.new_code_cell("made()", outputs=outputs)
    (cell,) = normalise(nbformat.v4.new_notebook(cells=[cell])).cells
    patterns = [(re.compile(regex), new) for regex, new in item.parent.sanitize_patterns.items()]
    return without_noise(cell.outputs, patterns)


def first_difference(stored, made):
    """The first pair of lines of two cells' outputs that is not equal."""
    options = {"indent": 1, "sort_keys": True, "ensure_ascii": False}
    texts = [json.dumps(outputs, **options) for outputs in (stored, made)]
    lines = [text.replace(r"\n", "\n").splitlines() for text in texts]
    pairs = zip_longest(*lines, fillvalue="")
    return next([old[:80], new[:80]] for old, new in pairs if old != new)


def in_figures(file):
    """Return which texts in the figures cover what, or are cut."""
    return [*dict.fromkeys(printed(file, TELL))]    # each cell has run twice


def in_text(file):
    """Return what the text says and the cells do not compute."""
    expressions = sorted({expression for *_, expression in bindings.bound_words(file.nb)})
    values = printed(file, bindings.EVALUATE.format(expressions=expressions))
    return bindings.faults_of_text(file.nb, dict(zip(expressions, values)))
