"""Formulas are typeset when a page is built, so that the page needs neither script nor network."""

import json
import sys
import weakref
from subprocess import PIPE, Popen
from threading import Timer

# For each call; the longest formula of the lectures takes less than a tenth of one, but a computer
# may have much else to do, or sleep.
SECONDS = 120

# From MathJax's own style sheet; and what stands right before or after a formula, such as a
# bracket or a comma, stays on its line. The MathML is for screen readers: it is rendered, but
# clipped, in a box so small that it can't make its surroundings scroll.
CSS = """\
mjx-container { direction: ltr; white-space: nowrap; }
mjx-container::before { content: "\\200C" / ""; }
mjx-container::after { content: "\\2060" / ""; }
mjx-container[display="true"] { display: block; margin: 1em 0; text-align: center; }
mjx-container > svg { min-width: 1px; min-height: 1px; overflow: visible; }
mjx-container use { stroke: none; }
mjx-container :is(line[data-line], rect[data-frame]) { fill: none; stroke-width: 70px; }
mjx-assistive-mml {
  position: absolute; top: 0; left: 0; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); user-select: none;
}
"""


class FormulaError(ValueError):
    """A formula that MathJax can't typeset; the message says why, and holds the formula."""


class Typesetter:
    """MathJax 3, which turns LaTeX into HTML; it runs in V8, in a process of its own.

    A formula is the same bytes wherever it stands, and `glyphs` depends only on the formulas
    since the last `start_page`.

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

        Parameters
        ----------
        tex : str
            Without the dollars around it, and not escaped.
        display : bool
            Whether it stands on a line of its own.

        Returns
        -------
        str
            One ``<mjx-container>``.

        Raises
        ------
        FormulaError
            If MathJax can't read the formula, or it is empty.
        """
        return self._typeset("html", tex, display)

    def mathml(self, tex, *, display):
        """Return a formula as one ``<math>``, which needs neither glyphs nor CSS; see `html`."""
        return self._typeset("mathml", tex, display)

    def glyphs(self):
        """Return one hidden ``<svg>`` with all glyphs that `html` used since `start_page`."""
        return self._call("list its glyphs", "glyphs")

    def start_page(self):
        """Forget the glyphs and labels of the formulas so far."""
        self._call("start", "startPage")

    def _typeset(self, kind, tex, display):
        if not isinstance(tex, str):
            raise TypeError(f"tex must be a string, got {type(tex).__name__}")
        if not tex.strip():
            raise FormulaError(f"tex must be a formula, got {tex!r}")
        what = f"typeset the formula {tex[:80]}"
        result = self._call(what, "typeset", kind, tex, display)
        if "error" in result:
            raise FormulaError(f"{result['error']} in the formula: {tex.strip()}")
        return result["output"]

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


def _end(process):
    process.kill()
    process.communicate()
