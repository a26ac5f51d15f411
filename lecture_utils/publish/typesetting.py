"""Formulas are typeset when a page is built, so that the page needs neither script nor network."""

import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files

from py_mini_racer import JSTimeoutException, MiniRacer, init_mini_racer

SECONDS = 20    # for each call; the longest formula of the lectures takes less than a tenth of one

# What MathJax is loaded from, each file after those that it needs.
COMPONENTS = (
    "core",
    "adaptors/liteDOM",
    "input/tex-base",
    "input/tex/extensions/ams",
    "input/tex/extensions/boldsymbol",
    "output/svg",
    "output/svg/fonts/tex",
    "a11y/assistive-mml",
)

# MathJax's own parts, put together without its loader, which would wait for a browser.
SETUP = """
const {adaptors, a11y, core, handlers, input, mathjax, output} = MathJax._;
const adaptor = adaptors.liteAdaptor.liteAdaptor();
const font = new output.svg.fonts.tex_ts.TeXFont();

// Browsers know ℝ but no double-struck R: letters of a style become characters of their own.
const Visitor = core.MmlTree.SerializedMmlVisitor.SerializedMmlVisitor;
Visitor.prototype.visitTextNode = function (node) {
  const style = node.parent.attributes.getExplicit("mathvariant") ?? "normal";
  const {chars} = font.getVariant(Visitor.variants[style] ?? style);
  const shown = letter => chars[letter.codePointAt()]?.[3]?.smp ?? letter.codePointAt();
  return this.quoteHTML(String.fromCodePoint(...Array.from(node.getText(), shown)));
};
const plain = new Visitor();
plain.getDataAttributes = () => ({});  // they are for MathJax

a11y["assistive-mml"].AssistiveMmlHandler(handlers.html_ts.RegisterHTMLHandler(adaptor));
const page = mathjax.mathjax.document("", {
  InputJax: new input.tex_ts.TeX({
    packages: ["base", "ams", "boldsymbol"],
    formatError: (_, error) => { throw error; },  // MathJax would typeset the error
  }),
  OutputJax: new output.svg_ts.SVG({fontCache: "global", font}),
});
const end = core.MathItem.STATE.CONVERT;
const outputs = {
  html: (tex, display) => adaptor.outerHTML(page.convert(tex, {display})),
  mathml: (tex, display) => plain.visitTree(page.convert(tex, {display, end})),
};
function typeset(kind, tex, display) {
  try {
    return {output: outputs[kind](tex, display)};
  } catch (error) {
    return {error: error.message};
  }
}
const glyphs = () => adaptor.outerHTML(page.outputJax.pageElements(page));
const startPage = () => { page.reset({all: true}); };
"""

# From MathJax's own style sheet; and what stands right before or after a formula, such as a
# bracket or a comma, stays on its line. The MathML is for screen readers: it is rendered, but
# clipped, in a box so small that it can't make its surroundings scroll.
CSS = """\
mjx-container { direction: ltr; white-space: nowrap; }
mjx-container::before { content: "\\200C" / ""; }
mjx-container::after { content: "\\2060" / ""; }
mjx-container[display="true"] { display: block; margin: 1em 0; text-align: center; }
mjx-container > svg { min-width: 1px; min-height: 1px; overflow: visible; }
mjx-container use { stroke-width: 3; }
mjx-container :is(line[data-line], rect[data-frame]) { fill: none; stroke-width: 70px; }
mjx-assistive-mml {
  position: absolute; top: 0; left: 0; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); user-select: none;
}
"""


class FormulaError(ValueError):
    """A formula that MathJax can't typeset; the message says why, and holds the formula."""


class Typesetter:
    """MathJax 3, which turns LaTeX into HTML; it runs in V8, within this process.

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
        # V8 joins the event loop that runs where it is opened: that of a notebook or of Playwright
        # would wait here for an answer that it has to bring itself. So another thread opens it,
        # but this one starts V8, whose memory is closed to threads that are older than its start.
        init_mini_racer(ignore_duplicate_init=True)
        with ThreadPoolExecutor(1) as thread:
            self._v8 = thread.submit(MiniRacer).result()
        weakref.finalize(self, self._v8.close)    # left open, it can keep Python from ending
        folder = files("mathjax") / "static/mathjax/es5"
        sources = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in COMPONENTS]
        with _time_limit("does not start"):
            for source in [*sources, SETUP]:
                self._v8.eval(source, timeout_sec=SECONDS)

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
        with _time_limit("does not list its glyphs"):
            return self._v8.call("glyphs", timeout_sec=SECONDS)

    def start_page(self):
        """Forget the glyphs and labels of the formulas so far."""
        with _time_limit("does not start a page"):
            self._v8.eval("startPage()", timeout_sec=SECONDS)

    def _typeset(self, kind, tex, display):
        if not isinstance(tex, str):
            raise TypeError(f"tex must be a string, got {type(tex).__name__}")
        if not tex.strip():
            raise FormulaError(f"tex must be a formula, got {tex!r}")
        with _time_limit(f"does not typeset the formula {tex[:80]}"):
            result = self._v8.call("typeset", kind, tex, display, timeout_sec=SECONDS)
        if "error" in result:
            raise FormulaError(f"{result['error']} in the formula: {tex.strip()}")
        return result["output"]


@contextmanager
def _time_limit(failure):
    try:
        yield
    except JSTimeoutException:
        raise TimeoutError(f"MathJax {failure} within {SECONDS} s") from None
