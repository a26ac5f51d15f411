"""Makes HTML of Markdown, of code, and of what programs print."""

import re
from contextlib import suppress

from markupsafe import Markup
from mistune import BlockParser, InlineParser, import_plugin
from mistune.plugins.table import table
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    MathBlockParser,
)
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound

WORD = re.compile(r"[\w+#-]+")
# The title of a window, a link (of which the text stays), other letters, and the like.
TO_TERMINAL = re.compile(
    r"\x1b\].*?(?:\x07|\x1b\\|\Z)|\x1b[PX^_].*?(?:\x1b\\|\Z)"
    r"|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]",
    re.DOTALL,
)
BLOCK = re.compile(r"<(?:p|h[1-6]|[uo]l|li|d[ltd]|blockquote|table|t[dh]|summary|div)\b")
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# In code they are a way to deceive: what runs is not what is seen.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
LINK = re.compile(r"(?:\./)?([\w-]+)\.ipynb(#.*)?")
# Of page.css, a colour for each of a terminal's, whose own could not be read in both themes.
TERMINAL_COLORS = {
    **{name: name for name in ("red", "green", "yellow", "blue", "magenta", "cyan")},
    "black": "ink", "default-inverse": "ink", "white": "soft",
}  # fmt: skip


# Tables as GFM has them, and JupyterLab shows them: each line up to an empty one, or to a block of
# another kind, is a row, with as many cells as the head.
TABLE = (
    r"^ {0,3}(?P<table_head>[^\s|][^\n]*\|[^\n]*|\|[^\n]*)\n"
    r" {0,3}(?P<table_marks>\|? *+:?-++:? *+(?:\| *+:?-++:? *+)*\|?)[ \t]*+(?:\n|\Z)"
)
NO_ROW = re.compile(
    r"\s*$| {4}|\t| {0,3}(?:#{1,6}(?:\s|$)|>|```|~~~|[-+*]\s|1[.)]\s|([-_*])\s*(?:\1\s*){2,}$|<!--"
    r"|</?(?:blockquote|center|details|div|figure|h[1-6]|hr|ol|p|pre|script|style|table|ul)\b)"
)
BAR = re.compile(r"(?<!\\)\|")


class _Blocks(MathBlockParser):
    """The blocks of Markdown, as nbconvert reads them; formulas are out of it already."""

    DEFAULT_RULES = BlockParser.DEFAULT_RULES

    def __init__(self, told):
        super().__init__()
        self.told = told


def as_html(markdown, *, source, code, page_of, told):
    """Return Markdown as HTML, with code coloured, and links to the other pages.

    Parameters
    ----------
    markdown : str
        With names for its formulas, which stay.
    source : callable
        Returns a text with what these names stand for.
    code : callable
        Takes a text and the name of its language, returns what stands in its place.
    page_of : callable
        Returns the file that a link to a notebook of this name leads to.
    told : callable
        Gets a sentence on each thing that is not shown.

    Returns
    -------
    str
    """
    renderer = _Renderer(source, code, page_of)
    inline = InlineParser(hard_wrap=False)
    parser = MarkdownWithMath(renderer, _Blocks(told), inline, plugins=PLUGINS)
    return parser.render(markdown)


def _tables(parser):
    """Let a parser know tables, wherever there can be blocks; its own refuse what is ragged."""
    table(parser)    # for the names of its parts
    block = parser.block
    block.rules.remove("nptable")
    block.register("table", TABLE, _parse_table)
    for rules in (block.block_quote_rules, block.list_rules):
        block.insert_rule(rules, "table", before="paragraph")


def _parse_table(block, found, state):
    """Take down a table; return where it ends, or None where it is none."""
    head, marks = _cells(found["table_head"]), _cells(found["table_marks"])
    if len(head) != len(marks):
        return None
    aligns = [SIDES[mark.startswith(":"), mark.endswith(":")] for mark in marks]

    def row(kind, texts):
        texts = [*texts, *[""] * len(aligns)]    # the row may be too short, or too long
        cells = [
            {"type": "table_cell", "text": text, "attrs": {"align": align, "head": kind == "head"}}
            for text, align in zip(texts, aligns, strict=False)
        ]
        return {"type": f"table_{kind}", "children": cells}

    rows, end = [], found.end()
    while end < state.cursor_max:
        stop = state.src.find("\n", end)
        line = state.src[end : stop if stop >= 0 else None]
        if NO_ROW.match(line):
            break
        cells = _cells(line)
        if any(cells[len(head) :]):
            block.told(
                f"a row of a table has {len(cells)} cells, of which its head has {len(head)}: give"
                rf" it more columns, or write \| for a bar within a cell: {line.strip()[:60]}"
            )
        rows.append(row("row", cells))
        end += len(line) + 1
    body = {"type": "table_body", "children": rows}
    state.append_token({"type": "table", "children": [row("head", head), body]})
    return min(end, state.cursor_max)


