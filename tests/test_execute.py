"""Notebooks are run and saved in one fixed form, and a failing one is left alone."""

import copy
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from ipykernel.kernelspec import get_kernel_dict

from lecture_utils import execute as module
from lecture_utils.execute import (
    WIDGET,
    NotebookError,
    as_text,
    main,
    normalise,
    open_kernel,
    read_patterns,
    without_noise,
)

SANITIZER = Path(__file__).parent / "nbval_sanitize.cfg"


def code(source, *outputs, **entries):
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs)}
    return cell | entries


def text(source, **entries):
    return {"cell_type": "markdown", "metadata": {}, "source": source} | entries


def notebook(*cells, **entries):
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | entries


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(kind="display_data", **data):
    return {"output_type": kind, "data": data, "metadata": {}}


def save(folder, name, content):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def outputs_of(path):
    return [cell["outputs"] for cell in json.loads(path.read_text("utf-8"))["cells"]]


# The form


def normalised_cell(cell):
    return normalise(notebook(cell))["cells"][0]


def test_only_the_metadata_that_readers_need_are_kept():
    metadata = {
        "kernelspec": {"name": "venv", "display_name": "me", "language": "python"},
        "language_info": {"name": "python", "version": "3.12.1", "file_extension": ".py"},
        "widgets": {"state": {}},
        "signature": "x",
    }
    result = normalise(notebook(metadata=metadata, nbformat_minor=2))
    assert result == {
        "cells": [],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def test_leftovers_in_cells_are_removed():
    kept = {
        "slideshow": {"slide_type": "slide"},
        "covers": ["N1"],
        "values": [["1", "x"]],
        "world": "layer",
        "tags": ["hide-input"],
    }
    leftovers = {
        "trusted": True,
        "collapsed": False,
        "editable": True,
        "execution": {"iopub.execute_input": "2024-01-01T00:00:00Z"},
        "jp-MarkdownHeadingCollapsed": True,
        "jupyter": {"outputs_hidden": True},
    }
    folded = {"jupyter": {"source_hidden": True}}
    assert normalised_cell(code("x", metadata=kept | leftovers))["metadata"] == kept | folded
    assert normalised_cell(text("", metadata={"tags": [], "values": []}))["metadata"] == {}


def test_code_cells_are_counted_and_empty_ones_are_not():
    cells = [code("x", execution_count=7), text("y"), code(" \n"), code("z", execution_count=None)]
    counts = [cell.get("execution_count") for cell in normalise(notebook(*cells))["cells"]]
    assert counts == [1, None, None, 2]


def test_ids_are_kept_and_missing_or_bad_ones_are_made_from_the_place():
    ids = ["one", None, "one", "no id", "cell-3", "", "é", "x" * 65]
    cells = [text("") | ({} if cell_id is None else {"id": cell_id}) for cell_id in ids]
    made = [cell["id"] for cell in normalise(notebook(*cells))["cells"]]
    assert made == "one cell-2 cell-3-new cell-4 cell-3 cell-6 cell-7 cell-8".split()


def test_json_outputs_stay_lists_and_attachments_are_kept():
    output = shown(**{"application/json": [1, 2]})
    assert normalised_cell(code("x", output))["outputs"][0]["data"] == {"application/json": [1, 2]}
    picture = {"a.png": {"image/png": "AAAA"}}
    assert normalised_cell(text("x", attachments=picture))["attachments"] == picture


def test_of_a_widget_its_still_picture_is_kept():
    still = {"text/html": "<img>", "text/plain": "A still."}
    view = {WIDGET: {"model_id": "1f3a", "version_major": 2, "version_minor": 0}}
    outputs = normalised_cell(code("x", shown(**view, **still), shown(**view)))["outputs"]
    assert [output["data"] for output in outputs] == [still, view]


def test_what_a_progress_bar_leaves_is_dropped():
    left, empty = shown(**{"text/plain": ""}), stream("")
    outputs = normalised_cell(code("x", left, empty, shown(**{"text/plain": "1"})))["outputs"]
    assert [output.get("data") for output in outputs] == [None, {"text/plain": "1"}]


def test_jupyterlab_folds_the_code_that_slides_hide_and_no_other():
    for make, tags, folded in (
        (code, ["hide-input"], {"source_hidden": True}),
        (code, ["steps"], None),
        (text, ["hide-input"], None),
    ):
        metadata = {"tags": tags, "jupyter": {"source_hidden": not folded, "outputs_hidden": True}}
        assert normalised_cell(make("x", metadata=metadata))["metadata"].get("jupyter") == folded


def a_rich_notebook():
    figure = {"image/svg+xml": "<svg>\n</svg>", "image/png": "AA\nAA", "text/plain": "α\nβ"}
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["a\nb"]}
    return notebook(
        text("# α\n\n$\\beta$\n", attachments={"a.png": {"image/png": "AAAA"}}),
        code("x\ny", stream("1\n2\n"), shown(**figure), error),
        code("z", shown("execute_result", **{"application/json": {"b": [1], "a": "x\ny"}})),
        {"cell_type": "raw", "metadata": {}, "source": "a\x0bb\u2028c"},
    )


