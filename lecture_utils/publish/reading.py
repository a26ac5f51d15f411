"""Reads notebooks of any age, or says in one line a fault why a file is none, and what to do."""

import json
import logging
import re
import warnings
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.validator import normalize

from lecture_utils.publish.checks import Fault, RefusedError

# What pages read in the metadata of a cell; something else says nothing.
KINDS = {
    "slideshow": (dict,), "tags": (list,), "jupyter": (dict,), "alt": (str, list),
    "marked": (list,), "collapsed": (bool,),
}  # fmt: skip
NO_NOTEBOOK = (    # raised by a wrong file, some of them by nbformat
    ValueError, LookupError, TypeError, AttributeError, NameError, AssertionError, RecursionError,
)  # fmt: skip
AGAIN = "save it in Jupyter, or fetch it, again"
RUN = "run the cell again, or clear its outputs, and save the notebook"
# What a file is that holds no JSON, by how it or one of its lines begins, and what to do.
OTHERS = {
    r"\A\s*\Z": f"the file is empty: {AGAIN}",
    r"\Aversion https://git-lfs": "it only says where Git LFS has the notebook: run `git lfs pull`",
    r"(?m)^(<{7}|>{7}) ": (
        "Git left the marks of a conflict in it: take one of the two versions, as by"
        " `git checkout --theirs`, or delete what is between the marks, and these"
    ),
    r"\A\s*<": "it is a page of the web: fetch the notebook itself, behind Raw or Download",
    r"\A\s*[^\s{]": "it is a text of another kind: give a file whose name ends in .ipynb",
}


def read_notebook(file_stream):
    """Return the notebook that a file holds, in the format of today.

    What only adds something, as metadata and attachments, is left out where it is of a wrong kind.

    Parameters
    ----------
    file_stream : file object
        Of text.

    Raises
    ------
    RefusedError
        If it holds something else; the message has a line for each fault.
    """
    name = getattr(file_stream, "name", "what is given")
    try:
        content = _content_of(file_stream.read().removeprefix("\ufeff"))  # some editors put it
        with _nbformat_silent():
            faults = _faults_of_format(content)
            if not faults and content["nbformat"] < 4:
                content = _upgraded(content)
            faults += _completed(content)
            if not faults:
                # Once more, since of very old ones some parts stay as they are.
                nb = nbformat.from_dict(nbformat.reads(json.dumps(content), as_version=4))
                return normalize(nb, relax_add_props=True, strip_invalid_metadata=True)[1]
    except (RefusedError, nbformat.ValidationError, *NO_NOTEBOOK) as error:
        raise RefusedError(f"{name} can't be read as a notebook: {_reason(error)}") from error
    raise RefusedError("\n".join(f"{Path(name).stem}, {fault}" for fault in faults))


@contextmanager
def _nbformat_silent():
    """Let nbformat say nothing of what is invalid: pages do without it, or a fault tells it."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _content_of(text):
    """Return what a text in JSON says, if it has cells."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        other = next((told for start, told in OTHERS.items() if re.search(start, text)), None)
        raise RefusedError(
            other or f"in line {error.lineno} it breaks off, or is damaged: {AGAIN}"
        ) from error
    about = content if isinstance(content, dict) else {}
    cells = about.get("worksheets" if about.get("nbformat") in (2, 3) else "cells")
    if not isinstance(cells, list):
        raise RefusedError(f"there is no list of cells in it: {AGAIN}")
    return content


