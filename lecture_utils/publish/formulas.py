r"""Finds the formulas of a notebook where JupyterLab finds them, and puts them into its page.

JupyterLab takes what looks like a formula out of the Markdown, makes HTML of the rest, and puts it
back. MathJax then looks through the texts of the page. Here both are done in the same way: names
stand for formulas in between, first in Markdown, then in HTML until the page is whole, as a macro
holds for the cells below, and a reference may lead to any cell.
"""

import re
from dataclasses import dataclass
from html import escape, unescape
from math import inf
from secrets import token_hex

from lecture_utils.publish.typesetting import FormulaError

# What matters to formulas in Markdown. Code is one part, with the dollars in it.
MARKDOWN = re.compile(
    r"""
    (?P<code>^(?P<fence>`{3,}|~{3,})[^`\n]*\n[\s\S]*?^(?P=fence)[`~]*$
            |(?<![\\`])(?P<ticks>`+)(?!`)[^\n]*?[^`\n](?P=ticks)(?!`))
    |(?P<dollar>\\\$|&\#0*36;|&\#[xX]0*24;|&dollar;)
    |(?P<begin>\\begin\{(?P<env>[a-zA-Z]*\*?)\})
    |(?P<end>\$\$?|\\end\{[a-zA-Z]*\*?\}|\\\\[()[\]])
    |(?P<brace>\\[{}]|[{}])
    |(?P<empty>\n[^\S\n]*(?:\n\s*)+)
    """,
    re.VERBOSE | re.MULTILINE,
)
ENDS = {"$": "$", "$$": "$$", r"\\(": r"\\)", r"\\[": r"\\]"}
DOLLAR = re.compile("&(?:#0*36|#[xX]0*24|dollar);")
QUOTED = re.compile(r"\n[^\S\n]*(?:>[^\S\n]?)+")

# What has no end is read once, to the end of all, or not at all: a text may hold it by thousands.
TAG = re.compile(r"""(<!--(?:[\s\S]*?-->|[\s\S]*)|</?[a-zA-Z!?](?:[^<>"']|"[^"]*"|'[^']*')*>)""")
NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
# Where MathJax does not look for formulas.
PASSED = ("pre", "code", "script", "style", "textarea", "svg", "math", "title", "annotation")
PASSED_CLASS = re.compile(r"""class=["'][^"']*(?:tex2jax|mathjax)_ignore""")

START = re.compile(
    r"\$\$|\\\[|\\\(|\$|\\begin\s*\{([^}]*)\}|\\(?:eq)?ref\s*\{[^}]*\}|\\\\|\\\$"
)
CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "$": "$"}
REFERENCE = re.compile(r"\\(?:eq)?ref\s*\{[^}]*\}")
MACRO = r"(\\(?:[a-zA-Z]+|.))"
DEFINED = re.compile(
    rf"\\(?:(?:re|provide)?newcommand|DeclareMathOperator|DeclarePairedDelimiter)\*?\s*\{{?\s*{MACRO}"
    rf"|\\[gex]?(?:def|let)\s*{MACRO}"
)
# Letters that may be read in vain: thousands of dollars among open braces have no end, one by one.
PATIENCE = 1_000_000
MOST = 5_000    # formulas of a page: a lecture has some hundreds
UNDEFINED = "Undefined control sequence "
# Formulas that JupyterLab does not find, either, and shows as they are written. A dollar alone is
# one, where no command tells that it is none.
LEFT_OVER = re.compile(
    r"\$\$\s*[^\s$][\s\S]*?\$\$|\\begin\{[a-zA-Z]*\*?\}"
    r"|\$(?:[^$\n\\]|\\(?![a-zA-Z])|\n(?!\n))*\\[a-zA-Z](?:[^$\n]|\n(?!\n))*\$"
)
COMMAND = re.compile(r"\\[a-zA-Z]|[_^]\{")


@dataclass(frozen=True)
class _Formula:
    """A formula that waits to be typeset, and where it stands."""

    tex: str
    display: bool
    kind: str
    number: float
    place: str

    @property
    def is_reference(self):
        return bool(REFERENCE.search(self.tex)) and r"\label" not in self.tex


