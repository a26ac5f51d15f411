"""Computation graphs of numbers: each node knows its value and its derivative by each input."""

from dataclasses import dataclass, replace

from lecture_utils._validation import require_number


@dataclass(frozen=True, eq=False)
class Node:
    """One number in a computation graph, made by `variable`, by ``+`` or by ``*``.

    Attributes
    ----------
    name : str
        How the node is called; a result that got no name is called by its operation.
    value : float
    inputs : tuple of Node
        The nodes it was computed from; empty for a variable.
    local_derivatives : tuple of float
        `∂value/∂input`, one for each input.
    operation : str
        What made the node, ``+`` or ``×``; empty for a variable.
    """

    name: str
    value: float
    inputs: tuple = ()
    local_derivatives: tuple = ()
    operation: str = ""

    def __add__(self, other):
        other = _as_node(other)
        return Node("+", self.value + other.value, (self, other), (1.0, 1.0), "+")

    def __mul__(self, other):
        other = _as_node(other)
        local_derivatives = (other.value, self.value)
        return Node("×", self.value * other.value, (self, other), local_derivatives, "×")

    def named(self, name):
        """Return the same result under a name of its own: ``c = (a + b).named("c")``."""
        if not isinstance(name, str):
            raise TypeError(f"name must be a text, got {type(name).__name__}")
        return replace(self, name=name)


def variable(name, value):
    """Return a node without inputs."""
    require_number("value", value)
    return Node(name, float(value))


def _as_node(value):
    return value if isinstance(value, Node) else variable(str(value).replace("-", "−"), value)


def topological_order(output):
    """Return all nodes that lead to `output`, each one after all of its inputs."""
    order = []

    def visit(node):
        if node not in order:
            for node_in in node.inputs:
                visit(node_in)
            order.append(node)

    visit(output)
    return order


def derivatives(output, order=None):
    """Return `∂output/∂node` for each node that leads to `output`, as a dict.

    Goes backward through `order` and hands each node's derivative on to its inputs. That is
    right only if a node's derivative is complete when its turn comes, so if every node stands
    after all of its inputs.

    Parameters
    ----------
    output : Node
    order : list of Node, optional
        The forward order; by default `topological_order`. Another one shows what goes wrong.
    """
    order = topological_order(output) if order is None else order
    result = dict.fromkeys(order, 0.0)
    result[output] = 1.0
    for node in reversed(order):
        for node_in, local in zip(node.inputs, node.local_derivatives):
            result[node_in] += result[node] * local    # chain rule, summed over the paths
    return result
