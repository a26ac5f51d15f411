"""On the way from the first lecture to the last, no term is met before it is introduced.

The glossary in lecture 0 says which lecture introduces a term. There a slide has it in its heading
or in bold. Before that slide a text may have it only if it also says where it is explained, as in
"(lecture 4)". What names the contents is left out: titles, goals, and in lecture 0 the map, the
tables of notation, the glossary, and what is asked about them.
"""

import re

import pytest
from notebook_checks import CODE_SPANS, MATHS, is_to_read, place, slide_type, source
from test_formulas import PATHS

from lecture_utils.execute import read_notebook

NOTEBOOKS = {path.name[:2]: read_notebook(path)[1] for path in PATHS}
ROW = re.compile(r"^\| (\*\*.+?) \|.*\| (\d) \|$", re.MULTILINE)
LINKS = re.compile(r"\]\([^)\s]*\)")    # whose names of files nobody reads
CONTENTS = re.compile(
    ".. goals|00 (what-it-is|how-to-use|nota|else|glossary|map|recap|check|answers).*"
)


def glossary():
    """Each term, and the number of the lecture that introduces it."""
    (text,) = [source(cell) for cell in NOTEBOOKS["00"]["cells"] if cell["id"] == "glossary"]
    return [
        (term, lecture) for terms, lecture in ROW.findall(text)
        for term in re.findall(r"\*\*(.+?)\*\*", terms)
    ]


def slides_of(name, notebook):
    """The texts of each slide, with what is said to it and what follows it to read."""
    slides = []
    for number, cell in enumerate(notebook["cells"], 1):
        if slide_type(cell) in ("slide", "subslide") or not slides:
            slides.append([])
        if cell["cell_type"] == "markdown" and not CONTENTS.match(f"{name} {cell['id']}"):
            text = MATHS.sub("x", CODE_SPANS.sub("x", LINKS.sub("](x)", source(cell))))
            slides[-1].append((f"{name} {place(number, cell)}", text))
    return slides[1:]    # without the title, which names the lecture


SLIDES = [
    (name, slide) for name, notebook in NOTEBOOKS.items() if not is_to_read(notebook)
    for slide in slides_of(name, notebook)
]


def pattern_of(term):
    """The term in singular or plural, with hyphens or spaces, over the ends of lines."""
    words = [re.escape(word) for word in re.split("[- ]", term)]
    words[-1] = re.sub("um$", "(?:um|a)", re.sub("y$", "(?:y|ies)", words[-1]))
    return r"\b" + r"[-\s]".join(words) + r"(?:s|es)?\b"


def before_its_introduction(term, lecture, slides):
    """Where a term stands before the slide that introduces it, or that none does."""
    word = re.compile(pattern_of(term), re.IGNORECASE)
    stressed = re.compile(r"(?m)^#.*$|\*\*[^*]+\*\*")
    faults = []
    for name, slide in slides:
        texts = [text for _, text in slide]
        if name == f"0{lecture}" and any(map(word.search, stressed.findall("\n".join(texts)))):
            return faults
        for where, text in slide:
            if word.search(text) and f"lecture {lecture}" not in " ".join(text.split()):
                faults.append(f"{where} has {term!r} before its introduction")
    return [f"no slide of lecture {lecture} introduces {term!r}"]


@pytest.mark.parametrize(("term", "lecture"), glossary())
def test_a_term_is_introduced_before_it_is_used(term, lecture):
    assert not before_its_introduction(term, lecture, SLIDES)


def test_a_term_that_comes_too_early_is_told():
    early, bold = ("00 cell 2", "The neurons fire."), ("01 cell 5", "A **neuron** adds.")
    slides = [("00", [early]), ("01", [bold])]
    assert before_its_introduction("neuron", "1", slides) == [
        "00 cell 2 has 'neuron' before its introduction"
    ]
    promised = ("00 cell 2", "The neurons of\nlecture 1 fire.")
    assert not before_its_introduction("neuron", "1", [("00", [promised]), ("01", [bold])])
    (missing,) = before_its_introduction("neuron", "2", slides)
    assert missing == "no slide of lecture 2 introduces 'neuron'"
