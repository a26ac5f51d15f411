"""Formulas at build time: all are typeset, into the same bytes each time; errors are clear."""

import asyncio
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from lecture_utils.publish import typesetting
from lecture_utils.publish.typesetting import FormulaError, Typesetter

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MATH = "{http://www.w3.org/1998/Math/MathML}"
ALIGNED = r"\begin{aligned} a &= \tfrac b c \\ &= \begin{pmatrix} 1 & 2 \end{pmatrix} \end{aligned}"
LONG = "x+" * 6000 + "x"    # takes seconds
WRONG = [
    (r"a + \foo", r"Undefined control sequence \foo"),
    (r"\sqrt{a + b", "Missing close brace"),
    (r"a} + b", "missing open brace"),
    (r"\begin{foo} a \end{foo}", "Unknown environment 'foo'"),
    (r"\begin{aligned} a", r"Missing \end{aligned}"),
    (r"\frac{a}", r"Missing argument for \frac"),
    (r"\left( a", r"missing \right"),
    ("a_b_c", "Double subscripts"),
    ("a & b", "Misplaced &"),
    (r"\require{nothing} a", r"There is no package nothing to \require"),
    (r"\dv{x}{y}", r"Undefined control sequence \dv"),    # of physics, which must be asked for
    ("\ud83d a", "Half a character can't be written"),
    ("{" * 5000 + "}" * 5000, "Maximum call stack size exceeded"),
]

# Pages are made of all of them in test_decks.py; a row of the matrix takes all here, too.
each_lecture = pytest.mark.parametrize("path", [
    pytest.param(path, id=path.stem, marks=[pytest.mark.elsewhere] if k else [])
    for k, path in enumerate(NOTEBOOKS)
])
every_kind = pytest.mark.parametrize("kind", ["html", "mathml"])

# How many characters right before or after a formula stand on another line, at many widths.
APART = """paragraph => {
  const range = document.createRange();
  const left = (node, place) => {
    range.setStart(node, place);
    range.setEnd(node, place + 1);
    return range.getBoundingClientRect().left;
  };
  let apart = 0;
  for (let width = 300; width < 900; width += 10) {
    paragraph.style.width = `${width}px`;
    for (const formula of paragraph.querySelectorAll("mjx-container")) {
      const here = formula.querySelector("svg").getBoundingClientRect().left;
      const {previousSibling: before, nextSibling: after} = formula;
      apart += left(before, before.length - 1) > here;
      apart += left(after, 0) < here;
    }
  }
  return apart;
}"""


class FormulaCollector(IPythonRenderer):
    """Reads Markdown as nbconvert does, and keeps each formula and whether it is displayed."""

    def __init__(self):
        super().__init__()
        self.formulas = []

    def block_math(self, body):
        return self._keep(body, True)

    def inline_math(self, body):
        return self._keep(body, False)

    def latex_environment(self, name, body):
        return self._keep(rf"\begin{{{name}}}{body}\end{{{name}}}", True)

    def _keep(self, tex, display):
        self.formulas.append((tex, display))
        return ""


def formulas(path):
    """Return the formulas in the prose and the outputs of a notebook."""
    collector = FormulaCollector()
    for text in markdown_texts(nbformat.read(path, as_version=4)):
        MarkdownWithMath(renderer=collector).render(text)
    return collector.formulas


