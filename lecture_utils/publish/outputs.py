"""Makes of cells what pages show: figures, texts and notes, without what needs a kernel."""

import json
import re
from base64 import b64decode
from contextlib import suppress
from html import escape, unescape
from io import BytesIO

from bs4 import BeautifulSoup
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from PIL import Image

from lecture_utils.publish.checks import (
    DATA,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_TAGS,
    MOST_TEXT,
    Fault,
    is_too_long,
)

SVG = "image/svg+xml"
PICTURES = (SVG, "image/png", "image/jpeg")
OTHER_PICTURES = ("image/gif", "image/webp", "image/bmp", "image/avif")
WIDGET = "application/vnd.jupyter.widget-view+json"
JSON = "application/json"
PLAYER = "application/vnd.lecture-utils.player+json"
# JupyterLab shows drawings as images, with a text alternative; in a page the drawing itself has it.
# Only our own become drawings again: what is in others would come to life, or lose its style.
OURS = re.compile(r'<svg role="img" aria-labelledby="a[0-9a-f]{10}"')
TO_PLAY = r'(?:\s*<p class="to-play">[^<]*</p>)?'  # what to do in JupyterLab
IMAGE = re.compile(
    rf'<img [^>]*src="data:{re.escape(SVG)};base64,([A-Za-z0-9+/=]+)"[^>]*>{TO_PLAY}'
)
# How tqdm ends: [00:01<00:02, 3it/s]; and its widgets, which say nothing else.
BAR = re.compile(
    r"\[\d+:\d\d(:\d\d)?[<,]([^\n\[]|\[(?!\d+:\d\d))*\]\s*$|^[HV]Box\(.*(Progress|HTML)\("
)
QUOTED = re.compile(r"^> ?", re.MULTILINE)
REPR = re.compile(r"\s*<[\w.]+( object| at |: |>)[^\n]*(\n\s*)?$|\s*$")
# What needs a kernel, a script or another page: how to tell it, what it is, and a way to a still.
ALIVE = [
    ("plotly", "a figure of Plotly", 'fig.write_image("name.png")'),
    ("bokeh", "a figure of Bokeh", 'export_png(figure, filename="name.png")'),
    ("vega", "a chart of Altair or Vega", 'chart.save("name.png")'),
    (r"geo\+?json|folium|leaflet", "a map", "a photo of the screen"),
    ("widget", "a widget, which needs a kernel,", "a photo of the screen, or a plot of its state"),
    ("<video|^video/|mp4", "a film", "one frame of it"),
    ("<audio|^audio/", "a sound", "a plot of it"),
    ("<iframe|<embed|<object", "a page within the page", "a photo of the screen, and a link"),
    ("pdf", "a PDF", "a PNG of the page that matters"),
    ("javascript|<script", "something that a script draws", "a photo of the screen"),
]
UNFILLED = re.compile(r"</?(div|p|span|br|center)\b[^<>]*>|&nbsp;", re.IGNORECASE)
SHOWN = re.compile(
    r"text/(plain|html|markdown|latex)$|image/(svg\+xml|png|jpeg|gif|webp|bmp|avif)$"
)
ALIVE_HTML = re.compile(r"<(script|video|audio|iframe|embed|object)\b", re.IGNORECASE)
# What a call that draws returns, which says nothing beside its picture.
HANDLE = re.compile(r"[\s\[({]*(array\(\[+)?(<(matplotlib|Axes|seaborn|Figure)|Text\()")
BADGE = re.compile(r"colab\.research\.google|kaggle\.com|mybinder\.org|deepnote\.com")
ANCHOR = re.compile(r"<a\b[^<>]*>(?:[^<]|<(?!/?a\b|h\d))*</a>", re.IGNORECASE)
HIDDEN = {  # the usual names, of Jupyter Book, nbconvert, nbextensions and JupyterLab
    "hide-input": ("remove-input", "remove_input", "hide_input"),
    "hide-output": ("hide_output",),
    "remove-output": ("remove_output",),
    "remove-cell": ("remove_cell",),
    "hide-cell": ("hide_cell",),
}
# How a drawing of Matplotlib says what it shows.
DESCRIPTION = re.compile("<dc:description>([^<]*)<")
# Of elements in our pages; of places, as a number in the address of a slide is one; and what
# JavaScript looks for to find out who loads it: an element of this name would be taken for that.
NAMES_OF_OURS = re.compile(r"\d+|contents(-\d+)?|formula-\d+|main|exports|module|define")
FORMS = {
    "tags": list, "marked": list, "jupyter": dict, "part": str, "cover": str, "alt": str,
    "raw_mimetype": str,
}  # fmt: skip


