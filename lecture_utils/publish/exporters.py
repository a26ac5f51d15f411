"""Exporters of nbconvert: a notebook becomes slides, or notes to read, in one HTML file each."""

import re
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from jinja2 import pass_context
from mistune import BlockParser, InlineParser
from nbconvert.exporters import HTMLExporter
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
from traitlets import Bool, Dict, Enum, Unicode, default

from lecture_utils.publish import players
from lecture_utils.publish.checks import RefusedError, read_page, readable
from lecture_utils.publish.exercises import with_solutions
from lecture_utils.publish.fonts import MONO, SANS, font_faces, lacking, scripts
from lecture_utils.publish.formulas import Formulas
from lecture_utils.publish.outline import (
    PICTURES,
    cover_of,
    lecture_of,
    lectures_in,
    name_of,
    neighbours,
)
from lecture_utils.publish.typesetting import Typesetter

TEMPLATES = Path(__file__).parent / "templates"
REVEAL = files("pyreveal") / "revealjs/dist"
SHOWN = ("text/html", "text/markdown", "text/latex", *PICTURES, "text/plain")  # the first is taken
NOTES = ".notes.html"
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


class _Blocks(MathBlockParser):
    """The blocks of Markdown, as nbconvert reads them; formulas are out of it already."""

    DEFAULT_RULES = BlockParser.DEFAULT_RULES


class _Renderer(IPythonRenderer):
    """Markdown to HTML, with code coloured, and links to the other pages.

    Formulas are names in it, which stay; `source` gives back what they stand for.
    """

    def __init__(self, source, marked, page_of, attachments):
        super().__init__(escape=False, attachments=attachments, exclude_anchor_links=True)
        self._source, self._marked, self._page_of = source, marked, page_of

    def codespan(self, text):
        return _with_turns(super().codespan(self._source(text)))

    def block_code(self, code, info=None):
        return coloured(self._source(code), self._source(info or ""), self._marked)

    def link(self, text, url, title=None):
        page = LINK.fullmatch(url)
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
    return f'<pre class="code"><code>{_with_turns(shown)}</code></pre>\n'


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
    return _with_turns(re.sub("<span[^>]*>", changeable, html))