def markdown_texts(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", ()):
            yield output.get("data", {}).get("text/markdown", "")


def typeset_page(typesetter, texs):
    """Return the bytes of a page of displayed formulas."""
    typesetter.start_page()
    return "".join(typesetter.html(tex, display=True) for tex in texs) + typesetter.glyphs()


def used(html):
    """Return the names of the glyphs that a formula points to."""
    return set(re.findall(r'href="#([^"]*)"', html))


def drawn(glyphs):
    """Return the names of the glyphs that a page holds."""
    return re.findall(r'<path id="([^"]*)"', glyphs)


@pytest.fixture(scope="module")
def mathjax():
    return Typesetter()


@pytest.fixture
def typesetter(mathjax):
    mathjax.start_page()
    return mathjax


@each_lecture
def test_every_formula_of_the_lectures_is_typeset_with_glyphs_that_are_there(typesetter, path):
    found = formulas(path)
    assert bool(found) == ("$" in path.read_text("utf-8"))
    pictures = [typesetter.html(tex, display=display) for tex, display in found]
    names = drawn(typesetter.glyphs())
    assert set().union(*map(used, pictures)) == set(names) and len(set(names)) == len(names)
    for picture in pictures:
        assert used(picture)
        assert picture.count("<mjx-container") == picture.count("<math ") == 1
        assert ' id="' not in picture    # else two formulas could have the same


@each_lecture
def test_every_formula_of_the_lectures_is_also_plain_mathml(typesetter, path):
    for tex, display in formulas(path):
        text = typesetter.mathml(tex, display=display)
        root = ET.fromstring(text)
        assert root.tag == f"{MATH}math" and len(root)
        assert root.get("display") == ("block" if display else None)
        assert "mjx" not in text.lower()


@every_kind
@pytest.mark.parametrize("tex, reason", WRONG, ids=lambda text: text[:30])
def test_a_wrong_formula_is_an_error_that_says_what_is_wrong_and_where(
    typesetter, kind, tex, reason
):
    with pytest.raises(FormulaError) as error:
        getattr(typesetter, kind)(tex, display=True)
    assert reason in error.value.reason and tex in str(error.value)


@pytest.mark.parametrize("tex", [tex for tex, _ in WRONG], ids=lambda text: text[:30])
def test_a_wrong_formula_leaves_nothing_behind(typesetter, tex):
    page = typeset_page(typesetter, [ALIGNED])
    typesetter.start_page()
    with pytest.raises(FormulaError):
        typesetter.html(tex, display=True)
    assert typesetter.html(ALIGNED, display=True) + typesetter.glyphs() == page


@every_kind
@pytest.mark.parametrize("tex", ["", " \n\t"])
def test_an_empty_formula_is_an_error(typesetter, kind, tex):
    with pytest.raises(FormulaError, match="tex must be a formula, got "):
        getattr(typesetter, kind)(tex, display=False)


@every_kind
@pytest.mark.parametrize("tex", [None, b"x", 3, ["x"]])
def test_what_is_no_string_is_an_error(typesetter, kind, tex):
    with pytest.raises(TypeError, match=f"tex must be a string, got {type(tex).__name__}"):
        getattr(typesetter, kind)(tex, display=False)


def test_a_page_is_the_same_bytes_whatever_came_before_it(typesetter):
    one, other = ["x^2", r"\hat y = \sum_i x_i", "x^2"], [r"\boldsymbol\theta \odot z", ALIGNED]
    page = typeset_page(typesetter, one)
    assert typeset_page(typesetter, other) != page
    assert typeset_page(typesetter, one) == page
    assert typeset_page(Typesetter(), one) == page


def test_a_page_holds_only_its_own_glyphs_and_each_once(typesetter):
    typeset_page(typesetter, [r"\theta \odot z"])
    page = typeset_page(typesetter, ["x + x", "x"])
    assert sorted(drawn(page)) == ["MJX-TEX-I-1D465", "MJX-TEX-N-2B"]
    typesetter.start_page()
    assert drawn(typesetter.glyphs()) == []


def test_a_formula_is_the_same_bytes_wherever_it_stands_on_a_page(typesetter):
    first = typesetter.html(ALIGNED, display=True)
    typesetter.html("a", display=True)
    assert typesetter.html(ALIGNED, display=True) == first


@pytest.mark.parametrize("tex", ["=", "(1, 2)", r"\to", "3.5", r"\{\}", ",", r"{}^\top", "%\n1"])
def test_a_formula_needs_no_letters(typesetter, tex):
    assert used(typesetter.html(tex, display=False)) == set(drawn(typesetter.glyphs())) != set()
    assert ET.fromstring(typesetter.mathml(tex, display=False)).tag == f"{MATH}math"


@pytest.mark.parametrize(
    "tex",
    [r"\boldsymbol\theta", r"\mathbb R", r"\operatorname{Im} z", r"\lVert a \rVert", r"\dfrac12",
     r"\underbrace{a}_{b}", r"\begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
     r"\cancel x \bcancel y \cancelto0z", r"\require{cancel}\cancel x",
     r"\require{physics}\dv{x}{y}", r"\bra x \ket y", r"x \coloneqq y",
     r"\bbox[yellow]{x} \enclose{circle}{x}", r"\ce{H2O}",
     r"\unicode{x2713} \toggle ab\endtoggle \degree", r"\begin{CD} A @>a>> B \end{CD}",
     r"\class{a}{x} \cssId{b}{y} \href{https://example.org}{z}", r"\text{\emph{a} $\frac ab$}"],
)    # fmt: skip
def test_what_lectures_write_is_known_and_brings_neither_links_nor_names(typesetter, tex):
    html = typesetter.html(tex, display=True)
    assert html.startswith("<mjx-container")
    assert not re.search(' id=|<a | href="[^#]|class="[ab]', html)
    assert typesetter.mathml(tex, display=True).startswith("<math")


def test_what_a_formula_defines_holds_for_those_after_it_until_the_next_page(typesetter):
    define = r"\newcommand\R{\mathbb R} \def\of#1{f(#1)} \DeclareMathOperator\rank{rank}"
    assert typesetter.html(define, display=True) == "" == typesetter.mathml(define, display=True)
    use = r"\R \of x \rank A"
    assert typesetter.html(use, display=True).count("<use") == 10
    assert typesetter.html(r"\renewcommand\R{Q} \R", display=True).count("<use") == 1
    typesetter.html(r"\definecolor{mine}{RGB}{1,2,3} x", display=True)
    assert "#010203" in typesetter.html(r"\color{mine} x", display=True)
    typesetter.html(r"x = y \tag{7} \label{there}", display=True)
    found = typesetter.typeset("html", r"\eqref{there}", display=False)
    assert found.references == ["mjx-eqn:there"]
    typesetter.start_page()
    for tex in (use, r"\of x", r"\rank A", r"\eqref{there}"):
        with pytest.raises(FormulaError, match="Undefined control|No numbered"):
            typesetter.html(tex, display=True)
    assert "#010203" not in typesetter.html(r"\color{mine} x", display=True)


def test_equations_have_numbers_where_others_refer_to_them(typesetter):
    def numbers(tex):
        text = re.sub("<[^>]*>", "", typesetter.mathml(tex, display=True))
        return re.findall(r"\((\w+)\)", text)

    assert numbers(r"\begin{equation} a = b \end{equation}") == []
    rows = r"a &= b \label{x} \\ c &= d \\ e &= f \label{y}"
    assert numbers(rf"\begin{{align}} {rows} \end{{align}}") == ["1", "2"]
    assert numbers(r"\eqref{y} \eqref{x}") == ["2", "1"]
    with pytest.raises(FormulaError, match="Label 'x' multiply defined"):
        typesetter.html(r"\begin{equation} a \label{x} \end{equation}", display=True)


def test_several_lines_are_one_formula(typesetter):
    html = typesetter.html(ALIGNED, display=True)
    assert html.count("<mjx-container") == html.count("</mjx-container>") == 1
    assert 'display="true"' in html
    assert 'display="true"' not in typesetter.html("x", display=False)


def test_letters_that_the_glyphs_lack_are_text(typesetter):
    tex = r"\text{größe <ŷ>}"
    html = typesetter.html(tex, display=False)
    assert re.findall("<text[^>]*>(.)</text>", html) == list("ößŷ")
    assert "<mtext>größe &lt;ŷ&gt;</mtext>" in html
    (text,) = ET.fromstring(typesetter.mathml(tex, display=False))
    assert text.text == "größe <ŷ>"


def test_a_letter_of_another_style_is_a_character_that_browsers_know(typesetter):
    tex = r"\mathbb R \mathcal L \mathbf x \boldsymbol x \mathrm d x \mathit{ab} \text{if}"
    letters = "ℝℒ𝐱𝒙dx𝑎𝑏if"
    plain = ET.fromstring(typesetter.mathml(tex, display=False))
    assert "".join("".join(plain.itertext()).split()) == letters
    assert re.sub("<[^>]*>", "", typesetter.html(tex, display=False)) == letters


def test_a_formula_that_takes_too_long_is_cut(monkeypatch):
    stopped = Typesetter()
    monkeypatch.setattr(typesetting, "SECONDS", 0.2)
    with pytest.raises(TimeoutError, match=r"typeset the formula x\+x.* within 0.2 s"):
        stopped.html(LONG, display=True)
    with pytest.raises(TimeoutError, match="typeset the formula x within 0.2 s, or has ended"):
        stopped.html("x", display=True)


def test_many_formulas_take_few_calls(typesetter, monkeypatch):
    calls, call = [], typesetter._call
    monkeypatch.setattr(typesetter, "_call", lambda *what: calls.append(what) or call(*what))
    made = typesetter.typeset_all([("mathml", f"x_{{{n}}}", False) for n in range(500)])
    assert len(calls) == 2 and "<mn>499</mn>" in made[-1].output
    wrong = typesetter.typeset_all([("html", tex, False) for tex in ("x", " ", r"\foo", "x")])
    assert [isinstance(each, FormulaError) for each in wrong] == [False, True, True, False]
    assert len(calls) == 3 and wrong[0] == wrong[3]


def test_a_start_without_an_end_is_cut():
    code = """
from lecture_utils.publish import typesetting
typesetting.SECONDS = 0.001
typesetting.Typesetter()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "TimeoutError: MathJax does not start within 0.001 s" in done.stderr


def test_formulas_are_typeset_while_an_event_loop_runs(typesetter):
    async def typeset():
        return Typesetter().html("x", display=True)

    assert asyncio.run(typeset()) == typesetter.html("x", display=True)


def test_formulas_are_typeset_in_several_threads_of_a_server(typesetter):
    with ThreadPoolExecutor(2) as threads:
        started = list(threads.map(lambda _: Typesetter(), range(2)))
        made = list(threads.map(lambda one: one.html("x", display=True), started))
    assert made == [typesetter.html("x", display=True)] * 2


def test_nothing_runs_on_when_python_ends_with_an_open_typesetter():
    code = """
from lecture_utils.publish.typesetting import Typesetter
typesetter = Typesetter()
print(typesetter._process.pid)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_a_browser_draws_the_glyphs_and_tells_the_formula_to_screen_readers(typesetter, browser):
    inline, display = typesetter.html("x_1", display=False), typesetter.html(ALIGNED, display=True)
    page = browser.new_page()
    page.set_content(
        f"<!doctype html><html lang='en'><title>Formulas</title><style>{typesetter.css}</style>"
        f"<main><h1>Formulas</h1><p>One ({inline}), and</p>{display}</main>{typesetter.glyphs()}"
    )
    assert Axe().run(page).response["violations"] == []
    assert page.get_by_role("math").count() == 2
    sizes = "all => all.map(one => one.getBoundingClientRect()).map(box => [box.width, box.height])"
    assert page.locator("mjx-assistive-mml").evaluate_all(sizes) == [[1, 1]] * 2
    glyphs = page.locator("mjx-container use").evaluate_all(sizes)
    assert len(glyphs) > 10 and all(width > 1 for width, _ in glyphs)
    page.close()


def test_brackets_and_commas_stay_on_the_line_of_their_formula(typesetter, browser):
    formula = typesetter.html("x_1", display=False)
    page = browser.new_page()
    text = f"some words ({formula}, and «{formula}» or ({formula}-th and [{formula}th " * 9
    page.set_content(f"<style>{typesetter.css}</style><p>{text}</p>{typesetter.glyphs()}")
    assert page.locator("p").evaluate(APART) == 0
    page.add_style_tag(content="mjx-container::before, mjx-container::after { display: none }")
    assert page.locator("p").evaluate(APART) > 0
    page.close()
