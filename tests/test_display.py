"""What a notebook shows: pictures that say what they show, tables, and code as it runs."""

import ast
import importlib
import inspect
import pkgutil
import re
from base64 import b64decode
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from IPython.display import Markdown

import lecture_utils
from lecture_utils import Dense, SigmoidNeuron, display, relu
from lecture_utils.backprop import backprop
from lecture_utils.diagrams import draw_composition
from lecture_utils.display import (
    big_numbers,
    markdown_table,
    picture,
    show,
    show_source,
    show_table,
    show_text,
)
from lecture_utils.networks import mlp
from lecture_utils.neuron import add_ones
from lecture_utils.plotting import new_axes, plot_activation, plot_loss_surface, use_style

HTML = "text/html"
SVG_NAME = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def style():
    """The style of the notebooks, and afterwards what was there before."""
    with matplotlib.rc_context():
        use_style()
        yield


@pytest.fixture
def shown(monkeypatch):
    """What is displayed: pairs of an object and the options it is displayed with."""
    found = []
    monkeypatch.setattr(display, "display", lambda thing, **options: found.append((thing, options)))
    return found


def surface():
    return plot_loss_surface(
        lambda theta: theta @ theta, x_limits=(-1, 1), y_limits=(-1, 1), x_name="w", y_name="b"
    )


def svg_of(data):
    """The drawing within the image of an output."""
    return b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', data[HTML])[1]).decode()


# Pictures


@pytest.mark.parametrize("alt", [None, ""])
@pytest.mark.parametrize("ax", [lambda: plot_activation("tanh"), surface, lambda: new_axes(1, 2)])
def test_a_picture_without_a_text_alternative_is_refused(ax, alt, shown):
    with pytest.raises(ValueError, match="alt must say in words what the figure shows"):
        show(ax(), alt)
    assert shown == []


def test_the_text_alternative_is_wherever_a_reader_may_look_for_it(shown):
    alt = 'The "tanh" is < 1 & > −1.'
    show(plot_activation("tanh"), alt)
    ((data, options),) = shown
    assert data["text/plain"] == alt
    assert options == {"raw": True}
    assert ElementTree.fromstring(data[HTML].replace(">", "/>")).get("alt") == alt
    picture = ElementTree.fromstring(svg_of(data))
    assert picture.get("role") == "img"
    (title,) = picture.findall(f"{SVG_NAME}title")
    assert title.text == alt
    assert picture.get("aria-labelledby") == title.get("id")
    assert picture.get("aria-describedby") is None


def test_the_first_sentence_is_the_title_and_the_others_the_description(shown):
    show(plot_activation("tanh"), "The tanh at 0.5. It is < 1. It is > −1.")
    picture = ElementTree.fromstring(svg_of(shown[0][0]))
    (title,), (more,) = (picture.findall(f"{SVG_NAME}{tag}") for tag in ("title", "desc"))
    assert (title.text, more.text) == ("The tanh at 0.5.", "It is < 1. It is > −1.")
    assert picture.get("aria-labelledby") == title.get("id") != more.get("id")
    assert picture.get("aria-describedby") == more.get("id")


def test_two_pictures_on_a_page_share_no_name(shown):
    show(plot_activation("tanh"), "One. And more.")
    show(plot_activation("tanh"), "Two. And more.")
    first, second = (set(re.findall(r'<(?:title|desc) id="([^"]*)"', svg_of(d))) for d, _ in shown)
    assert len(first) == len(second) == 2
    assert not first & second


def test_a_picture_carries_no_ballast(shown):
    show(plot_activation("tanh"), "The tanh.")
    svg = svg_of(shown[0][0])
    assert "<!--" not in svg and "<metadata" not in svg and "\n " not in svg


def test_the_axes_can_say_themselves_what_they_show(shown):
    left, right = new_axes(1, 2)
    left.set_label("A neuron.")
    right.set_label("A network.")
    show(left)
    ((data, _),) = shown
    assert data["text/plain"] == "A neuron. A network."
    show(left, "Two drawings.")
    assert shown[1][0]["text/plain"] == "Two drawings."


