"""Puts images into the page: files beside the notebook, and what is attached to a cell."""

import re
from base64 import b64encode
from html import escape, unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

TAG = re.compile(r"""<img\b(?>(?:"[^"<]*"|'[^'<]*'|[^'"<>])*)>""", re.IGNORECASE)
ATTRIBUTE = r"""\b{}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
BEGINNINGS = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF.{4}WEBP",
    "image/bmp": rb"BM.{4}\0\0\0\0",
    "image/avif": rb".{4}ftypavi[fs]",
    "image/svg+xml": rb"(?=.*?<svg\b)(?:\xef\xbb\xbf)?\s*<[?!s]",
}
LARGE, TOO_LARGE = 2, 20  # MB: a deck is to stay small enough to be sent; and what no browser needs
LEVELS_UP = 2  # as ../../images, which courses have, but nothing from elsewhere on the computer


class ImageError(ValueError):
    """An image that can't be put into the page; the message says why, and what to do."""


def with_images(html, folder, attachments, alternatives, tell):
    """Return HTML in which each image is in the page itself, or its text stands in its place.

    Parameters
    ----------
    html : str
    folder : str or None
        That of the notebook.
    attachments : dict
        From the name of each to its content, by MIME type.
    alternatives : str or list of str
        For images that have none of their own.
    tell : callable
        Is called with what falls short, and its level; see `Fault`.
    """
    given = iter(alternatives if isinstance(alternatives, list) else [alternatives] * 1000)

    def put(tag):
        source, alt = _attribute(tag[0], "src"), _attribute(tag[0], "alt").strip()
        text = tag[0]
        if not alt and (alt := str(next(given, ""))):
            text = re.sub(ATTRIBUTE.format("alt"), "", text, flags=re.IGNORECASE)
            text = f'<img alt="{escape(alt)}"{text[4:]}'
        if re.match(r"\s*data:", source, re.IGNORECASE) or not source:
            return text
        try:
            if source.startswith("attachment:"):
                content = _attached(source.removeprefix("attachment:"), attachments)
            else:
                content = _read(source, folder)
        except ImageError as error:
            tell(str(error), "fatal" if source.startswith("attachment:") else "usual")
            return f'<em class="missing">{escape(alt or _file_name(source))}</em>'
        kind, data = content
        megabytes = len(data) * 3 / 4 / 1e6
        if megabytes > LARGE:
            tell(f"the image {source} has {megabytes:.0f} MB: make it smaller")
        # A function, since what it puts in is no pattern.
        new = f'src="data:{kind};base64,{data}"'
        source = re.compile(ATTRIBUTE.format("src"), re.IGNORECASE)
        return source.sub(lambda _: new, text, count=1)

    return TAG.sub(put, html)


def _file_name(source):
    return unquote(re.split("[?#]", source)[0].rstrip("/").rpartition("/")[2]) or source


def _attribute(tag, name):
    found = re.search(ATTRIBUTE.format(name), tag, re.IGNORECASE)
    return unescape(next(filter(None, found.groups()), "")) if found else ""


def _attached(name, attachments):
    for each in (name, unquote(name)):
        content = attachments.get(each)
        if content:
            kind = next((kind for kind in BEGINNINGS if kind in content), next(iter(content)))
            return kind, "".join(content[kind]).replace("\n", "")
    raise ImageError(
        f"the image {unquote(name)} is not in the notebook: drop the file into the cell again"
    )


def _read(source, folder):
    """Return the MIME type of an image file, and its content in base64."""
    if re.match(r"\w+:|//", source):
        is_local = re.match(r"file:|[a-z]:", source, re.IGNORECASE)    # also of a disk of Windows
        where = "has a place on one computer alone" if is_local else "is on the network"
        raise ImageError(
            f"an image is not embedded in the file: {source[:80]} {where}: save it beside the"
            " notebook, and write its file name instead"
        )
    path = _found(source, folder)
    if path is None:
        raise ImageError(
            f"an image is not embedded in the file: there is no {unquote(source)[:80]}"
            " beside the notebook"
        )
    return kind_and_content(path, source)


def kind_and_content(path, called=None):
    """Return the MIME type of an image file, and its content in base64.

    Parameters
    ----------
    path : Path
    called : str, optional
        What messages call it; else its name.

    Raises
    ------
    ImageError
        If it is no image, or far too large.
    """
    called = called or path.name
    if path.stat().st_size > TOO_LARGE * 1e6:
        raise ImageError(f"the image {called} has more than {TOO_LARGE} MB: make it smaller")
    content = path.read_bytes()
    for kind, beginning in BEGINNINGS.items():
        if re.match(beginning, content[:2000], re.DOTALL):
            return kind, b64encode(content).decode()
    raise ImageError(f"{called[:80]} is no image that browsers show: save it as PNG or SVG")


def _found(source, folder):
    """Return the file that is meant, if it is near the notebook, or None."""
    if folder is None:
        return None
    home = Path(folder).resolve()
    near = home.parents[LEVELS_UP - 1] if len(home.parents) >= LEVELS_UP else home
    plain = unquote(source)
    for name in (source, plain, unquote(re.split(r"[?#]", source)[0]), plain.replace("\\", "/")):
        if PurePosixPath(name).is_absolute() or "\0" in name:
            continue
        for each in (name, name.removeprefix("files/")):
            try:
                path = (home / each).resolve()
                if path.is_file() and path.is_relative_to(near):
                    return path
            except (OSError, RuntimeError):  # a name too long, or a link to itself
                continue
    return None
