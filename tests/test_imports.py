"""The house: modules import downward only, the core is light, and what is public is explained."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import lecture_utils

# The floors of the house, from the ground up, each name a module or a folder of modules. All that
# is not named here is the mathematics of the lectures.
FLOORS = [
    ["_extras", "_files", "_interrupt", "_progress", "_validation"],
    ["style", "display", "formatting"],
    ["mathematics"],
    ["plotting"],
    ["diagrams"],
    ["walkthrough"],
    ["interactive", "exercises", "publish", "execute"],
]
FLOOR = {name: level for level, names in enumerate(FLOORS) for name in names}
HERE = Path(lecture_utils.__file__).parent
FILES = {
    ".".join(path.relative_to(HERE).with_suffix("").parts): path for path in HERE.rglob("*.py")
}
MATHEMATICS = [name for name in FILES if name.split(".")[0] not in FLOOR]
CORE = [*FLOORS[0], *(name for name in MATHEMATICS if name != "estimators")]

every_module = pytest.mark.parametrize("name", sorted(FILES))
every_core_module = pytest.mark.parametrize("name", CORE)


def imported(name, *, late=True):
    """Return the dotted names that a module imports, also within functions if `late`."""
    names = set()
    for node in ast.walk(tree(name)) if late else tree(name).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            whole = node.module == "lecture_utils"
            names |= {f"{node.module}.{a.name}" for a in node.names} if whole else {node.module}
    return names


def tree(name):
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def is_sentence(docstring):
    return (docstring or "").split("\n")[0].endswith((".", "?"))


def unexplained(body):
    """Yield the names of the public functions and classes whose docstring is no sentence."""
    for node in body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        public = not node.name.startswith("_") or node.name == "__call__"
        if public and not is_sentence(ast.get_docstring(node)):
            yield node.name
        if isinstance(node, ast.ClassDef) and public:
            yield from (f"{node.name}.{name}" for name in unexplained(node.body))


def test_importing_the_package_loads_numpy_and_nothing_else_from_outside():
    code = "import sys; old = {*sys.modules}; import lecture_utils; print(*{*sys.modules} - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"numpy", "lecture_utils"}


def floor(name):
    return FLOOR.get(name.split(".")[0], FLOOR["mathematics"])


def imported_within(name):
    """Return the modules of the package that a module imports; a folder stands for its front."""
    within = (n.removeprefix("lecture_utils.") for n in imported(name) if "lecture_utils." in n)
    return {n if n in FILES else f"{n}.__init__" for n in within}


@every_module
def test_module_imports_nothing_from_a_higher_floor(name):
    assert not {other for other in imported_within(name) if floor(other) > floor(name)}


def test_no_import_leads_in_a_circle():
    TopologicalSorter({name: imported_within(name) for name in FILES}).prepare()


def test_the_mathematics_lies_flat():
    assert not [name for name in MATHEMATICS if "." in name]


@every_core_module
def test_core_module_needs_numpy_only_when_it_is_imported(name):
    roots = {n.split(".")[0] for n in imported(name, late=False)}
    assert roots <= {"numpy", "lecture_utils", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", MATHEMATICS)
def test_mathematics_never_plots(name):
    roots = {n.split(".")[0] for n in imported(name)}
    assert not roots & {"matplotlib", "IPython", "ipywidgets"}


@every_module
def test_module_opens_with_a_sentence(name):
    assert is_sentence(ast.get_docstring(tree(name)))


@every_module
def test_no_pattern_repeats_a_group_without_going_back(name):
    """Python before 3.11.5 misses what ``(…)*+`` should find; ``(?>(…)*)`` says the same."""
    repeated = re.compile(r"[^(]\)(?:[*+?]|\{[\d,]+\})\+")
    texts = [n.value for n in ast.walk(tree(name)) if isinstance(n, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and repeated.search(text)]


@every_module
def test_every_public_function_and_class_is_explained(name):
    assert list(unexplained(tree(name).body)) == []
