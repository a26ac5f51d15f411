"""Computation graphs: values forward, derivatives backward, in an order that is right."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.graph import derivatives, topological_order, variable

numbers = st.floats(-1, 1)
operations = st.lists(
    st.tuples(st.sampled_from("+*"), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8
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
        results.append(left + right if operation == "+" else left * right)
    return results[-1]


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


def test_a_second_call_gives_the_same():
    nodes = expression()
    assert derivatives(nodes["e"]) == derivatives(nodes["e"])


@given(values=st.lists(numbers, min_size=1, max_size=3), operations=operations)
def test_derivatives_of_any_expression_equal_the_complex_step(values, operations):
    variables = [variable(f"x_{i}", value) for i, value in enumerate(values)]
    result = derivatives(build(variables, operations))
    for i, node in enumerate(variables):
        moved = [complex(value, 1e-30 * (i == j)) for j, value in enumerate(values)]
        expected = build(moved, operations).imag / 1e-30
        assert result.get(node, 0.0) == pytest.approx(expected, rel=1e-9, abs=1e-12)


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
