"""Computation graphs: values forward, derivatives backward, in an order that is right."""

import operator
import random
from copy import deepcopy

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lecture_utils.graph import Node, derivatives, topological_order, variable

# Functions as autograd has them, for real and for complex numbers.
FUNCTIONS = {
    "exp": anp.exp,
    "log": anp.log,
    "tanh": anp.tanh,
    "relu": lambda a: a * (anp.real(a) > 0),
    "sigmoid": lambda a: 1 / (1 + anp.exp(-a)),
}
UNARY = [*FUNCTIONS, "-", "**3", "**-1", "**0.5", "2**", "2-"]
BINARY = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
either_side = pytest.mark.parametrize("side", ["left", "right"])
every_binary = pytest.mark.parametrize("name", BINARY)

numbers = st.floats(-1, 1)
operations = st.lists(
    st.tuples(st.sampled_from("+*"), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8
)
any_operations = st.lists(
    st.tuples(st.sampled_from([*BINARY, *UNARY]), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=8,
)


def expression(a=2.0, b=1.0):
    """Return all nodes of e = (a + b)(b + 1)."""
    a, b = variable("a", a), variable("b", b)
    c, d = a + b, b + 1
    return {"a": a, "b": b, "c": c, "d": d, "e": c * d}


def build(leaves, operations):
    """Apply operations one after the other, each to any two results so far; return the last."""
    results = list(leaves)
    for operation, i, j in operations:
        left, right = results[i % len(results)], results[j % len(results)]
        unary = operation in UNARY
        results.append(apply(operation, left) if unary else BINARY[operation](left, right))
    return results[-1]


def apply(operation, a):
    """Apply an operation with one input to a node, or to a number as autograd or NumPy does."""
    if operation in FUNCTIONS:
        return getattr(a, operation)() if isinstance(a, Node) else FUNCTIONS[operation](a)
    return eval(f"{operation} a" if operation in ("-", "2**", "2-") else f"a {operation}")


def on_side(name, side, a, other):
    """Combine `a` with something that stands on its left or on its right."""
    return BINARY[name](other, a) if side == "left" else BINARY[name](a, other)


def test_values_of_the_lectures_expression():
    assert {name: node.value for name, node in expression().items()} == {
        "a": 2, "b": 1, "c": 3, "d": 2, "e": 6,
    }


def test_derivatives_of_the_lectures_expression():
    nodes = expression()
    result = derivatives(nodes["e"])
    # ∂e/∂b has two paths: through c it is d = 2, through d it is c = 3.
    assert {name: result[node] for name, node in nodes.items()} == {
        "a": 2, "b": 5, "c": 2, "d": 3, "e": 1,
    }


def test_wrong_order_gives_a_wrong_derivative():
    a = variable("a", 3.0)
    square = a * a
    output = square + a * square               # a² + a³: the derivative is 2a + 3a² = 33
    right = topological_order(output)
    too_early = [node for node in right if node is not square]
    too_early.insert(too_early.index(output), square)
    assert derivatives(output)[a] == 33
    assert derivatives(output, too_early)[a] != 33


def test_a_result_is_named_by_its_operation():
    nodes = expression()
    assert (nodes["a"].name, nodes["c"].name, nodes["e"].name) == ("a", "+", "×")


def test_a_result_can_have_a_name_of_its_own():
    a, b = variable("a", 2.0), variable("b", 1.0)
    c = (a + b).named("c")
    e = (c * (b + 1)).named("e")
    assert (c.name, c.operation, c.value, c.inputs) == ("c", "+", 3, (a, b))
    assert [n.name for n in topological_order(e)] == ["a", "b", "c", "1", "+", "e"]
    assert derivatives(e)[b] == 5
    with pytest.raises(TypeError, match="name must be a text, got int"):
        c.named(3)


def test_a_node_used_twice_is_counted_twice():
    a = variable("a", 3.0)
    assert derivatives(a * a)[a] == 6
    assert derivatives(a + a)[a] == 2


def test_numbers_become_nodes():
    a = variable("a", 3.0)
    assert ((a + 2).value, (a * 2).value) == (5, 6)
    assert ((a * 2).inputs[1].name, (a * -2).inputs[1].name) == ("2", "−2")


@every_binary
@either_side
@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.float32(2), np.int64(2)], ids=repr)
def test_a_number_of_any_kind_stands_on_either_side(name, side, number):
    result = on_side(name, side, variable("a", 3.0), number)
    assert isinstance(result, Node)
    assert {type(x) for x in (result.value, *result.local_derivatives)} == {float}
    assert result.value == on_side(name, side, 3.0, 2.0)


