"""Writes HTML that is well-formed: each element ends where browsers would end it.

No end tag of a notebook can then close what is outside of its cell.
"""

BLOCKS = set(
    "blockquote center dd details div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre summary table"
    " ul".split()
)
# Parts of a table, each with what it can stand in.
PARENTS = {
    "caption": ("table",), "colgroup": ("table",), "thead": ("table",), "tbody": ("table",),
    "tfoot": ("table",), "tr": ("thead", "tbody", "tfoot", "table"), "td": ("tr",), "th": ("tr",),
    "col": ("colgroup", "table"),
}
ROWS = {"table", "thead", "tbody", "tfoot", "tr", "colgroup"}  # which hold no text themselves
EMPTY = {"br", "col", "hr", "img", "input", "wbr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# Where one of these begins, one of these that is open ends, unless it holds the other.
ENDS = {"li": ({"li"}, {"ol", "ul"}), "dt": ({"dt", "dd"}, {"dl"}), "dd": ({"dt", "dd"}, {"dl"})}
HELD = {"table", "td", "th", "caption"}  # no end tag within them ends what is outside
DEEPEST = 100  # browsers have a limit, too, beyond which they read in another way


class Elements:
    """HTML that is being written, with the elements that are open in it."""

    def __init__(self):
        self._out, self._open = [], []

    @property
    def innermost(self):
        """The name of the element that what comes next stands in, None if it stands in none."""
        return self._open[-1] if self._open else None

    @property
    def is_deep(self):
        """Whether no further element can be opened."""
        return len(self._open) >= DEEPEST

    def write(self, html):
        """Add what opens and closes nothing."""
        self._out.append(html)

    def open(self, tag, attributes=""):
        """Open an element, for which there must be room.

        Parameters
        ----------
        tag, attributes : str
            Its name, and HTML that stands behind it.
        """
        self._out.append(f"<{tag}{attributes}>")
        if tag not in EMPTY:
            self._open.append(tag)

    def closed(self):
        """Return all that was written, with all elements closed."""
        self._close_to(0)
        return "".join(self._out)

    def end(self, tag):
        """Close the innermost element of this name, unless what is open within it holds it."""
        for i in range(len(self._open) - 1, -1, -1):
            if self._open[i] == tag or tag in HEADINGS and self._open[i] in HEADINGS:
                return self._close_to(i)
            if self._open[i] in HELD and tag not in PARENTS and tag != "table":
                return None

    def _close_to(self, n):
        """Close elements until only `n` are open."""
        while len(self._open) > n:
            self._out.append(f"</{self._open.pop()}>")

    def make_room(self, tag):
        """Close what can't hold a tag, and return whether it can stand then."""
        if tag in PARENTS:
            return self._make_room_in_table(tag)
        self.leave_rows()
        if tag == "summary":
            return self.innermost == "details"
        if tag == "a":
            self.end("a")
            return "a" not in self._open
        if tag in BLOCKS:
            self._close_last({"p"}, HELD)
            ends, holds = ENDS.get(tag, ((), ()))
            self._close_last(ends, HELD | {*holds})
            if tag in HEADINGS and self.innermost in HEADINGS:
                self._close_to(len(self._open) - 1)
        return True

    def _close_last(self, ends, holds):
        for i in range(len(self._open) - 1, -1, -1):
            if self._open[i] in ends:
                return self._close_to(i)
            if self._open[i] in holds:
                return None

    def _make_room_in_table(self, tag):
        if "table" not in self._open:
            return False
        table = len(self._open) - 1 - self._open[::-1].index("table")
        while self.innermost not in PARENTS[tag] and len(self._open) > table + 1:
            self._close_to(len(self._open) - 1)
        if self.innermost not in PARENTS[tag]:
            self.open("tr")
        return True

    def leave_rows(self):
        """Begin a field of a table for what can't stand between its fields."""
        if self.innermost not in ROWS:
            return
        if self.innermost == "colgroup":
            self._close_to(len(self._open) - 1)
        if self.innermost != "tr":
            self.open("tr")
        self.open("td")
