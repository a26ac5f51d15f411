"""Replaces a file in one step, so that it is never half-written."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory


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
    OSError
        If the file can't be written, with its name. The old one stays then, and nothing else.
    """
    target = Path(os.path.realpath(path))
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