def test_a_colour_bar_says_nothing_about_the_picture(shown):
    ax = surface()
    ax.set_label("A bowl.")
    show(ax)
    assert shown[0][0]["text/plain"] == "A bowl."


def test_the_same_picture_has_the_same_bytes(shown):
    ax = surface()
    show(ax, "A bowl.")
    show(ax, "A bowl.")
    show(surface(), "A bowl.")
    first, second, third = (svg_of(data) for data, _ in shown)
    assert first == second == third
    assert "dc:date" not in first and "Matplotlib" not in first


def test_a_picture_is_its_whole_canvas_and_nothing_but_svg(shown):
    show(new_axes(1, 2, width=6, height=3), "Two empty panels.")
    ((data, _),) = shown
    assert set(data) == {HTML, "text/plain"}
    # In text a point is a pixel, so that its letters are as large as those around.
    assert 'style="width: 432px; max-width: 100%; height: auto"' in data[HTML]
    assert svg_of(data).startswith("<svg")
    picture = ElementTree.fromstring(svg_of(data))
    assert (picture.get("width"), picture.get("height")) == ("432pt", "216pt")


def test_letters_are_those_of_the_text_and_in_formulas_those_of_tex(shown):
    ax = new_axes()
    ax.set(xlabel="loss $J$", title="Bold →", xticks=[], yticks=[])
    ax.title.set_weight("bold")
    show(ax, "Two texts.")
    letters = re.findall(r'<use href="#(\w+(?:-Bold)?)-\w+"', svg_of(shown[0][0]))
    assert letters == ["s"] * 5 + ["Cmmi10"] + ["s-Bold"] * 6


def test_a_drawing_has_its_letters_in_any_style():
    ours = picture(draw_composition(2, backward=1))
    matplotlib.rcdefaults()
    assert picture(draw_composition(2, backward=1)) == ours


# Tables


def cells(text):
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert set("".join(lines.pop(1))) <= set("-:")
    return lines


NETWORKS = pd.DataFrame({
    "network": ["mlp", "**deep**, $n < 9$"],
    "steps": [234669, -5],
    "loss": [6.8412e-7, -28.89194],
    "accuracy": [1, 0.98765],
})


def test_a_table_has_texts_as_they_are_and_numbers_at_the_right_by_one_rule(shown):
    show_table(NETWORKS)
    ((table, _),) = shown
    assert isinstance(table, Markdown)
    assert table.data == """\
| network           |   steps |          loss | accuracy |
| :---------------- | ------: | ------------: | -------: |
| mlp               | 234,669 | 6.8412 × 10⁻⁷ |        1 |
| **deep**, $n < 9$ |      −5 |       −28.892 |  0.98765 |"""


def column(frame, formats=None):
    """The last column of a table, without its heading."""
    return [row[-1] for row in cells(markdown_table(frame, formats))[1:]]


@pytest.mark.parametrize(
    "name, formats, texts",
    [
        ("loss", ".2f", ["0.00", "−28.89"]),
        ("steps", ".2f", ["234,669", "−5"]),
        ("steps", {"steps": ".1e"}, ["2.3e+05", "−5.0e+00"]),
        ("accuracy", {"accuracy": ".1%"}, ["100.0\u00a0%", "98.8\u00a0%"]),
        ("accuracy", {"loss": ".1%"}, ["1", "0.98765"]),
    ],
)
def test_numbers_are_written_in_the_format_that_is_given(name, formats, texts):
    frame = NETWORKS[["loss", name]] if name != "loss" else NETWORKS[["loss"]]
    assert column(frame, formats) == texts


@pytest.mark.parametrize(
    "entries, texts",
    [
        (["1.500", "007"], ["1.500", "007"]),
        ([True, False], ["True", "False"]),
        ([float("nan"), float("-inf")], ["NaN", "−∞"]),
        (["a", None], ["a", ""]),
        (pd.array([1000, None], "Int64"), ["1,000", ""]),
        (pd.array([0.5, None], "Float64"), ["0.5", "NaN"]),
        (pd.Series([1, 0.1 + 0.2], dtype=object), ["1", "0.3"]),
        (np.float32([2.5, 0.25]), ["2.5", "0.25"]),
        (["a | b", "c\nd"], [r"a \| b", "c d"]),
        (["$|w|$ | $\\|x\\|$"], [r"$\vert{}w\vert{}$ \| $\Vert{}x\Vert{}$"]),
        (["$$|w|$$", r"a \| b"], [r"$$\vert{}w\vert{}$$", r"a \| b"]),
        ([r"\$5|\$6", "x\r\ny\rz"], [r"\$5\|\$6", "x y z"]),
    ],
)
def test_a_cell_holds_its_entry_whatever_that_is(entries, texts):
    lines = markdown_table(pd.DataFrame({"value": entries})).splitlines()
    assert [line[2:-2].strip() for line in lines[2:]] == texts