@every_binary
@either_side
@pytest.mark.parametrize(
    "other, error",
    [("2", TypeError), (None, TypeError), (2j, TypeError), (True, TypeError), ([2], TypeError),
     (np.array(2.0), TypeError), (np.ones(2), TypeError), (np.complex128(2), TypeError),
     (np.True_, TypeError), (float("nan"), ValueError), (np.float64("inf"), ValueError),
     (10**400, ValueError)],
    ids=lambda x: x.__name__ if isinstance(x, type) else type(x).__name__,
)
def test_what_is_no_finite_number_is_refused_on_either_side(name, side, other, error):
    argument = "exponent" if (name, side) == ("**", "right") else "value"
    expected = "a number" if error is TypeError else "finite"
    with pytest.raises(error, match=f"^{argument} must be {expected}, got "):
        on_side(name, side, variable("a", 3.0), other)


def test_a_large_whole_number_is_a_number():
    assert (10**20 * variable("a", 3.0)).value == 3e20


@pytest.mark.parametrize(
    "refused, operation, given",
    [
        (lambda a, zero: zero.log(), "log", "0"),
        (lambda a, zero: (-a).log(), "log", "-3"),
        (lambda a, zero: a / 0, "/", "3 and 0"),
        (lambda a, zero: 1 / zero, "/", "1 and 0"),
        (lambda a, zero: zero**-1, r"\^−1", "0"),
        (lambda a, zero: zero**0.5, r"\^0.5", "0"),  # its slope is infinite
        (lambda a, zero: (-a) ** 0.5, r"\^0.5", "-3"),
        (lambda a, zero: (-2) ** a, r"\^", "-2 and 3"),
        (lambda a, zero: zero**a, r"\^", "0 and 3"),
        (lambda a, zero: (1000 * a).exp(), "exp", "3000"),
        (lambda a, zero: a**1000, r"\^1000", "3"),
        (lambda a, zero: a * 1e308, "×", r"3 and 1e\+308"),
        (lambda a, zero: 1e200 / (1e-200 + zero), "/", r"1e\+200 and 1e-200"),
        (lambda a, zero: 0 / (1e-310 + zero), "/", "0 and 1e-310"),  # 1 / b is too large
    ],
)
def test_what_has_no_finite_value_or_derivative_is_refused(refused, operation, given):
    with pytest.raises(
        ValueError,
        match=f"^inputs of {operation} must give a finite value and finite derivatives, "
        f"got {given}$",
    ):
        refused(variable("a", 3.0), variable("zero", 0.0))


def test_powers_of_zero_have_the_derivatives_of_polynomials():
    zero = variable("zero", 0.0)
    powers = [zero**n for n in (0, 1, 2)]
    assert [(power.value, derivatives(power)[zero]) for power in powers] == [(1, 0), (0, 1), (0, 0)]


def test_an_exponent_of_few_bits_is_lowered_without_overflow():
    one = variable("one", 1.0)
    assert derivatives(one ** np.int8(-128))[one] == -128


def test_at_the_edges_functions_do_as_the_activations_of_networks():
    assert variable("zero", 0.0).relu().local_derivatives == (0.0,)
    assert [variable("a", sign * 1000).sigmoid().value for sign in (-1, 1)] == [0, 1]


def test_operations_are_called_as_in_formulas():
    a, b = variable("a", 3.0), variable("b", 2.0)
    results = [a + b, a - b, a * b, a / b, a**b, a**-2, -a, a.exp(), a.relu(), a.sigmoid()]
    expected = ["+", "−", "×", "/", "^", "^−2", "−", "exp", "ReLU", "σ"]
    assert [node.operation for node in results] == [node.name for node in results] == expected
    assert (1 - a).inputs[1] is a and (1 - a).inputs[0].name == "1"


def test_numbers_are_summed():
    a, b = variable("a", 3.0), variable("b", 2.0)
    assert derivatives(sum([a, b, 2 * a]))[a] == 3


def deep(n):
    """Return a variable and a node `n` steps away from it."""
    a = node = variable("a", 0.5)
    for i in range(n):
        node = node.tanh() if i % 2 else node + a
    return a, node


