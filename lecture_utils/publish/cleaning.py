"""Cleans the HTML of notebooks: what is left is well-formed, runs nothing and loads nothing.

All of it is written anew from lists of what may be there, so that no browser can read it in
another way: what is not on a list is left out, and told where it might run, load or mislead.
"""

import re
from base64 import b64decode, b64encode
from html import escape
from html.parser import HTMLParser
from secrets import token_hex
from urllib.parse import quote, unquote, unquote_to_bytes

from markupsafe import Markup

from lecture_utils.publish.drawings import (
    as_image,
    cleaned,
    in_the_form_of_ours,
    with_own_names,
    without_endless,
)
from lecture_utils.publish.elements import BLOCKS, EMPTY, PARENTS, ROWS, Elements
from lecture_utils.publish.styles import Styles, own_class

INLINE = set(
    "a abbr b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark meter"
    " progress q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
MATHML = set(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover"
    " mmultiscripts mprescripts none mtable mtr mtd mpadded mphantom mstyle merror menclose".split()
)
# reveal.js makes slides of sections; one page has one main part.
AS_DIV = {
    "address", "article", "aside", "body", "fieldset", "figcaption", "figure", "footer", "form",
    "header", "hgroup", "html", "main", "nav", "search", "section",
}
# Left out with all that is in them.
WHOLE = {
    "applet", "audio", "canvas", "embed", "frameset", "iframe", "link", "meta", "base", "noembed",
    "noframes", "noscript", "object", "plaintext", "script", "select", "template", "textarea",
    "title", "video", "xmp", "annotation", "annotation-xml",
}
VOID = {"area", "base", "embed", "frame", "link", "meta", "param", "source", "track", *EMPTY}
QUIET = {"annotation", "annotation-xml", "title"}
ATTRIBUTES = set(
    "align alt border bgcolor cellpadding cellspacing checked cite color colspan datetime dir"
    " disabled download face frame height hidden high lang low max min noshade nowrap open optimum"
    " reversed role rowspan rules scope size span start title valign value width aria-hidden"
    " aria-label displaystyle fence mathvariant columnalign rowspacing columnspacing linethickness"
    " notation stretchy xml:lang".split()
)
NAMING = {"id", "for", "headers", "aria-labelledby", "aria-describedby", "aria-controls"}
LOADING = re.compile(
    r"src(set|doc)?|poster|data|background|(xlink:)?href|(form)?action|lowsrc|dynsrc|ping|codebase"
    r"|classid|archive|manifest|profile|usemap|longdesc|data-(src|srcset|background|preview).*"
)
CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ufeff]")  # browsers pass over many of them
LINKS = re.compile(r"(https?|mailto):", re.IGNORECASE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|[\\]", re.IGNORECASE)
IMAGE = re.compile(r"data:image/([\w+.-]+)((?:;[\w=-]+)*),(.*)", re.DOTALL | re.IGNORECASE)
RASTERS = ("png", "jpeg", "jpg", "gif", "webp", "avif", "bmp", "apng", "x-icon")
NO_CODE = "a page runs no code of a notebook"


class Cleaning:
    """Cleans all that a page shows of a notebook.

    It serves one page: links lead from each cell to what other cells named.
    """

    def __init__(self):
        self._secret = token_hex(12)  # which no notebook can know
        self._kept, self._anchors, self._n = {}, {}, 0

    def keep(self, html, text):
        """Return a name that stands for HTML of ours until what is around it has been cleaned.

        Parameters
        ----------
        html, text : str
            What to put in its place among other HTML, and in an attribute.
        """
        name = f"x{self._secret}n{len(self._kept)}x"
        self._kept[name] = html, text
        return name

    def html(self, html, told, *, inline=False):
        """Return HTML that holds nothing but what is on the lists, closed where it was opened.

        Parameters
        ----------
        html : str
        told : callable
            Gets a sentence on each thing that is taken out.
        inline : bool
            Whether it is to stand within a line or a link.

        Returns
        -------
        Markup
        """
        self._n += 1    # names of ours have a dot, those of cells have none
        writer = _Writer(self, f"c.{self._n}", told, inline)
        writer.feed(without_endless(html))
        writer.close()
        return Markup(writer.result())

    def svg(self, svg, told):
        """Return a drawing: as it is if it is in the form of ours, and else as an image."""
        ours = in_the_form_of_ours(svg)
        if ours is None:
            return Markup(as_image(svg, told, lambda address: self.image(address, told)))
        self._n += 1
        return Markup(with_own_names(ours, f"f.{self._n}"))

    def image(self, address, told):
        """Return the address of an image, cleaned, or None if it is not in the address itself."""
        found = IMAGE.fullmatch(address.strip())
        if not found:
            return None
        kind, how, data = found[1].lower(), found[2].lower(), found[3]
        try:
            content = unquote_to_bytes(data)
            content = b64decode(content + b"==") if "base64" in how else content
            if kind != "svg+xml":
                known = kind in RASTERS
                return f"data:image/{kind};base64,{b64encode(content).decode()}" if known else None
            wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
            svg = content.decode("utf-16" if wide else "utf-8")
        except ValueError:
            return None
        drawing = cleaned(svg, told, lambda url: self.image(url, told))
        return f"data:image/svg+xml,{quote(drawing.text)}" if drawing.text else None

    def split(self, text):
        """Return texts and, between them, names of what was kept."""
        return re.split(rf"(x{self._secret}n\d+x)", text)

    def kept(self, name):
        """Return what a name stands for among other HTML, and in an attribute."""
        return self._kept[name]

    def plain(self, text):
        """Return a text with what was kept as it stands in an attribute."""
        parts = self.split(text)
        parts[1::2] = [self.kept(name)[1] for name in parts[1::2]]
        return "".join(parts)

    def name(self, name, cell):
        """Return the name that an element of a cell has in the page, where others have names."""
        own = f"{cell}-{quote(name, safe='', errors='replace')}"
        self._anchors.setdefault(name, own)
        return own

    def link_to(self, name):
        """Return the address of an element that another cell may have named."""
        name = quote(name, safe="", errors="replace").replace(".", "%2E")
        return f"#{self._secret}{name}."

    def linked(self, page):
        """Return a page whose links lead to the names that its cells gave."""
        def address(found):
            name = unquote(found[1])
            return self._anchors.get(name) or quote(name, safe="/:,;@!$()*+=")

        return re.sub(rf"{self._secret}([^.\"]*)\.", address, page)


class _Writer(HTMLParser):
    """Reads the HTML of one cell, and writes it anew."""

    def __init__(self, cleaning, cell, told, inline):
        super().__init__(convert_charrefs=True)
        self._cleaning, self._cell, self._told, self._inline = cleaning, cell, told, inline
        self._elements, self._sheets = Elements(), []
        self._skipped, self._drawing, self._in_style = [], [], False
        self._styles = Styles(told, self._image, cell)

    def result(self):
        """Return what was written, closed, and held where it could leave its place."""
        if self._drawing:
            self._end_drawing()
        html = self._elements.closed()
        if not self._styles.leaves or self._inline:
            return html
        css = "\n".join(filter(None, self._sheets))
        style = f"<style>\n{css}\n</style>\n" if css else ""
        return f'<div class="held" id="{self._cell}">{style}{html}</div>'

    # What the parser finds

    def handle_starttag(self, tag, attributes):
        if self._drawing:
            self._drawing.append(self.get_starttag_text())
            self._depth += tag == "svg"
        elif self._skipped:
            if tag == self._skipped[0]:
                self._skipped.append(tag)
        elif tag == "svg":
            self._drawing, self._depth = [self.get_starttag_text()], 1
        elif tag == "style":
            self._in_style = True
        elif tag in WHOLE:
            self._leave_out(tag, dict(reversed(attributes)))
        else:
            self._begin(tag, dict(reversed(attributes)))

    def handle_startendtag(self, tag, attributes):
        if self._drawing:
            self._drawing.append(self.get_starttag_text())
            return
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if self._drawing:
            self._drawing.append(f"</{tag}>")
            self._depth -= tag == "svg"
            if not self._depth:
                self._end_drawing()
        elif self._skipped:
            if tag == self._skipped[0]:
                self._skipped.pop()
        elif tag == "style":
            self._in_style = False
        else:
            self._elements.end("div" if tag in AS_DIV else tag)

    def handle_data(self, data):
        if self._drawing:
            in_style = re.match(r"<style\b", self._drawing[-1], re.IGNORECASE)
            self._drawing.append(data if in_style else escape(data, quote=False))
        elif self._in_style and not self._inline:
            self._sheets.append(self._styles.sheet(self._cleaning.plain(data)))
        elif not self._skipped and not self._in_style:
            self._text(data)

    def unknown_decl(self, data):
        """Take a text for XML as a text, as within the styles of a drawing."""
        if data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))

    # What is written

    def _text(self, data):
        if data.strip():
            self._elements.leave_rows()
        elif self._elements.innermost in ROWS:
            self._elements.write(data)
            return
        if self._in_math:
            data = self._cleaning.plain(data)
        for i, part in enumerate(self._cleaning.split(data)):
            self._elements.write(
                self._cleaning.kept(part)[0] if i % 2 else escape(part, quote=False)
            )

    @property
    def _allowed(self):
        if self._in_math:
            return MATHML - {"math"}
        if self._inline:
            return INLINE - {"a", "input"}
        return INLINE | BLOCKS | PARENTS.keys() | {"math"}

    @property
    def _in_math(self):
        return self._elements.innermost in MATHML

    def _begin(self, tag, given):
        attributes = self._attributes(tag, given)    # also of what leaves nothing but its content
        tag = "div" if tag in AS_DIV else tag
        if tag not in self._allowed or self._elements.is_deep or not self._elements.make_room(tag):
            return
        if tag == "input" and attributes.get("type", "").lower() != "checkbox":
            return
        if tag == "img" and "src" not in attributes:
            return self._text(attributes.get("alt", ""))
        written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        self._elements.open(tag, written)

    # What is left out

    def _leave_out(self, tag, given):
        if tag not in VOID:
            self._skipped.append(tag)
        if tag in QUIET or tag == "meta" and "http-equiv" not in given:
            return
        name = next((name for name in ("src", "href", "data", "poster") if given.get(name)), None)
        if name is not None:
            self._told(f"<{tag} {name}> is not embedded in the file: {given[name][:80]}")
        elif tag == "script":
            self._told(f"<script> is taken out: {NO_CODE}; show a picture or a table instead")
        else:
            self._told(f"<{tag}> is taken out: it may run or load something")

    def _end_drawing(self):
        svg, self._drawing = "".join(self._drawing), []
        self._elements.leave_rows()
        self._elements.write(self._cleaning.svg(self._cleaning.plain(svg), self._told))

    # Attributes

    def _attributes(self, tag, given):
        """Return what is left of attributes."""
        kept = {}
        for name, value in reversed(given.items()):
            value = self._cleaning.plain(value or "")
            shown = self._attribute(tag, name, value)
            if shown is not None:
                kept["id" if name == "name" else name] = shown
        if LINKS.match(kept.get("href", "")):
            kept["rel"] = "noopener noreferrer"
        return kept

    def _attribute(self, tag, name, value):
        """Return the value of an attribute as it is to stand, or None."""
        if name.startswith("on"):
            self._told(f"<{tag} {name}> is taken out: {NO_CODE}")
        elif name == "href" and tag == "a":
            return self._link(value)
        elif name == "src" and tag == "img":
            source = self._image(value)
            if source is None:
                self._told(f"<img src> is not embedded in the file: {value.strip()[:80]}")
            return source
        elif name == "style":
            return self._styles.declarations(value) or None
        elif name in NAMING or name == "name" and tag == "a":
            parts = [] if self._inline else value.split()
            return " ".join(self._cleaning.name(part, self._cell) for part in parts) or None
        elif name == "class":
            return " ".join(map(own_class, value.split())) or None
        elif name in ATTRIBUTES:
            self._styles.leaves |= any(int(n) > 1280 for n in re.findall(r"\d{4,9}", value))
            return value
        elif name == "type" and re.fullmatch("[1aAiI]|disc|circle|square|checkbox", value):
            return value
        elif name == "target" and value == "_blank":
            return value
        elif LOADING.fullmatch(name):
            self._told(f"<{tag} {name}> is not embedded in the file: {value.strip()[:80]}")
        return None

    def _link(self, address):
        address = CONTROLS.sub(lambda found: "" if found[0] != " " else "%20", address.strip())
        if address.startswith("#") and not address.startswith("#/") and len(address) > 1:
            return self._cleaning.link_to(unquote(address[1:]))
        # Two slashes lead from a page on a disk to another computer.
        if SCHEME.match(address) and not LINKS.match(address) or re.match(r"[/\\]{2}", address):
            self._told(f"a link leads to {address[:80]}: it may lead to http:, https: or mailto:")
            return None
        return address

    def _image(self, address):
        return self._cleaning.image(address, self._told)