def test_what_is_not_finite_takes_no_format():
    losses = pd.DataFrame({"J": [0.5, float("inf"), float("nan")]})
    assert column(losses, ".2f") == ["0.50", "∞", "NaN"]


def test_a_narrow_column_has_a_rule_that_markdown_knows():
    assert markdown_table(pd.DataFrame({"y": [0]})) == "|   y |\n| --: |\n|   0 |"


def test_an_index_is_shown_if_it_has_a_name():
    frame = pd.DataFrame({"slope": [0.25]}, index=[-1.5])
    assert cells(markdown_table(frame, ".3f")) == [["slope"], ["0.250"]]
    named = frame.rename_axis("z")
    assert cells(markdown_table(named, ".3f")) == [["z", "slope"], ["−1.5", "0.250"]]


def test_a_table_leaves_its_frame_as_it_was():
    frame = NETWORKS.copy()
    markdown_table(frame, ".1f")
    pd.testing.assert_frame_equal(frame, NETWORKS)


@pytest.mark.parametrize(
    "frame, formats, error, reason",
    [
        ([{"a": 1}], None, TypeError, "frame must be a pandas DataFrame, got list"),
        (NETWORKS["loss"], None, TypeError, "frame must be a pandas DataFrame, got Series"),
        (NETWORKS, 3, TypeError, "formats must hold texts, got int"),
        (NETWORKS, {"lost": ".1f"}, ValueError, "columns of numbers, .*'loss'.*, got 'lost'"),
        (NETWORKS, {"network": ".1f"}, ValueError, "columns of numbers, .*, got 'network'"),
        (NETWORKS, "f.1", ValueError, "formats must be such as '.2f' or '.1%', got 'f.1'"),
    ],
)
def test_what_is_no_data_frame_or_no_format_is_refused(frame, formats, error, reason, shown):
    with pytest.raises(error, match=reason):
        show_table(frame, formats)
    assert shown == []


# Texts


def test_a_text_is_shown_as_markdown(shown):
    show_text(rf"The prediction is $\hat y = {0.59:.2f}$.")
    ((text, _),) = shown
    assert isinstance(text, Markdown)
    assert text.data == r"The prediction is $\hat y = 0.59$."


# Big numbers


def test_big_numbers_stand_above_their_words_in_figures_and_in_text():
    shown = big_numbers((np.int64(1_260), "passes"), (-0.5, "is < 1"), ("97.8%", "R&D"))
    assert repr(shown) == "1,260 passes\n−0.5 is < 1\n97.8\u00a0% R&D"
    row = ElementTree.fromstring(shown._repr_html_())
    assert row.get("class") == "big-numbers"
    assert [[(part.tag, part.text) for part in entry] for entry in row] == [
        [("b", "1,260"), ("span", "passes")],
        [("b", "−0.5"), ("span", "is < 1")],
        [("b", "97.8\u00a0%"), ("span", "R&D")],
    ]


@pytest.mark.parametrize(
    ("pairs", "error", "reason"),
    [
        ([], ValueError, "one to three, got 0"),
        ([(1, "step")] * 4, ValueError, "one to three, got 4"),
        ([1, "step"], TypeError, "such as .*, got 1"),
        ([(1, 2)], TypeError, r"such as .*, got \(1, 2\)"),
        ([(True, "step")], TypeError, "a number or a text, got bool"),
        ([(np.ones(2), "steps")], TypeError, "a number or a text, got ndarray"),
    ],
)
def test_big_numbers_refuse_what_is_no_number_with_words(pairs, error, reason):
    with pytest.raises(error, match=reason):
        big_numbers(*pairs)


