"""Finds the slides of a notebook: what is on each, what is said to it, and how long it takes."""

import json
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from lecture_utils.publish.checks import RefusedError, faults_of_cells
from lecture_utils.publish.outputs import prepare

MINUTES = re.compile(r"\*\*(?:In class, )?(\d+) minutes?\.\*\*")
HEADING = re.compile(r"^#{1,6} (.+)", re.MULTILINE)
STARTS = ("slide", "subslide")
OURS = ("contents", "main")  # names of what is in each page
NO_NOTEBOOK = (ValueError, LookupError, TypeError, AttributeError)    # raised by a wrong file
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")


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
    """

    id: str
    title: str
    groups: list
    notes: list = field(default_factory=list)
    appendix: Group = field(default_factory=lambda: Group("appendix", []))
    number: int = 0

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

        Raises
        ------
        RefusedError
            If the notebook does not begin with a slide, or lacks outputs.
        """
        prepare(nb)
        faults = faults_of_cells(nb)
        if not nb.cells or slide_type(nb.cells[0]) != "slide":
            faults.insert(0, "cell 1 must be there, with the slide type Slide")
        if faults:
            raise RefusedError("\n".join(f"{name_of(resources)}, {fault}" for fault in faults))
        sections = sections_of(nb)
        resources["sections"] = sections
        resources["title"] = sections[0][0].title
        resources["parts"] = parts_of(sections)
        return nb, resources


def name_of(resources):
    """Return the name of the notebook that is being converted."""
    return resources.get("metadata", {}).get("name") or "the notebook"


def sections_of(nb):
    """Return the slides of a notebook, as one list for each of its sections.

    A cell of type "slide" begins a section and "subslide" a slide; "fragment" is uncovered after
    what stands before, and a cell without a type goes on with what stands before. Where the first
    cell of a slide has the tag "steps", each fragment of text begins a step, which takes the place
    of the step before, and has notes of its own.
    """
    sections = []
    for number, cell in enumerate(nb.cells, 1):
        cell.setdefault("id", f"cell-{number}")  # notebooks of old have none
        cell.metadata["number"] = number
        cell.metadata["place"] = f"cell {number} ({cell.id})"
        kind = slide_type(cell)
        if kind == "slide":
            sections.append([])
        if kind in STARTS:
            sections[-1].append(_new_slide(cell))
        else:
            _add(sections[-1][-1], cell, kind)
    slides = [slide for section in sections for slide in section]
    for number, slide in enumerate(slides, 1):
        slide.number = number if number == 1 else number + 1  # the contents are the second slide
        slide.title = slide.title or f"Slide {slide.number}"
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
    wanted = nb.cells[0].metadata.get("cover")
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


def slide_type(cell):
    """Return the slide type of a cell, "-" if it has none."""
    return cell.metadata.get("slideshow", {}).get("slide_type", "-")


def _new_slide(cell):
    heading = HEADING.search(cell.source)
    name = f"slide-{cell.id}" if cell.id in OURS else cell.id
    return Slide(name, heading[1] if heading else "", [Group("plain", [cell])])


def _add(slide, cell, kind):
    in_steps = "steps" in slide.groups[0].cells[0].metadata.get("tags", [])
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
            tags = [*cell.metadata.get("tags", []), "hide-input"]
            metadata = NotebookNode(cell.metadata, tags=tags)
            pictures.append(NotebookNode(cell, outputs=shown, metadata=metadata))
    return text, pictures


def is_picture(output):
    """Return whether an output of a cell is shown as a picture."""
    return any(kind in output.get("data", {}) for kind in PICTURES)


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
    """Return what the first cell of a notebook says.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Lecture
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    kinds = {cell.get("id"): cell["metadata"].get("slideshow") or {} for cell in cells}
    slides = [name for name, kind in kinds.items() if kind.get("slide_type") in STARTS]
    return replace(lecture_of(path.stem, "".join(cells[0]["source"])), slides=tuple(slides))


def lecture_of(name, text):
    """Return what the text of a first cell says of the notebook with this name."""
    heading, about, minutes, *_ = [*text.split("\n\n"), "", "", ""]
    about = about.replace("\n", " ")
    return Lecture(name, heading.removeprefix("# "), about, minutes.strip("*\n "))


def lectures_in(folder):
    """Return the lectures in a folder, in their order: notebooks named with two digits first.

    Parameters
    ----------
    folder : str or None

    Returns
    -------
    list of Lecture
    """
    lectures = []
    for path in sorted(Path(folder).glob("[0-9][0-9]-*.ipynb")) if folder is not None else []:
        # Another notebook that is broken is no reason to refuse this one.
        with suppress(*NO_NOTEBOOK):
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
