"""Cuts a notebook into slides, and estimates how much room each of them takes.

The estimate needs no browser: lines of code are counted exactly, text by its letters, and of an
image the least height at which it can be read.
"""

import re
from copy import deepcopy
from itertools import zip_longest

from nbformat.v4 import new_markdown_cell

from lecture_utils.publish.checks import LEAST_FACTOR, Fault
from lecture_utils.publish.headings import headings_in
from lecture_utils.publish.outputs import OTHER_PICTURES, PICTURES, slide_type, tags_of

# In pixels of the frame of 1280 by 720, as slides.css says; letters are of medium width.
ROOM = 640
LINE, LETTERS = 36, 92
CODE_LINE, CODE_EDGE = 27, 24
ROW = 46
IMAGE = 170
GAP = 12
FORMULA, FORMULA_LINE = 64, 44
OVER = 1.25  # what an estimate may be wrong by
# No part of these looks twice at what has no end.
IMAGE_MARK = re.compile(r"!\[[^][]*\]\(|<img\b", re.IGNORECASE)
WHOLE_IMAGE = re.compile(r"!\[[^][]*\]\([^()]*\)")
FORMULA_MARK = re.compile(r"\$\$|\\begin(\{\w+\*?\})")
FENCED = re.compile(
    r"^ {0,3}(```++|~~~++)[^\n]*+\n(.*?)(?:^ {0,3}\1[^\n]*$|\Z)", re.DOTALL | re.MULTILINE
)
FOLD = re.compile(r"<details\b")
NO_TEXT = re.compile(r"<(style|script|svg|table)\b", re.IGNORECASE)
# Each begins a line, wherever it stands in the source.
BLOCK = re.compile(r"</?(?:p|li|tr|h[1-6]|div|br|dt|dd)\b[^<>]*>", re.IGNORECASE)
MARKUP = re.compile(r"<[^<>]*>")
# Where some stand beside each other, as the items of R's lists do, only letters can be counted.
BESIDE = re.compile(r"display:\s*(?:inline|flex|grid)|float:", re.IGNORECASE)
# What a part of HTML asks for; images that do are made to fit.
TALL = re.compile(r"<(?!img|svg)\w[^<>]*?[;\"'\s]height:\s*(\d{1,6})px", re.IGNORECASE)
INNERMOST = re.compile(r"\\begin\{(\w+\*?)\}((?:(?!\\begin\{).)*?)\\end\{\1\}", re.DOTALL)
# How what begins a block that must stay whole is closed.
CLOSES = {"`": r"^\s*```", "~": r"^\s*~~~", "\\": r"\\end", "$": r"\$\$", "<": r"</\w+>\s*$|^\s*$"}
DEFINED = re.compile(r"\\(?:(?:re)?newcommand|def|let|DeclareMathOperator)\b[^\n]*")
SHORT = re.compile(r"\$[^$]*\$|\]\([^()]*\)|<[^<>]*>|[*`]")
ROW_MARK, CELL = re.compile(r"<tr\b", re.IGNORECASE), re.compile(r"<t[dh]\b", re.IGNORECASE)
TAG = re.compile(r"^[^<>]*>|<[^<>]*>?")
SEEN = re.compile(r"<(?!!--|/?(?:a|b|br|center|div|p|span|style)\b)[a-z]", re.IGNORECASE)
UNSEEN_ENDS = {"<style": "</style>", "<!--": "-->"}
UNSEEN = re.compile(r"<style\b|<!--", re.IGNORECASE)
RULE = re.compile(r"^ *([-*_] *){3,}$", re.MULTILINE)
DEEPEST = 10  # environments of a formula within each other


# Between which lines code is cut, the best first: where what is apart begins; where there is a gap;
# where something new begins; anywhere, for there must be some place.
WAYS_TO_CUT = [
    lambda before, line: not before.strip() and re.match(r"[^\s)\]}]", line),
    lambda before, line: not before.strip() and line.strip(),
    lambda before, line: re.match(r"[^\s)\]}]", line),
    lambda before, line: True,
]


