"""Runs MathJax in V8, and answers calls of its functions: one line of JSON in, one line out."""

import json
import os
import sys
from importlib.resources import files

from py_mini_racer import MiniRacer

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
const tex = new input.tex_ts.TeX({
  packages: ["base", "ams", "boldsymbol"],
  formatError: (_, error) => { throw error; },  // MathJax would typeset the error
});
// What a formula may bring into a page beside what is to be seen: links, names of equations, and
// frames. MathJax's own filter, ui/safe, lets addresses through that have a tab in their scheme.
const harmless = {
  href: /^(https?:\\/\\/|mailto:|#)[\\x21-\\x7e]*$/,
  id: /^mjx-/,
  mathcolor: /^[#\\w\\s(),.%]*$/,
  mathbackground: /^[#\\w\\s(),.%]*$/,
  class: /^(MathJax|MJX|mjx)[\\w-]*$/,
  style: /^((border|padding)[\\w-]*:[\\w\\s.#-]*(;|$)\\s*)*$/,
};
tex.postFilters.add(({data}) => data.root.walkTree((node) => {
  const given = node.attributes?.getAllAttributes() ?? {};
  for (const name of Object.keys(given))
    if (/^(on|data-(?!mjx))/.test(name) || !(harmless[name]?.test(given[name]) ?? true))
      delete given[name];
}));
const page = mathjax.mathjax.document("", {
  InputJax: tex,
  OutputJax: new output.svg_ts.SVG({fontCache: "global", font}),
});
const end = core.MathItem.STATE.CONVERT;
const outputs = {
  html: (tex, display) => {
    const formula = page.convert(tex, {display});
    adaptor.setAttribute(formula, "data-tex", tex.trim());  // what a PDF tells of it
    return adaptor.outerHTML(formula);
  },
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
const startPage = () => {
  page.reset({all: true});
  return true;
};
"""


def main():
    """Answer until the input ends."""
    v8, folder = MiniRacer(), files("mathjax") / "static/mathjax/es5"
    for name in COMPONENTS:
        v8.eval((folder / f"{name}.js").read_text(encoding="utf-8"))
    v8.eval(SETUP)
    for line in sys.stdin:
        print(json.dumps(v8.call(*json.loads(line))), flush=True)
    os._exit(0)  # V8 may hang when Python ends in the ordinary way


if __name__ == "__main__":
    main()
