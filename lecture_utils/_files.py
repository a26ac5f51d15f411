"""Paths of files, and files that are replaced in one step, so that none is half-written."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory


def as_path(value):
    """Return a str or Path as a Path, or complain about the argument `path`."""
    if not isinstance(value, (str, Path)):
        raise TypeError(f"path must be a str or Path, got {type(value).__name__}")
    return Path(value)


def reason_of(error):
    """Return the message of an error; one of a file begins with its name."""
    is_of_file = isinstance(error, OSError) and error.filename is not None and error.strerror
    return f"{error.filename}: {error.strerror}" if is_of_file else str(error)


def replace_file(path, content):
    """Write a file that is the old one until it is the whole new one.

    The mode of the old file stays, and where `path` is a symbolic link to it, so does the link.

    Parameters
    ----------
    path : str or Path
        In a folder that is there.
    content : str or bytes
        Text is written in UTF-8, with line ends as they are.

    Raises
    ------
    TypeError
        If `path` is neither.
    OSError
        If the file can't be written, with its name. The old one stays then, and nothing else.
    """
    target = Path(os.path.realpath(as_path(path)))
    data = content.encode() if isinstance(content, str) else content
    try:
        # A folder of its own, so that the draft gets the mode of any new file from the start.
        with TemporaryDirectory(dir=target.parent, prefix=".draft-") as folder:
            draft = Path(folder, "file")
            draft.write_bytes(data)
            if target.exists():
                shutil.copymode(target, draft)
            os.replace(draft, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
