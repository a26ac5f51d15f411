"""Exporters of nbconvert: a notebook becomes slides, or notes to read, in one HTML file each."""

import re
from html import escape
from importlib.resources import files
from pathlib import Path

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound
from traitlets import Bool, Enum, default

from lecture_utils.publish.checks import Fault, RefusedError, read_page
from lecture_utils.publish.exercises import with_solutions
from lecture_utils.publish.fonts import MONO, SANS, font_faces
from lecture_utils.publish.headings import in_words
from lecture_utils.publish.images import with_images
from lecture_utils.publish.outline import lecture_of, lectures_in, name_of
from lecture_utils.publish.outputs import PICTURES
from lecture_utils.publish.reading import read_notebook
from lecture_utils.publish.typesetting import FormulaError, Typesetter

TEMPLATES = Path(__file__).parent / "templates"
REVEAL = files("pyreveal") / "revealjs/dist"
SHOWN = ("text/html", "text/markdown", *PICTURES, "text/latex", "text/plain")  # the first is taken
NOTES = ".notes.html"
MOST_MARKS = 2  # of faults below a cell: the list has them all
AS_LIST = re.compile(r"^(?:(\d+)([.)])|([-+*>#]))(?=\s)")    # a title that Markdown takes for more
LINK = re.compile(r"(?:\./)?([\w-]+)\.ipynb(#.*)?")


class _Renderer(IPythonRenderer):
    """Markdown to HTML, with formulas typeset, code coloured, and links to the other pages."""

    def __init__(self, formula, marked, page_of, attachments):
        super().__init__(escape=False, attachments=attachments, exclude_anchor_links=True)
        self._formula, self._marked, self._page_of = formula, marked, page_of

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
        return coloured(code, (info or "text").split()[0], self._marked)

    def link(self, text, url, title=None):
        page = LINK.fullmatch(url)
        if page:
            url = self._page_of(page[1]) + (page[2] or "")
        link = super().link(text, url, title)
        # A notebook is no page: it must not take the place of this one, which may be on a screen.
        is_notebook = url.partition("#")[0].endswith(".ipynb")
        return link.replace("<a ", '<a download target="_blank" ', 1) if is_notebook else link

    def _embed_image_or_attachment(self, src):
        return src  # with_images does it, for HTML too

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
    return f'<pre class="code"><code>{shown}</code></pre>\n'


