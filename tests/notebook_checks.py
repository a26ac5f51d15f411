"""What a notebook of the series must look like, each rule as a function that lists its breaches.

A check takes a notebook as `json.load` returns it and returns a list of faults in words. None of
them runs anything, so together they take less than a second.
"""

import ast
import builtins
import re
import statistics
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from html import unescape

from prose_numbers import find_numbers, places, significant_digits, spans_of, visible

SLIDE_TYPES = ("slide", "subslide", "fragment", "notes", "skip")
TAGS = {
    "code": ("hide-input", "readme-picture"),
    "markdown": ("steps", "answer", "task", "choices"),
}
SHOWING = ("print", "show", "show_table", "show_source", "display")
# With the dependencies of the package, of which scikit-learn brings SciPy.
BROUGHT = {
    *sys.stdlib_module_names, "IPython", "lecture_utils", "matplotlib", "numpy", "pandas", "scipy",
    "sklearn", "tqdm",
}
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
HTML = "text/html"
IMAGE = re.compile(
    r'<img alt="([^"]*)" style="[^"]*" src="data:image/svg\+xml;base64,([A-Za-z0-9+/]+=*)">'
    r'(?:\n<p class="to-play">[^<]*</p>)?'
)
WIDEST = 648  # points of a figure, as wide as a slide with letters of one size in all figures
SVG_NAME = "{http://www.w3.org/2000/svg}"
NOTES_START = re.compile(r"> \*\*In class, (\d+) minutes?\.\*\* ")
TITLE_MINUTES = re.compile(r"\*\*(\d+) minutes\*\*")
TO_READ = "**to read**"    # in place of the minutes, where there are no slides
CODE_SPANS = re.compile(r"^```.*?^```|(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL | re.MULTILINE)
MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
HEADINGS = re.compile(r"^#+ .*$", re.MULTILINE)
FOLD_NAMES = re.compile(r"<summary>.*</summary>")    # "Answer 5" shows no 5
GIVEN = "given"    # in place of an expression, for a number that nothing computes


# Reading a notebook


def joined(text):
    """Text that the file may hold as a list of lines."""
    return "".join(text) if isinstance(text, list) else text


def source(cell):
    return joined(cell["source"])


def place(number, cell):
    return f"cell {number} ({cell.get('id')})"


def cells_of(notebook, *types):
    """Triples of the place, the cell and its source, for all cells of these types."""
    for number, cell in enumerate(notebook["cells"], 1):
        if not types or cell["cell_type"] in types:
            yield place(number, cell), cell, source(cell)


def slide_type(cell):
    return cell["metadata"].get("slideshow", {}).get("slide_type")


def slides(notebook):
    """Lists of (place, cell, source): each slide or subslide with the cells that follow it."""
    groups = []
    for entry in cells_of(notebook):
        if slide_type(entry[1]) in ("slide", "subslide"):
            groups.append([])
        if groups:
            groups[-1].append(entry)
    return groups


def texts_of(output):
    """Pairs of a name and a text, for all that an output shows or says of itself."""
    for mime, content in output.get("data", {}).items():
        text = joined(content) if isinstance(content, (str, list)) else str(content)
        yield mime, drawing_of(output)[1] if mime == HTML and drawing_of(output) else text
    if "text" in output:
        yield output["name"], joined(output["text"])
    for mime, entries in output.get("metadata", {}).items():
        yield f"metadata of {mime}", str(entries)


def drawing_of(output):
    """Pair of the text alternative and the SVG of an output that is an image, else None."""
    image = IMAGE.fullmatch(joined(output.get("data", {}).get(HTML, "")))
    return image and (unescape(image[1]), b64decode(image[2]).decode())


def pictures(notebook):
    """Pairs of the place and the output, for all figures."""
    for where, cell, _ in cells_of(notebook, "code"):
        for output in cell["outputs"]:
            data = output.get("data", {})
            if "<img" in joined(data.get(HTML, "")) or any(m.startswith("image/") for m in data):
                yield where, output


def parsed(code):
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])    # an error when it runs


def called_names(tree):
    """Names of the functions called in `tree`, but not inside a function it defines."""
    todo, names = [tree], set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.add(node.func.id)
        inner = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
        todo += [child for child in ast.iter_child_nodes(node) if not isinstance(child, inner)]
    return names


# The file