class Room:
    """How much room something takes, in pixels.

    Where letters are made smaller, lines of code (`rows`) become as much lower; running text has
    longer lines, too, and so fewer; images (`fixed`) stay.
    """

    def __init__(self, fixed=0, rows=0, text=0):
        self.fixed, self.rows, self.text = fixed, rows, text

    def __add__(self, other):
        return Room(self.fixed + other.fixed, self.rows + other.rows, self.text + other.text)

    def at(self, factor):
        """Return the height in pixels, with letters made smaller by a factor."""
        return self.fixed + factor * self.rows + factor**2 * self.text

    @property
    def factor(self):
        """The factor by which letters have to be made smaller, in steps of a twentieth."""
        return next((n / 20 for n in range(20, 0, -1) if self.at(n / 20) <= ROOM * OVER), 0)


def cut_at_headings(cells, *, paged):
    """Return cells with slide types, for a notebook that has none: headings cut the slides.

    Parameters
    ----------
    cells : list of cells
    paged : bool
        Whether what does not fit on a slide goes on on a further one.
    """
    pieces = [piece for cell in cells for piece in _at_headings(cell)]
    while len(pieces) > 1 and _is_unseen(pieces[0]) and pieces[1].cell_type == "markdown":
        pieces[1].source = f"{RULE.sub('', pieces[0].source)}\n\n{pieces[1].source}"
        del pieces[0]
    levels = [found[0].level for piece in pieces if (found := _headings(piece))]
    top = max(2, min(levels[1:], default=2))
    slides, shown = [[]], []    # and what is shown of the last one
    for i, piece in enumerate(pieces):
        if slide_type(piece) in ("skip", "notes"):
            slides[-1].append(piece)
            continue
        found = _headings(piece)
        starts = found and found[0].level <= top + 1
        if shown and starts and not (_is_bare(shown) and found[0].level > top):
            slides.append([])
            shown = []
        is_first = not shown and not starts and len(slides) == 1
        if is_first and (_is_set_up(piece) or _is_unseen(piece)):
            kind = "skip" if any(map(_headings, pieces[i:])) else "slide"
        elif not shown:
            kind = "slide" if len(slides) == 1 or found[0].level <= top else "subslide"
        else:
            kind = "-"
        piece.metadata["slideshow"] = {"slide_type": kind}
        slides[-1].append(piece)
        shown += [piece] * (kind != "skip")
    if paged:
        slides = [_paged(slide) for slide in slides]
    return [cell for slide in slides for cell in slide]


def faults_of_room(slides):
    """Return a fault for each slide that holds more than fits.

    Parameters
    ----------
    slides : list of Slide
    """
    faults = []
    for slide in slides:
        room = room_of_slide(slide)
        if (factor := room.factor) < 1:
            more = round(100 * (room.at(1) / ROOM - 1), -1)
            what = f"this slide holds about {more:.0f} % more than fits: split it"
            level = "usual" if factor < LEAST_FACTOR else "strict"
            faults.append(Fault(slide.groups[0].cells[0].metadata.place, what, level))
    return faults


def room_of_slide(slide):
    """Return the room that a slide takes when all of it is uncovered: of steps, the largest."""
    room, steps = Room(), [Room()]
    for group in slide.groups:
        taken = sum(map(room_of, group.cells), Room())
        if group.kind == "step":
            steps.append(taken)
        else:
            room += taken
    return room + max(steps, key=lambda step: step.at(1))


def is_short(slide):
    """Return whether a slide has room for a large title above what it holds."""
    return all(
        cell.cell_type == "markdown" for group in slide.groups for cell in group.cells
    ) and room_of_slide(slide).at(1) < ROOM / 2


def room_of(cell):
    """Return the room that a cell takes on a slide."""
    if cell.cell_type != "code":
        return _room_of_markdown(cell.source)
    tags = tags_of(cell)
    room = Room()
    if "hide-input" not in tags and cell.source.strip():
        room += _room_of_code(cell.source) + Room(CODE_EDGE)
    if "hide-output" not in tags:
        room = sum(map(_room_of_output, cell.outputs), room)
    return room