def prepare(nb, *, in_frames=False):
    """Change a notebook, which is a copy, to what its pages show.

    Images that hold a drawing of ours become this drawing. Outputs without content and progress
    bars, of which no page needs the last moment, go, and so does what needs a kernel or a network.
    Notes to the lecturer lose the mark of a quotation, which tells them apart in JupyterLab.

    Parameters
    ----------
    nb : notebook
    in_frames : bool
        Whether it becomes slides, on which there is no place for hundreds of lines.

    Returns
    -------
    list of Fault
    """
    name_cells(nb)
    for cell in nb.cells:
        _leave_last_states(cell)
    CoalesceStreamsPreprocessor().preprocess(nb, {})
    faults = []
    for cell in nb.cells:
        faults += _bounded(cell)
        if cell.cell_type == "code":
            _hide(cell)
            faults += _faults_of_state(cell)
            faults += _without_life(cell)
            _put_alternatives(cell)
            faults += _shortened(cell, MOST_LINES if in_frames else 1000)
        elif slide_type(cell) == "notes":
            cell.source = without_mark(cell.source)
    _remove(nb)
    return faults


def _leave_last_states(cell):
    """Leave of a line that a stream writes anew, as a progress bar, what it is at last.

    Nbconvert does so within a line, and where the other stream prints nothing in between.
    """
    last = {}
    for output in cell.get("outputs", []):
        if output.output_type != "stream":
            continue
        before = last.get(output.name)
        if before is not None and output.text.startswith("\r"):
            before.text = "".join(before.text.rpartition("\n")[:2])
        if "\x1b[A" in output.text:
            output.text = _after_moves(output.text)
        last[output.name] = output
    if last:
        cell.outputs = [output for output in cell.outputs if output.get("text") != ""]


def _after_moves(text):
    """Return what a terminal shows of a text that goes up to lines, and writes them anew."""
    lines, row, is_anew = [""], 0, False
    for part in re.split(r"(\n|\r|\x1b\[A)", text):
        if part == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif part == "\x1b[A":
            row = max(row - 1, 0)
        elif part and part != "\r":
            lines[row] = part if is_anew else lines[row] + part
        is_anew = part == "\r" or is_anew and not part
    return "\n".join(lines)


def _bounded(cell):
    """Leave out what is far longer than anybody reads; return what is lost."""
    lost, outputs = [], cell.outputs if cell.cell_type == "code" else []
    holders = [(output.get("data", {}), "an output") for output in outputs]
    for data, name in [(cell, "what is written"), *holders]:
        for kind in {"source", "text/markdown", "text/latex"}.intersection(data):
            if is_too_long(text := "".join(data[kind])):
                data[kind] = DATA.sub("", text)[:MOST_TEXT]
                lost.append(f"of {name} only the first {MOST_TEXT:,} letters are shown: split it")
        for kind in {"text/html", SVG}.intersection(data):
            text = "".join(data[kind])
            if text.count("<") + text.count("&") > MOST_TAGS:
                del data[kind]
                lost.append(f"{name} of more than {MOST_TAGS:,} tags is left out: show less of it")
    return [Fault(cell.metadata.place, what) for what in lost]