def check_format(notebook):
    """The format is the current one, and the metadata hold no version and no machine."""
    faults = []
    if (notebook["nbformat"], notebook["nbformat_minor"]) != (4, 5):
        faults.append(f"format is {notebook['nbformat']}.{notebook['nbformat_minor']}, not 4.5")
    if notebook["metadata"] != METADATA:
        faults.append(f"metadata are {notebook['metadata']}, expected {METADATA}")
    return faults


def check_ids(notebook):
    """Each cell has a valid id of its own."""
    faults, seen = [], set()
    for where, cell, _ in cells_of(notebook):
        cell_id = cell.get("id", "")
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell_id):
            faults.append(f"{where} has no valid id")
        elif cell_id in seen:
            faults.append(f"{where} has the id of another cell")
        seen.add(cell_id)
    return faults


def check_cell_metadata(notebook):
    """Cells carry a slide type and, where of use, rows covered, bound numbers and known tags."""
    faults = []
    for where, cell, _ in cells_of(notebook):
        metadata = cell["metadata"]
        kinds = [{"slide_type": kind} for kind in SLIDE_TYPES]
        if "task" in metadata.get("tags", []):    # it stands below what is shown last
            kinds = [None]
        if metadata.get("slideshow") not in kinds:
            faults.append(
                f"{where} has no slide type: {metadata.get('slideshow')}; choose one in "
                "JupyterLab, at the right, in the property inspector"
            )
        allowed = {"slideshow", "covers", "tags"}
        text = {"cover", "part", "values", "world"}
        allowed |= {"marked", "jupyter"} if cell["cell_type"] == "code" else text
        allowed |= {"cover", "part"} if slide_type(cell) == "slide" else set()
        for key in sorted(metadata.keys() - allowed):
            faults.append(f"{where} has metadata that do not belong there: {key}")
        for tag in metadata.get("tags", []):
            if tag not in TAGS.get(cell["cell_type"], ()):
                faults.append(f"{where} has the unknown tag {tag}")
            if tag == "steps" and slide_type(cell) not in ("slide", "subslide"):
                faults.append(f"{where} has the tag steps, but does not start a slide")
        if cell["cell_type"] == "raw":
            faults.append(f"{where} is a raw cell, which no reader sees")
    return faults


# Code and its outputs


def check_execution_order(notebook):
    """All code cells were run, once, from top to bottom."""
    faults = []
    code_cells = cells_of(notebook, "code")
    for count, (where, cell, code) in enumerate(code_cells, 1):
        if not code.strip():
            faults.append(f"{where} is empty")
        if cell["execution_count"] != count:
            faults.append(f"{where} has execution count {cell['execution_count']}, not {count}")
        for output in cell["outputs"]:
            if output.get("execution_count", count) != count:
                faults.append(f"{where} has an output of another execution count")
    return faults


def check_outputs_present(notebook):
    """A cell whose source shows something has outputs, which nbval does not ask for."""
    faults = []
    for where, cell, code in cells_of(notebook, "code"):
        tree = parsed(code)
        shows = called_names(tree) & set(SHOWING)
        last = tree.body[-1] if tree.body else None
        # Whether a call returns something is seen only when it runs.
        ends_in_value = isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call)
        if (shows or ends_in_value) and not cell["outputs"]:
            what = ", ".join(sorted(shows)) or "its last line"
            faults.append(f"{where} has no output, but {what} must make one")
    return faults


def check_outputs_clean(notebook):
    """Outputs hold no errors, warnings or widgets, nor what depends on the computer."""
    unwanted = {
        r"\b0x[0-9a-f]{6,}": "an address in memory",
        r"(?<![\w.])(/home/|/Users/|/root/|/tmp/|[A-Z]:\\)": "a path of one computer",
        r"\bnp\.(float|int|uint|bool|str)\w*\(": "a bare NumPy scalar",
    }
    faults = []
    for where, cell, _ in cells_of(notebook, "code"):
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                faults.append(f"{where} ended in an error: {output['ename']}")
            if output.get("name") == "stderr":
                faults.append(f"{where} wrote to stderr")
            for name, text in texts_of(output):
                if "widget-view" in name:
                    faults.append(f"{where} shows a widget, which a file can't keep")
                for pattern, what in unwanted.items():
                    if re.search(pattern, text):
                        faults.append(f"{where} shows {what} in {name}")
    return faults


