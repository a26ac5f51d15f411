"""Takes back what a notebook does for JupyterLab alone: pages show figures and notes as such."""

import re
from base64 import b64decode
from contextlib import suppress

SVG = "image/svg+xml"
WIDGET = "application/vnd.jupyter.widget-view+json"
PLAYER = "application/vnd.lecture-utils.player+json"
# JupyterLab shows drawings as images, with a text alternative; in a page the drawing itself has it.
# Only our own become drawings again: what is in others would come to life, or lose its style.
OURS = re.compile(r'<svg role="img" aria-labelledby="a[0-9a-f]{10}"')
TO_PLAY = r'(?:\s*<p class="to-play">[^<]*</p>)?'  # what to do in JupyterLab
IMAGE = re.compile(
    rf'<img [^>]*src="data:{re.escape(SVG)};base64,([A-Za-z0-9+/=]+)"[^>]*>{TO_PLAY}'
)
BAR = re.compile(r"\[\d+:\d\d(:\d\d)?[<,][^\n]*\]\s*$")  # how tqdm ends: [00:01<00:02, 3it/s]
QUOTED = re.compile(r"^> ?", re.MULTILINE)


def prepare(nb):
    """Change a notebook, which is a copy, to what its pages show.

    Images that hold a drawing of ours become this drawing. Outputs without
    content and progress bars, of which no page needs the last moment, go. Notes to the lecturer
    lose the mark of a quotation, which tells them apart in JupyterLab.
    """
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_bar_or_empty(output)]
            for output in cell.outputs:
                _put_drawing(output.get("data", {}))
        elif cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            cell.source = without_mark(cell.source)


def without_mark(text):
    """Return notes to the lecturer without the mark that each of their lines begins with."""
    lines = [line for line in text.split("\n") if line.strip()]
    return QUOTED.sub("", text) if all(line.startswith(">") for line in lines) else text


def drawing_in(html):
    """Return the drawing of ours that is all that some HTML shows, as an SVG, or None."""
    image = IMAGE.fullmatch(html.strip())
    with suppress(ValueError):  # what can't be decoded is another's
        if image is not None and OURS.match(svg := b64decode(image[1]).decode()):
            return svg
    return None


def is_widget_alone(output):
    """Return whether an output is a widget without a picture to show in its place."""
    data = output.get("data", {})
    return WIDGET in data and not any(kind == "text/html" or "image/" in kind for kind in data)


def _is_bar_or_empty(output):
    if output.output_type != "display_data":
        return False
    if output.data.keys() <= {WIDGET, "text/plain"}:
        text = "".join(output.data.get("text/plain", ""))
        return bool(BAR.search(text)) or not (text or WIDGET in output.data)
    return not any(output.data.values())


def _put_drawing(data):
    svg = drawing_in("".join(data.get("text/html", "")))
    if svg is not None:
        del data["text/html"]
        data[SVG] = svg
