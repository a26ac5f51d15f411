"""Cleans CSS of notebooks: what is left loads nothing, and holds for its own cell alone."""

import re
from math import inf

import tinycss2

# What can be set, by the words that the names of properties begin with.
PROPERTY = re.compile(
    r"(align|all|aspect-ratio|background|block-size|border|bottom|box|caption-side|clear|clip-path"
    r"|clip-rule|color|column|content|counter|cursor|direction|display|dominant-baseline"
    r"|empty-cells|fill|filter|flex|float|flood|font|gap|grid|height|hyphens|image-rendering"
    r"|inline-size|inset|isolation|justify|left|letter-spacing|lighting|line|list-style|margin"
    r"|marker|mask-type|max|min|mix-blend-mode|object|opacity|order|outline|overflow|padding"
    r"|paint-order|place|position|quotes|right|row-gap|scrollbar|shape-rendering|stop|stroke"
    r"|tab-size|table-layout|text|top|transform|unicode-bidi|user-select|vector-effect"
    r"|vertical-align|visibility|white-space|width|word|writing-mode|z-index)(-[a-z-]+)?"
)
# With small numbers, these can't lead anything out of its place.
IN_PLACE = re.compile(
    r"(background-color|border(?!-image)|color|display|fill|font|list-style|height|line-height|margin|max"
    r"|min|opacity|padding|stroke|text|vertical-align|white-space|width)(-[a-z-]+)?"
)
# Boxes that hold what is in them.
BOXES = re.compile(r"(inline-)?(block|flex|grid)|list-item|flow-root|none", re.IGNORECASE)
MOST_PARTS = 500    # of a value: thousands of shadows take a browser minutes
LARGEST = {"px": 1280, "pt": 960, "%": 100, "em": 20, "rem": 20, "ex": 40, "ch": 80, "deg": 360}
# What these push farther than a frame is wide can't be seen: it is where it would be without them.
PUSHING = re.compile(
    r"(border|gap|inset|left|margin|min-(width|inline-size)|padding|text-indent|top|transform)"
    r"(-[a-z-]+)?"
)
FAR = {"px": 1200, "pt": 900, "%": 100, "em": 40, "rem": 40, "vw": 90, "cm": 30, "in": 12}
# Others might load something, or read what they are not to know.
FUNCTIONS = re.compile(
    r"(?:-(?:webkit|moz)-)?(?:repeating-)?(?:linear|radial|conic)-gradient"
    r"|(?:rgb|hsl)a?|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark|calc|min|max|clamp|var"
    r"|(?:translate|scale|rotate|skew)(?:x|y|z|3d)?|matrix(?:3d)?|perspective|repeat|minmax"
    r"|fit-content|cubic-bezier|steps|counters?|inset|circle|ellipse|polygon|path|blur|brightness"
    r"|contrast|drop-shadow|grayscale|hue-rotate|invert|opacity|saturate|sepia|selector"
)
OWN = "u-"  # what names of a notebook begin with, so that none is one of ours
WELCOME = re.compile(r"alert(-\w+)?|big-numbers|dataframe|turn")  # classes that it may take from us
TOO_DEEP = "a style can't be read: its brackets are nested too deep"
HOLDING = ("media", "supports", "container", "layer")  # rules that hold others