def check_no_markers(notebook):
    """No cell tells nbval to look away."""
    faults = []
    for where, cell, code in cells_of(notebook, "code"):
        for marker in ("NBVAL_", "PYTEST_VALIDATE_"):
            if marker in code:
                faults.append(f"{where} has the marker {marker}…")
        for tag in cell["metadata"].get("tags", []):
            if tag.startswith(("nbval-", "pytest-validate-")) or tag == "raises-exception":
                faults.append(f"{where} has the tag {tag}, which nbval obeys")
    return faults


def private_names(tree):
    """Names that a module keeps to itself, but that code takes from it."""
    for node in ast.walk(tree):
        names = [node.attr] if isinstance(node, ast.Attribute) else []
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names = [part for name in [*module, *(a.name for a in node.names)]
                     for part in name.split(".")]
        yield from (name for name in names if re.match("_(?!_)", name))


def check_code_style(notebook):
    """Code cells are short, the figures' style is in the first, and imports are not on slides."""
    faults = []
    entries = list(cells_of(notebook, "code"))
    sizes = [len(code.splitlines()) for _, _, code in entries]
    if sizes and statistics.median(sizes) > 5:
        faults.append(f"the median code cell has {statistics.median(sizes):g} lines, more than 5")
    for i, (where, cell, code) in enumerate(entries):
        tree = parsed(code)
        if i == 0 and (slide_type(cell) != "skip" or "use_style" not in called_names(tree)):
            faults.append(f"{where} is the first code cell: must be skip, and call use_style()")
        imports = any(isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.walk(tree))
        if imports and slide_type(cell) != "skip":
            faults.append(f"{where} imports; that belongs into a skip cell")
        for name in private_names(tree):
            faults.append(f"{where} uses {name}, a private name")
        if sizes[i] > 20:
            faults.append(f"{where} has {sizes[i]} lines of code, more than 20")
        if re.search(r";[ \t]*(#.*)?$", code, flags=re.MULTILINE):
            faults.append(f"{where} has a line that ends in a semicolon")
        if "clear_output" in code or "update_display" in code or re.match(r"[!%]", code):
            faults.append(f"{where} changes outputs of before, or leaves Python")
    return faults


def check_imports(notebook):
    """Cells import what the package brings, and only try what may be missing beside it."""
    faults = []
    for where, _, code in cells_of(notebook, "code"):
        nodes = {*ast.walk(parsed(code))}
        tries = [node for node in nodes if isinstance(node, ast.Try)]
        nodes -= {inner for node in tries for line in node.body for inner in ast.walk(line)}
        modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        for node in nodes:
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in sorted({module.split(".")[0] for module in modules} - BROUGHT):
            faults.append(f"{where} imports {name}, which the package does not bring")
    return faults


def check_in_sight(notebook):
    """Code on a slide calls no function or class that the notebook defines where it is not seen."""
    faults, unseen = [], set()
    for where, cell, code in cells_of(notebook, "code"):
        tree = parsed(code)
        kinds = ast.FunctionDef, ast.ClassDef
        defined = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
        if slide_type(cell) == "skip" or "hide-input" in cell["metadata"].get("tags", []):
            unseen |= defined
        else:
            unseen -= defined
            called = sorted(unseen & called_names(tree))
            faults += [f"{where} calls {name}, which is defined out of sight" for name in called]
    return faults


# Figures


def check_figures(notebook):
    """Each figure is a real picture with a text alternative, and its cell hides the code."""
    faults = []
    for where, output in pictures(notebook):
        if drawing_of(output) is None:
            faults.append(
                f"{where} has a picture that is not as show makes it: end the cell with "
                'show(ax, "What is to be seen.")'
            )
            continue
        alt, svg = drawing_of(output)
        if len(alt) < 20 or "No description" in alt:
            faults.append(f"{where} has a picture without a text alternative: {alt!r}")
        if joined(output["data"].get("text/plain", "")) != alt:
            faults.append(f"{where} has another text in place of its picture than {alt!r}")
        fault = _fault_of_svg(svg, alt)
        if fault:
            faults.append(f"{where}: {fault}")
    for where, cell, _ in cells_of(notebook, "code"):
        shows_picture = any(place == where for place, _ in pictures(notebook))
        hidden = "hide-input" in cell["metadata"].get("tags", [])
        if hidden != cell["metadata"].get("jupyter", {}).get("source_hidden", False):
            faults.append(f"{where} is not folded in JupyterLab as its tag hide-input says")
        if shows_picture and not hidden:
            faults.append(
                f"{where} makes a figure but lacks the tag hide-input; give it in JupyterLab, "
                "at the right, in the property inspector, and fold the code"
            )
        if hidden and not cell["outputs"]:
            faults.append(f"{where} hides its code but shows nothing")
    return faults