class Formulas:
    """The formulas of one page.

    Parameters
    ----------
    fault : callable
        Takes down the place and the reason of what falls short.
    keep : callable
        Takes HTML and the text for an attribute, returns what stands for them while what is around
        is cleaned.
    """

    def __init__(self, fault, keep):
        self._fault, self._keep = fault, keep
        self._key = token_hex(6)  # nobody can write into a notebook what stands for a formula
        self._hidden, self._found = [], []
        self._dollars = {f"@@{self._key}d@@": "$", f"@@{self._key}b@@": r"\$"}
        self._hidden_name = re.compile(f"@@{self._key}h([0-9]+)@@")
        self._found_name = re.compile(f"@@{self._key}f([0-9]+)@@")

    def hidden(self, markdown):
        """Return Markdown with names for its formulas, and for the dollars that are no sign of one.

        Parameters
        ----------
        markdown : str

        Returns
        -------
        str
        """
        text = markdown.replace("\r\n", "\n").replace("\r", "\n")
        parts, place, last = [], 0, len(text)
        while place < last:
            start = MARKDOWN.search(text, place)
            if start is None:
                break
            parts.append(text[place : start.start()])
            place = start.end()
            end = _end_in_markdown(text, start)
            if end is not None:
                place = end
                formula = text[start.start() : end]
                begin_of_line = text.rfind("\n", 0, start.start()) + 1
                if text[begin_of_line : start.start()].lstrip().startswith(">"):
                    formula = QUOTED.sub("\n", formula)
                parts.append(self._hide(formula))
            elif start["dollar"]:
                parts.append(self._hide(start[0]))
            else:
                parts.append(start[0])
        return "".join([*parts, text[place:]])

    def _hide(self, source):
        self._hidden.append(source)
        return f"@@{self._key}h{len(self._hidden) - 1}@@"

    def source(self, text):
        """Return code, or what else is shown as it was written, with what names stand for."""
        return self._hidden_name.sub(lambda name: self._hidden[int(name[1])], text)

    def restored(self, html):
        """Return HTML with the sources of formulas in it, and names for dollars that are none."""
        plain, escaped = self._dollars

        def shown(name):
            source = self._hidden[int(name[1])]
            if source == r"\$" or DOLLAR.fullmatch(source):
                return escaped if source == r"\$" else plain
            # In Markdown, MathJax's own brackets have one more backslash.
            source = re.sub(r"^\\\\([([][\s\S]*)\\\\([)\]])$", r"\\\1\\\2", source)
            return escape(source)

        return DOLLAR.sub(plain, self._hidden_name.sub(shown, html))

    def named(self, html, kind, *, number=inf, place="a heading"):
        """Return HTML with names for the formulas in its texts; the names of dollars go.

        Parameters
        ----------
        html : str
        kind : str
            How they are typeset: "html", "mathml", or "text".
        number : int
            Of the cell that they stand in. Without a cell, a formula stands where it stands first.
        place : str
            Of the cell, for what falls short.

        Returns
        -------
        str
        """
        parts, left, broken, inside, depth = TAG.split(html), [], [], "", 0
        for n, part in enumerate(parts):
            if n % 2:
                name = NAME.match(part)
                if name is None or part.endswith("/>"):
                    continue
                name, step = name[1].lower(), -1 if part[1] == "/" else 1
                if not inside and step > 0 and (name in PASSED or PASSED_CLASS.search(part)):
                    inside = name
                if name == inside:
                    depth += step
                    inside = inside if depth else ""
            elif inside:
                parts[n] = self._with_dollars(part, self._dollars)
            elif part:
                texts, n_left = [], len(left)
                for text, display in _formulas_in(unescape(part)):
                    if display is None or len(self._found) >= MOST:
                        texts.append(escape(text, quote=False))
                        left.append(text)
                    elif text.strip():
                        self._found.append(_Formula(text, display, kind, number, place))
                        name = f"@@{self._key}f{len(self._found) - 1}@@"
                        texts.append(self._keep(name, text))
                if len(texts) > 1:
                    parts[n] = "".join(texts)
                    broken += filter(_is_broken, "\n\n".join(left[n_left:]).split("\n\n"))
        if len(self._found) >= MOST:
            self._fault(place, f"formulas after the first {MOST:,} of the notebook are not typeset")
            return self._with_dollars("".join(parts), dict.fromkeys(self._dollars, "$"))
        lost = LEFT_OVER.search("\n\n".join(left)) or broken
        if lost:
            source = " ".join(lost[0].split())[:60]
            why = r"a brace is missing, a line in it is empty, or a dollar of money is not \$"
            self._fault(place, f"a formula is not typeset: {source} ({why})")
        return self._with_dollars("".join(parts), dict.fromkeys(self._dollars, "$"))

    @staticmethod
    def _with_dollars(html, dollars):
        for name, dollar in dollars.items():
            html = html.replace(name, dollar)
        return html

    def put_into(self, page, typesetter):
        """Return a page with its formulas typeset, in the order of the notebook.

        Parameters
        ----------
        page : str
        typesetter : Typesetter
            Whose page has just started.

        Returns
        -------
        str
        """
        first, done, told, anchors = {}, {}, set(), {}
        for formula in self._found:
            first[formula.tex] = min(formula.number, first.get(formula.tex, inf))

        def rank(found):
            n, formula = found
            # In the contents and at the foot, a heading is as it is where it stands.
            number = min(formula.number, first[formula.tex])
            return formula.is_reference, number, formula.number == inf, n

        ranked = sorted(enumerate(self._found), key=rank)
        kinds = {"text": "mathml"}
        made = typesetter.typeset_all(
            [(kinds.get(each.kind, each.kind), each.tex, each.display) for _, each in ranked]
        )
        for (n, formula), result in zip(ranked, made, strict=True):
            done[n] = self._shown(formula, result, told, anchors)

        def alone(paragraph):
            shown = self._found_name.sub(lambda name: done[int(name[1])], paragraph[0])
            return "" if re.fullmatch(r"<p[^>]*>\s*</p>\n?", shown) else shown

        names = self._found_name.pattern.replace("(", "(?:")
        page = re.sub(rf"<p[^>]*>\s*(?:{names}\s*)+</p>\n?", alone, page)
        return self._found_name.sub(lambda name: done[int(name[1])], page)

    def _shown(self, formula, result, told, anchors):
        """Return what the page has of a formula, or its source, where it has an error."""
        if isinstance(result, FormulaError):
            self._tell(formula, result, told)
            source = escape(formula.tex)
            return source if formula.kind == "text" else f"<code>{source}</code>"
        output, labels, references = result
        if formula.kind == "text":
            return _words(output)
        if formula.kind == "mathml":
            return output
        new = [label for label in labels if label not in anchors]
        if new:
            name = f"formula-{len(anchors) + 1}"
            anchors.update(dict.fromkeys(new, name))
            output = output.replace("<mjx-container", f'<mjx-container id="{name}"', 1)
        if references and references[0] in anchors and REFERENCE.fullmatch(formula.tex.strip()):
            name = f"Equation {_words(output)}".replace('"', "&quot;")
            return f'<a href="#{anchors[references[0]]}" aria-label="{name}">{output}</a>'
        return output

    def _tell(self, formula, error, told):
        """Tell of an error, unless another of the same cause is told: a macro that is not known."""
        if formula.number == inf:    # a title, whose faults are told where it stands
            return
        cause, below = error.reason, ""
        if not cause.startswith(UNDEFINED):
            cause = formula.tex
            # Macros that a wrong formula would have defined are not known because of it.
            told |= _undefined_without(formula.tex)
        elif any(cause in _undefined_without(other.tex) for other in self._found):
            below = " (which is defined further down)"
        if cause not in told:
            told.add(cause)
            self._fault(formula.place, f"{error}{below}")