def name_cells(nb):
    """Give each cell of a notebook an id of its own, and its place in words.

    Of its metadata it keeps what is in a form that pages read.
    """
    taken = set()
    for number, cell in enumerate(nb.cells, 1):
        cell.metadata = type(nb)(filter(_is_read, cell.get("metadata", {}).items()))
        name = re.sub(r"[^\w-]", "-", str(cell.get("id") or f"cell-{number}"))[:50]
        cell.metadata["number"] = number
        cell.metadata["place"] = f"cell {number} ({name if cell.get('id') else 'no id'})"
        if name in taken or NAMES_OF_OURS.fullmatch(name):
            name = f"cell-{number}-{name}"
        taken.add(name)
        cell["id"] = name


def _is_read(item):
    """Whether an entry of a cell's metadata is in the form that pages read, if they do."""
    name, value = item
    if name == "slideshow":
        return isinstance(value, dict) and isinstance(value.get("slide_type", ""), str | None)
    if name in ("tags", "marked", "alt") and isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return isinstance(value, FORMS.get(name, object))


def slide_type(cell):
    """Return the slide type of a cell, "-" if it has none."""
    about = cell.metadata.get("slideshow")
    return (about.get("slide_type") if isinstance(about, dict) else None) or "-"


def tags_of(cell):
    """Return the tags of a cell."""
    tags = cell.metadata.get("tags")
    return tags if isinstance(tags, list) else []


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


def is_picture(output):
    """Return whether an output of a cell is shown as a picture."""
    return any(kind in output.get("data", {}) for kind in PICTURES)


def _hide(cell):
    """Bring the many ways of hiding a part of a cell down to one tag each."""
    tags = set(tags_of(cell))
    jupyter = cell.metadata.get("jupyter") or {}
    tags |= {tag for tag, others in HIDDEN.items() if tags.intersection(others)}
    if jupyter.get("source_hidden") or cell.metadata.get("hide_input") is True:
        tags.add("hide-input")
    if jupyter.get("outputs_hidden") or cell.metadata.get("collapsed") is True:
        tags.add("hide-output")
    if "remove-output" in tags:
        cell.outputs = []
    if "hide-cell" in tags:
        cell.metadata["slideshow"] = {"slide_type": "skip"}
    cell.metadata["tags"] = sorted(tags)


def _remove(nb):
    """Take out cells that show nothing; the next one begins the slide that such a one begins."""
    kept, begins = [], None
    for cell in nb.cells:
        kind = slide_type(cell)
        is_empty = not cell.source.strip() and not cell.get("outputs") or _is_badge(cell)
        # A raw cell for LaTeX, or the like.
        is_empty |= cell.metadata.get("raw_mimetype", "").lower() not in ("", "text/html")
        if is_empty or {"remove-cell", "remove_cell"}.intersection(tags_of(cell)):
            begins = kind if kind in ("slide", "subslide") and begins != "slide" else begins
            continue
        if begins and kind in ("-", "fragment", "subslide"):
            cell.metadata["slideshow"] = {"slide_type": begins}
        if kind not in ("skip", "notes"):
            begins = None
        kept.append(cell)
    nb.cells = kept


def _is_badge(cell):
    """Return whether a cell shows nothing but links that open the notebook elsewhere."""
    if cell.cell_type != "markdown" or not BADGE.search(cell.source):
        return False
    source = ANCHOR.sub("", cell.source)
    return not re.sub(r"<(?!h\d)[^<>]*>|\[?!?\[[^\[\]]*\](\([^()]*\)\]?)*|\s", "", source)


def _faults_of_state(cell):
    """Yield what a cell lacks that its page is to show."""
    place, tags = cell.metadata.place, tags_of(cell)
    if not cell.source.strip():
        return
    if cell.get("execution_count") is None:
        yield Fault(place, "has not been run: run it, and save the notebook", "strict")
    elif "hide-input" in tags and not cell.outputs:
        yield Fault(place, "hides its code, but has no output to show instead", "strict")
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in tags:
            what = (
                f"ended in an error, {output.get('ename', '')}: mend it, or, if it is meant, give"
                ' the cell the tag "raises-exception"'
            )
            yield Fault(place, what)
    for line in set(cell.metadata.get("marked", [])) - _lines_of(cell):
        yield Fault(place, f"is to mark a line that it does not show: {line}")