def test_a_graph_can_be_thousands_of_nodes_deep():
    a, output = deep(5000)
    assert len(topological_order(output)) == 5001

    def same(x):
        result = x
        for i in range(5000):
            result = anp.tanh(result) if i % 2 else result + x
        return result

    assert derivatives(output)[a] == pytest.approx(autograd.grad(same)(0.5), rel=1e-9)
    assert repr(output).startswith("Node(name='tanh', value=0.")
    assert deepcopy({"output": output}) == {"output": output}
    assert output != a and len({output, a}) == 2


def test_nodes_are_found_without_a_search():
    class Compared(Node):
        times = 0
        __hash__ = Node.__hash__

        def __eq__(self, other):
            Compared.times += 1
            return self is other

    output = Compared("a", 1.0)
    for _ in range(100):
        output = Compared("+", 1.0, (output, output), (1.0, 0.0), "+")
    assert len(derivatives(output)) == 101
    assert Compared.times == 0    # a search of a list would make it thousands


def test_derivatives_that_are_too_large_and_what_is_no_graph_are_refused():
    with pytest.raises(ValueError, match="derivatives must be finite, got inf for x"):
        derivatives(variable("x", 1e-200) * 1e200 * 1e200)
    with pytest.raises(TypeError, match="output must be a graph node, got float"):
        derivatives(3.0)
    with pytest.raises(TypeError, match="name must be a text, got int"):
        variable(1, 2.0)


def test_a_second_call_gives_the_same():
    nodes = expression()
    assert derivatives(nodes["e"]) == derivatives(nodes["e"])


@pytest.mark.parametrize("operation", [*BINARY, *UNARY])
@pytest.mark.parametrize("values", [(0.7, 1.3), (2.5, -0.4)])
def test_each_operation_has_the_value_and_the_derivatives_of_autograd(operation, values):
    check_against_autograd(values, [(operation, 0, 1)])


@pytest.mark.parametrize("operation", ["-", "tanh", "relu", "sigmoid", "exp", "**3", "**-1"])
def test_functions_of_negative_numbers_equal_those_of_autograd(operation):
    check_against_autograd([-1.7], [(operation, 0, 0)])


def check_against_autograd(values, operations):
    variables = [variable("x", value) for value in values]
    output = build(variables, operations)
    expected = build(values, operations)
    slopes = autograd.grad(lambda x: build(x, operations))(np.array(values))
    result = derivatives(output)
    assert output.value == pytest.approx(expected, rel=1e-12, abs=1e-14)
    largest = max(map(abs, result.values()))
    for node, slope in zip(variables, slopes):
        assert result.get(node, 0.0) == pytest.approx(slope, rel=1e-9, abs=1e-11 * largest)


@settings(max_examples=300)
@given(values=st.lists(st.floats(0.1, 2), min_size=1, max_size=3), operations=any_operations)
def test_any_expression_equals_autograd_and_the_complex_step(values, operations):
    variables = [variable(f"x_{i}", value) for i, value in enumerate(values)]
    try:
        output = build(variables, operations)
    except ValueError:
        assume(False)
    order = topological_order(output)
    assume(all(1e-3 < abs(node.value) < 100 for node in order))
    check_against_autograd(values, operations)
    result = derivatives(output)
    largest = max(map(abs, result.values()))
    for i, node in enumerate(variables):
        moved = [np.complex128(complex(value, 1e-30 * (i == j))) for j, value in enumerate(values)]
        expected = build(moved, operations).imag / 1e-30
        assert result.get(node, 0.0) == pytest.approx(expected, rel=1e-9, abs=1e-11 * largest)


@given(values=st.lists(numbers, min_size=1, max_size=3), operations=operations)
def test_every_node_stands_once_and_after_its_inputs(values, operations):
    output = build([variable("x", value) for value in values], operations)
    order = topological_order(output)
    assert len(set(order)) == len(order) and order[-1] is output
    place = {node: i for i, node in enumerate(order)}
    assert all(place[node_in] < place[node] for node in order for node_in in node.inputs)


@given(operations=operations, seed=st.integers(0, 99))
def test_every_topological_order_gives_the_same_derivatives(operations, seed):
    output = build([variable("a", 0.5), variable("b", -0.25)], operations)
    expected = derivatives(output)
    result = derivatives(output, any_topological_order(output, random.Random(seed)))
    assert result.keys() == expected.keys()
    for node, derivative in expected.items():
        assert result[node] == pytest.approx(derivative, rel=1e-12, abs=1e-15)


def any_topological_order(output, rng):
    waiting, order = topological_order(output), []
    while waiting:
        node = rng.choice([n for n in waiting if not set(n.inputs) & set(waiting)])
        waiting.remove(node)
        order.append(node)
    return order
