"""Reads a finished page, and says what in it would not be there in a hall without network."""

import re
from html import unescape
from html.parser import HTMLParser
from itertools import zip_longest
from typing import NamedTuple

from nbconvert.utils.exceptions import ConversionException

PLACEHOLDER = "No description has been provided"  # what nbconvert and JupyterLab write themselves
EMPTY_TAGS = ("img", "br", "hr", "input", "meta", "link", "source", "col", "wbr", "base", "embed")
PLANES = range(0x10000, 0x110000, 0x10000)  # each ends in two characters that are none
NOT_SHOWN = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff"
    f"{''.join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in PLANES)}]"
)
FORMULA = re.compile("<mjx-container.*?</mjx-container>", re.DOTALL)
# How wide MathJax draws one; one with a number at the right may be wider than what this says.
WIDTH = re.compile(r'<svg style="[^"]*?(?:min-width: ([\d.]+)ex[^"]*)?"[^>]*? width="([\d.]+)')
DRAWN = re.compile("</?(?:path|use|g|clipPath|defs|rect|circle|line)\\b[^<>]*>")
SURROGATE = re.compile("[\ud800-\udfff]")
MOST_LINES, MOST_COLUMNS = 22, 98  # of code or of what it prints: more can't be on one slide
LONG_WORD = 25  # letters; longer ones are broken in a table, as fit.js says
GAP = 3    # letters that there would be room for between two columns
MOST_WIDE = 170  # letters of the longest words of a table's columns, which are at half their size
# Letters of code or of a text in Markdown, and tags and references of HTML or of a drawing, in one
# cell or output: reading of more takes minutes, and nobody wants to see it.
MOST_TEXT, MOST_TAGS = 50_000, 100_000
DATA = re.compile(r"data:[\w/+.;=-]{3,50},[\w+/=%]*")    # of images, which count for nothing
SLIDE, EX = 1152, 12.93  # the pixels of a line, and of the unit of formulas in text of usual size
HEADING = 1.5  # times as large are the letters of a heading
LEAST_FACTOR = 0.6  # letters that are made smaller than that can't be read in a hall


class Fault(NamedTuple):
    """What falls short in a page.

    Attributes
    ----------
    place, what : str
        Such as "cell 3 (plot)", and a sentence, with what to do.
    level : str
        "usual" for what is told, and refused in the strict level; "strict" for what is looked at
        in the strict level alone; "fatal" for what is refused always.
    """

    place: str
    what: str
    level: str = "usual"

    def __str__(self):
        return f"{self.place}: {self.what}"


def is_too_long(text):
    """Return whether a text in Markdown is longer than what is read."""
    return len(text) > MOST_TEXT and len(DATA.sub("", text)) > MOST_TEXT


class RefusedError(ConversionException):
    """The notebook can't become a page that shows everything; the message says where and why."""