def _fault_of_svg(text, alt):
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        return f"the SVG can't be read ({error})"
    if root.tag != f"{SVG_NAME}svg" or root.get("role") != "img":
        return "the SVG has no role=img"
    texts = [root.find(f"{SVG_NAME}{tag}") for tag in ("title", "desc")]
    told = " ".join(text.text or "" for text in texts if text is not None)
    if told != alt:
        return f"the SVG says {told!r} of itself, its image {alt!r}"
    pointers = [root.get(f"aria-{kind}") for kind in ("labelledby", "describedby")]
    if pointers != [None if text is None else text.get("id") for text in texts]:
        return f"the SVG does not point to its title and description, but to {pointers}"
    if float(root.get("width", "0").removesuffix("pt")) > WIDEST:
        return (
            f"the SVG is wider than {WIDEST / 72:g} inches, so its letters are smaller than those "
            "of others: take a smaller width"
        )
    definitions = {node for d in root.iter(f"{SVG_NAME}defs") for node in d.iter()}
    drawn = [
        node
        for node in root.iter()
        if node not in definitions
        and node.tag.removeprefix(SVG_NAME) in ("path", "use", "line", "rect", "circle", "image")
    ]
    if len(drawn) < 5:
        return f"the SVG draws only {len(drawn)} shapes"
    ground = re.search(r"fill: #([0-9a-f]{6})", drawn[0].get("style", ""))
    opaque = "opacity" not in drawn[0].get("style", "")
    if not ground or not opaque or min(bytes.fromhex(ground[1])) < 200:
        return "the SVG has no light, opaque ground"
    return None


# Slides


def check_slides(notebook):
    """The notebook starts with a slide; each slide has a heading of its own, of plain words.

    JupyterLab's table of contents shows the headings: their levels are those of the deck, and a
    formula would stand there as it is typed.
    """
    faults, seen = [], set()
    first = notebook["cells"][0]
    if slide_type(first) != "slide" or not source(first).startswith("# "):
        faults.append(f"{place(1, first)} must be a slide with the title of the notebook")
    for group in slides(notebook):
        where, cell, text = group[0]
        heading = re.match(r"(#+) (.+)", text)
        if cell["cell_type"] != "markdown" or not heading:
            faults.append(f"{where} starts a slide, but not with a heading")
            continue
        level = 1 if cell is first else 2 if slide_type(cell) == "slide" else 3
        if len(heading[1]) != level:
            faults.append(f"{where} must have a heading of level {level}")
        if heading[2] in seen:
            faults.append(f"{where} has the heading of another slide: {heading[2]}")
        seen.add(heading[2])
    for where, _, text in cells_of(notebook, "markdown"):
        if any("$" in heading for heading in HEADINGS.findall(text)):
            faults.append(f"{where} has a formula in a heading")
    return faults


def check_percent(notebook):
    """A space stands before each percent sign in texts, in tables, and in what is printed."""
    faults = []
    for where, cell, text in cells_of(notebook, "markdown", "code"):
        seen = [text] if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            kinds = {"text/markdown", "text/plain"}
            if "<img" in "".join(data.get(HTML, "")):
                kinds = {}    # what its text says is heard
            seen += [output.get("text", ""), *(data.get(kind, "") for kind in kinds)]
        if any(re.search(r"\d%", "".join(part)) for part in seen):
            faults.append(f"{where} has no space before a percent sign")
    return faults