def _reason(error):
    """Return in words why a file is no notebook, and what to do."""
    if isinstance(error, RefusedError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        if b"\0" in error.object and error.object[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            return "it is no text, but perhaps an archive or a picture: give the notebook itself"
        return "it is not in UTF-8: save it in this encoding, in a text editor"
    if isinstance(error, RecursionError):
        return f"there are too many brackets within brackets in it: {AGAIN}"
    reason = str(error).strip().partition("\n")[0][:200]
    return f"it is damaged, or of an unknown kind ({reason}): {AGAIN}"


def _faults_of_format(content):
    """Return what is wrong in the numbers of the format of a notebook."""
    version, minor = content.get("nbformat"), content.get("nbformat_minor")
    if type(minor) is not int or minor < 0:
        content["nbformat_minor"] = 0    # as nbformat takes it
    if type(version) is int and 1 <= version <= 4:
        return []
    given = json.dumps(version)[:20] if "nbformat" in content else "missing"
    what = f'has a format, "nbformat", that is {given}, and not a number from 1 to 4'
    return [Fault("the notebook", f"{what}: save it in format 4, or write this number into it")]


def _upgraded(content):
    """Return a notebook of an old format in that of today, without the ids that its cells got."""
    content.setdefault("metadata", {})
    nb = nbformat.reads(json.dumps(content), as_version=4)
    nb.nbformat_minor = 4
    for cell in nb.cells:  # they are others each time
        cell.pop("id", None)
    return nb


def _completed(content):
    """Put into a notebook all parts that it and its cells must have; return what is wrong."""
    faults = []
    is_newer = content["nbformat_minor"] > nbformat.current_nbformat_minor
    if not isinstance(content.get("metadata"), dict):
        content["metadata"] = {}
    for number, cell in enumerate(content["cells"], 1):
        if not isinstance(cell, dict):
            what = "is no cell, as it has no parts with names: delete it in a text editor"
            faults.append(Fault(f"cell {number} (no id)", what))
            continue
        _complete(cell, number)
        place = f"cell {number} ({cell.get('id', 'no id')})"
        faults += [Fault(place, what) for what in _wrong_in(cell, is_newer)]
    return faults


def _complete(cell, number):
    """Put into a cell all parts that it must have, and leave out what may go if it is wrong."""
    metadata = cell.get("metadata")
    metadata = cell["metadata"] = metadata if isinstance(metadata, dict) else {}
    for key, kinds in KINDS.items():
        if not isinstance(metadata.get(key, kinds[0]()), kinds):
            del metadata[key]
    if "tags" in metadata:    # of which the format wants each once
        tags = [tag for tag in metadata["tags"] if isinstance(tag, str) and tag and "," not in tag]
        metadata["tags"] = [*dict.fromkeys(tags)]
    if "id" in cell:
        name = cell["id"] if isinstance(cell["id"], str) else ""
        cell["id"] = re.sub(r"[^a-zA-Z0-9_-]", "-", name)[:64] or f"cell-{number}"
    if "attachments" in cell:    # where one that is shown is missing, the page tells it
        attachments = cell["attachments"] if isinstance(cell["attachments"], dict) else {}
        cell["attachments"] = dict(each for each in attachments.items() if _is_data(each[1]))
    cell.setdefault("source", "")
    if cell.get("cell_type") == "code":
        cell["outputs"] = [] if cell.get("outputs") is None else cell["outputs"]
        _complete_count(cell)
        for output in cell["outputs"] if isinstance(cell["outputs"], list) else []:
            if isinstance(output, dict) and "data" in output:
                if not isinstance(output.get("metadata"), dict):
                    output["metadata"] = {}
                if output.get("output_type") == "execute_result":
                    _complete_count(output)


def _complete_count(part):
    count = part.get("execution_count")
    part["execution_count"] = count if type(count) is int and count >= 0 else None


def _wrong_in(cell, is_newer):
    """Yield what in a cell is of another kind than pages need, and what to do.

    A newer format may have types of its own, which pages do without.
    """
    if not is_newer and cell.get("cell_type") not in ("markdown", "code", "raw"):
        yield 'has a type, "cell_type", that is none of markdown, code and raw: write one of these'
    if not _is_text(cell["source"]):
        yield "has a source that is no text: write the cell again, in Jupyter or a text editor"
    outputs = cell["outputs"] if cell.get("cell_type") == "code" else []
    if not isinstance(outputs, list):
        yield f"has outputs that are no list: {RUN}"
        return
    for number, output in enumerate(outputs, 1):
        kind = output.get("output_type") if isinstance(output, dict) else None
        if not is_newer and str(kind) not in PARTS:
            yield f"output {number} is of no type that Jupyter knows: {RUN}"
        parts = PARTS.get(str(kind), {}).items()
        wrong = [part for part, is_right in parts if not is_right(output.get(part))]
        if wrong:
            yield f"output {number} has no {' and '.join(wrong)} that can be read: {RUN}"


def _is_text(value):
    return isinstance(value, str) or _is_lines(value)


def _is_lines(value):
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_data(data):
    """Return whether all is text that is to be, of what is there in many forms."""
    is_shown = re.compile(r"(text|image)/(?!.*json)").match
    return isinstance(data, dict) and all(
        _is_text(value) for kind, value in data.items() if is_shown(kind)
    )


# The parts of each type of output.
PARTS = {
    "stream": {"name": _is_text, "text": _is_text},
    "error": {"ename": _is_text, "evalue": _is_text, "traceback": _is_lines},
    "display_data": {"data": _is_data},
    "execute_result": {"data": _is_data},
}
