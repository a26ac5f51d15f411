"""The house: modules import downward only, the core is light, and what is public is explained."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lecture_utils

# From the ground up: a module imports only from the rows above its own.
HOUSE = [
    ["_validation"],
    ["activations", "datasets", "graph", "initializers", "optimizers"],
    ["convolution", "losses", "layers", "recurrent"],
    ["networks", "neuron"],
    ["backprop", "saving"],
    ["gradient_check", "training"],
    ["__init__"],
    ["_numbers", "_quantities", "_style", "display", "estimators", "execute"],
    ["_canvas", "_formulas", "_named_layers", "_planes"],
    ["_image_plots", "_speed_plots", "_training_plots"],
    ["plotting"],
    ["_controls", "_live"],
    ["_graph_drawing", "_network_drawing", "_neuron_drawing", "_recurrent_drawing"],
    ["diagrams"],
    ["walkthrough"],
    ["_descent_scene", "_plane_scenes", "_stepper_scene"],
    ["interactive"],
    ["publish.__init__", "publish._mathjax", "publish.checks", "publish.chromium", "publish.fonts"],
    ["publish.outline", "publish.pdf", "publish.typesetting"],
    ["publish.exporters", "publish.server"],
    ["publish.site"],
    ["publish.__main__"],
]
CORE = [name for row in HOUSE[: HOUSE.index(["__init__"])] for name in row]
FLOOR = {name: level for level, row in enumerate(HOUSE) for name in row}
HERE = Path(lecture_utils.__file__).parent
FILES = {
    ".".join(path.relative_to(HERE).with_suffix("").parts): path for path in HERE.rglob("*.py")
}

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
    heavy = {"matplotlib", "sklearn", "scipy", "IPython", "tqdm", "pandas", "autograd"}
    code = "import lecture_utils, sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"numpy", "lecture_utils"} <= loaded and not heavy & loaded


def test_every_module_has_its_place_in_the_house():
    assert sorted(FLOOR) == sorted(FILES)


@every_module
def test_module_imports_downward_only(name):
    within = {
        n.removeprefix("lecture_utils.") for n in imported(name) if n.startswith("lecture_utils.")
    }
    above = {other for other in within if FLOOR[other] >= FLOOR[name]}
    assert not above


@every_core_module
def test_core_module_needs_numpy_only_when_it_is_imported(name):
    roots = {n.split(".")[0] for n in imported(name, late=False)}
    assert roots <= {"numpy", "lecture_utils", *sys.stdlib_module_names}


@every_core_module
def test_core_module_never_plots(name):
    roots = {n.split(".")[0] for n in imported(name)}
    assert not roots & {"matplotlib", "IPython", "ipywidgets"}


@every_module
def test_module_opens_with_a_sentence(name):
    assert is_sentence(ast.get_docstring(tree(name)))


@every_module
def test_every_public_function_and_class_is_explained(name):
    assert list(unexplained(tree(name).body)) == []
