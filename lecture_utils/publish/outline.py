"""Finds the slides of a notebook: what is on each, what is said to it, and how long it takes."""

import json
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from lecture_utils.publish.checks import Fault
from lecture_utils.publish.cutting import cut_at_headings, faults_of_room, is_short
from lecture_utils.publish.headings import as_title, headings_in, in_words
from lecture_utils.publish.outputs import is_picture, name_cells, prepare, slide_type, tags_of
from lecture_utils.publish.reading import NO_NOTEBOOK

MINUTES = re.compile(r"\*\*(?:In class, )?(\d{1,4}) minutes?\.\*\*")
FRONT_MATTER = re.compile(r"--- *\n((?:(?!--- *$).*\n)*)--- *$", re.MULTILINE)
TITLE = re.compile(r"^title:[ \t]*[\"']?(.+)$", re.MULTILINE)
STARTS = ("slide", "subslide")
ENTRIES = 24, 60    # lines of contents that a slide holds in large letters, and in small ones
LINE_OF_CONTENTS = 36


@dataclass
class Group:
    """Cells that appear together.

    Attributes
    ----------
    kind : str
        "plain" for what a slide starts with, "fragment" for what is uncovered later, "step" for
        what takes the place of the step before, "appendix" for what is not on the slide.
    cells : list of cells
    notes : list of cells
        What is said while the group is shown: only a step has notes of its own.
    """

    kind: str
    cells: list
    notes: list = field(default_factory=list)

    @property
    def parts(self):
        """The cells, in lists of what has a place of its own: a step has text and pictures."""
        return _text_and_pictures(self.cells) if self.kind == "step" else [self.cells]


@dataclass
class Slide:
    """A slide, with its cells in groups.

    Attributes
    ----------
    id, title : str
        Its name in links, and its heading in Markdown.
    groups : list of Group
    notes : list of cells
    appendix : Group
        What stands behind the slide in the notebook: set-up and answers.
    number : int
        Its place in the deck, from 1.
    begins_with_title : bool
        Whether its heading is of the first level.
    """

    id: str
    title: str
    groups: list
    notes: list = field(default_factory=list)
    appendix: Group = field(default_factory=lambda: Group("appendix", []))
    number: int = 0
    begins_with_title: bool = False

    @property
    def is_title(self):
        """Whether it is a page of its own for the title, with little else on it."""
        return self.number == 1 and self.begins_with_title and is_short(self)

    @property
    def minutes(self):
        """How long it takes, as the notes say."""
        notes = self.notes + [cell for group in self.groups for cell in group.notes]
        return sum(int(found[1]) for cell in notes for found in MINUTES.finditer(cell.source))

    @property
    def steps(self):
        """The groups that take each other's place."""
        return [group for group in self.groups if group.kind == "step"]


@dataclass
class Part:
    """Sections under a common name.

    Attributes
    ----------
    name : str
    start : Slide
        The first slide that has the name.
    sections : list of list of Slide
        The first part also has what is before it, but for the title.
    """

    name: str
    start: Slide
    sections: list


class Outline(Preprocessor):
    """Puts the slides of the notebook into ``resources["sections"]``, one list a section."""

    def preprocess(self, nb, resources):
        """Return the notebook as its pages show it, and the resources with its slides.

        What falls short in the cells is put into ``resources["faults"]``.
        """
        in_frames = resources.get("in_frames", False)
        faults = prepare(nb, in_frames=in_frames)
        if not any(slide_type(cell) in STARTS for cell in nb.cells):
            nb.cells = cut_at_headings(nb.cells, paged=in_frames)
        resources["title"] = title_of(nb, name_of(resources))
        sections = sections_of(nb)
        if not sections:
            faults.append(Fault("the notebook", "has no cell that a page could show"))
            sections = sections_of(_title_alone(nb, resources["title"]))
        slides = [slide for section in sections for slide in section]
        if in_frames:
            faults += faults_of_room(slides)
        resources["sections"], resources["faults"] = sections, faults
        resources["parts"] = parts_of(sections)
        resources["contents"] = contents_of(sections)
        resources["is_long"] = len(sections) - 1 > ENTRIES[0]
        resources["total"] = len(slides) + len(resources["contents"])
        return nb, resources


def name_of(resources):
    """Return the name of the notebook that is being converted."""
    return resources.get("metadata", {}).get("name") or "the notebook"


