"""Takes back what a notebook does for JupyterLab alone: pages show figures and notes as such."""

import re
from base64 import b64decode

SVG = "image/svg+xml"
WIDGET = "application/vnd.jupyter.widget-view+json"
# JupyterLab shows drawings as images, with a text alternative; in a page the drawing itself has it.
IMAGE = re.compile(rf'<img [^>]*src="data:{re.escape(SVG)};base64,([A-Za-z0-9+/=]+)"[^>]*>')
BAR = re.compile(r"\d+%\|.*\[.*\]\s*$")
QUOTED = re.compile(r"^> ?", re.MULTILINE)


def prepare(nb):
    """Change a notebook, which is a copy, to what its pages show.

    Images that hold a drawing which tells what it shows become this drawing. Outputs without
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
    lines = text.split("\n")
    return QUOTED.sub("", text) if all(line.startswith(">") for line in lines) else text


def drawing_in(html):
    """Return the SVG that is all that some HTML shows, if it tells what it shows, or None."""
    image = IMAGE.fullmatch(html.strip())
    if image is None:
        return None
    svg = b64decode(image[1]).decode()
    return svg if 'role="img"' in svg.partition(">")[0] else None


def is_widget_alone(output):
    """Return whether an output is a widget without a picture to show in its place."""
    data = output.get("data", {})
    return WIDGET in data and not any(kind == "text/html" or "image/" in kind for kind in data)


def _is_bar_or_empty(output):
    text = "".join(output.get("data", {}).get("text/plain", ""))
    if is_widget_alone(output):
        return bool(BAR.search(text))
    return output.output_type == "display_data" and not any(output.data.values())


def _put_drawing(data):
    svg = drawing_in("".join(data.get("text/html", "")))
    if svg is not None:
        del data["text/html"]
        data[SVG] = svg
