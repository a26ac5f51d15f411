"""What stands in a cell is shown as JupyterLab shows it: formulas, dollars, colours, scripts."""

import logging
import re
from html import unescape

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from lecture_utils.publish.checks import RefusedError
from lecture_utils.publish.markdown import printed

FORMULA = re.compile(
    r'<mjx-container class="MathJax" jax="SVG"( display="true")? style="position: relative;"'
    r' data-tex="([^"]*)".*?</mjx-container>',
    re.DOTALL,
)

# Cells, and what is shown of them: «…» is a formula, and «« … »» one on a line of its own.
SHOWN = {
    # Dollars
    r"\$5 or \$7, &#36;5 or &dollar;7": "<p>$5 or $7, $5 or $7</p>",
    "$5 alone": "<p>$5 alone</p>",
    "$5 and $10": "<p>«5 and»10</p>",    # as JupyterLab has it
    "$5\n\nand $10": "<p>$5</p> <p>and $10</p>",
    "a[$ $]b[$$ $$]c": "<p>a[]b[]c</p>",
    "`$x$ &#36;` ``\\$y$ `z``": "<p><code>$x$ &amp;#36;</code> <code>\\$y$ `z</code></p>",
    "    $x$ \\$5": '<pre class="code"><code>$x$ \\$5</code></pre>',
    "~~~text\n$x$ \\begin{a}\\end{a}\n~~~":
        '<pre class="code"><code>$x$ \\begin{a}\\end{a}</code></pre>',
    "<code>\\$5 $x$</code> <b>\\$5 $x$</b>": "<p><code>\\$5 $x$</code> <b>$5 «x»</b></p>",
    # Markdown within and around formulas
    "$a_1*b_2*c$ $\\{x\\}$ $a<b$": "<p>«a_1*b_2*c» «\\{x\\}» «a<b»</p>",
    "**$x$** *a $y$* $x$-th": "<p><strong>«x»</strong> <em>a «y»</em> «x»-th</p>",
    "$x\n+ y$": "<p>«x + y»</p>",
    "$\\text{if $x*y*z$}$": "<p>«\\text{if $x*y*z$}»</p>",
    "a $$b$$ c": "<p>a ««b»» c</p>",
    "- a\n    - b\n      $$\n      x\n      $$\n- c":
        "<ul> <li>a<ul> <li>b ««x»»</li> </ul> </li> <li>c</li> </ul>",
    "> $$\n> x\n> $$\n> and $y$": "<blockquote> <p>««x»» and «y»</p> </blockquote>",
    "## Of $x$": "<h2>Of «x»</h2>",
    "[of $x$](https://example.org)":
        '<p><a href="https://example.org" rel="noopener noreferrer">of «x»</a></p>',
    "![of $x$](data:image/png;base64,AA==)":
        '<p><img src="data:image/png;base64,AA==" alt="of $x$"></p>',
    "|a|\n|-|\n|$|y-z|$|": "<table> <thead> <tr> <th>a</th> </tr> </thead> <tbody> <tr>"
        " <td>«|y-z|»</td> </tr> </tbody> </table>",
    r"\\(a\\) \\[b\\] \(c\)": "<p>«a» ««b»» (c)</p>",
    "\\begin{align}\na&=b\\\\\n\nc&=d\n\\end{align}":
        "<p>««\\begin{align} a&=b\\\\ c&=d \\end{align}»»</p>",
    # HTML
    "<center>\n<b>a</b>\n</center>\nof $w$": "<center> <b>a</b> </center> of «w»",
    "<ul><li title='$x$'>$a<b$ \\(c\\)</li></ul>":
        '<ul><li title="$x$">«a<b» «c»</li></ul>',
    "a<!-- $x$ --><i class='tex2jax_ignore'>$x$</i>":
        '<p>a<i class="u-tex2jax_ignore">$x$</i></p>',
    # What only defines something, for the cells below
    "$$\\newcommand{\\q}{Q}$$": "",
    "$\\require{cancel}$\n\nof $\\cancel{\\q}$": "<p>of «\\cancel{\\q}»</p>",
    # Other scripts, and what is no character
    "a\0b\x07c\ufffe\ufeff": "<p>abc</p>",
    "שלום $x$": '<p dir="auto">שלום «x»</p>',
    "`a\u202eb`": '<p><code>a<span class="turn">U+202E</span>b</code></p>',
    "神经网络 ⚠\ufe0f 👍🏽": "<p>神经网络 ⚠\ufe0f 👍🏽</p>",
    # Languages of code
    "```{code-cell} python\nif\n```":
        '<pre class="code"><code><span class="k">if</span></code></pre>',
    "```nothing\nif\n```": '<pre class="code"><code>if</code></pre>',
}    # fmt: skip
OUTPUTS = {
    "text/html": ("<td>$x$</td><td>&#36;5</td>", "«x»$5"),
    "text/latex": (r"$a<b$ and \[c\]", "«a<b» and ««c»»"),
    "text/markdown": ("*$x$*", "<p><em>«x»</em></p>"),
}