class _LectureExporter(HTMLExporter):
    """What slides and notes have in common: one file, with everything in it."""

    theme = Enum(
        ["light", "dark"], "light", help="Whether the page is dark on light, or light on dark."
    ).tag(config=True)

    @default("template_name")
    def _template_name_default(self):
        return "lecture"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self):
        return [str(TEMPLATES)]

    @property
    def default_config(self):
        """Show the still picture of what can be played with, never the widget."""
        config = super().default_config
        config.NbConvertBase.display_data_priority = list(SHOWN)
        return config

    def default_filters(self):
        """Yield the filters of the templates."""
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html
        yield "spoken", lambda cell: self._html_of(self._said(cell.source), cell)
        yield "with_formulas", self.with_formulas
        yield "as_text", self._as_text
        yield "ansi2html", printed
        yield "coloured", self._coloured
        yield "in_page", self._in_page
        yield "cover", self._cover
        yield "player", self._player
        yield "player_script", lambda _: self._player_script
        yield "without_paragraph", lambda html: re.sub(r"^<p[^>]*>|</p>\s*$", "", html.strip())

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the page of a notebook as text, and what it was made with.

        Raises
        ------
        RefusedError
            If the page would lack something without network, or has something that can't be
            heard; if a formula has an error; if a cell has not been run.
        """
        resources = self._init_resources(resources)
        self._name = name_of(resources)
        lectures = resources["lectures"] = lectures_in(resources["metadata"].get("path"))
        self._to_read = {lecture.name for lecture in lectures if not lecture.has_slides}
        resources["elsewhere"] = self._elsewhere(lectures)
        resources["has_slides"] = self._name not in self._to_read
        resources["neighbours"] = neighbours(self._name, lectures)
        resources["number"] = "".join(re.findall(r"^\d\d(?=-)", self._name))
        self._n_drawings, self._faults, self._played = 0, [], {}
        self._formulas = Formulas(self._fault)
        resources["assets"] = self._assets()
        # Past HTMLExporter's own pass over the page, which hides missing text alternatives.
        html, resources = super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)
        self._typesetter.start_page()
        html = readable(self._formulas.put_into(html, self._typesetter))
        page = read_page(html, in_frames=self.in_frames)
        self._refuse([*self._faults, *page.faults])
        others = lacking(page.text, page.code)
        if others:
            told = "are shown by the fonts of each computer: no font of this page has them"
            self.log.warning("%s: %s %s", self._name, scripts(others), told)
        for character in players.letters("".join(self._played)) if self._played else ():
            page.text.setdefault(character, "a figure to play with")
        faces = f"<style>\n{font_faces(page.text, page.code)}\n</style>"
        html = html.encode(errors="replace").decode().replace("<!-- fonts -->", faces, 1)
        return html.replace("<!-- glyphs -->", self._typesetter.glyphs(), 1), resources

    def _fault(self, place, what):
        """Take down what falls short, so that all of it is told at once, when the page is done."""
        self._faults.append(f"{place}: {what}")

    def _refuse(self, faults):
        if faults:
            raise RefusedError("\n".join(f"{self._name}, {fault}" for fault in faults))

    @property
    def _typesetter(self):
        if not hasattr(self, "_started_typesetter"):
            self._started_typesetter = Typesetter()  # takes a while, and serves many notebooks
        return self._started_typesetter

    def _assets(self):
        names = "page.css", "players.css", *self.style_files
        styles = [(TEMPLATES / "lecture" / name).read_text(encoding="utf-8") for name in names]
        stacks = f":root {{ --sans: {SANS}; --mono: {MONO}; }}"
        style = "\n".join([stacks, *styles, self._typesetter.css])
        return {"style": style, "title_end": self.title_end}

    @pass_context
    def markdown2html(self, context, source):
        """Return Markdown as HTML."""
        cell = context.get("cell") or {}
        html = self._html_of(source, cell)
        if self.in_frames and "choices" in cell.get("metadata", {}).get("tags", []):
            # Of folds with one name, one is open: together they would not fit.
            html = html.replace("<details>", f'<details name="{cell["id"]}">')
        return html

    def with_formulas(self, html, cell, kind=None):
        """Return HTML of a cell with names for its formulas, which come when all are known."""
        metadata = cell.get("metadata", {})
        where = {key: metadata[key] for key in ("number", "place") if key in metadata}
        html = self._formulas.restored(html)
        html = self._formulas.named(html, kind or self._kind(metadata), **where)
        return BLOCK.sub(r'\g<0> dir="auto"', html) if RIGHT_TO_LEFT.search(html) else html

    def _html_of(self, source, cell, kind=None):
        formulas, metadata = self._formulas, cell.get("metadata", {})
        renderer = _Renderer(
            formulas.source, metadata.get("marked", []), self._page_of, cell.get("attachments", {})
        )
        markdown = MarkdownWithMath(renderer, _Blocks(), InlineParser(hard_wrap=False))
        return self.with_formulas(markdown.render(formulas.hidden(source)), cell, kind)

    def _as_text(self, source):
        return re.sub("<[^>]*>", "", self._html_of(source, {}, kind="text")).strip()

    def _page_of(self, name):
        """Return the file that a link to a notebook leads to: one without slides has notes."""
        return f"{name}{NOTES if name in self._to_read else self.file_extension}"

    def _said(self, source):
        return source

    def _elsewhere(self, lectures):
        """Return the slides of the other lectures, by the address that each is added to."""
        to = "#/" if self.in_frames else "#"
        return {
            self._page_of(lecture.name) + (to if lecture.has_slides else "#"): lecture.slides
            for lecture in lectures if lecture.name != self._name
        }

    def _kind(self, metadata):
        """Return how the formulas of a cell are typeset."""
        return "html"

    def _in_page(self, svg):
        self._n_drawings += 1
        return _with_own_names(svg, f"f{self._n_drawings}")

    def _cover(self, nb):
        """Return the key figure as HTML: a picture that is described on its own slide."""
        try:
            output = cover_of(nb)
        except LookupError as error:
            self._fault(nb.cells[0].metadata.place, error.args[0])
            return ""
        if output is None:
            return ""
        kind = next(kind for kind in PICTURES if kind in output.data)
        if kind == "image/svg+xml":
            drawing = re.sub(r"<(title|desc)\b.*?</\1>", "", output.data[kind], flags=re.DOTALL)
            drawing = re.sub(r' (role|aria-\w+)="[^"]*"', "", drawing)
            picture = self._in_page(drawing.replace("<svg", '<svg aria-hidden="true"', 1))
        else:
            picture = f'<img alt="" src="data:{kind};base64,{output.data[kind].strip()}">'
        return f'<figure aria-hidden="true">{picture}</figure>'

    def _player(self, output):
        """Return the attribute with what the script of the page draws a figure from, if it can."""
        attribute, kind = players.attribute(output)
        if kind:
            self._played[attribute] = kind
        return attribute

    @property
    def _player_script(self):
        """The script for the figures that came so far."""
        return players.script(frozenset(self._played.values())) if self._played else ""

    @pass_context
    def _coloured(self, context, source):
        return coloured(source, "python", context["cell"]["metadata"].get("marked", []))


class LectureSlidesExporter(_LectureExporter):
    """Slides with reveal.js, formulas and fonts in the file, which needs no network."""

    style_files, in_frames, title_end = ("slides.css",), True, ""

    @default("template_file")
    def _template_file_default(self):
        return "slides.html.j2"

    @default("file_extension")
    def _file_extension_default(self):
        return ".slides.html"

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the slides as text, and what they were made with; refuse what is to read."""
        if nb.cells and not lecture_of("", nb.cells[0].source).has_slides:
            self._name = name_of(resources or {})
            self._refuse(["which is to read, has no slides: make its notes"])
        return super().from_notebook_node(nb, resources, **kw)

    def _kind(self, metadata):
        # The speaker's window has neither our style nor our glyphs: its formulas are MathML.
        is_notes = metadata.get("slideshow", {}).get("slide_type") == "notes"
        return "mathml" if is_notes else "html"

    def _assets(self):
        names = ("reveal.css", "reveal.js", "plugin/notes.js", "plugin/zoom.js")
        style, *scripts = [(REVEAL / name).read_text(encoding="utf-8") for name in names]
        scripts[1] = _tall(_kept_at_step(scripts[1]))
        scripts = [_as_script(script) for script in scripts]
        return super()._assets() | {"reveal_style": style, "scripts": scripts}


