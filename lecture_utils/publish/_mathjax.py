"""Runs MathJax in V8, and answers calls of its functions: one line of JSON in, one line out."""

import json
import os
import sys
from importlib.resources import files

from py_mini_racer import MiniRacer

# What JupyterLab knows without being asked, but for two: here an error is an error, and not text in
# red. And what it knows when asked to \require it. Each comes after those that it needs.
PACKAGES = (
    "action", "ams", "amscd", "bbox", "boldsymbol", "braket", "bussproofs", "enclose", "cancel",
    "centernot", "color", "colortbl", "newcommand", "configmacros", "empheq", "cases", "extpfeil",
    "gensymb", "html", "mathtools", "mhchem", "tagformat", "textmacros", "textcomp", "unicode",
    "upgreek", "verb", "physics", "colorv2",
)  # fmt: skip
ON_DEMAND = ("physics", "colorv2")

# What MathJax is loaded from, each file after those that it needs.
COMPONENTS = (
    "core",
    "adaptors/liteDOM",
    "input/tex-base",
    *(f"input/tex/extensions/{name}" for name in PACKAGES),
    "output/svg",
    "output/svg/fonts/tex",
    "a11y/assistive-mml",
)

# MathJax's own parts, put together without its loader, which would wait for a browser.
SETUP = r"""
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

const {CommandMap} = input.tex.SymbolMap;
const {Configuration, ConfigurationHandler} = input.tex.Configuration;
const TexError = input.tex.TexError.default;

// All packages are here: what JupyterLab would load is switched on.
new CommandMap("require", {require: "Require"}, {
  Require(parser, command) {
    const name = parser.GetArgument(command), jax = parser.configuration.packageData.get("jax");
    if (!ConfigurationHandler.get(name))
      throw new TexError("Require", "There is no package %1 to \\require", name);
    if (!jax.options.packages.includes(name)) {
      jax.options.packages.push(name);
      jax.configuration.add(name, jax, {});
    }
  },
});
Configuration.create("require", {
  handler: {macro: ["require"]},
  config: (_, jax) => jax.parseOptions.packageData.set("jax", jax),
});

a11y["assistive-mml"].AssistiveMmlHandler(handlers.html_ts.RegisterHTMLHandler(adaptor));
// A formula that a click changes shows what it shows first.
output.svg.Wrappers.maction.SVGmaction.prototype.setEventHandler = () => {};
const outputJax = new output.svg_ts.SVG({fontCache: "global", font});
let page, links;  // a page has macros, colours and labels of its own

// Links and names are for the formula as a whole: what is in its picture is not heard.
function takeLinks({data}) {
  data.root.walkTree(node => {
    const own = node.attributes?.getAllAttributes() ?? {};
    if (own.id) links.labels.push(own.id);
    if (own.class === "MathJax_ref") links.references.push(decodeURIComponent(own.href.slice(1)));
    for (const name of ["id", "href", "class"]) delete own[name];
  });
}
// What else a formula may bring into a page beside what is to be seen. (MathJax's own filter,
// ui/safe, lets addresses through that have a tab in their scheme.)
const HARMLESS = {
  src: /(?!)/,
  mathcolor: /^[#\w\s(),.%]*$/,
  mathbackground: /^[#\w\s(),.%]*$/,
  style: /^((border|padding)[\w-]*:[\w\s.#-]*(;|$)\s*)*$/,
};
// All others: MathJax writes some of them into styles as they are.
const PLAIN = /^[^"'<>:;&/\\]*$/;
function takeHarm({data}) {
  data.root.walkTree(node => {
    const own = node.attributes?.getAllAttributes() ?? {};
    for (const name of Object.keys(own))
      if (/^(on|data-(?!mjx))/.test(name) || !(HARMLESS[name] ?? PLAIN).test(own[name]))
        delete own[name];
  });
}
function startPage() {
  const tex = new input.tex_ts.TeX({
    packages: [...PACKAGES],
    tags: "ams",
    formatError: (_, error) => { throw error; },  // MathJax would typeset the error
  });
  tex.postFilters.add(takeLinks);
  tex.postFilters.add(takeHarm);
  // JupyterLab numbers no formula; but one that others refer to needs a number.
  const {tags} = tex.parseOptions, number = tags.autoTag;
  tags.autoTag = () => tags.label && number.call(tags);
  page = mathjax.mathjax.document("", {InputJax: tex, OutputJax: outputJax});
  page.reset({all: true});
  return true;
}

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
  links = {labels: [], references: []};
  try {
    const output = outputs[kind](tex, display), {root, tags} = page.inputJax[0].parseOptions;
    if (tags.redo || links.references.includes(""))
      throw new Error("No numbered equation has the label");
    // What only defines a macro shows nothing.
    return {output: root.childNodes[0].childNodes.length ? output : "", ...links};
  } catch (error) {
    return {error: error.message};
  }
}
const typesetAll = formulas => formulas.map(formula => typeset(...formula));
const glyphs = () => adaptor.outerHTML(outputJax.pageElements(page));
"""


def main():
    """Answer until the input ends."""
    v8, folder = MiniRacer(), files("mathjax") / "static/mathjax/es5"
    for name in COMPONENTS:
        v8.eval((folder / f"{name}.js").read_text(encoding="utf-8"))
    started = ["base", "require", *(name for name in PACKAGES if name not in ON_DEMAND)]
    v8.eval(f"const PACKAGES = {json.dumps(started)};{SETUP}")
    for line in sys.stdin:
        print(json.dumps(v8.call(*json.loads(line))), flush=True)
    os._exit(0)  # V8 may hang when Python ends in the ordinary way


if __name__ == "__main__":
    main()
