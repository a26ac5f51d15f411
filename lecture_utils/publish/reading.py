"""Reads notebooks of any age, or says in one line why a file is none."""

import json
import warnings

import nbformat

from lecture_utils.publish.checks import RefusedError

NO_NOTEBOOK = (ValueError, LookupError, TypeError, AttributeError)    # raised by a wrong file


def read_notebook(file_stream):
    """Return the notebook that a file holds, in the format of today.

    Parameters
    ----------
    file_stream : file object
        Of text.

    Raises
    ------
    RefusedError
        If it holds something else.
    """
    name = getattr(file_stream, "name", "what is given")
    try:
        text = file_stream.read()
        content = _completed(json.loads(text))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that are missing, which pages can do without
            return nbformat.reads(json.dumps(content), as_version=4)
    except (nbformat.ValidationError, RecursionError, *NO_NOTEBOOK) as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise RefusedError(f"{name} can't be read as a notebook: {reason}") from error


def _completed(content):
    """Return what a file holds, with all parts that a notebook and its cells must have."""
    parts = content.get("cells", content.get("worksheets")) if isinstance(content, dict) else None
    if not isinstance(parts, list):
        raise ValueError("there is no list of cells")
    content.setdefault("metadata", {})
    for cell in content.get("cells", []):
        cell.setdefault("metadata", {})
        if cell["cell_type"] == "code":
            cell.setdefault("outputs", [])
            cell.setdefault("execution_count", None)
    return content