class PageReader(HTMLParser):
    """Reads a page once.

    Parameters
    ----------
    in_frames : bool
        Whether what is shown has to fit on slides.

    Attributes
    ----------
    faults : list of Fault
        What must not be in the page.
    text, code : dict
        From the characters that are shown as text, and as code, to the place of the first.
    """

    def __init__(self, in_frames):
        super().__init__(convert_charrefs=False)
        self.faults, self.text, self.code = [], {}, {}
        self._in_frames = in_frames
        self._open = []  # pairs of a tag and its attributes, from the outside in

    def handle_starttag(self, tag, attributes):
        """Look at the attributes of a tag, and remember that it is open."""
        given = dict(attributes)
        if tag == "img" and given.get("aria-hidden") != "true":
            self._check_alternative(given.get("alt"))
        if tag == "pre":
            given["lines"] = [""]
        if tag == "table":
            given["rows"] = []
        if tag == "mjx-container" and self._in_frames and self._places:
            self._check_formula(float(given["width"]))
        self._look_into_table(tag)
        if tag not in EMPTY_TAGS:
            within_drawing = any(name == "svg" for name, _ in self._open)
            self._open.append((tag, given))
            is_hidden = any(about.get("aria-hidden") == "true" for _, about in self._open)
            if tag == "svg" and not is_hidden and not within_drawing:
                given["untold"] = "aria-label" not in given

    def handle_startendtag(self, tag, attributes):
        """Look at a tag that closes itself, as those within SVG do."""
        self.handle_starttag(tag, attributes)
        if tag not in EMPTY_TAGS:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        """Forget the tag, and those within it that nobody closed."""
        while any(name == tag for name, _ in self._open):
            name, given = self._open.pop()
            if given.get("untold"):
                self._fault("a drawing has no title that says what it shows")
            if "lines" in given and self._in_frames:
                self._check_size("".join(given["lines"]).rstrip().split("\n"))
            if "rows" in given and self._in_frames:
                self._check_width(given["rows"])
            if name == tag:
                return

    def handle_data(self, data):
        """Look at a text that is shown."""
        tags = [tag for tag, _ in self._open]
        if "style" in tags or "script" in tags:
            return
        if "svg" in tags:
            if tags[-1] == "title" and data.strip():
                self._open[tags.index("svg")][1]["untold"] = False
        elif "math" not in tags:
            self._shows(data)

    def handle_charref(self, name):
        """Take down the character of a reference by number."""
        self._shows(unescape(f"&#{name};"))

    def handle_entityref(self, name):
        """Take down the character of a reference by name."""
        self._shows(unescape(f"&{name};"))

    @property
    def _is_code(self):
        return any(tag in ("code", "pre") for tag, _ in self._open)

    def _shows(self, text):
        for _, given in self._open:
            given.get("lines", []).append(text)
            if given.get("rows") and given["rows"][-1]:
                given["rows"][-1][-1].append(text)
        for what in halves_in(text):
            self._fault(what)
        shown = self.code if self._is_code else self.text
        for character in set(text) - shown.keys():
            shown[character] = self._place

    def _look_into_table(self, tag):
        tables = [given["rows"] for _, given in self._open if "rows" in given]
        if len(tables) == 1 and tag == "tr":
            tables[0].append([])
        elif len(tables) == 1 and tag in ("td", "th") and tables[0]:
            tables[0][-1].append([])

    def _check_width(self, rows):
        """Tell of a table that is small, since its columns can't be as narrow as they had to be."""
        words = [[max(map(len, "".join(cell).split()), default=0) for cell in row] for row in rows]
        widths = [min(max(column), LONG_WORD) for column in zip_longest(*words, fillvalue=0)]
        if sum(widths) + GAP * len(widths) > MOST_WIDE:
            what = f"shows {len(widths)} columns, which are hard to read on a slide: show fewer"
            self._fault(what)

    def _check_formula(self, width):
        """Tell of a formula that is too small to be read once it is as narrow as the slide."""
        is_heading = any(re.fullmatch("h[1-6]", name) for name, _ in self._open)
        times = width * EX * (HEADING if is_heading else 1) / SLIDE
        if 1 / times < LEAST_FACTOR:
            self._fault(f"a formula is {times:.1f} times as wide as the slide: break it")

    def _check_alternative(self, alt):
        if not (alt or "").strip() or PLACEHOLDER in alt:
            self._fault(
                "an image has no text alternative: say what is to be seen, as \"alt\" in the cell's"
                ' metadata, between the brackets of ![…](…), or by show(ax, "…")'
            )

    def _check_size(self, lines):
        longest = max(map(len, lines))
        if len(lines) > MOST_LINES:
            what = f"{len(lines)} lines are more than the {MOST_LINES} that fit on a slide"
            self._fault(what, _level(MOST_LINES / len(lines)))
        if longest > MOST_COLUMNS:
            what = f"a line has {longest} characters, of which {MOST_COLUMNS} fit on a slide"
            self._fault(what, _level(MOST_COLUMNS / longest))

    def _fault(self, what, level="usual"):
        self.faults.append(Fault(self._place, what, level))

    @property
    def _places(self):
        return [given["data-place"] for _, given in self._open if given.get("data-place")]

    @property
    def _place(self):
        return self._places[-1] if self._places else "the page"


def _level(factor):
    """Return the level of a fault that shrinks letters by a factor."""
    return "usual" if factor < LEAST_FACTOR else "strict"


def halves_in(text):
    """Return what is to be told of each half of a character in a text."""
    halves = map(ord, SURROGATE.findall(text))
    return [f"half a character, U+{half:04X}, can't be written: delete it" for half in halves]


def _outlined(formula):
    """Return what is left to look at of a formula: its width, in its own unit, if it is wide."""
    found = WIDTH.search(formula[0])
    width = float(found[1] or found[2]) if found else 0
    return f'<mjx-container width="{width}"></mjx-container>' if width > SLIDE / EX / 2 else ""


def read_page(html, *, in_frames):
    """Return what a page shows, after it was read to its end.

    Parameters
    ----------
    html : str
    in_frames : bool

    Returns
    -------
    PageReader
    """
    reader = PageReader(in_frames)
    # In formulas, and in what drawings are made of, is nothing to find, and most of the tags.
    reader.feed(DRAWN.sub("", FORMULA.sub(_outlined, html)))
    reader.close()
    return reader


def readable(html):
    """Return a page without what no browser shows, as control characters."""
    return NOT_SHOWN.sub("", html)