class _LectureExporter(HTMLExporter):
    """What slides and notes have in common: one file, with everything in it."""

    theme = Enum(
        ["light", "dark"], "light", help="Whether the page is dark on light, or light on dark."
    ).tag(config=True)

    strict = Bool(
        True,
        help="Whether a page that falls short is refused; else its faults are told, and marked.",
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
        yield "coloured", self._coloured
        yield "in_page", self._in_page
        yield "title", self._title
        yield "in_words", in_words
        yield "with_images", self._with_images

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the page of a notebook as text, and what it was made with.

        What falls short is marked in the page, and told as a warning; all of it is then in `told`,
        one line a fault.

        Raises
        ------
        RefusedError
            In the strict level, if there is any fault: if the page would lack something without
            network, or has something that can't be heard; if a formula has an error; if a cell has
            not been run; if a slide holds more than fits. In the usual level, if an attachment is
            missing.
        """
        resources = self._init_resources(resources)
        self._name = name_of(resources)
        self._folder = resources["metadata"].get("path")
        self._language = _language_of(nb)
        lectures = resources["lectures"] = lectures_in(self._folder)
        self._to_read = {lecture.name for lecture in lectures if not lecture.has_slides}
        resources["elsewhere"] = self._elsewhere(lectures)
        resources["in_frames"] = self.in_frames
        self._typesetter.start_page()
        self._n_drawings, self._faults, self._titles = 0, [], {}
        resources["assets"] = self._assets()
        # Past HTMLExporter's own pass over the page, which hides missing text alternatives.
        html, resources = super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)
        page = read_page(html, in_frames=self.in_frames)
        self._faults = [*resources["faults"], *self._faults, *page.faults]
        lacking = self._lacking(page)
        self._tell()
        html = self._marked(html)
        text = {*page.text, *"".join(self.told), "…"} - lacking
        faces = font_faces(text, page.code.keys() - lacking)
        html = html.replace("<!-- fonts -->", f"<style>\n{faces}\n</style>", 1)
        return html.replace("<!-- glyphs -->", self._typesetter.glyphs(), 1), resources

    def from_file(self, file_stream, resources=None, **kw):
        """Return the page of a notebook that is read from a file; see `from_notebook_node`.

        Raises
        ------
        RefusedError
            If the file holds no notebook, too.
        """
        return self.from_notebook_node(read_notebook(file_stream), resources, **kw)

    def _lacking(self, page):
        """Return the characters that no font here has, and take down where they are."""
        try:
            font_faces(page.text, page.code)
        except ValueError as error:
            lacking = {c for c in re.findall(r"(.) \(U\+", str(error)) if ord(c) > 127}
            places = [shown[c] for shown in (page.code, page.text) for c in lacking & shown.keys()]
            for place in sorted(set(places)):
                self._fault(place, str(error))
            return lacking
        return set()

    def _fault(self, place, what, level="usual"):
        """Take down what falls short, so that all of it is told at once, when the page is done."""
        self._faults.append(Fault(place, what, level))

    def _tell(self):
        """Tell the faults in the order of their cells; the last are those that are no page's."""
        counted = re.compile(r"\d+")

        def place(fault):
            number = counted.search(fault.place)
            return int(number[0]) if number else 0

        faults = sorted(dict.fromkeys(self._faults), key=place)
        self._faults = [fault for fault in faults if self.strict or fault.level != "strict"]
        refused = [fault for fault in self._faults if self.strict or fault.level == "fatal"]
        others = [fault for fault in self._faults if fault not in refused]
        lines = [f"{self._name}, {fault.place}: {fault.what}" for fault in [*others, *refused]]
        if refused:
            raise RefusedError("\n".join(lines))
        self.told = lines
        for line in lines:
            self.log.warning(line)

    def _marked(self, html):
        """Return the page with faults marked below their cells."""
        marks = {}
        for fault in self._faults:
            marks.setdefault(fault.place, []).append(fault.what)

        def put(end):
            whats = marks.pop(end[1], [])
            lines = [f"{end[1]}: {what}" for what in whats[:MOST_MARKS]]
            if len(whats) > MOST_MARKS:
                lines[-1] += f" … and {len(whats) - MOST_MARKS} more"
            return "".join(f'<p class="fault">{escape(line)}</p>\n' for line in lines)

        return re.sub(r"<!-- end of (.*?) -->\n?", put, html)

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

    def _html_of(self, source, cell):
        metadata = cell.get("metadata", {})

        def formula(tex, *, display):
            try:
                return self._typeset(tex, display, metadata)
            except FormulaError as error:
                self._fault(metadata.get("place", "a heading"), str(error))
                return f"<code>{escape(tex)}</code>"

        attachments = cell.get("attachments", {})
        marked = metadata.get("marked", [])
        renderer = _Renderer(formula, marked, self._page_of, attachments)
        html = MarkdownWithMath(renderer=renderer).render(source)
        return self._in_file(html, cell)

    def _in_file(self, html, cell):
        """Return the HTML of a cell with the images that it names."""
        about = cell.get("metadata", {})

        def tell(what, level="usual"):
            self._fault(about.get("place", "a heading"), what, level)

        attachments, alt = cell.get("attachments") or {}, about.get("alt") or []
        return with_images(html, self._folder, attachments, alt, tell)

    @pass_context
    def _with_images(self, context, html):
        return self._in_file(html, context["cell"])

    def _title(self, title):
        """Return a title as HTML without a paragraph; its faults are told where it stands."""
        if title not in self._titles:
            kept, self._faults = self._faults, []
            text = AS_LIST.sub(lambda m: rf"{m[1] or ''}\{m[2] or m[3]}", title)
            html = self._html_of(text, {}).strip()
            self._titles[title] = re.sub(r"^<p>|</p>$|</?a\b[^>]*>", "", html)
            self._faults = kept
        return self._titles[title]

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

    def _in_page(self, svg):
        self._n_drawings += 1
        return _with_own_names(svg, f"f{self._n_drawings}")

    @pass_context
    def _coloured(self, context, source):
        return coloured(source, self._language, context["cell"]["metadata"].get("marked", []))


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
        name = name_of(resources or {})
        if not lecture_of(name, nb).has_slides:
            raise RefusedError(f"{name}, which is to read, has no slides: make its notes")
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
        scripts = [_as_script(script) for script in scripts]
        return super()._assets() | {"reveal_style": style, "scripts": scripts}


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


def _language_of(nb):
    """Return the name of the language that a notebook's code is in."""
    info = nb.metadata.get("language_info") or {}
    kernel = nb.metadata.get("kernelspec") or {}
    return info.get("name") or info.get("pygments_lexer") or kernel.get("language") or "python"


def _kept_at_step(code):
    """Return reveal.js' notes so that a speaker view which is opened late starts at this step.

    It would open at the slide's beginning, and take the slides on the projector back to there.
    """
    at_slide = "data.state.indexv;"
    if code.count(at_slide) != 1:
        raise RuntimeError("the notes of reveal.js have changed: look where a speaker view starts")
    return code.replace(at_slide, "data.state.indexv + '/' + data.state.indexf;")


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