def check_parts_and_cover(notebook):
    """Slides have a key figure on their title, and three to six parts with names of their own."""
    if is_to_read(notebook):
        return []
    faults = []
    (where, first, _), *others = cells_of(notebook)
    places = {where for where, _ in pictures(notebook)}
    figures = {cell["id"] for where, cell, _ in cells_of(notebook) if where in places}
    if first["metadata"].get("cover") not in figures:
        faults.append(f'{where} has no "cover" that is the id of a cell with a figure')
    faults += [f"{place} is not the first, and has a cover" for place, cell, _ in others
               if "cover" in cell["metadata"]]  # fmt: skip
    parts = [cell["metadata"]["part"] for _, cell, _ in others if "part" in cell["metadata"]]
    if not 3 <= len(set(parts)) == len(parts) <= 6:
        faults.append(f"the parts are not three to six with different names: {parts}")
    return faults


def check_notes(notebook):
    """Each slide, or each of its steps, ends with one notes cell that starts with its minutes.

    The cell is a quotation, so that JupyterLab shows it apart from the lecture's own text. Where
    the title says that the notebook is to read, nothing is said to it.
    """
    if is_to_read(notebook):
        notes = [where for where, cell, _ in cells_of(notebook) if slide_type(cell) == "notes"]
        return [f"{where} has notes, but the title says {TO_READ}" for where in notes]
    faults = []
    for group in [part for slide in slides(notebook) for part in said_together(slide)]:
        kinds = [slide_type(cell) for _, cell, _ in group]
        if kinds.count("notes") != 1:
            faults.append(f"{group[0][0]} starts a slide with {kinds.count('notes')} notes cells")
        elif "fragment" in kinds[kinds.index("notes") :]:
            faults.append(f"{group[0][0]} starts a slide that goes on after its notes")
    for where, cell, text in cells_of(notebook):
        if slide_type(cell) == "notes":
            minutes = NOTES_START.match(text)
            if cell["cell_type"] != "markdown" or not minutes:
                faults.append(f"{where} must be text that starts with > **In class, N minutes.**")
            elif any(not line.startswith(">") for line in text.split("\n")):
                faults.append(f"{where} has a line that does not begin with >")
            elif int(minutes[1]) == 0 or (int(minutes[1]) == 1) != ("minute." in minutes[0]):
                faults.append(f"{where} must say 1 minute, or N minutes: {minutes[0]}")
            elif len(text) < minutes.end() + 20:
                faults.append(f"{where} has minutes, but nothing to say")
    return faults


def is_to_read(notebook):
    """Whether it is read at home, and has no slides."""
    return TO_READ in source(notebook["cells"][0])


def said_together(slide):
    """The slide, or the parts of it that have notes of their own: one for each of its steps."""
    if "steps" not in slide[0][1]["metadata"].get("tags", []):
        return [slide]
    parts = [[]]
    for entry in slide[1:]:
        if entry[1]["cell_type"] == "markdown" and slide_type(entry[1]) == "fragment":
            parts.append([])
        parts[-1].append(entry)
    return parts if parts[0] else parts[1:]


def minutes_needed(notebook):
    """Minutes in class: 130 words of notes per minute, 20 s per question, 15 s per slide."""
    texts = [
        (slide_type(cell), MATHS.sub("x", text)) for _, cell, text in cells_of(notebook, "markdown")
    ]
    notes = " ".join(NOTES_START.sub("", text) for kind, text in texts if kind == "notes")
    asked = " ".join(text for kind, text in texts if kind != "skip").count("?")
    asked += len(re.findall(r"\b(?:Ask|Collect|Let|Take)\b", notes))
    return len(re.findall(r"\w[\w'’-]*", notes)) / 130 + asked / 3 + len(slides(notebook)) / 4


def check_minutes(notebook):
    """The minutes of the slides add up to those on the title slide, and suffice."""
    if is_to_read(notebook):
        return []
    title = TITLE_MINUTES.search(source(notebook["cells"][0]))
    if not title:
        return [f"the title slide says neither how many **N minutes** it takes, nor {TO_READ}"]
    notes = [text for _, cell, text in cells_of(notebook) if slide_type(cell) == "notes"]
    minutes = [int(found[1]) for found in map(NOTES_START.match, notes) if found]
    total, stated = sum(minutes), int(title[1])
    faults = []
    if total != stated:
        faults.append(f"the notes take {total} minutes, the title slide says {stated}")
    if stated != 10 and not 40 <= stated <= 50:
        faults.append(f"{stated} minutes: a lecture takes 40 to 50, an overview 10")
    needed = minutes_needed(notebook)
    if needed > stated:
        faults.append(f"to say, ask and see it takes {needed:.1f} minutes, the title says {stated}")
    return faults


