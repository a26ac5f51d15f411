"""Reads notebooks of any age, or says in one line why a file is none."""

import json
import warnings

import nbformat

from lecture_utils.publish.checks import RefusedError

# What pages read in the metadata of a cell; something else says nothing.
KINDS = {
    "slideshow": (dict,), "tags": (list,), "jupyter": (dict,), "alt": (str, list),
    "marked": (list,), "collapsed": (bool,),
}  # fmt: skip
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
        text = file_stream.read().removeprefix("\ufeff")  # which some editors put first
        if not text.strip():
            raise ValueError("the file is empty")
        content = _completed(json.loads(text))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ids that are missing, which pages can do without
            # Once more, since of very old ones some parts stay as they are.
            nb = nbformat.from_dict(nbformat.reads(json.dumps(content), as_version=4))
        if content["nbformat"] < 4:  # the ids that its cells got are others each time
            nb.nbformat_minor = 4
            for cell in nb.cells:
                cell.pop("id", None)
        return nb
    except (nbformat.ValidationError, RecursionError, *NO_NOTEBOOK) as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise RefusedError(
            f"{name} can't be read as a notebook: {reason}: save it in Jupyter, or fetch it, again"
        ) from error


def _completed(content):
    """Return what a file holds, with all parts that a notebook and its cells must have."""
    parts = content.get("cells", content.get("worksheets")) if isinstance(content, dict) else None
    if not isinstance(parts, list):
        raise ValueError("there is no list of cells")
    content.setdefault("metadata", {})
    for number, cell in enumerate(content.get("cells", []), 1):
        if not isinstance(cell, dict):
            raise ValueError(f"cell {number} is none")
        metadata = cell.get("metadata")
        metadata = cell["metadata"] = metadata if isinstance(metadata, dict) else {}
        for key, kinds in KINDS.items():
            if not isinstance(metadata.get(key, kinds[0]()), kinds):
                del metadata[key]
        cell.setdefault("source", "")
        if cell["cell_type"] == "code":
            cell.setdefault("outputs", [])
            cell.setdefault("execution_count", None)
    return content
