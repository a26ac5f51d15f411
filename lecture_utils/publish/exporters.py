"""Exporters of nbconvert: a notebook becomes slides, or notes to read, in one HTML file each."""

import re
from functools import cached_property, partial
from html import escape
from pathlib import Path
from urllib.parse import quote

from jinja2 import pass_context
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbformat import ValidationError
from traitlets import Bool, Dict, Enum, List, Unicode, default

from lecture_utils.publish import players, reveal
from lecture_utils.publish.brand import read_brand
from lecture_utils.publish.checks import (
    SURROGATE,
    Fault,
    RefusedError,
    halves_in,
    read_page,
    readable,
)
from lecture_utils.publish.cleaning import Cleaning
from lecture_utils.publish.exercises import with_solutions
from lecture_utils.publish.faults import judged, with_marks
from lecture_utils.publish.fonts import MONO, SANS, font_faces, lacking, scripts
from lecture_utils.publish.formulas import Formulas
from lecture_utils.publish.headings import in_words
from lecture_utils.publish.images import with_images
from lecture_utils.publish.markdown import as_html, coloured, printed, terminal_css, turned
from lecture_utils.publish.outline import (
    cover_of,
    lecture_of,
    lectures_of,
    name_of,
    neighbours,
    series_in,
)
from lecture_utils.publish.outputs import PICTURES
from lecture_utils.publish.policy import Policy, Scripts
from lecture_utils.publish.reading import read_notebook
from lecture_utils.publish.typesetting import Typesetter

TEMPLATES = Path(__file__).parent / "templates"
SHOWN = ("text/html", "text/markdown", "text/latex", *PICTURES, "text/plain")  # the first is taken
NOTES = ".notes.html"
AS_LIST = re.compile(r"^(?:(\d+)([.)])|([-+*>#]))(?=\s)")    # a title that Markdown takes for more