class Styles:
    """The styles of one cell.

    Parameters
    ----------
    told : callable
        Gets a sentence on each thing that is taken out.
    image : callable
        Returns the address of an image as it is to be used, or None if it must not be.
    scope : str
        The id of the element within which rules hold; none if they hold for a file of their own.

    Attributes
    ----------
    leaves : bool
        Whether anything so far could lie over what is outside of the cell, unless it is held.
    """

    def __init__(self, told, image, scope=""):
        self._told, self._image, self._scope = told, image, scope
        self.leaves = False

    def declarations(self, css):
        """Return the content of an attribute `style`."""
        try:
            text, leaves, told = _declared(css, bool(self._scope), self._image)
        except RecursionError:
            text, leaves, told = "", False, (TOO_DEEP,)
        self.leaves |= leaves
        for what in told:
            self._told(what)
        return text

    def sheet(self, css):
        """Return the content of an element `<style>`, which nothing in it can end."""
        self.leaves = True
        css = re.sub(r"<!\[CDATA\[|\]\]>|<!--|-->", " ", css)
        # Comments stay apart until each becomes a space: what stands around one is two words.
        rules = tinycss2.parse_stylesheet(css, skip_whitespace=True)
        return self._rules(rules).replace("<", r"\3c ")

    def _rules(self, rules):
        return "\n".join(filter(None, map(self._rule, rules)))

    def _rule(self, rule):
        try:
            return self._shown(rule)
        except _Taken as what:
            self._told(str(what))
        except RecursionError:
            self._told(TOO_DEEP)
        return ""

    def _shown(self, rule):
        if rule.type == "qualified-rule":
            selectors = self._selectors(rule.prelude)
            body = self.declarations(rule.content)
            return f"{selectors} {{ {body} }}" if selectors and body else ""
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            self._told(_loads(tinycss2.serialize(rule.prelude)))
        elif rule.type == "at-rule" and rule.lower_at_keyword in HOLDING and rule.content:
            inner = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            about = _value(rule.prelude, bool(self._scope), self._image)
            if rule.lower_at_keyword == "layer":    # a layer's name holds for the whole page
                return self._rules(inner)
            return f"@{rule.lower_at_keyword} {about} {{ {self._rules(inner)} }}"
        elif rule.type == "at-rule" and rule.lower_at_keyword == "font-face":
            self._told("a style sheet of a notebook brings a font, which is not used: take it out")
        elif rule.type == "at-rule" and _has_url([*rule.prelude, *(rule.content or [])]):
            self._told(_loads(f"@{rule.at_keyword}"))
        return ""

    def _selectors(self, tokens):
        """Return selectors that hold within the scope only."""
        parts = [[]]
        for token in tokens:
            if token == ",":
                parts.append([])
            else:
                parts[-1].append(token)
        texts = [self._selector(part).strip() for part in parts]
        if not self._scope:
            return ", ".join(texts)
        # One that begins with a combinator would begin at the cell, and lead out of it.
        texts = [text for text in texts if re.match(r"[\w.#:*[\\]", text)]
        return ", ".join(f"#{_name(self._scope)} {text}" for text in texts)

    def _selector(self, tokens):
        texts = []
        for i, token in enumerate(tokens):
            after_dot = i > 0 and tokens[i - 1] == "."
            if token.type == "comment":
                texts.append(" ")
            elif token.type == "function":
                texts.append(f"{_name(token.name)}({self._selector(token.arguments)})")
            elif token.type == "hash" and self._scope:
                texts.append(f"#{_name(f'{self._scope}-{token.value}')}")
            elif token.type == "ident" and after_dot and self._scope:
                texts.append(_name(own_class(token.value)))
            elif token.type in ("literal", "ident", "hash", "whitespace", "[] block", "number"):
                if token in ("&", "@", "<", "\\"):
                    return ""
                texts.append(token.serialize())
            elif token.type == "dimension":
                texts.append(token.serialize())    # 2n, 2n+1
            else:
                return ""
        return "".join(texts)


def own_class(name):
    """Return the name of a notebook's class as it stands in the page."""
    return name if WELCOME.fullmatch(name) else OWN + name


def _name(text):
    return tinycss2.serializer.serialize_identifier(text)


