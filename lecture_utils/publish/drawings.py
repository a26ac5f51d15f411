"""Drawings of notebooks: those in the form of ours stand in the page, others become images of it.

In an image no script runs, nothing is loaded, and styles and names are its own.
"""

import re
from html import escape
from html.parser import HTMLParser
from math import inf
from string import punctuation
from urllib.parse import quote

from lecture_utils.publish.styles import Styles

# What Matplotlib writes, and all that can be in a drawing that stands in the page itself.
BALLAST = re.compile(
    r"^.*?(?=<svg\b)|<metadata>.*?</metadata>|<!--.*?-->"
    r"|<style type=\"text/css\">\*\{stroke-linejoin: round; stroke-linecap: butt\}</style>",
    re.DOTALL,
)
PART = re.compile(r'<(/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"<>]*")*)\s*(/?)>|([^<>]+)')
ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
INSIDE = {"svg", "defs", "g", "path", "use", "clipPath", "rect", "pattern", "image"}
TEXTS = {"title", "desc"}
VALUES = {
    name: re.compile(pattern)
    for names, pattern in {
        "id aria-labelledby aria-describedby": r"[\w.-]+",
        "role version patternUnits preserveAspectRatio": r"[\w. ]+",
        "aria-label": r"[^\\]*",
        "width height x y viewBox d transform": r"[\w\s.,()+-]*",
        "fill": r"[\w#]+",
        "clip-path": r"url\(#[\w.-]+\)",
        "href xlink:href": r"#[\w.-]+|data:image/png;base64,[\w+/=\s]+",
        "class": r"moving|bar(-name)?",    # parts of a figure to play with
        "xmlns": r"http://www\.w3\.org/2000/svg",
        "xmlns:xlink": r"http://www\.w3\.org/1999/xlink",
        "style": r"(\s*(fill|stroke|opacity|stroke-[a-z]+|fill-[a-z]+|image-rendering|clip-path)"
        r"\s*:\s*([\w#%., -]+|url\(#[\w.-]+\)|rgba?\([\d., %]+\))\s*(;|$))*\s*",
    }.items() for name in names.split()
}
# Anything else that a drawing may hold as an image; browsers know these by lower case as well.
NAMES = {
    name.lower(): name
    for name in """
    svg g a defs symbol use switch title desc style path rect circle ellipse line polyline polygon
    text tspan textPath image pattern clipPath mask marker linearGradient radialGradient stop filter
    feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
    feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting
    feSpotLight feTile feTurbulence
    viewBox preserveAspectRatio gradientUnits gradientTransform spreadMethod patternUnits
    patternContentUnits patternTransform clipPathUnits maskUnits maskContentUnits markerUnits
    markerWidth markerHeight refX refY startOffset textLength lengthAdjust pathLength stdDeviation
    baseFrequency numOctaves filterUnits primitiveUnits tableValues edgeMode kernelMatrix
    kernelUnitLength specularConstant specularExponent diffuseConstant surfaceScale
    limitingConeAngle pointsAtX pointsAtY pointsAtZ xChannelSelector yChannelSelector stitchTiles
    """.split()
}
NAMESPACES = ("", "2000/svg"), (":xlink", "1999/xlink")
TOLD = (
    "script", "foreignobject", "set", "animate", "animatemotion", "animatetransform", "iframe",
    "feimage", "mpath", "tref",
)  # fmt: skip
TAG = re.compile(r"<(/?)([a-zA-Z:]+)((?:\s[^<>]*?)?)(/?)>")    # of a drawing that was written anew
POINTER = re.compile(r"""(?:href="|url\((?:["']|&\w+;|&#\w+;)?)#([\w.:-]+)""")
ACTIVE = re.compile(r"[\s\x00-\x1f]*(java|vb|live)?script:|\s*data:", re.IGNORECASE)
STYLE = re.compile(r"<style[^<>]*>([^<]*)</style>")
SHEET_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
VERTICES = re.compile(r'\s(?:d|points)="([^"]*)"')
DEEPEST = 150    # elements in each other, and references one after the other
LARGEST = 300_000    # elements that a browser draws in time
READABLE = "".join(set(punctuation) - set('%#<>"&')) + " "