def cell(source, kind="-", **more):
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}}, **more)


def code(*outputs):
    return new_code_cell("x", execution_count=1, outputs=list(outputs))


def notebook(*cells):
    return new_notebook(cells=[cell("# A lecture", "slide"), *cells])


def marked(html):
    """HTML with the source of each formula in it, and one space for several."""
    quotes = lambda found: ("««{}»»" if found[1] else "«{}»").format(unescape(found[2]))    # noqa: E731
    return " ".join(FORMULA.sub(quotes, html).split())


def test_text_is_shown_as_in_jupyterlab(notes, caplog):
    outputs = [new_output("display_data", {kind: given}) for kind, (given, _) in OUTPUTS.items()]
    with caplog.at_level(logging.WARNING):
        page, _ = notes.from_notebook_node(notebook(*map(cell, SHOWN), code(*outputs)))
    parts = re.findall(r'<div class="cell" data-place="[^"]*">(.*?)\n</div>', page, re.DOTALL)
    for shown, (given, wanted) in zip(parts[1:], SHOWN.items(), strict=False):
        assert marked(shown) == wanted, given
    shown = re.findall(r'<div class="output">(.*?)</div>', page, re.DOTALL)
    assert list(map(marked, shown)) == [wanted for _, wanted in OUTPUTS.values()]
    (told,) = caplog.messages
    signs = "emoji and signs (\U0001f3fd, \U0001f44d)"
    assert told.startswith(f"Notebook: Han (神, 经, 络, 网), {signs} are shown by the fonts of")


def test_macros_hold_below_in_notes_headings_contents_and_title_and_on_this_page_alone(slides):
    cells = [
        cell(r"# With $\newcommand{\R}{\mathbb{R}}\R$", "slide"),
        cell(r"## In $\R$", "slide"),
        cell(r"say $\R$", "notes"),
        cell(r"$\renewcommand{\R}{Q}\R$"),
        cell("## Next", "slide"),    # without a second section there are no contents
    ]
    page, _ = slides.from_notebook_node(new_notebook(cells=cells))
    assert "<title>With ℝ</title>" in unescape(page)
    assert re.search(r"say <math.*?>&#x211D;<", page, re.DOTALL)
    headings = re.findall(r"[>] ?In <mjx-container.*?</mjx-container>", page, re.DOTALL)
    assert len(headings) == 2 and all("211D" in heading for heading in headings)
    with pytest.raises(RefusedError, match=r"Undefined control sequence \\R"):
        slides.from_notebook_node(notebook(cell(r"$\R$")))


