"""Tells whether two copies of the package are the same, whatever version they call themselves."""

from importlib.resources import files
from zlib import crc32


def digest():
    """Return eight digits that are others if anything of the package's code is another."""
    found = 0
    for path in _sources(files("lecture_utils")):
        found = crc32(path.read_text(encoding="utf-8").encode(), found)    # with any line ends
    return f"{found:08x}"


def _sources(folder):
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.is_dir():
            yield from _sources(path)
        elif path.name.endswith((".py", ".json")):
            yield path