def _cells(line):
    """Return the texts of a row of a table; a bar with a backslash is part of one, also in code."""
    parts = BAR.split(line.strip())
    first, last = not parts[0].strip(), len(parts) > 1 and not parts[-1].strip()
    return [part.strip().replace(r"\|", "|") for part in parts[first : len(parts) - last]]


SIDES = {
    (False, False): None, (True, False): "left", (False, True): "right", (True, True): "center",
}  # fmt: skip
PLUGINS = [
    _tables, *(import_plugin(name) for name in MarkdownWithMath.DEFAULT_PLUGINS if name != "table")
]


class _Renderer(IPythonRenderer):
    def __init__(self, source, code, page_of):
        super().__init__(escape=False, exclude_anchor_links=True)
        self._source, self._code, self._page_of = source, code, page_of

    def codespan(self, text):
        return _with_turns(super().codespan(self._source(text)))

    def block_code(self, code, info=None):
        return self._code(self._source(code), self._source(info or ""))

    def _embed_image_or_attachment(self, src):
        return src    # images are put in later, for those in HTML, too

    def link(self, text, url, title=None):
        page = LINK.fullmatch(url)
        if page and not self._page_of(page[1]):
            return text
        if page:
            url = self._page_of(page[1]) + (page[2] or "")
        link = super().link(text, url, title)
        # A notebook is no page: it must not take the place of this one, which may be on a screen.
        is_notebook = url.partition("#")[0].endswith(".ipynb")
        return link.replace("<a ", '<a download target="_blank" ', 1) if is_notebook else link

    def table_cell(self, text, align=None, head=False):
        # An empty heading says nothing to those who hear the table.
        kind = "th" if head and text.strip() else "td"
        style = f' style="text-align: {align}"' if align else ""
        return f"<{kind}{style}>{text}</{kind}>\n"


def coloured(code, language, marked=()):
    """Return code as HTML, coloured by its syntax, with lines marked.

    Parameters
    ----------
    code : str
    language : str
        The name of one, or what stands behind a fence: the first word in it that is a name counts.
    marked : list of str
        The lines to mark, without what they are indented by.
    """
    lines = [n for n, line in enumerate(code.split("\n"), 1) if line.strip() in marked]
    formatter = HtmlFormatter(nowrap=True, hl_lines=lines)
    shown = highlight(code, _lexer(language), formatter).rstrip("\n")
    return Markup(f'<pre class="code"><code>{_with_turns(shown)}</code></pre>\n')


def _with_turns(html):
    return TURNS.sub(lambda turn: f'<span class="turn">U+{ord(turn[0]):04X}</span>', html)


def _lexer(language):
    for name in WORD.findall(language):
        with suppress(ClassNotFound):
            return get_lexer_by_name(name, stripnl=False)
    return TextLexer(stripnl=False)


def printed(text):
    """Return what a program prints as HTML, with its colours; other signs to a terminal go.

    Parameters
    ----------
    text : str
    """
    def changeable(tag):  # by the style sheet of the page, which knows its ground
        tag = tag[0].replace("background-color:", "--behind:")
        return re.sub(r"(?<!-)color:", "--printed:", tag)

    html = ansi2html(TO_TERMINAL.sub("", text))
    return Markup(_with_turns(re.sub("<span[^>]*>", changeable, html)))


def terminal_css():
    """Return the style sheet for the colours that `printed` writes as classes."""
    return "\n".join(
        f":is(.ansi-{name}-{kind}, .ansi-{name}-intense-{kind}) {{ {what}: var(--{color}); }}"
        for name, color in TERMINAL_COLORS.items()
        for kind, what in (("fg", "color"), ("bg", "--behind"))
    )


def turned(html):
    """Return HTML in which parts that hold letters of the right begin there."""
    html = str(html)  # since what is put into markup would be escaped
    return BLOCK.sub(r'\g<0> dir="auto"', html) if RIGHT_TO_LEFT.search(html) else html
