"""Formulas are typeset when a page is built, so that the page needs neither script nor network."""

import json
import re
import sys
import weakref
from subprocess import PIPE, Popen
from threading import Timer
from typing import NamedTuple

# For each call; the longest formula of the lectures takes less than a tenth of one, but a computer
# may have much else to do, or sleep.
SECONDS = 120
# A call has a cost of its own, more than that of a short formula; a long one has a call of its own.
LETTERS = 3000

# From MathJax's own style sheet; and what stands right before or after a formula, such as a
# bracket or a comma, stays on its line. On dark ground, colours are as light as can be read there.
# The MathML is for screen readers: it is rendered, but clipped, in a box so small that it can't
# make its surroundings scroll.
CSS = """\
mjx-container { direction: ltr; white-space: nowrap; }
mjx-container::before { content: "\\200C" / ""; }
mjx-container::after { content: "\\2060" / ""; }
mjx-container[display="true"] { display: block; margin: 1em 0; text-align: center; }
mjx-container[width="full"] { display: flex; }
mjx-container > svg { min-width: 1px; min-height: 1px; overflow: visible; }
mjx-container use { stroke: none; }
mjx-container :is(line[data-line], rect[data-frame]) { fill: none; stroke-width: 70px; }
mjx-container .mjx-dashed { stroke-dasharray: 140; }
mjx-container .mjx-dotted { stroke-linecap: round; stroke-dasharray: 0, 140; }
[data-theme="dark"] mjx-container g[style^="--colour"] {
  --light: oklch(from var(--colour) max(l, 0.72) c h);
  fill: var(--light);
  stroke: var(--light);
}
[data-theme="dark"] mjx-container g:has(> rect[data-bgcolor]) { fill: #1d2330; stroke: #1d2330; }
mjx-assistive-mml {
  position: absolute; top: 0; left: 0; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); user-select: none;
}
"""


# MathJax gives a colour to a group; style sheets can then make another of it.
COLOURED = re.compile(r'fill="([^"]+)" stroke="\1"')


class FormulaError(ValueError):
    """A formula that MathJax can't typeset; the message says why, and holds the formula.

    Attributes
    ----------
    reason : str
        The message without the formula.
    """

    def __init__(self, reason, tex):
        super().__init__(f"{reason} in the formula: {tex.strip()}")
        self.reason = reason


class Typeset(NamedTuple):
    """A formula that is typeset, the labels in it, and those that it refers to.

    The output is empty where the formula shows nothing, as one that only defines a macro.
    """

    output: str
    labels: list
    references: list


class Typesetter:
    """MathJax 3, which turns LaTeX into HTML; it runs in V8, in a process of its own.

    It knows what it knows in JupyterLab. A formula is the same bytes wherever it stands, unless
    macros, colours or labels that it uses are defined by another; they hold until `start_page`. So
    does what `glyphs` returns.

    Attributes
    ----------
    css : str
        The rules that the results of `html` need.

    Raises
    ------
    TimeoutError
        By each method, if there is no answer within `SECONDS`.
    """

    css = CSS

    def __init__(self):
        # In a process of its own: V8 takes down a server that calls it from several threads, and
        # joins the event loop that runs where it is started.
        command = [sys.executable, "-m", "lecture_utils.publish._mathjax"]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8")
        weakref.finalize(self, _end, self._process)
        self.start_page()

    def html(self, tex, *, display):
        """Return a formula as a picture whose glyphs are in `glyphs`, and as hidden MathML.

        See `typeset`; what it shows is in one ``<mjx-container>``.
        """
        return self.typeset("html", tex, display=display).output

    def mathml(self, tex, *, display):
        """Return a formula as one ``<math>``, which needs neither glyphs nor CSS; see `typeset`."""
        return self.typeset("mathml", tex, display=display).output

    def typeset(self, kind, tex, *, display):
        """Return a formula, typeset, with its labels and references.

        Parameters
        ----------
        kind : str
            "html" or "mathml".
        tex : str
            Without the dollars around it, and not escaped.
        display : bool
            Whether it stands on a line of its own.

        Returns
        -------
        Typeset

        Raises
        ------
        FormulaError
            If MathJax can't read the formula, or it is empty.
        """
        (result,) = self.typeset_all([(kind, tex, display)])
        if isinstance(result, FormulaError):
            raise result
        return result

    def typeset_all(self, formulas):
        """Return many formulas, one after the other, some hundreds in each call; see `typeset`.

        Parameters
        ----------
        formulas : list of tuple
            Of a kind, TeX, and whether it stands on a line of its own.

        Returns
        -------
        list
            Of Typeset, or FormulaError where one can't be typeset.
        """
        for _, tex, _ in formulas:
            if not isinstance(tex, str):
                raise TypeError(f"tex must be a string, got {type(tex).__name__}")
        results = [_refused(tex) for _, tex, _ in formulas]
        left = [n for n, refused in enumerate(results) if refused is None]
        for some in _in_calls(left, [len(tex) for _, tex, _ in formulas]):
            others = f" or {len(some) - 1} after it" if len(some) > 1 else ""
            what = f"typeset the formula {formulas[some[0]][1][:80]}{others}"
            answers = self._call(what, "typesetAll", [formulas[n] for n in some])
            for n, answer in zip(some, answers, strict=True):
                results[n] = _result(answer, formulas[n][1])
        return results

    def glyphs(self):
        """Return one hidden ``<svg>`` with all glyphs that `html` used since `start_page`."""
        return self._call("list its glyphs", "glyphs")

    def start_page(self):
        """Forget the glyphs, macros, colours and labels of the formulas so far."""
        self._call("start", "startPage")

    def _call(self, what, *call):
        watchdog = Timer(SECONDS, self._process.kill)
        watchdog.start()
        try:
            print(json.dumps(call), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watchdog.cancel()
        if not answer:
            raise TimeoutError(f"MathJax does not {what} within {SECONDS} s, or has ended")
        return json.loads(answer)


def _refused(tex):
    if not tex.strip():
        return FormulaError(f"tex must be a formula, got {tex!r}", tex)
    if tex != tex.encode(errors="replace").decode():
        return FormulaError("Half a character can't be written: delete it", tex)
    return None


def _in_calls(numbers, sizes):
    """Yield lists of numbers of formulas, as many as a call is to have."""
    some, letters = [], 0
    for n in numbers:
        if some and letters + sizes[n] > LETTERS:
            yield some
            some, letters = [], 0
        some.append(n)
        letters += sizes[n]
    if some:
        yield some


def _result(answer, tex):
    if "error" in answer:
        return FormulaError(answer["error"], tex)
    return Typeset(
        COLOURED.sub(_changeable, answer["output"]), answer["labels"], answer["references"]
    )


def _changeable(group):
    is_chosen = group[1] != "currentColor"
    return f'style="--colour: {group[1]}" {group[0]}' if is_chosen else group[0]


def _end(process):
    process.kill()
    process.communicate()