class LectureNotesExporter(_LectureExporter):
    """Notes to read: the slides one below the other, with what is said, all code and answers."""

    style_files, in_frames, title_end = ("notes.css",), False, ": notes"
    solutions = Bool(True, help="Whether a task's solution, if there is one, is below it.").tag(
        config=True
    )
    beside = Dict(
        key_trait=Unicode(), value_trait=Unicode(),
        help="In a site: what else there is of the lecture, by the endings of the files' names.",
    ).tag(config=True)  # fmt: skip

    @default("template_file")
    def _template_file_default(self):
        return "notes.html.j2"

    @default("file_extension")
    def _file_extension_default(self):
        return NOTES

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the notes as text, and what they were made with; see `LectureSlidesExporter`."""
        resources = self._init_resources(resources)
        about, resources["beside"] = resources["metadata"], self.beside
        if self.solutions and about.get("path") is not None:
            nb = with_solutions(nb, Path(about["path"], "solutions", f"{about['name']}.ipynb"))
        return super().from_notebook_node(nb, resources, **kw)

    def _said(self, source):
        return source.replace("**In class, ", "**", 1)    # its frame says so


def _kept_at_step(code):
    """Return reveal.js' notes so that a speaker view which is opened late starts at this step.

    It would open at the slide's beginning, and take the slides on the projector back to there.
    """
    at_slide = "data.state.indexv;"
    if code.count(at_slide) != 1:
        raise RuntimeError("the notes of reveal.js have changed: look where a speaker view starts")
    return code.replace(at_slide, "data.state.indexv + '/' + data.state.indexf;")


def _tall(code):
    """Return reveal.js' notes so that the speaker view shows long notes whole at first."""
    first, tall = "'default': 'Default',", "'tall': 'Tall',"    # the first is taken by itself
    if code.count(first) != 1 or code.count(tall) != 1:
        raise RuntimeError("the notes of reveal.js have changed: look how they are laid out")
    return code.replace(tall, "").replace(first, tall + first)


def _as_script(code):
    """Return JavaScript so that no string in it ends the element it stands in."""
    return code.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _with_own_names(svg, name):
    """Return a drawing for a page with others: with ids of its own, and only those in use."""
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # would hold for the whole page
    pointer = r'href="#|url\(#|aria-(?:labelledby|describedby)="'
    used = set(re.findall(rf"(?:{pointer})([\w-]+)", svg))
    svg = re.sub(r' id="([\w-]+)"', lambda m: m[0] if m[1] in used else "", svg)
    return re.sub(rf'({pointer}| id=")([\w-]+)', rf"\g<1>{name}-\2", svg)