def title_of(nb, name):
    """Return the title of a notebook: its first heading, or what its metadata say, or its name.

    A heading of a higher level in the same cell, or in the next one, comes before the first, as
    that may be of a licence, or what a course is called.
    """
    found = []
    for cell in nb["cells"]:
        source = "".join(cell["source"])
        is_next = bool(found)
        found += headings_in(source) if cell["cell_type"] == "markdown" else []
        if is_next:
            break
        front = FRONT_MATTER.match(source) if cell["cell_type"] == "raw" else None
        if front and (given := TITLE.search(front[1])):
            return given[1].rstrip(" \t\"'")
    if found:
        return min(found, key=lambda heading: heading.level).title
    return str(nb.get("metadata", {}).get("title") or name)


def sections_of(nb):
    """Return the slides of a notebook, as one list for each of its sections.

    A cell of type "slide" begins a section and "subslide" a slide; "fragment" is uncovered after
    what stands before, and a cell without a type goes on with what stands before. The first cell
    that is shown begins a slide in any case; what is skipped before it is behind that slide. Where
    the first cell of a slide has the tag "steps", each fragment of text begins a step, which takes
    the place of the step before, and has notes of its own.
    """
    if any("place" not in cell.metadata for cell in nb.cells):
        name_cells(nb)
    sections, before = [], []
    for cell in nb.cells:
        kind = slide_type(cell)
        if cell.cell_type == "raw" and not sections and FRONT_MATTER.match(cell.source):
            continue
        if not sections and kind in ("skip", "notes"):
            before.append(cell)
        elif not sections or kind == "slide":
            sections.append([_new_slide(cell)])
        elif kind == "subslide":
            sections[-1].append(_new_slide(cell))
        else:
            _add(sections[-1][-1], cell, kind)
    for cell in before if sections else []:
        _add(sections[0][0], cell, slide_type(cell))
    _number(sections)
    for slide in (slide for section in sections for slide in section):
        slide.title = slide.title or _first_words(slide) or f"Slide {slide.number}"
        _begin_with_more_than_a_heading(slide)
    return sections


def parts_of(sections):
    """Return the parts of a lecture: a section whose first cell has a "part" begins one."""
    parts, before = [], []
    for section in sections[1:]:
        name = section[0].groups[0].cells[0].metadata.get("part")
        if name:
            parts.append(Part(name, section[0], [*before, section]))
            before = []
        else:
            (parts[-1].sections if parts else before).append(section)
    return parts


def cover_of(nb):
    """Return the output with the picture that the title slide is to show, or None.

    Raises
    ------
    LookupError
        If the cell that the title names in its "cover" is not there, or shows no picture.
    """
    wanted = nb.cells[0].metadata.get("cover") if nb.cells else None
    if not wanted:
        return None
    outputs = [output for cell in nb.cells if cell.get("id") == wanted
               for output in cell.get("outputs", []) if is_picture(output)]  # fmt: skip
    if not outputs:
        raise LookupError(
            f"the cover is to be the figure of the cell {wanted}, but there is no such cell that"
            ' shows one: correct "cover" in the metadata of the first cell'
        )
    return outputs[0]