def in_the_form_of_ours(svg):
    """Return a drawing without what no page needs if all in it is what Matplotlib writes, or None.

    Whether it is ours is seen from its content, since any notebook can copy a mark of ours.
    """
    svg, end, tags = BALLAST.sub("", svg).strip(), 0, []
    for part in PART.finditer(svg):
        closes, name, attributes, empty, text = part.groups()
        if part.start() != end or text and text.strip() and tags[-1:] not in (["title"], ["desc"]):
            return None
        end = part.end()
        if text:
            continue
        if closes:
            if attributes or empty or not tags or tags.pop() != name:
                return None
            continue
        is_inside = tags and tags[-1] not in TEXTS and name != "svg" and name in INSIDE | TEXTS
        if not (is_inside or name == "svg" and not part.start()) or not _are_known(attributes):
            return None
        if not empty:
            tags.append(name)
    is_whole = end == len(svg) and not tags and svg.count("</svg>") == 1
    return svg if is_whole and not _is_endless(svg) else None


def _is_endless(svg):
    """Whether a drawing would take a browser for ever: as copies of copies of copies do."""
    within = [None]    # the names that what is open has, or stands in
    own, parts, pointers, sizes, sheet = {}, {}, {}, {}, _pointers_of_sheets(svg)
    for closes, tag, attributes, empty in TAG.findall(svg):
        if closes:
            within.pop()
            continue
        found = re.search(r'\sid="([^"]*)"', attributes)
        name = found[1] if found else within[-1]
        if name != within[-1]:
            parts.setdefault(within[-1], set()).add(name)
        own[name] = own.get(name, 0) + 1
        classes = re.findall(r'\sclass="([^"]*)"', attributes)
        to = POINTER.findall(attributes)
        for selector in ("*", tag, f"#{name}", *(f".{each}" for each in " ".join(classes).split())):
            to += sheet.get(selector, ())
        times = _n_vertices(svg, attributes) if "marker" in attributes else 1
        pointers.setdefault(name, []).extend((each, times) for each in to)
        if not empty:
            within.append(name)
        if len(within) > DEEPEST:
            return True

    def size(name, depth):
        if depth > DEEPEST:
            return inf
        if name not in sizes:
            sizes[name] = inf    # while it is counted: as what leads back to itself has no end
            led = [*((part, 1) for part in parts.get(name, ())), *pointers.get(name, ())]
            sizes[name] = own.get(name, 0) + sum(n * size(to, depth + 1) for to, n in led)
        return sizes[name]

    return size(None, 0) > LARGEST


def _pointers_of_sheets(svg):
    """Return what the rules of a drawing's styles lead to, by the last name in their selectors."""
    found = {}
    for sheet in STYLE.findall(svg):
        for selectors, body in SHEET_RULE.findall(sheet):
            for selector in selectors.split(","):
                last = (["*", *re.findall(r"[.#]?[\w-]+", selector)])[-1]
                found.setdefault(last, []).extend(POINTER.findall(body))
    return found


def _n_vertices(svg, attributes):
    """Return at how many places a marker is drawn; that of a group, at all of the drawing."""
    own = VERTICES.search(attributes)
    return len(re.findall(r"\d+", own[1] if own else svg)) // 2 + 1


def _are_known(attributes):
    given = ATTRIBUTE.findall(attributes)
    return len(dict(given)) == len(given) and all(
        name in VALUES and VALUES[name].fullmatch(value) for name, value in given
    )


def with_own_names(svg, name):
    """Return a drawing for a page with others: with ids of its own, and only those in use."""
    pointer = r'href="#|url\(#|aria-(?:labelledby|describedby)="'
    used = set(re.findall(rf"(?:{pointer})([\w.-]+)", svg))
    svg = re.sub(r' id="([\w.-]+)"', lambda m: m[0] if m[1] in used else "", svg)
    return re.sub(rf'({pointer}| id=")([\w.-]+)', rf"\g<1>{name}-\2", svg)


def as_image(svg, told, image, alt="", hidden=False):
    """Return a drawing of any form as an `<img>`, cleaned."""
    drawing = cleaned(svg, told, image)
    if not drawing.text:
        return ""
    address = "data:image/svg+xml," + quote(drawing.text, safe=READABLE)
    is_silent = ' aria-hidden="true"' if hidden or drawing.hidden else ""
    return f'<img alt="{escape(alt or drawing.alt)}"{is_silent} src="{escape(address)}">'


