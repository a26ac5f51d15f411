"""Formulas are read as mathematics: true ones hold, and any fault in them is found."""

import numpy as np
import pytest
from latex import UnreadableFormula, World, WrongFormula, check, evaluate, hold


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layer(rng):
    """A layer with three inputs and two neurons, and a function of its output."""
    W, x, b = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2)
    return World(
        {"W": W, "x": x, "b": b, "d": 3, "p": 2, "w_1": W[:, 0], "w_2": W[:, 1], "c": 0.5,
         "X": rng.normal(size=(4, 3)), "n": 4, r"\sigma": sigmoid, "v": rng.normal(size=2),
         "u": 0.5 ** np.arange(5), "f_1": np.sin, "f_2": np.exp, "f": lambda z: np.exp(np.sin(z))},
        {
            "z": lambda world: world["W"].T @ world["x"] + world["b"],
            "h": lambda world: sigmoid(world["z"]),
            "J": lambda world: float(world["h"] @ world["h"]),
        },
        ranges={"j": range(1, 4), "k": range(1, 3), "s": [-0.7, 0.0, 2.5], "t": range(1, 5)},
        arguments={"J": ["x"]},
        updates={"b": lambda world: world["b"] - 2 * world["h"]},
        gradients={("J", "b"): lambda world: 2 * world["h"] ** 2 * (1 - world["h"])},
        first={"u": 0}, points=[0.3, -1.1],
    )  # fmt: skip


TRUE = [
    r"h = \sigma(W^\top x + b)",
    r"h_k = \sigma\Bigl(\sum_{j=1}^{d} W_{jk} x_j + b_k\Bigr)",
    r"z_k = w_k^\top x + b_k, \qquad W_{jk} = (w_k)_j, \qquad k = 1, \dots, p",
    r"x = (x_1, \dots, x_d), \quad x \in \mathbb R^d, \quad h_k \in (0, 1)",
    r"W = \begin{pmatrix} | & & | \\ w_1 & \cdots & w_p \\ | & & | \end{pmatrix}",
    r"\underset{(p,\,d)}{W^\top}\; \underset{(d{,})}{x} \;+\; b = \underbrace{z}_{(p{,})}",
    r"XW + b \;\; (n, p) \qquad (n, d)\,(d, p) + (p{,}) \to (n, p)",
    r"h, v \text{ of shape } (p{,})",
    r"\frac{\partial J}{\partial z} = 2 h \odot \sigma'(z) \qquad \text{shape } (p{,})",
    r"\partial J/\partial W_{jk} = 2 h_k \, h_k (1 - h_k) x_j",
    r"\nabla J = W \frac{\partial J}{\partial z}",
    r"\frac{\partial z}{\partial x} = W^\top, \qquad \frac{\partial z_k}{\partial x_j} = W_{jk}",
    r"b \leftarrow b - 2h",
    r"\sigma(\frac32) \approx 0.8176 \qquad 0.1234 \cdot 2 = 0.247 \qquad 1{,}000 = 10^3",
    r"s = \begin{cases} \lVert s \rVert & \text{if } s > 0 \\ -\lVert s \rVert & \text{else}"
    r"\end{cases}",
    r"\max(0, s) = s \text{ if } s \ge 0, \quad \max(0, s) = 0 \text{ for } s < 0",
    r"\overline{v^2} = \tfrac12 v^\top v = \frac12 \sum_k v_k^2 = \mathrm{mean}(v^2)",
    r"\Bigl\lfloor \frac{2p + 1}{2} \Bigr\rfloor = p",
    r"\log \prod_k h_k = \sum_k \log h_k, \quad \sqrt{h^\top h} = \lVert h \rVert",
    r"\frac{v_1 + \dots + v_p}{p} = \mathrm{mean}(v)",
    r"w_k^\top x = z_k - b_k: \quad (z_1 - b_1, z_2 - b_2) = z - b",
    r"e^{v_k} = \exp(v_k) \text{ for } k = 1, \dots, p",
    r"u_t = \frac12 u_{t-1} \quad \text{until} \quad u_{t-1} - u_t < \frac{1}{15}",
    r"f = f_2 \circ f_1, \quad (f_2 \circ f_1)'(c) = f_2'(f_1(c)) \, f_1'(c)",
    r"\frac{\partial J}{\partial b} = \frac{\partial J}{\partial z} \text{ of the shape of } b",
    r"\sigma\colon \mathbb R \to \mathbb R, \quad d + 1 > d, \quad d \neq p, \quad d \in \{3, 4\}",
]