def _room_of_output(output):
    data = output.get("data", {})
    if "text" in output:
        return _room_of_code(output.text)
    if "traceback" in output:
        return _room_of_code("\n".join(output.traceback))
    if "text/html" in data:
        return _room_of_html("".join(data["text/html"]))
    if "text/markdown" in data:
        return _room_of_markdown("".join(data["text/markdown"]))
    if any(kind in data for kind in (*PICTURES, *OTHER_PICTURES)):
        return Room(IMAGE + GAP)
    if "text/latex" in data:
        return _room_of_markdown("".join(data["text/latex"]))
    return _room_of_code("".join(data.get("text/plain", "")))


def _room_of_code(text):
    return Room(GAP, CODE_LINE * len(text.rstrip().split("\n")))


def _room_of_html(html):
    parts = ROW_MARK.split(html)
    rows = [[len(TAG.sub("", cell).strip()) for cell in CELL.split(row)[1:]] for row in parts[1:]]
    images = sum(map(_n_images, parts, range(len(parts))))
    whole = html
    html, _ = _split(html, NO_TEXT, lambda start: f"</{start[1]}", "")
    blocks = [html] if BESIDE.search(whole) else BLOCK.split(html)
    blocks = [n for block in blocks if (n := _lines(SHORT.sub("", block)))]
    more = sum(blocks) - len(blocks)    # lines, of which there are fewer where letters are smaller
    text = Room(GAP + images * IMAGE, LINE * len(blocks), LINE * more)
    room, tallest = text + _room_of_table(rows), max(map(int, TALL.findall(html)), default=0)
    return Room(tallest) if tallest > room.at(1) else room


def _room_of_table(rows):
    """Return the room of a table, by the letters in its cells: browsers share out the width."""
    columns = [max(column, 1) for column in map(max, zip_longest(*rows, fillvalue=0))]
    room = Room(0, ROW * len(rows))
    if sum(columns) > LETTERS:
        for row in rows:
            share = max((n / most for n, most in zip(row, columns, strict=False)), default=0)
            room += Room(0, 0, LINE * int(share * sum(columns) / LETTERS))
    return room


def _room_of_markdown(source):
    """Return the room of Markdown; of folds, only what they are opened by."""
    room = Room()
    source, folds = _split(source, FOLD, lambda start: "</details>", "\n\n")
    summaries = [fold.partition("<summary>")[2].partition("</summary>")[0] for fold in folds]
    source = "\n\n".join([source, *summaries])
    for fence in FENCED.finditer(source):
        room += _room_of_code(fence[2]) + Room(CODE_EDGE)
    source = FENCED.sub("\n\n", source)
    source, formulas = _split(source, FORMULA_MARK, _end_of_formula, "\n\n")
    for formula in formulas:
        room += Room(0, FORMULA + FORMULA_LINE * (_lines_of_formula(formula) - 1))
    lines = source.split("\n")
    room += Room(IMAGE * sum(_n_images(line, line.lstrip().startswith("|")) for line in lines))
    source = WHOLE_IMAGE.sub("", source)
    for block in re.split(r"\n\s*\n", source):
        room += _room_of_block(block)
    return room


def _n_images(text, is_row):
    """Return how many images there are below each other: in a row of a table, one at most."""
    return bool(IMAGE_MARK.search(text)) if is_row else len(IMAGE_MARK.findall(text))


def _split(text, starts, end_of, between):
    """Return a text without parts from a start to its end, and these parts."""
    parts, rest, place, missing = [], [], 0, set()
    for start in starts.finditer(text):
        end = end_of(start)
        if start.start() < place or end in missing:
            continue
        at = text.find(end, start.end())
        if at < 0:
            missing.add(end)    # else it would be sought again from each start
            continue
        rest.append(text[place : start.start()])
        place = at + len(end)
        parts.append(text[start.start() : place])
    return between.join([*rest, text[place:]]), parts