def test_the_file_is_the_one_jupyterlab_writes():
    import nbformat

    ours = as_text(normalise(a_rich_notebook()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = nbformat.writes(nbformat.reads(ours, as_version=4))
    assert ours == theirs + "\n"
    assert "α" in ours


def test_normalising_again_changes_nothing_and_never_its_argument():
    given = a_rich_notebook()
    before = copy.deepcopy(given)
    first = normalise(given)
    assert given == before
    assert normalise(json.loads(as_text(first))) == first


# What is not compared


def test_noise_is_removed_from_all_texts():
    patterns = read_patterns(SANITIZER)
    outputs = [stream("Python    3.11.7\nnumpy     2.4.6\nx   1.5\n"), {"n": [1, "numpy 1.0"]}]
    assert without_noise(outputs, patterns) == [
        stream("Python    VERSION\nnumpy     VERSION\nx   1.5\n"),
        {"n": [1, "numpy VERSION"]},
    ]


def test_the_patterns_are_those_that_nbval_reads(tmp_path):
    from nbval.plugin import get_sanitize_patterns

    more = "# regex: a\nregex: (a|b) +\nreplace: \\1\n\nregex: c\n# no\nreplace: d\n"
    for path in (SANITIZER, save(tmp_path, "more.cfg", more)):
        ours = [(regex.pattern, replacement) for regex, replacement in read_patterns(path)]
        assert ours == get_sanitize_patterns(path.read_text("utf-8"))


def test_a_bad_file_of_patterns_is_an_error(tmp_path, capsys):
    bad = save(tmp_path, "bad.cfg", "regex: (\nreplace: x\n")
    assert main(["--sanitize-with", str(bad), "x.ipynb"]) == 1
    assert f"{bad} holds a wrong expression" in capsys.readouterr().err
    assert main(["--sanitize-with", str(tmp_path / "none.cfg"), "x.ipynb"]) == 1
    assert "none.cfg can't be read: No such file" in capsys.readouterr().err


# The command, with all that can go wrong in one call

WITH_STILL = """from ipywidgets import IntSlider

class Slider(IntSlider):
    def _repr_mimebundle_(self, **kwargs):
        still = {"text/html": "<img>", "text/plain": "A still."}
        return super()._repr_mimebundle_(**kwargs) | still

Slider()"""
# The streams that a kernel was started with, to which only the kernel itself writes.
SAYS = "import os, sys\n_ = os.write(sys.{}.fileno(), b'{}\\n')"
GOOD = notebook(
    code("import os, sys\nfrom pathlib import Path\nprint(Path.cwd().name)"),
    code("sys.executable == os.environ['THIS_PYTHON']", id="python"),
    code("from tqdm import tqdm\nlist(tqdm(range(3), desc='inner'))"),
    code("print(f'numpy {os.environ[\"THIS_VERSION\"]}')", stream("numpy 1.0\n")),
    code("print(f'other {os.environ[\"THIS_VERSION\"]}')", stream("other 1.0\n")),
    code(WITH_STILL),
    code(SAYS.format("stdout", "ended")),
    code(SAYS.format("stderr", "Traceback")),
)
BAD = {
    "fails.ipynb": notebook(code("1"), text(""), code("1 / 0", id="here")),
    "forgives.ipynb": notebook(code("1 / 0", metadata={"tags": ["raises-exception"]})),
    "warns.ipynb": notebook(code("import warnings\nwarnings.warn('careful')")),
    "widget.ipynb": notebook(code("from tqdm.notebook import tqdm\n_ = list(tqdm([1]))")),
    "dies.ipynb": notebook(code(SAYS.format("stderr", "It is too large.") + "\nos._exit(1)")),
    "text.ipynb": "no notebook",
    "list.ipynb": "[]",
    "cells.ipynb": notebook({"cell_type": "code", "metadata": {}}),
    "kinds.ipynb": notebook({"cell_type": "heading", "metadata": {}, "source": ""}),
    "old.ipynb": notebook(nbformat=3),
}
MESSAGES = [
    "fails.ipynb: cell 3 (here): ZeroDivisionError: division by zero",
    "forgives.ipynb: cell 1 (cell-1): ZeroDivisionError: division by zero",
    "warns.ipynb: cell 1 (cell-1): wrote to stderr: ",
    "UserWarning: careful",
    "widget.ipynb: cell 1 (cell-1): made a widget, such as a progress bar",
    "dies.ipynb: cell 1 (cell-1): the kernel died\n",
    "\nIt is too large.\n",    # perhaps after what the kernel says of itself
    "text.ipynb: is not a notebook",
    "list.ipynb: is not a notebook",
    "cells.ipynb: is not a notebook",
    "kinds.ipynb: is not a notebook",
    "old.ipynb: has notebook format 3, expected 4",
    "none.ipynb: can't be read: No such file or directory",
]


def run_command(paths, version):
    command = [sys.executable, "-m", "lecture_utils.execute", "--sanitize-with", SANITIZER, *paths]
    environment = os.environ | {"THIS_PYTHON": sys.executable, "THIS_VERSION": version}
    environment["TQDM_DISABLE"] = "1" if version == "2.0" else ""
    environment.pop("PYTEST_CURRENT_TEST")    # with it, a kernel treats its streams in another way
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment, timeout=300
    )


@pytest.fixture(scope="module")
def called(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Zoë's folder")
    paths = [save(folder, name, content) for name, content in BAD.items()]
    paths += [folder / "none.ipynb", save(folder, "good.ipynb", GOOD)]
    return folder, run_command(paths, "2.0")


@pytest.mark.parametrize("message", MESSAGES)
def test_a_notebook_that_fails_is_named_with_its_cell_and_reason(called, message):
    _, process = called
    assert process.returncode == 1
    assert message in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("name", BAD)
def test_a_notebook_that_fails_is_left_as_it_was(called, name):
    folder, _ = called
    content = BAD[name] if isinstance(BAD[name], str) else json.dumps(BAD[name])
    assert (folder / name).read_text("utf-8") == content


def test_the_others_are_run_and_saved(called):
    folder, process = called
    where, python, bar, hidden, other, widget, *says = outputs_of(folder / "good.ipynb")
    assert where[0]["text"] == [f"{folder.name}\n"]
    assert python[0]["data"] == {"text/plain": ["True"]}
    assert [output["output_type"] for output in bar] == ["execute_result"]
    assert hidden[0]["text"] == ["numpy 1.0\n"]    # differs only in what the sanitizer hides
    assert other[0]["text"] == ["other 2.0\n"]
    assert widget[0]["data"] == {"text/html": ["<img>"], "text/plain": ["A still."]}
    assert says == [[], []]
    assert process.stdout == f"Changed: {folder / 'good.ipynb'}\n"
    assert {path.name for path in folder.iterdir()} == {*BAD, "good.ipynb"}


def test_progress_is_shown_although_the_notebooks_bars_are_off(called):
    folder, process = called
    assert f"{folder / 'good.ipynb'} |" in process.stderr
    assert "8/8 cells" in process.stderr
    assert "inner" not in process.stderr


def test_a_second_run_changes_nothing(called):
    folder, _ = called
    path = folder / "good.ipynb"
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino
    process = run_command([path], "2.0")
    assert process.returncode == 0
    assert process.stdout == "Changed: nothing\n"
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


# Parts that need no command


def test_a_cell_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 1)
    with open_kernel(tmp_path) as run:
        with pytest.raises(NotebookError, match="took longer than 1 s"):
            run("while True: pass")


# The answer that the cell has ended comes long before what it shows.
SHOWN_LATE = """import sys
from threading import Event
sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0
get_ipython().kernel.iopub_thread.schedule(lambda: Event().wait(6))
display("late")"""


def test_what_a_busy_kernel_shows_late_is_not_lost(tmp_path):
    with open_kernel(tmp_path) as run:
        assert [output["data"] for output in run(SHOWN_LATE)] == [{"text/plain": "'late'"}]


def test_a_kernel_that_does_not_start_is_an_error(tmp_path):
    with pytest.raises(NotebookError, match="the kernel can't be started"):
        with open_kernel(tmp_path / "none"):
            pass


def test_a_kernel_that_ends_while_it_starts_says_why(tmp_path, monkeypatch):
    command = {"argv": [sys.executable, "-c", "import sys; sys.exit('It is too old.')"]}
    monkeypatch.setattr(module, "get_kernel_dict", lambda: get_kernel_dict() | command)
    with pytest.raises(NotebookError, match="the kernel can't be started: .*\nIt is too old.$"):
        with open_kernel(tmp_path):
            pass


CONNECTION = "from ipykernel.connect import get_connection_info\nprint(get_connection_info())"


def test_a_kernel_needs_no_port_which_another_program_could_take(tmp_path):
    with open_kernel(tmp_path) as run:
        (output,) = run(CONNECTION)
    told = json.loads(output["text"])
    assert told["transport"] == "ipc"
    assert not Path(told["ip"]).parent.exists()    # nothing is left behind


def test_a_kernel_takes_ports_where_a_folder_has_too_long_a_name(tmp_path, monkeypatch):
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with open_kernel(tmp_path) as run:
        (output,) = run(CONNECTION)
    assert json.loads(output["text"])["transport"] == "tcp"


def test_a_file_that_can_not_be_replaced_stays_whole(tmp_path, monkeypatch):
    path = save(tmp_path, "x.ipynb", "old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(NotebookError, match="can't be written: No space left"):
        module.write(path, "new")
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
