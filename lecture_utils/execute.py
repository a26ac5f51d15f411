"""Runs notebooks from top to bottom, and saves what they show in one fixed form.

``python -m lecture_utils.execute [--sanitize-with FILE] notebooks/*.ipynb``
"""

import argparse
import json
import os
import re
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lecture_utils._extras import needs

with needs("lab"):
    import nbformat
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbformat import ValidationError
    from nbformat.v4.rwbase import rejoin_lines
    from tqdm import tqdm
    from zmq import IPC_PATH_MAX_LEN

from lecture_utils._files import replace_file

TIMEOUT = 120    # seconds for one cell
PATIENCE = 300    # seconds for a kernel to start, and for what a cell has shown to arrive
KEPT_METADATA = (
    "cover", "covers", "marked", "nbgrader", "part", "right", "slideshow", "tags", "values",
    "world", "wrong",
)  # fmt: skip
STILL = "text/html"
NOTHING = {"text/plain": ""}    # what a progress bar leaves
WIDGET = "application/vnd.jupyter.widget-view+json"


class NotebookError(Exception):
    """A notebook that can't be read, run or saved; the message is for the user."""


def main(arguments=None):
    """Run the notebooks named on the command line; return 1 if one of them failed, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m lecture_utils.execute",
        description="Run notebooks from top to bottom and save their outputs in one fixed form.",
    )
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK")
    parser.add_argument(
        "--sanitize-with",
        type=Path,
        metavar="FILE",
        help="an output that differs only in what the expressions of this file hide is kept",
    )
    options = parser.parse_args(arguments)
    failures, changed = 0, []
    try:
        patterns = read_patterns(options.sanitize_with) if options.sanitize_with else []
        for path in options.notebooks:
            try:
                if execute(path, patterns):
                    changed.append(str(path))
            except NotebookError as error:
                failures += 1
                print(f"Error: {path}: {error}", file=sys.stderr)
    except NotebookError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print("Changed:", ", ".join(changed) or "nothing")
    return 1 if failures else 0


def execute(path, patterns=()):
    """Run the notebook at `path`, save it if that changed it, and return whether it did.

    A notebook that fails stays as it was.

    Raises
    ------
    NotebookError
        If the file can't be read or is no notebook, if there is no kernel, or if a cell fails,
        takes too long, warns, or makes a widget without a still picture.
    """
    old_text, notebook = read_notebook(path)
    code_cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    progress = tqdm(
        code_cells,
        desc=str(path),
        bar_format="{desc} |{bar:20}| {n_fmt}/{total_fmt} cells, {elapsed}",
        disable=False,    # TQDM_DISABLE is meant for the bars inside the notebooks
    )
    with progress, open_kernel(path.resolve().parent) as run:
        for cell in progress:
            try:
                outputs = run(cell["source"], cell["execution_count"])
            except NotebookError as error:
                number = notebook["cells"].index(cell) + 1
                raise NotebookError(f"cell {number} ({cell['id']}): {error}") from None
            if without_noise(outputs, patterns) != without_noise(cell["outputs"], patterns):
                cell["outputs"] = outputs
    text = as_text(notebook)
    if text == old_text:
        return False
    write(path, text)
    return True


def read_notebook(path):
    """Return the text of the notebook at `path`, and the normalised notebook."""
    try:
        text = path.read_text(encoding="utf-8")
        notebook = normalise(json.loads(text))
        nbformat.validate(notebook)
        return text, notebook
    except OSError as error:
        raise NotebookError(f"can't be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError, ValidationError) as error:
        raise NotebookError("is not a notebook") from error


class ThisPython(KernelSpecManager):
    """Finds the kernel of the running Python; one of that name elsewhere has other packages."""

    def get_kernel_spec(self, kernel_name):
        """Return the kernel, whatever the name."""
        return self.kernel_spec_class(resource_dir=RESOURCES, **get_kernel_dict())


@contextmanager
def open_kernel(folder):
    """Start a fresh kernel of this Python in `folder`, and stop it afterwards.

    Yields
    ------
    run : function
        ``run(source, count=None)`` runs a cell and returns its outputs. It raises
        `NotebookError` if the cell fails, takes too long, writes to stderr or makes a widget
        without a still picture.
    """
    # Progress bars would leave other outputs at each run.
    environment = os.environ | {"TQDM_DISABLE": "1"}
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = NotebookClient(
            nbformat.v4.new_notebook(),
            km=_new_manager(own),
            timeout=TIMEOUT,
            startup_timeout=PATIENCE,
            iopub_timeout=PATIENCE,
            raise_on_iopub_timeout=True,    # rather than lose what comes later
            record_timing=False,
            coalesce_streams=True,
        )
        # What cells write comes as their outputs. What the kernel itself says, often while it ends
        # on a busy computer, tells a user nothing, unless it died of it.
        said = own / "said"
        file = stack.enter_context(open(said, "wb"))
        kernel = client.setup_kernel(
            cwd=str(folder), env=environment, stdout=file, stderr=file, cleanup_kc=True
        )
        try:
            stack.enter_context(kernel)
        except (OSError, RuntimeError) as error:
            raise _end_of_kernel(f"the kernel can't be started: {error}", said) from None

        def run(source, count=None):
            try:
                return _run_cell(client, source, count)
            except DeadKernelError:
                raise _end_of_kernel("the kernel died", said) from None

        yield run


def _new_manager(folder):
    """Return a manager that talks to its kernel through files in `folder`, where that is possible.

    Of ports it could only choose those that are free; another program may take one before the
    kernel does.
    """
    fits = len(os.fsencode(folder / "kernel-ipc-0")) <= IPC_PATH_MAX_LEN
    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=ThisPython(),
        transport="ipc" if os.name == "posix" and fits else "tcp",
        connection_file=str(folder / "kernel.json"),
    )


def _end_of_kernel(reason, said):
    """Return the error of a kernel that ended too early, with what it said itself."""
    words = said.read_text(encoding="utf-8", errors="replace")
    return NotebookError(f"{reason}\n{words}".strip())


def _run_cell(client, source, count):
    cell = nbformat.v4.new_code_cell(source)
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1)
    except CellExecutionError as error:
        raise NotebookError(f"{error.ename}: {error.evalue}".rstrip(": ")) from None
    except CellTimeoutError:
        raise NotebookError(f"took longer than {TIMEOUT} s") from None
    for output in cell.outputs:
        _keep_still(output)
        if WIDGET in output.get("data", {}):
            raise NotebookError(
                "made a widget, such as a progress bar, which no file can hold, without a picture"
                " to show in its place"
            )
        if output.get("name") == "stderr":
            raise NotebookError(f"wrote to stderr: {output.text.strip()}")
        if "execution_count" in output:
            output.execution_count = count
    return [output for output in cell.outputs if output.get("data") != NOTHING]


def _keep_still(output):
    """Drop a widget from what has a still picture too: it needs the kernel that made it."""
    if STILL in output.get("data", {}):
        output.data.pop(WIDGET, None)


def normalise(notebook):
    """Return the notebook with all that may differ from run to run or person to person removed.

    Kept are the cells' sources, outputs, attachments and valid ids, and the metadata that the
    lectures use. Of a widget, its still picture is kept; of a progress bar that has ended, nothing.
    """
    if notebook["nbformat"] != 4:
        raise NotebookError(f"has notebook format {notebook['nbformat']}, expected 4")
    notebook = rejoin_lines(nbformat.from_dict(notebook))
    ids = _unique_ids(cell.get("id") for cell in notebook.cells)
    count = 0
    for cell, cell.id in zip(notebook.cells, ids):
        cell.metadata = _clean_metadata(cell.metadata)
        if cell.cell_type == "code":
            if "hide-input" in cell.metadata.get("tags", []):
                cell.metadata["jupyter"] = {"source_hidden": True}    # what JupyterLab folds
            empty = not cell.source.strip()    # isn't run, so isn't counted
            count += not empty
            cell.execution_count = None if empty else count
            cell.outputs = [output for output in cell.outputs if output.get("data") != NOTHING]
            for output in cell.outputs:
                _keep_still(output)
                if "execution_count" in output:
                    output.execution_count = cell.execution_count
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    notebook.nbformat_minor = 5
    return notebook


def _unique_ids(ids):
    ids = list(ids)
    taken = set(filter(None, ids))
    result = []
    for i, cell_id in enumerate(ids):
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell_id or "") or cell_id in result:
            cell_id = f"cell-{i + 1}"
            while cell_id in taken:
                cell_id += "-new"
            taken.add(cell_id)
        result.append(cell_id)
    return result


def _clean_metadata(metadata):
    kept = {key: metadata[key] for key in KEPT_METADATA if metadata.get(key)}
    if "slideshow" in kept:
        kept["slideshow"] = {"slide_type": kept["slideshow"].get("slide_type", "")}
    return kept


def read_patterns(path):
    """Return the (expression, replacement) pairs of a file in the format of nbval."""
    try:
        text = path.read_text(encoding="utf-8")
        pairs = re.findall(r"^regex: (.*)\nreplace: (.*)$", text, flags=re.MULTILINE)
        return [(re.compile(regex), replacement) for regex, replacement in pairs]
    except OSError as error:
        raise NotebookError(f"{path} can't be read: {error.strerror}") from None
    except re.error as error:
        raise NotebookError(f"{path} holds a wrong expression: {error}") from None


def without_noise(value, patterns):
    """Return outputs with all texts in them changed as `patterns` say, to compare them."""
    if isinstance(value, dict):
        return {key: without_noise(entry, patterns) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_noise(entry, patterns) for entry in value]
    if isinstance(value, str):
        for regex, replacement in patterns:
            value = regex.sub(replacement, value)
    return value


def as_text(notebook):
    """Return the text of the file that JupyterLab would write for a normalised notebook."""
    return nbformat.writes(notebook) + "\n"


def write(path, text):
    """Replace the file at `path` in one step."""
    try:
        replace_file(path, text)
    except OSError as error:
        raise NotebookError(f"can't be written: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