def _end_of_formula(start):
    return rf"\end{start[1]}" if start[1] else "$$"


def _lines_of_formula(tex):
    """Return how many lines a formula has; matrices beside each other count once."""

    def lines(text):
        rows = (map(int, re.findall("⟦(\\d+)⟧", row)) for row in text.split(r"\\"))
        return sum(max(row, default=1) for row in rows)

    for _ in range(DEEPEST):
        tex = INNERMOST.sub(lambda inner: f"⟦{lines(inner[2])}⟧", tex)
    return lines(tex)


def _room_of_block(block):
    room = Room(GAP if block.strip() else 0)
    paragraph, rows = "", []
    for line in [*_lines_of_block(block), ""]:
        is_row = line.lstrip().startswith("|")
        begins = re.match(r"\s*([-*+>#]|\d+[.)]|</?(p|li|tr|h\d|div|br|dt|dd)\b)", line)
        if paragraph.strip() and (is_row or begins or not line.strip()):
            scale = 1.35 if paragraph.lstrip().startswith("#") else 1
            room += Room(0, 0, scale**2 * LINE * _lines(SHORT.sub("xx", paragraph)))
            paragraph = ""
        if is_row and not re.fullmatch(r"[\s|:-]+", line):
            rows.append([len(cell.strip()) for cell in SHORT.sub("", line).strip(" |").split("|")])
        elif not is_row:
            paragraph += f" {line.strip()}"
            room += Room(0, 8 if begins else 0)
    return room + _room_of_table(rows)


def _lines_of_block(block):
    """Yield the lines of a block of Markdown, cut where HTML in them begins a line."""
    for line in block.split("\n"):
        if line.lstrip().startswith("|") or BESIDE.search(line):
            yield line
            continue
        # A tag that only surrounds others shows nothing.
        parts = re.split(rf"(?={BLOCK.pattern})", line, flags=re.IGNORECASE)
        yield from (part for part in parts if MARKUP.sub("", part).strip()) if parts[1:] else parts