def _undefined_without(tex):
    """Return what MathJax says of the macros that a formula defines, where it does not."""
    return {UNDEFINED + (one or other) for one, other in DEFINED.findall(tex)}


def _words(html):
    return re.sub(r"\s*<[^>]*>\s*", "", html)


def _end_in_markdown(text, start):
    """Return where the formula that a match starts ends, or None if it starts none."""
    opening = start[0]
    if start["begin"]:
        wanted = rf"\end{{{start['env']}}}"
    elif opening in ENDS:
        wanted = ENDS[opening]
    else:
        return None
    if text.find(wanted, start.end()) < 0:    # which is quicker seen than by looking at each part
        return None
    braces, last = 0, None
    for part in MARKDOWN.finditer(text, start.end()):
        if part[0] == wanted:
            if not braces:
                return part.end()
            last = part.end()
        elif part["brace"] == "{":
            braces += 1
        elif part["brace"] == "}":
            braces = max(braces - 1, 0)
        # An empty line ends a paragraph, and with it a formula, but not what has a name.
        elif not start["begin"] and (part["empty"] or "\n" in (part["code"] or "")):
            return last
    return last


def _is_broken(text):
    """Return whether text beside a formula is half of one: its other dollar went to that."""
    return "$" in text and COMMAND.search(text)


def _formulas_in(text):
    """Yield the parts of a text: with False or True for a formula in it or of its own, or None."""
    place, plain, in_vain = 0, 0, 0
    while in_vain < PATIENCE and (found := START.search(text, place)):
        place = found.end()
        opening = found[0]
        if opening in (r"\\", r"\$"):
            if opening == r"\$":
                yield text[plain : found.start()], None
                plain = found.start() + 1
            continue
        if REFERENCE.fullmatch(opening):
            inner, end, display = found.span(), found.end(), False
        else:
            closing = CLOSING.get(opening)
            pattern = re.escape(closing) if closing else rf"\\end\s*\{{{re.escape(found[1])}\}}"
            ends = _end_in_text(text, found.end(), pattern)
            if ends is None:
                in_vain += len(text) - place
                continue
            end = ends[1]
            inner = (found.end(), ends[0]) if closing else (found.start(), end)
            display = opening not in ("$", r"\(")
        yield text[plain : found.start()], None
        yield text[slice(*inner)], display
        place = plain = end
    yield text[plain:], None


def _end_in_text(text, place, pattern):
    """Return the span of what ends a formula, outside braces, or None."""
    if not re.compile(pattern).search(text, place):
        return None
    braces = 0
    for part in re.compile(rf"({pattern})|\\(?:[a-zA-Z]|[\s\S])|[{{}}]").finditer(text, place):
        if part[1] is not None:
            if not braces:
                return part.span()
        elif part[0] == "{":
            braces += 1
        elif part[0] == "}":
            braces = max(braces - 1, 0)
    return None
