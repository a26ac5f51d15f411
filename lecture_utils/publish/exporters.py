"""Exporters of nbconvert: a notebook becomes slides, or notes to read, in one HTML file each."""

import re
from functools import partial
from html import escape
from importlib.resources import files
from pathlib import Path

from jinja2 import pass_context
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound
from traitlets import Bool, Enum, default

from lecture_utils.publish.checks import RefusedError, read_page
from lecture_utils.publish.cleaning import Cleaning
from lecture_utils.publish.exercises import with_solutions
from lecture_utils.publish.fonts import MONO, SANS, font_faces
from lecture_utils.publish.outline import PICTURES, lecture_of, lectures_in, name_of
from lecture_utils.publish.policy import Policy, Scripts
from lecture_utils.publish.typesetting import FormulaError, Typesetter

TEMPLATES = Path(__file__).parent / "templates"
REVEAL = files("pyreveal") / "revealjs/dist"
SHOWN = ("text/html", "text/markdown", *PICTURES, "text/latex", "text/plain")  # the first is taken
NOTES = ".notes.html"
LINK = re.compile(r"(?:\./)?([\w-]+)\.ipynb(#.*)?")


class _Renderer(IPythonRenderer):
    """Markdown to HTML, with formulas typeset, code coloured, and links to the other pages."""

    def __init__(self, formula, code, page_of, attachments):
        super().__init__(escape=False, attachments=attachments, exclude_anchor_links=True)
        self._formula, self._code, self._page_of = formula, code, page_of

    def inline_math(self, body):
        return self._formula(body, display=False)

    def block_math(self, body):
        return self._formula(body, display=True)

    def latex_environment(self, name, body):
        return self._formula(rf"\begin{{{name}}}{body}\end{{{name}}}", display=True)

    def text(self, text):
        # A dollar sign that is left of a formula stays, and is found; one that is meant came as
        # a reference, and stays one.
        parts = [super(_Renderer, self).text(part) for part in text.split("$")]
        return "$".join(part.replace("$", "&#36;") for part in parts)

    def block_code(self, code, info=None):
        return self._code(code, (info or "text").split()[0])

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
    code, language : str
    marked : list of str
        The lines to mark, without what they are indented by.
    """
    lines = [n for n, line in enumerate(code.split("\n"), 1) if line.strip() in marked]
    formatter = HtmlFormatter(nowrap=True, hl_lines=lines)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    shown = highlight(code, lexer, formatter).rstrip("\n")
    return Markup(f'<pre class="code"><code>{shown}</code></pre>\n')


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
        yield "cleaned", self._cleaned
        yield "address", lambda address: self._cleaning.image(address, self._refuse)
        yield "ansi2html", lambda text: Markup(ansi2html(text))
        yield "escape_html", lambda text: Markup(escape(text))
        yield "script", lambda code: self._policy.script(code)
        yield "coloured", self._coloured
        yield "in_page", self._in_page
        yield "without_paragraph", lambda html: Markup(re.sub(r"^<p>|</p>\s*$", "", html.strip()))

    def _create_environment(self):
        environment = super()._create_environment()
        environment.autoescape = True    # what comes from a notebook, and was not cleaned, is text
        environment.add_extension(Scripts)
        return environment

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
        self._typesetter.start_page()
        self._faults, self._cleaning, self._policy = [], Cleaning(), Policy()
        resources["assets"] = self._assets()
        # Past HTMLExporter's own pass over the page, which hides missing text alternatives.
        html, resources = super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)
        html = self._policy.put_into(self._cleaning.linked(html))
        page = read_page(html, in_frames=self.in_frames)
        self._refuse(dict.fromkeys([*self._faults, *page.faults]))
        try:
            faces = font_faces(page.text, page.code)
        except ValueError as error:
            named = [c for c in str(error) if ord(c) > 127]
            places = {shown[c] for shown in (page.code, page.text) for c in named if c in shown}
            self._refuse([f"{', '.join(sorted(places))}: {error}"])
        html = html.replace("<!-- fonts -->", f"<style>\n{faces}\n</style>", 1)
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
        names = "page.css", *self.style_files
        styles = [(TEMPLATES / "lecture" / name).read_text(encoding="utf-8") for name in names]
        stacks = f":root {{ --sans: {SANS}; --mono: {MONO}; }}"
        style = "\n".join([stacks, *styles, self._typesetter.css])
        return {"style": Markup(style), "title_end": self.title_end}

    @pass_context
    def markdown2html(self, context, source):
        """Return Markdown as HTML."""
        cell = context.get("cell") or {}
        html = self._html_of(source, cell)
        if self.in_frames and "choices" in cell.get("metadata", {}).get("tags", []):
            # Of folds with one name, one is open: together they would not fit.
            named = f'<details name="{escape(cell["id"])}">'
            html = Markup(str(html).replace("<details>", named))
        return html

    def _html_of(self, source, cell):
        metadata = cell.get("metadata", {})

        def formula(tex, *, display):
            try:
                html = self._typeset(tex, display, metadata)
            except FormulaError as error:
                self._fault(_place(cell), str(error))
                html = f"<code>{escape(tex)}</code>"
            return self._cleaning.keep(html, tex)

        def code(text, language):
            return self._cleaning.keep(coloured(text, language, metadata.get("marked", [])), text)

        renderer = _Renderer(formula, code, self._page_of, cell.get("attachments", {}))
        return self._clean(MarkdownWithMath(renderer=renderer).render(source), cell)

    def _clean(self, html, cell):
        # Without a cell it is a title, which stands in links and at the foot of slides, too.
        return self._cleaning.html(html, partial(self._fault, _place(cell)), inline=not cell)

    @pass_context
    def _cleaned(self, context, html):
        return self._clean(html, context["cell"])

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

    def _typeset(self, tex, display, metadata):
        return self._typesetter.html(tex, display=display)

    @pass_context
    def _in_page(self, context, svg):
        return self._cleaning.svg(svg, partial(self._fault, _place(context["cell"])))

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

    def _typeset(self, tex, display, metadata):
        # The speaker's window has neither our style nor our glyphs: its formulas are MathML.
        is_notes = metadata.get("slideshow", {}).get("slide_type") == "notes"
        how = self._typesetter.mathml if is_notes else self._typesetter.html
        return how(tex, display=display)

    def _assets(self):
        names = ("reveal.css", "reveal.js", "plugin/notes.js")
        style, *scripts = [(REVEAL / name).read_text(encoding="utf-8") for name in names]
        scripts[1] = _kept_at_step(scripts[1])
        self._policy.allow(_script_of_speaker_view(scripts[1]))
        made = {"reveal_style": Markup(style), "scripts": [Markup(script) for script in scripts]}
        return super()._assets() | made


class LectureNotesExporter(_LectureExporter):
    """Notes to read: the slides one below the other, with what is said, all code and answers."""

    style_files, in_frames, title_end = ("notes.css",), False, ": notes"
    solutions = Bool(True, help="Whether a task's solution, if there is one, is below it.").tag(
        config=True
    )

    @default("template_file")
    def _template_file_default(self):
        return "notes.html.j2"

    @default("file_extension")
    def _file_extension_default(self):
        return NOTES

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the notes as text, and what they were made with; see `LectureSlidesExporter`."""
        about = (resources or {}).get("metadata", {})
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


def _script_of_speaker_view(code):
    """Return the script that reveal.js' notes write into the window of the speaker."""
    (script,) = re.findall(r"<script>(.*?)<\\/script>", code, flags=re.DOTALL)
    return script.replace(r"\\", "\\")    # as the string that it stands in has it


def _place(cell):
    return cell.get("metadata", {}).get("place", "a heading")
