"""Reads a finished page, and says what in it would not be there in a hall without network."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

from nbconvert.utils.exceptions import ConversionException

PLACEHOLDER = "No description has been provided"  # what nbconvert and JupyterLab write themselves
LOADING = ("src", "srcset", "poster", "data", "background", "xlink:href", "href", "action")
EMPTY_TAGS = ("img", "br", "hr", "input", "meta", "link", "source", "col", "wbr", "base", "embed")
# A dollar sign that is meant comes as &#36;.
LEFT_OVER = re.compile(r"\$|\\\(|\\\[|\\begin\{|\\(eq)?ref\{")
MOST_LINES, MOST_COLUMNS = 22, 98  # of code or of what it prints: more can't be on one slide
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
        self._check_sources(tag, given)
        if tag == "img":
            self._check_alternative(given.get("alt"))
        if tag == "script" and self._places:
            self._fault("a script may ask for what is not embedded in the file")
        if tag == "pre":
            given["lines"] = [""]
        if tag not in EMPTY_TAGS:
            within_drawing = any(name == "svg" for name, _ in self._open)
            if tag == "svg" and given.get("aria-hidden") != "true" and not within_drawing:
                given["untold"] = "aria-label" not in given
            self._open.append((tag, given))
        elif tag in ("link", "base"):
            self._fault(f"<{tag}> points out of the file")

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
            if name == tag:
                return

    def handle_data(self, data):
        """Look at a text: what it shows, and what a style sheet in it loads."""
        tags = [tag for tag, _ in self._open]
        if "style" in tags:
            self._check_style(data)
        elif "script" in tags:
            return
        elif "svg" in tags:
            if tags[-1] == "title" and data.strip():
                self._open[tags.index("svg")][1]["untold"] = False
        elif "math" not in tags:
            self._shows(data)
            if not self._is_code and LEFT_OVER.search(data):
                self._fault(f"a formula is not typeset: {data.strip()[:60]}")

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
        shown = self.code if self._is_code else self.text
        for character in set(text) - shown.keys():
            shown[character] = self._place

    def _check_sources(self, tag, given):
        for name in LOADING:
            source = (given.get(name) or "").strip()
            leads_there = name == "href" and tag == "a"  # followed on a click, not loaded
            if source and not leads_there and not source.startswith(("data:", "#")):
                self._fault(f"<{tag} {name}> is not embedded in the file: {source[:80]}")
        self._check_style(given.get("style") or "")

    def _check_style(self, css):
        for source in re.findall(r"url\(\s*[\"']?([^\"')]{1,80})|@import\s+([^;]{1,80})", css):
            source = source[0] or source[1]
            if not source.startswith(("data:", "#")):
                self._fault(f"a style sheet loads what is not embedded in the file: {source}")

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
    reader.feed(html)
    reader.close()
    return reader