def _lines_of(cell):
    """Return the lines of a cell and of the code that it shows, without their indentation."""
    shown = [output.get("data", {}).get("text/markdown", "") for output in cell.outputs]
    return {line.strip() for text in [cell.source, *shown] for line in text.split("\n")}


def _without_life(cell):
    """Leave of the outputs what a page can show; return what is lost."""
    kept, faults = [], []
    has_picture = any(map(is_picture, cell.outputs))
    for output in cell.outputs:
        data = output.get("data")
        if has_picture and data and not set(data) - {"text/plain"}:
            if HANDLE.match("".join(data["text/plain"])):
                continue
        if data is None:
            if output.output_type != "stream" or output.text.strip():
                kept.append(output)
            continue
        _put_drawing(data)
        lost = _still(data)
        if lost:
            name, way = lost
            what = (
                f"{name} can't be shown: save a still picture of it ({way}), and show that by"
                " ![What is to be seen.](name.png)"
            )
            faults.append(Fault(cell.metadata.place, what))
        elif any(data.values()):
            kept.append(output)
    cell.outputs = kept
    return faults


def _still(data):
    """Leave of an output what shows without life; return what it is, and a way, if nothing does."""
    html, plain = "".join(data.get("text/html", "")), "".join(data.get("text/plain", ""))
    if JSON in data and REPR.match(plain):  # which JupyterLab shows as a tree
        plain = data["text/plain"] = json.dumps(data.pop(JSON), indent=2, ensure_ascii=False)
    kinds = [kind for kind in data if not SHOWN.match(kind)]
    if "text/latex" in data:  # typeset, it can be heard, as in JupyterLab
        for kind in PICTURES:
            data.pop(kind, None)
    if plain and "sk-top-container" in html:  # an estimator, which unfolds in Jupyter alone
        del data["text/html"]
        html = ""
    if ALIVE_HTML.search(html):
        del data["text/html"]
        table = _parsed(html).table
        if any(kind in data for kind in (*PICTURES, *OTHER_PICTURES)):
            return None
        if table is not None:
            data["text/html"] = str(table)
            return None
        known = _what_it_is(" ".join([*kinds, html]))
        return known if REPR.match(plain) or known != ALIVE[-1][1:] else None
    if html and _is_stage(html) and REPR.match(plain):
        return _what_it_is(" ".join([*kinds, html])) or ALIVE[-1][1:]
    if html or any(kind in data for kind in (*PICTURES, *OTHER_PICTURES, "text/latex")):
        return None
    if BAR.search(plain):
        data.clear()
        return None
    known = _what_it_is(" ".join(kinds)) if kinds else None
    if known or kinds and REPR.match(plain):
        return known or (f"an output of the kind {kinds[0]}", "a photo of the screen")
    return None


def _parsed(html):
    # Of HTML that begins as XML does, the parser would warn whoever makes slides.
    return BeautifulSoup(re.sub(r"<\?[^>]*>", "", html), "html.parser")


def _is_stage(html):
    """Return whether HTML has boxes, but nothing in them: a script was to fill them."""
    html = re.sub(r"<!--[^>]*>", "", html)
    return not UNFILLED.sub("", html).strip() and bool(re.search(r"<\w+\s", html))


def _what_it_is(text):
    found = (each[1:] for each in ALIVE if re.search(each[0], text, re.IGNORECASE))
    return next(found, None)


def _put_drawing(data):
    svg = drawing_in("".join(data.get("text/html", "")))
    if svg is not None:
        del data["text/html"]
        data[SVG] = svg


def _put_alternatives(cell):
    """Let each picture say what it shows, as it or its cell does."""
    given = cell.metadata.get("alt") or []
    alternatives = iter([given] * len(cell.outputs) if isinstance(given, str) else given)
    for output in cell.outputs:
        data = output.get("data", {})
        kind = next((k for k in (*PICTURES, *OTHER_PICTURES) if k in data), None)
        if kind is None or "text/html" in data:
            continue
        about = output.setdefault("metadata", {})
        own = about.get(kind) if isinstance(about.get(kind), dict) else {}
        content = "".join(data[kind])
        alt = own.get("alt") or about.get("alt") or next(alternatives, "")
        alt = str(alt or description_in(kind, content))
        about[kind] = {**own, "alt": alt}
        if kind == SVG and alt and not re.search(r"<title|aria-label", content):
            named = f'<svg role="img" aria-label="{escape(alt)}"'
            data[kind] = content.replace("<svg", named, 1)
        elif kind in OTHER_PICTURES:
            source = f"data:{kind};base64,{content.replace(chr(10), '')}"
            data["text/html"] = f'<img src="{source}" alt="{escape(alt)}">'


