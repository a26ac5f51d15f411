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
        if not isinstance(tex, str):
            raise TypeError(f"tex must be a string, got {type(tex).__name__}")
        if not tex.strip():
            raise FormulaError(f"tex must be a formula, got {tex!r}", tex)
        if tex != tex.encode(errors="replace").decode():
            raise FormulaError("Half a character can't be written: delete it", tex)
        what = f"typeset the formula {tex[:80]}"
        result = self._call(what, "typeset", kind, tex, display)
        if "error" in result:
            raise FormulaError(result["error"], tex)
        return Typeset(
            COLOURED.sub(_changeable, result["output"]), result["labels"], result["references"]
        )

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


def _changeable(group):
    is_chosen = group[1] != "currentColor"
    return f'style="--colour: {group[1]}" {group[0]}' if is_chosen else group[0]


def _end(process):
    process.kill()
    process.communicate()