# Each pair is a part of a formula above and a fault that may be put in its place.
FAULTS = [
    ("W^\\top x", "W x"), ("+ b)", "- b)"), ("W_{jk}", "W_{kj}"), ("^{d}", "^{p}"), ("j=1", "j=2"),
    ("w_k^\\top x", "w_k x"), ("w_k^\\top", "w_1^\\top"), ("k = 1", "k = 2"), ("x_d", "x_p"),
    ("\\mathbb R^d", "\\mathbb R^p"), ("(0, 1)", "(0.5, 0.6)"), ("w_1 &", "w_2 &"),
    ("(p,\\,d)", "(d,\\,p)"), ("(p{,})", "(d{,})"), ("XW", "WX"), ("(n, p) \\q", "(n, d) \\q"),
    ("(p{,}) \\to", "(d{,}) \\to"), ("v \\text", "x \\text"), ("\\odot", "\\cdot"),
    ("'(z)", "(z)"), ("2 h", "h"), ("(1 - h_k)", "(1 + h_k)"), ("x_j$", "x_k"),
    ("= W \\", "= W^\\top \\"),
    ("= W^\\top,", "= W,"), ("- 2h", "+ 2h"), ("0.8176", "0.8175"), ("0.247", "0.248"),
    ("10^3", "10^4"), ("s > 0", "s < 0"), ("s < 0$", "s > 0"), ("= s \\text", "= -s \\text"),
    ("v^2}", "v^3}"), ("\\tfrac12", "\\tfrac13"), ("\\sum_k \\log", "\\prod_k \\log"),
    (": \\quad (z_1", ": \\quad (z_2"), ("z_2 - b_2)", "z_2 - b_1)"), ("= z - b", "= z"),
    ("{15}", "{7}"), ("{15}", "{40}"), ("u_{t-1} \\q", "u_t \\q"),
    ("f = f_2 \\circ f_1", "f = f_1 \\circ f_2"),
    ("f_2'(f_1(c))", "f_2'(c)"), ("of } b", "of } x"),
    ("h = ", "h^\\top = "), ("v_1 + ", "v_2 + "), ("v_p}", "v_d}"), ("e^{", "d^{"),
    ("}{p}", "}{d}"), ("= 1, \\dots, p$", "= 1, \\dots, d"),
    ("d + 1 >", "d + 1 <"), ("d \\neq p", "d \\neq 3"), ("\\{3, 4\\}", "\\{4, 5\\}"),
    ("2p + 1", "2p + 2"),
]  # fmt: skip

UNREADABLE = [
    "q = 1", r"\oint x = 1", "x = ", r"\frac{1}{2", r"\sum x = 1",
    r"\sigma z = 1", r"(w_1, \dots, v) = x", r"h = \sigma(z) \text{ if } c > 1",
    r"\frac{\partial J}{\partial W^2} = 0", r"\nabla h = 1", r"\begin{cases} x & \text{so}",
]  # fmt: skip


@pytest.mark.parametrize("tex", TRUE)
def test_what_is_true_holds(tex):
    assert check(tex, layer, np.random.default_rng(0)) > 0


@pytest.mark.parametrize("right, wrong", FAULTS)
def test_a_fault_is_found(right, wrong):
    changed = [tex.replace(right.rstrip("$"), wrong) for tex in TRUE
               if right.rstrip("$") in tex and (right[-1] != "$" or tex.endswith(right[:-1]))]
    assert changed
    for tex in changed:
        with pytest.raises(WrongFormula):
            check(tex, layer, np.random.default_rng(0))


@pytest.mark.parametrize("tex", UNREADABLE)
def test_what_is_not_understood_is_said(tex):
    with pytest.raises(UnreadableFormula):
        check(tex, layer, np.random.default_rng(0))


def test_a_value_can_be_asked_for():
    world = layer(np.random.default_rng(0))
    np.testing.assert_allclose(evaluate(r"W^\top x + b", world), world["z"])


def test_a_shown_number_is_any_that_rounds_to_it():
    world = World({"z": 0.73114, r"\sigma": sigmoid})
    assert hold(r"z = 0.7311 \qquad \sigma(1.0) = 0.73", world) == 2
    for wrong in [r"z = 0.7312", r"z = 0.731 \cdot 1.00 \cdot 2", r"z + 0.00001 = z", r"z = 0.8"]:
        with pytest.raises(WrongFormula):
            hold(wrong, world)


def test_what_the_code_says_of_a_derivative_must_be_that_of_the_differences():
    world = layer(np.random.default_rng(0))
    assert hold(r"\frac{\partial J}{\partial b} = \frac{\partial J}{\partial z}", world) == 1
    world.gradients["J", "b"] = lambda world: -2 * world["h"] ** 2 * (1 - world["h"])
    with pytest.raises(WrongFormula, match="lecture_utils has the derivative"):
        hold(r"\frac{\partial J}{\partial b} = \frac{\partial J}{\partial z}", world)