def description_in(kind, content):
    """Return what an image says of itself, as Matplotlib writes it: "" if it says nothing.

    Its ``savefig`` takes ``metadata={"Description": "…"}`` for PNG and SVG.
    """
    if kind == SVG:
        found = DESCRIPTION.search(content)
        return unescape(found[1]).strip() if found else ""
    with suppress(Exception):  # Pillow's own errors are many: a broken image says nothing
        return str(Image.open(BytesIO(b64decode(content))).info.get("Description", ""))
    return ""


def _shortened(cell, most):
    """Cut the middle out of lines and outputs longer than anybody reads; return what is lost."""
    faults = []
    lines = cell.source.split("\n")
    cut = [_narrowed(line, most) for line in lines]
    if cut != lines and "hide-input" not in tags_of(cell) and slide_type(cell) != "skip":
        what = f"has a line of {max(map(len, lines))} characters, of which most are left out"
        faults.append(Fault(cell.metadata.place, f"{what}: break it"))
        cell.source = "\n".join(cut)
    for output in cell.outputs:
        lines = _printed_lines(output)
        cut = [_narrowed(line, most) for line in lines]
        if cut != lines:
            what = (
                f"prints a line of {max(map(len, lines))} characters, of which most are left out:"
                " let it print fewer"
            )
            faults.append(Fault(cell.metadata.place, what))
            lines = cut
            _print_lines(output, lines)
        faults += _shortened_table(cell, output, most)
        if len(lines) > 2 * most:
            first, last = (0, 8) if output.output_type == "error" else (most - 5, 4)
            n = len(lines) - first - last
            kept = [*lines[:first], f"… {n} lines are left out …", *lines[-last:]]
            _print_lines(output, kept)
            what = f"prints {len(lines)} lines, of which {n} are left out: let it print fewer"
            faults.append(Fault(cell.metadata.place, what))
    return faults


def _narrowed(line, most):
    """Return a line without its middle, where it would fill more than half a slide by itself."""
    room = most // 2 * MOST_COLUMNS
    if len(line) <= room:
        return line
    return f"{line[: room - 200]} … {len(line) - room} characters are left out … {line[-200:]}"


def _shortened_table(cell, output, most):
    """Leave the first and last rows of a long table; return what is lost."""
    html = "".join(output.get("data", {}).get("text/html", ""))
    if "<tr" not in html:
        return []
    page = _parsed(html)
    rows = [row for row in page.find_all("tr") if row.find_parent("tr") is None]
    faults = []
    if len(rows) > 2 * most:
        left_out = rows[most // 2 : -5]
        told = f"<tr><td colspan='100'>… {len(left_out)} rows are left out …</td></tr>"
        left_out[0].insert_before(BeautifulSoup(told, "html.parser"))
        for row in left_out:
            row.decompose()
        output.data["text/html"] = str(page)
        what = f"shows {len(rows)} rows, of which {len(left_out)} are left out: show fewer"
        faults.append(Fault(cell.metadata.place, what))
    return faults


def _printed_lines(output):
    if output.output_type == "stream":
        return output.text.rstrip().split("\n")
    if output.output_type == "error":
        return "\n".join(output.get("traceback", [])).split("\n")
    data = output.get("data", {})
    is_text = "text/plain" in data and not set(data) - {"text/plain"}
    return "".join(data["text/plain"]).split("\n") if is_text else []


def _print_lines(output, lines):
    if output.output_type == "stream":
        output.text = "\n".join(lines)
    elif output.output_type == "error":
        output.traceback = lines
    else:
        output.data["text/plain"] = "\n".join(lines)