def check_frame(notebook):
    """Goals come second, a recap and questions last; each question has an answer to unfold."""
    headings = [group[0][2].partition("\n")[0].lstrip("#") for group in slides(notebook)]
    faults = []
    for heading, where in {"Learning goals": 1, "Recap": -2, "Check yourself": -1}.items():
        if len(headings) < 4 or headings[where] != f" {heading}":
            faults.append(f"there must be a slide '## {heading}' at place {where} of the slides")
    number = len(notebook["cells"])
    last = notebook["cells"][-1]
    asked = re.findall(r"^\d+(?=\. )", slides(notebook)[-1][0][2], flags=re.MULTILINE)
    folds = [f"<details>\n<summary>Answer {n}</summary>" for n in asked]
    found = re.findall(r"<details>\n.*", source(last))
    if slide_type(last) != "skip" or not asked or found != folds:
        faults.append(
            f"{place(number, last)} must be skip, and fold each answer: {folds}, not {found}"
        )
    return faults


# Text


def check_markdown(notebook):
    """Text shows alike in JupyterLab, on slides and on the web."""
    faults = []
    for where, _, text in cells_of(notebook, "markdown"):
        if not text.strip():
            faults.append(f"{where} is empty")
        if re.search(r"</summary>\n?(?!\n)", text):
            faults.append(f"{where} needs a blank line after </summary>, or maths stays raw")
        text = CODE_SPANS.sub(" ", text)
        if r"\$" in text:
            faults.append(rf"{where} has \$, which is a formula in places: write &#36;")
        for tag in re.findall(r"</?([a-zA-Z][\w-]*)[^<>]*>", MATHS.sub(" ", text)):
            if tag.lower() not in ("details", "summary"):
                faults.append(f"{where} has raw HTML: <{tag}>")
        if text.count("<details") != text.count("</details>"):
            faults.append(f"{where} opens and closes <details> unequally")
    return faults


def check_links(notebook, files):
    """Links and images inside the project point at a file or heading that is there.

    Parameters
    ----------
    files : dict
        From the names that a link may use to the notebook there, or None if it is none.
    """
    faults = []
    for where, target in _targets(notebook):
        if re.match(r"(https?|mailto):", target):
            continue
        name, _, anchor = target.partition("#")
        if name and name not in files:
            faults.append(f"{where} links to {name}, which is not there")
        elif anchor and anchor not in anchors_of(files[name] if name else notebook):
            faults.append(f"{where} links to #{anchor}, a heading that is not there")
    return faults


def _targets(notebook):
    texts = [(where, text) for where, _, text in cells_of(notebook, "markdown")]
    for where, cell, _ in cells_of(notebook, "code"):
        for output in cell["outputs"]:
            texts += [(where, text) for name, text in texts_of(output) if name == "text/markdown"]
    for where, text in texts:
        text = MATHS.sub(" ", CODE_SPANS.sub("`", text))
        for target in re.findall(r"\]\(<?([^()\s>]+)", text):
            yield where, target


def anchors_of(notebook):
    if notebook is None:
        return set()
    texts = [text for _, _, text in cells_of(notebook, "markdown")]
    headings = re.findall(r"^#+ (.+)$", "\n".join(texts), flags=re.MULTILINE)
    return {heading.strip().replace(" ", "-") for heading in headings}


def check_numbers_bound(notebook):
    """Numbers in the text are bound to what computes them, or given, in the order of the text.

    So are numbers in measured form everywhere, and whole numbers from 10 on outside formulas, code,
    headings and the minutes of a slide. Words of the text may be bound, too.
    """
    faults = []
    for where, cell, text in cells_of(notebook, "markdown"):
        entries = cell["metadata"].get("values", [])
        if not _are_pairs(entries):
            faults.append(f'{where}: "values" must be a list of pairs, as [["150", "len(X)"]]')
            continue
        faults += [f"{where} {fault}" for fault in _faults_of_entries(text, entries)]
        faults += [f"{where} {fault}" for fault in _faults_of_places(text, entries)]
    return faults


def _are_pairs(entries):
    return isinstance(entries, list) and all(
        isinstance(entry, list) and [type(part) for part in entry] == [str, str]
        for entry in entries
    )