# Source code


def code(thing):
    (block,) = thing.data.split("```python\n")[1:]
    assert block.endswith("\n```")
    return block.removesuffix("\n```")


def public_objects():
    """All public functions and classes of the package, by their name."""
    for module in pkgutil.iter_modules(lecture_utils.__path__, "lecture_utils."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            own = getattr(thing, "__module__", None) == module.name
            code = inspect.isfunction(thing) or inspect.isclass(thing)
            if own and code and not name.startswith("_"):
                yield pytest.param(thing, id=f"{module.name.split('.')[1]}.{name}")


def without_docstrings(tree):
    """The syntax tree, without docstrings and without the places of things."""
    for node in ast.walk(tree):
        documented = isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module))
        if documented and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or node.body
    return ast.dump(tree)


@pytest.mark.parametrize("thing", list(public_objects()))
def test_shown_code_is_the_code_that_runs_without_its_docstrings(thing, shown):
    show_source(thing)
    tree = ast.parse(code(shown[0][0]))
    places = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    # A docstring stays where it is all there is.
    assert places and not any(ast.get_docstring(n) for n in places if len(n.body) > 1)
    compile(tree, "shown", "exec")
    assert ast.dump(tree) == without_docstrings(ast.parse(inspect.getsource(thing)))


def test_shown_code_keeps_comments_and_begins_and_ends_with_code(shown):
    show_source(backprop)
    text = code(shown[0][0])
    assert text.startswith("def backprop(")
    assert text.splitlines()[-1].startswith("    return Trace(")
    assert "# forward, from the first layer to the last" in text
    assert "Parameters" not in text


def test_a_method_is_shown_at_the_margin(shown):
    show_source(Dense.forward)
    assert code(shown[0][0]).startswith("def forward(self, x):\n    ")


def test_shown_code_of_a_class_has_its_methods(shown):
    show_source(SigmoidNeuron)
    tree = ast.parse(code(shown[0][0]))
    methods = [node.name for node in tree.body[0].body if isinstance(node, ast.FunctionDef)]
    assert methods == ["__init__", "fit", "predict_proba"]


def test_several_objects_are_shown_in_one_block(shown):
    show_source(add_ones, mlp, Dense.backward)
    assert len(shown) == 1
    names = [node.name for node in ast.parse(code(shown[0][0])).body]
    assert names == ["add_ones", "mlp", "backward"]


def test_code_is_shown_alike_each_time(shown):
    show_source(Dense)
    show_source(Dense)
    assert shown[0][0].data == shown[1][0].data


def test_what_has_no_source_is_refused():
    with pytest.raises(TypeError):
        show_source(relu)


def test_the_last_digits_of_a_number_do_not_change_the_picture(shown):
    for nudge in (0, 1e-13, 1e-11):
        ax = surface()
        ax.plot([0.1 + nudge, 0.7, 0.9], [0.2, 0.3 - nudge, 1 / 3 + nudge], "o-")
        ax.set_xlim(-1 - nudge, 1 + nudge)
        show(ax, "A bowl.")
    first, second, third = (svg_of(data) for data, _ in shown)
    assert first == second == third


def test_pictures_on_one_page_do_not_use_parts_of_each_other(shown):
    show(plot_activation("tanh"), "One.")
    show(plot_activation("sigmoid"), "Another.")
    named = []
    for data, _ in shown:
        parts = set(re.findall(r'<(?:clipPath|path) id="(p[^"]*)"', svg_of(data)))
        used = set(re.findall(r'url\(#([^)]*)\)', svg_of(data)))
        assert used and used <= parts
        named.append(parts)
    assert not named[0] & named[1]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [(-4e-18, ".6f", "0.000000"), (-0.0, ".1%", "0.0\u00a0%"), (-4e-18, ".1e", "−4.0e−18"),
     (-0.04, "+.1f", "0.0"), (-0.06, ".1f", "−0.1")],
)  # fmt: skip
def test_a_number_that_is_rounded_to_zero_has_no_sign(value, number_format, text):
    assert f" {text} |" in markdown_table(pd.DataFrame({"a": [value]}), number_format)