def _lines(text):
    letters = len(" ".join(text.split()))
    return -(-letters // LETTERS)


def _headings(cell):
    return headings_in(cell.source) if cell.cell_type == "markdown" else []


def _is_bare(cells):
    """Return whether cells are a heading that is not the title, and nothing else."""
    return all(
        (found := _headings(cell)) and found[0].level > 1 and "\n" not in cell.source.strip()
        for cell in cells
    )


def _is_set_up(cell):
    return cell.cell_type == "code" and not cell.outputs


def _is_unseen(cell):
    """Return whether a text shows nothing but, at most, a rule: an anchor, a style, a macro."""
    if cell.cell_type != "markdown" or SEEN.search(cell.source):
        return False
    rest, _ = _split(cell.source, UNSEEN, lambda start: UNSEEN_ENDS[start[0].lower()], "")
    return not re.sub(r"[\s$]", "", MARKUP.sub("", DEFINED.sub("", RULE.sub("", rest))))


def _part(cell, n, **changed):
    """Return a part of a cell, further ones with ids of their own."""
    part = deepcopy(cell)
    if n:
        part["id"] = f"{cell.id}-{n + 1}"
    part.update(changed)
    return part


def _at_headings(cell):
    """Return a text in parts, each of which begins with a heading that cuts slides."""
    starts = [heading.line for heading in _headings(cell) if heading.level <= 3]
    return _cut(cell, starts)


def _cut(cell, starts):
    lines = cell.source.split("\n")
    edges = sorted({0, *starts}) + [len(lines)]
    texts = ["\n".join(lines[a:b]).strip("\n") for a, b in zip(edges, edges[1:], strict=False)]
    texts = [text for text in texts if text.strip()]
    return [_part(cell, n, source=text) for n, text in enumerate(texts)] if texts[1:] else [cell]


def _paged(slide):
    """Return the cells of a slide, in which what does not fit begins a further one."""
    if not slide:
        return []
    first = next((cell for cell in slide if slide_type(cell) in ("slide", "subslide")), slide[0])
    title = found[0].title if (found := _headings(first)) else ""
    pages, room = [[]], Room()
    for cell in slide:
        if slide_type(cell) in ("skip", "notes"):
            pages[-1].append(cell)
            continue
        for part in [cell] if (room + room_of(cell)).factor == 1 else _parts(cell):
            taken = room_of(part)
            is_full = (room + taken).at(1) > ROOM and room.at(1) > ROOM / 4
            if is_full:
                pages.append([_continued(first, title, len(pages) + 1, part)] if title else [])
                room = Room(0, 2 * LINE)
                if not title:
                    part.metadata["slideshow"] = {"slide_type": "subslide"}
            pages[-1].append(part)
            room += taken
    return [cell for page in pages for cell in page]


def _continued(first, title, n, part):
    metadata = {"slideshow": {"slide_type": "subslide"}, "place": part.metadata.place}
    return new_markdown_cell(f"### {title} ({n})", id=f"{first.id}-page-{n}", metadata=metadata)


def _parts(cell):
    """Return a cell in parts, as small as they can be without harm."""
    if cell.cell_type == "markdown":
        return _grouped(_cut(cell, _paragraphs(cell.source)))
    if cell.cell_type != "code" or "hide-input" in tags_of(cell):
        return [cell]
    bare = type(cell)(cell, outputs=[])    # each part is a copy, and there may be many outputs
    texts = _grouped(_cut(_part(bare, 0), _starts_of_code(cell.source)))
    behind = deepcopy(cell.metadata)
    behind.tags = [*tags_of(cell), "hide-input"]
    behind.slideshow = {"slide_type": "-"}
    shown = [
        _part(bare, n, id=f"{cell.id}-output-{n}", metadata=deepcopy(behind), outputs=[output])
        for n, output in enumerate(cell.outputs, 1)
    ]
    return [*texts, *shown]


def _starts_of_code(source):
    """Return the lines at which code goes on on a further slide: where it breaks least."""
    lines = source.split("\n")
    most = (ROOM - 2 * LINE - CODE_EDGE - GAP) // CODE_LINE

    def edges(low, high, ways):
        if high - low <= most or not ways:
            return [low]
        found = [n for n in range(low + 1, high) if ways[0](lines[n - 1], lines[n])]
        pairs = zip([low, *found], [*found, high], strict=True)
        return [edge for pair in pairs for edge in edges(*pair, ways[1:])]

    places = [*edges(0, len(lines), WAYS_TO_CUT), len(lines)]
    starts = [0]
    for edge, following in zip(places, places[1:], strict=False):
        if following - starts[-1] > most:
            starts.append(edge)
    return starts


def _grouped(parts):
    """Return parts of a text, joined as long as they fit on one slide together."""
    joined = []
    for part in parts:
        if joined and (room_of(joined[-1]) + room_of(part)).at(1) <= ROOM - 2 * LINE:
            joined[-1].source += f"\n\n{part.source}"
        else:
            part.metadata["slideshow"] = {"slide_type": "-" if joined else slide_type(part)}
            joined.append(part)
    return joined


def _paragraphs(source):
    """Return the lines at which paragraphs begin that can stand apart from what is before."""
    starts, is_open, before = [], None, ""
    for number, line in enumerate(source.split("\n")):
        is_item = re.match(r"([-*+]|\d+[.)])\s", line)
        if is_open is None and (is_item or not before.strip() and re.match(r"[^\s<|]", line)):
            starts.append(number)
        mark = re.match(r"\s*(```+|~~~+|\$\$|\\begin|<(?!br)\w+)", line)
        if is_open:
            is_open = None if re.search(CLOSES[is_open], line) else is_open
        elif mark and not re.search(CLOSES[mark[1][0]], line[mark.end() :]):
            is_open = mark[1][0]
        before = line
    return starts