class _LectureExporter(HTMLExporter):
    """What slides and notes have in common: one file, with everything in it."""

    theme = Enum(
        ["light", "dark"], "light", help="Whether the page is dark on light, or light on dark."
    ).tag(config=True)

    strict = Bool(
        True,
        help="Whether a page that falls short is refused; else its faults are told, and marked.",
    ).tag(config=True)

    brand = Unicode(
        "", help="A file with a name, a logo and colours of one's own; see `read_brand`."
    ).tag(config=True)

    series = List(
        Unicode(), help="The notebooks that are linked to; else all beside it that have a number."
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
        yield "title", self._title
        yield "as_text", self._as_text
        yield "in_words", in_words
        yield "ansi2html", printed
        yield "escape_html", lambda text: Markup(escape(text))
        yield "script", lambda code: self._policy.script(code)
        yield "coloured", self._coloured
        yield "in_page", self._in_page
        yield "address", self._address
        yield "cover", self._cover
        yield "player", self._player
        yield "player_script", lambda _: self._player_script

    def _create_environment(self):
        environment = super()._create_environment()
        environment.autoescape = True    # what comes from a notebook, and was not cleaned, is text
        environment.add_extension(Scripts)
        return environment

    def from_notebook_node(self, nb, resources=None, **kw):
        """Return the page of a notebook as text, and what it was made with.

        What falls short is marked in the page, and is then in `told`, one line a fault.

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
        lectures = resources["lectures"] = lectures_of(self.series or series_in(self._folder))
        self._to_read = {lecture.name for lecture in lectures if not lecture.has_slides}
        resources["elsewhere"] = self._elsewhere(lectures)
        resources["has_slides"] = self._name not in self._to_read
        resources["neighbours"] = neighbours(self._name, lectures)
        resources["number"] = "".join(re.findall(r"^\d\d(?=-)", self._name))
        resources["in_frames"] = self.in_frames
        resources["brand"] = self._brand
        self._faults, self._titles, self._played = [], {}, {}
        self._cleaning, self._policy = Cleaning(), Policy()
        self._formulas = Formulas(self._fault, self._cleaning.keep)
        resources["assets"] = self._assets()
        # Past HTMLExporter's own pass over the page, which hides missing text alternatives.
        try:
            html, resources = super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)
        except ValidationError as error:
            reason = str(error).partition("\n")[0]
            raise RefusedError(f"{self._name} is no valid notebook: {reason}") from error
        html = self._completed(html)
        page = read_page(html, in_frames=self.in_frames)
        found = [*resources["faults"], *self._faults, *page.faults]
        faults = judged(found, self._name, strict=self.strict)
        self.told = [f"{self._name}, {fault}" for fault in faults]
        return self._with_letters(with_marks(html, faults), page), resources

    def _completed(self, html):
        """Return a page with its formulas, links and policy, for which it has to be whole."""
        self._typesetter.start_page()
        html = self._formulas.put_into(self._cleaning.linked(html), self._typesetter)
        return self._policy.put_into(readable(html))

    def _with_letters(self, html, page):
        """Return a page with the letters that it shows, and warn of those that no font here has."""
        html = html.replace("<!-- glyphs -->", self._typesetter.glyphs(), 1)
        others = lacking(page.text, page.code)
        if others:
            told = "are shown by the fonts of each computer: no font of this page has them"
            self.log.warning("%s: %s %s", self._name, scripts(others), told)
        drawn = players.letters("".join(self._played)) if self._played else ()
        faces = font_faces({*page.text, *"".join(self.told), *drawn, "…"}, page.code)
        html = html.encode(errors="replace").decode()
        return html.replace("<!-- fonts -->", f"<style>\n{faces}\n</style>", 1)

    def from_file(self, file_stream, resources=None, **kw):
        """Return the page of a notebook that is read from a file; see `from_notebook_node`.

        Raises
        ------
        RefusedError
            If the file holds no notebook, too.
        """
        return self.from_notebook_node(read_notebook(file_stream), resources, **kw)

    def _fault(self, place, what, level="usual"):
        """Take down what falls short, so that all of it is told at once, when the page is done."""
        self._faults.append(Fault(place, what, level))

    @cached_property  # it takes a while to start, and serves many notebooks
    def _typesetter(self):
        return Typesetter()

    @cached_property
    def _brand(self):
        return read_brand(self.brand) if self.brand else None

    def _assets(self):
        names = "page.css", "players.css", *self.style_files
        styles = [(TEMPLATES / "lecture" / name).read_text(encoding="utf-8") for name in names]
        stacks = f":root {{ --sans: {SANS}; --mono: {MONO}; }}"
        own = [self._brand.css] if self._brand else []
        style = "\n".join([stacks, *styles, terminal_css(), self._typesetter.css, *own])
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

    def _html_of(self, source, cell, kind=None):
        formulas, marked = self._formulas, cell.get("metadata", {}).get("marked", [])

        def code(text, language):
            return self._cleaning.keep(coloured(text, language, marked), text)

        told = partial(self._fault, cell.get("metadata", {}).get("place", "a heading"))
        for half in halves_in(source):    # which no address can have
            told(half)
        html = as_html(
            formulas.hidden(SURROGATE.sub("?", source)), source=formulas.source, code=code,
            page_of=self._page_of, told=told,
        )  # fmt: skip
        return self._shown(html, cell, kind)

    def _shown(self, html, cell, kind=None):
        """Return HTML of a cell as it is in the page: cleaned, with names for its formulas."""
        metadata = cell.get("metadata", {})
        where = {key: metadata[key] for key in ("number", "place") if key in metadata}
        fault = partial(self._fault, metadata.get("place", "a heading"))
        html = self._formulas.named(
            self._formulas.restored(html), kind or self._kind(metadata), **where
        )
        attachments, alt = cell.get("attachments") or {}, metadata.get("alt") or []
        html = with_images(html, self._folder, attachments, alt, fault)
        # Without a cell it is a title, which stands in links and at the foot of slides, too.
        return Markup(turned(str(self._cleaning.html(html, fault, inline=not cell))))

    @pass_context
    def _cleaned(self, context, html):
        return self._shown(str(html), context["cell"])

    def _as_text(self, source):
        return Markup(re.sub("<[^>]*>", "", self._html_of(source, {}, kind="text")).strip())

    def _title(self, title):
        """Return a title as HTML without a paragraph; its faults are told where it stands."""
        if title not in self._titles:
            kept, self._faults = self._faults, []
            text = AS_LIST.sub(lambda m: rf"{m[1] or ''}\{m[2] or m[3]}", title)
            self._titles[title] = Markup(self._html_of(text, {}).strip())
            self._faults = kept
        return self._titles[title]

    def _page_of(self, name):
        """Return the file that a link to a notebook leads to: one without slides has notes.

        It is empty where the notebook is not in the series that was named.
        """
        if self.series and name not in [Path(path).stem for path in self.series]:
            return ""
        ending = NOTES if name in self._to_read else self.file_extension
        return quote(name, errors="replace") + ending

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

    @pass_context
    def _in_page(self, context, svg):
        return self._cleaning.svg(svg, partial(self._fault, context["cell"].metadata.place))

    def _address(self, address, cell):
        """Return the address of an image that an output holds, cleaned."""
        fault = partial(self._fault, cell.metadata.place)
        shown = self._cleaning.image(address, fault)
        if shown is None:
            fault("an image of an output can't be read: run the cell again")
        return shown or ""

    def _cover(self, nb):
        """Return the key figure as HTML: a picture that is described on its own slide."""
        place = nb.cells[0].metadata.place if nb.cells else "the notebook"
        fault = partial(self._fault, place)
        try:
            output = cover_of(nb)
        except LookupError as error:
            fault(error.args[0])
            return ""
        if output is None:
            return ""
        kind = next(kind for kind in PICTURES if kind in output.data)
        if kind == "image/svg+xml":
            drawing = re.sub(r"<(title|desc)\b.*?</\1>", "", output.data[kind], flags=re.DOTALL)
            drawing = re.sub(r' (role|aria-\w+)="[^"]*"', "", drawing)
            picture = self._cleaning.svg(drawing, fault)
        else:
            address = self._cleaning.image(f"data:{kind};base64,{output.data[kind]}", fault)
            picture = Markup('<img alt="" src="{}">').format(address)
        return Markup('<figure aria-hidden="true">{}</figure>').format(picture)

    def _player(self, output):
        """Return the attribute with what the script of the page draws a figure from, if it can."""
        attribute, kind = players.attribute(output)
        if kind:
            self._played[attribute] = kind
        return Markup(attribute)

    @property
    def _player_script(self):
        """The script for the figures that came so far."""
        return Markup(players.script(frozenset(self._played.values())) if self._played else "")

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

    def _kind(self, metadata):
        # The speaker's window has neither our style nor our glyphs: its formulas are MathML.
        is_notes = (metadata.get("slideshow") or {}).get("slide_type") == "notes"
        return "mathml" if is_notes else "html"

    def _assets(self):
        style, scripts, script_of_speaker_view = reveal.read()
        self._policy.allow(script_of_speaker_view)
        made = {"reveal_style": Markup(style), "scripts": list(map(Markup, scripts))}
        return super()._assets() | made


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


def _language_of(nb):
    """Return the name of the language that a notebook's code is in."""
    info = nb.metadata.get("language_info") or {}
    kernel = nb.metadata.get("kernelspec") or {}
    return info.get("name") or info.get("pygments_lexer") or kernel.get("language") or "python"