def contents_of(sections):
    """Return the slides of contents, each as a list of sections: none where there is no choice."""
    sections = sections[1:]
    lines = [1 + len(section[0].title) // LINE_OF_CONTENTS for section in sections]
    if len(sections) < 2:
        return []
    pages, room = [[]], 0
    for section, n in zip(sections, lines, strict=True):
        if room + min(n, 2) > ENTRIES[1]:
            pages.append([])
            room = 0
        pages[-1].append(section)
        room += min(n, 2)
    return pages


def _number(sections):
    """Give the slides their numbers; the contents stand behind the first section."""
    slides = [(i, slide) for i, section in enumerate(sections) for slide in section]
    n_contents = len(contents_of(sections))
    for number, (i, slide) in enumerate(slides, 1):
        slide.number = number if i == 0 else number + n_contents


def _title_alone(nb, title):
    return NotebookNode(nb, cells=[new_markdown_cell(f"# {title}"), *nb.cells])


def _new_slide(cell):
    found = headings_in(cell.source) if cell.cell_type == "markdown" else []
    slide = Slide(cell.id, found[0].title if found else "", [Group("plain", [cell])])
    slide.begins_with_title = bool(found) and found[0].level == 1
    return slide


def _first_words(slide):
    """Return the words that a slide without a heading begins with, for lists of slides."""
    first = slide.groups[0].cells[0]
    lines = first.source.strip().split("\n") if first.cell_type == "markdown" else [""]
    words = in_words(as_title(re.sub(r"^([-*+>]|\d+[.)])\s+", "", lines[0])))
    if re.search(r"[$\\<>|{}\[\]]", lines[0]):    # part of a formula, or of a table
        return ""
    return shorten(words, 40, placeholder=" …")


def _add(slide, cell, kind):
    in_steps = "steps" in tags_of(slide.groups[0].cells[0])
    last = slide.groups[-1]
    if kind == "skip":
        slide.appendix.cells.append(cell)
    elif kind == "notes":
        (last.notes if last.kind == "step" else slide.notes).append(cell)
    elif kind == "fragment" and not in_steps:
        slide.groups.append(Group("fragment", [cell]))
    elif kind == "fragment" and cell.cell_type == "markdown":
        slide.groups.append(Group("step", [cell]))
    else:
        last.cells.append(cell)


def _begin_with_more_than_a_heading(slide):
    """Let what is uncovered first be there from the start, where there would be nothing else."""
    first, *others = slide.groups
    is_bare = len(first.cells) == 1 and "\n" not in first.cells[0].source.strip()
    if is_bare and slide.number > 1 and others and others[0].kind == "fragment":
        first.cells += others[0].cells
        slide.groups = [first, *others[1:]]


def _text_and_pictures(cells):
    """Return copies of cells twice: without the pictures among their outputs, and only these."""
    text, pictures = [], []
    for cell in map(deepcopy, cells):
        text.append(cell)
        if cell.cell_type == "code" and any(map(is_picture, cell.outputs)):
            shown = [output for output in cell.outputs if is_picture(output)]
            cell.outputs = [output for output in cell.outputs if not is_picture(output)]
            tags = [*tags_of(cell), "hide-input"]
            metadata = NotebookNode(cell.metadata, tags=tags)
            pictures.append(NotebookNode(cell, outputs=shown, metadata=metadata))
    return text, pictures


@dataclass(frozen=True)
class Lecture:
    """What the first cell of a notebook says of it: title, one paragraph, and minutes.

    In place of its minutes, one that is not presented says that it is "to read". The names of its
    slides are those of the cells that they begin with.
    """

    name: str
    title: str
    about: str
    minutes: str
    slides: tuple = ()

    @property
    def has_slides(self):
        """Whether it is presented."""
        return self.minutes != "to read"

    @property
    def number(self):
        """Its number, as its name says: 0 for an overview."""
        return int(self.name[:2]) if self.name[:2].isdecimal() else 0


def read_lecture(path):
    """Return what a notebook says of itself, most of it in its first cell.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Lecture
    """
    return lecture_of(path.stem, json.loads(path.read_text(encoding="utf-8")))


def lecture_of(name, nb):
    """Return what a notebook with this name says of itself."""
    cells = nb["cells"]
    kinds = {cell.get("id"): (cell.get("metadata") or {}).get("slideshow") or {} for cell in cells}
    slides = tuple(id for id, kind in kinds.items() if kind.get("slide_type") in STARTS and id)
    first = cells[0] if cells and cells[0]["cell_type"] == "markdown" else {"source": ""}
    _, about, minutes, *_ = [*"".join(first["source"]).split("\n\n"), "", "", ""]
    about, minutes = about.replace("\n", " "), minutes.strip("*\n ")
    return Lecture(name, title_of(nb, name), about, minutes, slides)


def series_in(folder):
    """Return the paths of the lectures in a folder, in their order: those named with two digits.

    Parameters
    ----------
    folder : str or None
    """
    return sorted(Path(folder).glob("[0-9][0-9]-*.ipynb")) if folder is not None else []


def lectures_of(paths):
    """Return the lectures that notebooks hold, as far as they can be read.

    Parameters
    ----------
    paths : iterable of path-like

    Returns
    -------
    list of Lecture
    """
    lectures = []
    for path in map(Path, paths):
        # Another notebook that is broken is no reason to refuse this one.
        with suppress(OSError, *NO_NOTEBOOK):
            lectures.append(read_lecture(path))
    return lectures


def neighbours(name, lectures):
    """Return the lectures before and after the one with this name, or None if it is none of them.

    Parameters
    ----------
    name : str
    lectures : list of Lecture

    Returns
    -------
    dict or None
        From "Previous" and "Next" to lectures, where there are such.
    """
    names = [lecture.name for lecture in lectures]
    if name not in names:
        return None
    here = names.index(name)
    found = {"Previous": lectures[:here][-1:], "Next": lectures[here + 1 : here + 2]}
    return {word: lecture for word, one in found.items() for lecture in one}