def _declared(css, own_names, image):
    """Return declarations as text, whether they may leave their place, and what was taken out."""
    texts, leaves, told = [], False, []
    for node in tinycss2.parse_blocks_contents(css):
        if node.type != "declaration":
            continue
        name = node.lower_name.lstrip("-") if node.name.startswith("--") else node.lower_name
        plain = re.sub(r"^-(webkit|moz|ms|o)-", "", name)
        try:
            value = _value(node.value, own_names, image).strip()
        except _Taken as what:
            told.append(str(what))
            continue
        if node.name.startswith("--"):
            shown = _name(f"--{OWN}{node.name[2:]}" if own_names else node.name)
        elif PROPERTY.fullmatch(plain):
            shown = node.lower_name
        else:
            continue
        if plain == "position" and re.search(r"\bfixed\b", value, re.IGNORECASE):
            told.append("a style fixes something to the window, over everything: take it out")
            continue
        if len(node.value) > MOST_PARTS:
            told.append(f"a style has a value of more than {MOST_PARTS} parts: make it shorter")
            continue
        if not value:
            continue
        if own_names and PUSHING.fullmatch(plain) and _is_far(node.value):
            if not plain.startswith("min"):
                what = f"{plain}: {value}"[:80]
                told.append(f"a style leads farther than a slide is wide: take out {what}")
            continue
        leaves |= not (IN_PLACE.fullmatch(plain) and _is_small(node.value))
        leaves |= plain == "display" and not BOXES.fullmatch(value)
        texts.append(f"{shown}:{value}{' !important' if node.important else ''}")
    return ";".join(texts), leaves, tuple(told)


class _Taken(Exception):
    """What can't stay; the message says why."""


def _value(tokens, own_names, image):
    """Return the text of a value, or raise `_Taken`."""
    texts = []
    for token in tokens:
        kind = token.type
        if kind == "comment":
            texts.append(" ")
        elif kind == "url" or kind == "function" and token.lower_name == "url":
            texts.append(_url(token, image))
        elif kind == "function":
            if not FUNCTIONS.fullmatch(token.lower_name):
                raise _Taken(_loads(token.serialize()))
            texts.append(f"{token.lower_name}({_value(token.arguments, own_names, image)})")
        elif kind in ("() block", "[] block"):
            texts.append(kind[0] + _value(token.content, own_names, image) + kind[1])
        elif kind == "ident" and token.value.startswith("--") and own_names:
            texts.append(_name(f"--{OWN}{token.value[2:]}"))
        elif kind == "error" or kind == "{} block" or token in ("@", ";", "<", "\\"):
            raise _Taken(f"a style can't be read: {tinycss2.serialize(tokens).strip()[:80]}")
        else:
            texts.append(token.serialize())
    return "".join(texts)


def _url(token, image):
    if token.type == "url":
        address = token.value
    else:
        strings = [part.value for part in token.arguments if part.type == "string"]
        address = strings[0] if len(strings) == 1 else ""
    address = image(address)
    if address is None:
        raise _Taken(_loads(token.serialize()))
    return f'url("{tinycss2.serializer.serialize_string_value(address)}")'


def _loads(what):
    return f"a style sheet loads what is not embedded in the file: {what.strip()[:80]}"


def _has_url(tokens):
    return any(
        token.type == "url" or token.type == "function" and token.lower_name == "url"
        or _has_url(getattr(token, "content", None) or ()) for token in tokens
    )  # fmt: skip


def _is_small(tokens):
    for token in tokens:
        if token.type in ("number", "dimension", "percentage"):
            unit = {"number": "px", "percentage": "%"}.get(token.type) or token.lower_unit
            if not 0 <= token.value <= LARGEST.get(unit, 0):
                return False
        elif token.type == "function" and not _is_small(token.arguments):
            return False
        elif token.type == "function" and token.lower_name in ("calc", "var", "max", "clamp"):
            return False
    return True


def _is_far(tokens):
    return any(
        token.type == "function" and _is_far(token.arguments)
        or token.type == "percentage" and token.value > FAR["%"]
        or token.type == "dimension" and token.value > FAR.get(token.lower_unit, inf)
        for token in tokens
    )