def test_an_error_in_a_formula_is_told_once_for_each_cause(slides):
    cells = [
        cell(r"$\later$ $\later + 1$ and $\typo$"),
        cell(r"$\newcommand{\later}{x} \newcommand{\bad}{\frac}}$"),
        cell(r"$\bad{a}{b}$ $\typo + 1$"),
    ]
    with pytest.raises(RefusedError) as caught:
        slides.from_notebook_node(notebook(*cells))
    told = [line.partition("): ")[2] for line in str(caught.value).splitlines()]
    assert told == [
        r"Undefined control sequence \later in the formula: \later (which is defined further down)",
        r"Undefined control sequence \typo in the formula: \typo",
        r"Extra close brace or missing open brace in the formula: " + cells[1].source.strip("$"),
    ]


def test_references_lead_to_equations_of_any_cell(slides, notes, browser, tmp_path):
    cells = [
        cell(r"see $\eqref{late}$ and \ref{one}", "subslide", id="early"),
        cell(r"say \eqref{one}", "notes"),
        cell(r"\begin{align} a &= b \label{one} \\ c &= d \end{align}", "subslide", id="one"),
        cell(r"$$x \tag{7} \label{late}$$", "subslide", id="late"),
    ]
    for exporter in (slides, notes):
        page, _ = exporter.from_notebook_node(notebook(*cells))
        links = re.findall(r'<a href="#(formula-\d)" aria-label="Equation ([^"]*)"', page)
        assert links[:2] == [("formula-2", "(7)"), ("formula-1", "1")]
        assert sorted(re.findall(r'id="(formula-\d)"', page)) == ["formula-1", "formula-2"]
        assert "mjx-eqn" not in page
    path = tmp_path / "page.html"
    path.write_text(slides.from_notebook_node(notebook(*cells))[0], encoding="utf-8")
    with browser.new_page() as tab:
        tab.goto(f"{path.as_uri()}#/early")
        tab.get_by_role("link", name="Equation (7)").press("Enter")
        tab.wait_for_function("deck.getCurrentSlide().id === 'late'")


# What programs print

RATIOS = """() => {
  const brush = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const light = (colour) => {
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data]
      .map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ground = getComputedStyle(document.body).backgroundColor;
  return [...document.querySelectorAll("pre.output span")].map((span) => {
    const {color, backgroundColor} = getComputedStyle(span);
    const behind = backgroundColor === "rgba(0, 0, 0, 0)" ? ground : backgroundColor;
    const [a, b] = [light(color), light(behind)];
    return [span.textContent, Math.max(a, b) / Math.min(a, b), color];
  });
}"""


def test_signs_to_a_terminal_leave_nothing_but_text_and_colours():
    text = "\x1b]0;a title\x07a\x1b[2K\x1b[?25l\x1b(B\x1b[1;31mred <b>\x1b[0m color:"
    link = "\x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x1b\\"
    red = '<span class="ansi-red-intense-fg ansi-bold">red &lt;b&gt;</span>'
    assert printed(text + link) == f"a{red} color:a link"
    assert printed("\x1b[38;2;1;2;3;48;5;196mx") == (
        '<span style="--printed: rgb(1,2,3); --behind: rgb(255,0,0)">x</span>'
    )


def test_what_is_printed_in_any_colours_can_be_read_in_both_themes(notes, browser):
    inks = [*range(30, 38), *range(90, 98), 39, "38;5;16", "38;5;226", "38;5;21", "38;2;0;255;255"]
    grounds = [*range(40, 48), *range(100, 108), 49, "48;5;16", "48;5;231", "48;2;255;0;0", 7]
    pairs = [f"\x1b[{ink};{ground}m{ink} {ground}\x1b[0m" for ink in inks for ground in grounds]
    output = new_output("stream", name="stdout", text="\n".join(pairs))
    page, _ = notes.from_notebook_node(notebook(code(output)))
    with browser.new_page() as tab:
        tab.set_content(page)
        for theme in ("light", "dark"):
            tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            found = tab.evaluate(RATIOS)
            assert len(found) == len(pairs) - 1    # without what has neither colour
            assert [what for what, ratio, _ in found if ratio < 4.5] == []
            assert len({colour for what, _, colour in found if what.endswith(" 49")}) == 12