def cleaned(svg, told, image):
    """Return what a drawing holds, read as browsers do, with the text of it in its `text`."""
    reader = _Drawing(told, image)
    reader.feed(without_endless(svg))
    reader.close()
    if _is_endless(reader.text):
        told("a drawing is left out, since it would never be done: its parts lead to ever more")
        reader.clear()
    return reader


def without_endless(html):
    """Return HTML in which no tag or comment is left open: each would be looked through again."""
    for start, end in [("<!--", "-->"), ("<", ">")]:
        closed = html.rfind(end) + 1
        html = html[:closed] + html[closed:].replace(start, escape(start))
    return html


class _Drawing(HTMLParser):
    """Writes a drawing anew.

    Attributes
    ----------
    alt : str
        Its title and description.
    hidden : bool
        Whether it says that it has nothing to tell.
    """

    def __init__(self, told, image):
        super().__init__(convert_charrefs=True)
        self._told, self._image = told, image
        self._styles = Styles(told, self._source)
        self._out, self._open, self._skipped = [], [], []
        self._label, self._words, self.hidden = "", [], False

    @property
    def text(self):
        return "".join(self._out) + "".join(f"</{tag}>" for tag in reversed(self._open))

    @property
    def alt(self):
        return self._label or " ".join(" ".join(self._words).split())

    def clear(self):
        """Leave nothing of the drawing."""
        self._out, self._open = [], []

    def handle_starttag(self, tag, attributes):
        if self._skipped:
            self._skipped.append(tag)
        elif tag not in NAMES or not (self._open or tag == "svg" and not self._out):
            self._skip(tag)    # also what stands before a drawing or behind its end
        else:
            self._write(NAMES[tag], dict(reversed(attributes)))

    def handle_endtag(self, tag):
        if self._skipped:
            if tag in self._skipped:
                while self._skipped.pop() != tag:
                    pass
        elif NAMES.get(tag) in self._open:
            while (name := self._open.pop()) != NAMES[tag]:
                self._out.append(f"</{name}>")
            self._out.append(f"</{name}>")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_data(self, data):
        if self._skipped or not self._open:
            return
        if self._open[-1] == "style":
            data = self._styles.sheet(data)
        elif self._open[-1] in ("title", "desc") and len(self._open) == 2:
            self._words.append(data)
        self._out.append(escape(_printable(data), quote=False))

    def _skip(self, tag):
        if tag in TOLD:
            self._told(f"<{tag}> is taken out of a drawing: it may run or load something")
        self._skipped.append(tag)

    def _write(self, tag, given):
        is_root = not self._open
        names = []
        if is_root:
            self.hidden = given.get("aria-hidden") == "true" or given.get("role") == "presentation"
            self._label = given.get("aria-label") or ""
            names = [f'xmlns{name}="http://www.w3.org/{year}"' for name, year in NAMESPACES]
        texts = [tag, *names]
        for name, value in reversed(given.items()):
            shown = self._attribute(tag.lower(), name, value or "")
            if shown is not None:
                texts.append(f'{NAMES.get(name, name)}="{escape(_printable(shown))}"')
        self._out.append(f"<{' '.join(texts)}>")
        self._open.append(tag)

    def _attribute(self, tag, name, value):
        """Return the value of an attribute as it is to stand, or None."""
        if name.startswith("on"):
            self._told(f"<{tag} {name}> is taken out: a page runs no code of a notebook")
        elif name in ("href", "xlink:href"):
            source = self._source(value) if tag != "a" else None
            if source is None and (tag != "a" or ACTIVE.match(value)):
                self._told(f"<{tag} {name}> is not embedded in the file: {value.strip()[:80]}")
            return source
        elif name == "style":
            return self._styles.declarations(value) or None
        elif re.fullmatch(r"(?!data-|xmlns$)[a-z][a-z0-9-]*|xml:(lang|space)", name):
            if "(" not in value or name in ("d", "aria-label"):
                return value
            # As an attribute, a property has the same values; a transform has none of its own.
            checked = self._styles.declarations(f"fill:{value}")
            return checked.removeprefix("fill:") or None
        return None

    def _source(self, address):
        address = address.strip()
        return address if re.fullmatch(r"#[\w.:-]+", address) else self._image(address)


def _printable(text):
    """Return a text without the characters that XML does not have."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