def _faults_of_places(text, entries):
    found = places(text, [key for key, _ in entries])
    before = "its beginning"
    for (key, expression), span in zip(entries, found):
        if span:
            before = repr(key)
        elif spans_of(key, text):
            yield (
                f"binds {key!r} to {expression}, but the text does not show it after {before}: put"
                " the pairs of \"values\" in the order of the text, one for each time, and"
                " none for words that are gone"
            )
        else:
            yield (
                f"binds {key!r} to {expression}, but the text does not show it: if this still"
                " holds, write the words that are there now into \"values\""
            )
    bound = [span for span in found if span]
    for number in _numbers_to_bind(text):
        if not any(start <= number.span[0] < end for start, end in bound):
            line = " ".join(visible(text)[: number.span[1]].split()[-4:])
            yield (
                f"shows {number.text} ({line!r}), which is neither bound nor given: add"
                f' ["{number.text}", what computes it] to "values", or ["{number.text}", "given"]'
            )
    bound += [match.span() for match in FOLD_NAMES.finditer(text)]
    for key in dict.fromkeys(key for key, _ in entries):
        free = [s for s in spans_of(key, text) if not any(a < s[1] and s[0] < b for a, b in bound)]
        if free and not any(number.is_large for number in find_numbers(key)):
            yield (
                f"shows {key!r} more often than it is bound: bind it each time,"
                " or bind it together with the words beside it"
            )


def _numbers_to_bind(text):
    hidden = [NOTES_START, TITLE_MINUTES, HEADINGS, CODE_SPANS, MATHS]
    hidden = [match.span() for pattern in hidden for match in pattern.finditer(text)]
    for number in find_numbers(text):
        is_free = not any(start <= number.span[0] < end for start, end in hidden)
        if number.is_measured_form or (number.is_large and is_free):
            yield number


def _faults_of_entries(text, entries):
    for key, expression in entries:
        numbers = find_numbers(key)
        if expression != GIVEN:
            if not _computes(expression, numbers):
                yield f"binds {key!r} to {expression}, which computes nothing"
        elif [number.text for number in numbers] != [key]:
            yield f"gives {key!r}: only a number in figures can be given, without words beside it"
        elif numbers[0].is_measured_form and significant_digits(numbers[0]) > 3:
            yield f"gives {key}: so many digits are measured, not chosen"


def _computes(expression, numbers):
    """Whether an expression uses a name of the notebook, and none of `numbers` stands in it."""
    try:
        nodes = ast.walk(ast.parse(expression, mode="eval"))
    except (SyntaxError, ValueError):
        return False
    constants = " ".join(str(node.value) for node in nodes if isinstance(node, ast.Constant))
    typed = {number.value for number in find_numbers(constants)}
    is_typed = any(number.is_large and abs(number.value) in typed for number in numbers)
    return bool(names_in(expression)) and not is_typed


def names_in(expression):
    """The names that an expression takes from elsewhere: neither Python's nor its own."""
    nodes = list(ast.walk(ast.parse(expression, mode="eval")))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {node.id for node in names} - own - set(dir(builtins))


# The syllabus


def check_covers(notebook, rows, all_rows):
    """Each row of the syllabus that belongs to this notebook is in some cell's `covers`.

    Parameters
    ----------
    rows : iterable of str
        IDs of this notebook.
    all_rows : iterable of str
        IDs of the whole series; a cell may also touch a row of another notebook.
    """
    faults, covered = [], set()
    for where, cell, _ in cells_of(notebook):
        covers = cell["metadata"].get("covers", [])
        for row in covers:
            if row not in all_rows:
                faults.append(f"{where} covers {row}, which is not in the syllabus")
        if slide_type(cell) == "notes" and covers:
            faults.append(f"{where} is a notes cell, which covers nothing for a reader")
        covered.update(covers)
    missing = [row for row in rows if row not in covered]
    return faults + [f"no cell covers {row}" for row in missing]


CHECKS = [
    check_format,
    check_ids,
    check_cell_metadata,
    check_execution_order,
    check_outputs_present,
    check_outputs_clean,
    check_no_markers,
    check_code_style,
    check_imports,
    check_in_sight,
    check_figures,
    check_slides,
    check_percent,
    check_parts_and_cover,
    check_notes,
    check_minutes,
    check_frame,
    check_markdown,
    check_numbers_bound,
]
