"""Computation graphs of numbers: each node knows its value and its derivative by each input."""

import math
from dataclasses import dataclass, field, replace

from lecture_utils._validation import require_number
from lecture_utils.activations import relu, sigmoid, tanh


def _unary(operation, function):
    """Return the method of an operation, whose function gives its value and its derivative."""
    return lambda a: _result(operation, function, a)


def _binary(operation, function):
    """Return the methods of the node on the left and, where a number is there, on the right."""
    return (lambda a, b: _result(operation, function, a, b),
            lambda b, a: _result(operation, function, a, b))


@dataclass(frozen=True, eq=False)
class Node:
    """One number in a computation graph, made by `variable` or computed from other nodes.

    The operations are those of micrograd (Karpathy 2020), and log and sigmoid: nodes and numbers
    are combined by ``+``, ``-``, ``*``, ``/`` and ``**``, and the functions exp, log (natural),
    tanh, relu and sigmoid are methods, as in PyTorch: ``(w * x + b).tanh()``.

    Attributes
    ----------
    name : str
        What the node is called; a result that was given no name is called by its operation.
    value : float
    inputs : tuple of Node
        The nodes it was computed from; empty for a variable.
    local_derivatives : tuple of float
        `∂value/∂input`, one for each input.
    operation : str
        What made the node: ``+``, ``−``, ``×``, ``/``, ``^``, or ``^2`` where the exponent is a
        number, or a function such as ``exp``; empty for a variable.

    Raises
    ------
    TypeError
        If it is combined with anything but a node or a number.
    ValueError
        If the result or one of its local derivatives is not defined or not finite.
    """

    name: str
    value: float
    inputs: tuple = field(default=(), repr=False)
    local_derivatives: tuple = ()
    operation: str = ""

    __array_ufunc__ = None  # so that NumPy's numbers leave ``np.float64(2) * a`` to the node

    # Each operation gives the value, then its derivative by each input.
    __add__, __radd__ = _binary("+", lambda a, b: (a + b, 1, 1))
    __sub__, __rsub__ = _binary("−", lambda a, b: (a - b, 1, -1))
    __mul__, __rmul__ = _binary("×", lambda a, b: (a * b, b, a))
    __truediv__, __rtruediv__ = _binary("/", lambda a, b: (a / b, 1 / b, -a / b / b))
    _pow_node, __rpow__ = _binary("^", lambda a, n: (*_power(a, n), a**n * math.log(a)))
    __neg__ = _unary("−", lambda a: (-a, -1))
    exp = _unary("exp", lambda a: (math.exp(a), math.exp(a)))
    log = _unary("log", lambda a: (math.log(a), 1 / a))
    tanh = _unary("tanh", lambda a: (tanh(a), tanh.derivative(a)))
    relu = _unary("ReLU", lambda a: (relu(a), relu.derivative(a)))
    sigmoid = _unary("σ", lambda a: (sigmoid(a), sigmoid.derivative(a)))

    def __pow__(self, n):
        if isinstance(n, Node):
            return self._pow_node(n)
        # A number is no input, since there is no derivative by the exponent where a ≤ 0.
        require_number("exponent", n)
        return _result(f"^{_number_name(n)}", lambda a: _power(a, float(n)), self)

    def __deepcopy__(self, memo):
        return self  # nothing in it can change, and a copy would go down a deep graph

    def named(self, name):
        """Return the same result under a name of its own: ``c = (a + b).named("c")``."""
        if not isinstance(name, str):
            raise TypeError(f"name must be a text, got {type(name).__name__}")
        return replace(self, name=name)


def variable(name, value):
    """Return a node without inputs."""
    require_number("value", value)
    return Node("", float(value)).named(name)


def _number_name(number):
    return str(number).replace("-", "−")


def _power(a, n):
    # At a = 0 the product n · aⁿ⁻¹ is not defined where n = 0, but a⁰ = 1 has the derivative 0.
    return math.pow(a, n), n * math.pow(a, n - 1) if n else 0


def _result(operation, function, *inputs):
    """Return the node of a function that gives its value, then its derivative by each input."""
    inputs = tuple(a if isinstance(a, Node) else variable(_number_name(a), a) for a in inputs)
    values = [node.value for node in inputs]
    try:
        value, *slopes = map(float, function(*values))
    except (ArithmeticError, ValueError):  # as Python says that it is not defined or too large
        value, slopes = math.nan, []
    if not all(map(math.isfinite, (value, *slopes))):
        given = " and ".join(f"{value:g}" for value in values)
        raise ValueError(
            f"inputs of {operation} must give a finite value and finite derivatives, got {given}"
        )
    return Node(operation, value, inputs, tuple(slopes), operation)


def topological_order(output):
    """Return all nodes that lead to `output`, each one after all of its inputs."""
    if not isinstance(output, Node):
        raise TypeError(f"output must be a graph node, got {type(output).__name__}")
    # A dict finds a node at once, and a list can be longer than calls of functions can be deep.
    order, path = {}, [output]
    while path:
        waiting = [node for node in path[-1].inputs if node not in order]
        if waiting:
            path.append(waiting[0])
        else:
            order[path.pop()] = None
    return list(order)


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

    Raises
    ------
    TypeError
        If `output` is not a node.
    ValueError
        If a derivative is too large for a float.
    """
    order = topological_order(output) if order is None else order
    result = dict.fromkeys(order, 0.0)
    result[output] = 1.0
    for node in reversed(order):
        for node_in, local in zip(node.inputs, node.local_derivatives):
            result[node_in] += result[node] * local    # chain rule, summed over the paths
    for node, derivative in result.items():
        if not math.isfinite(derivative):
            raise ValueError(f"derivatives must be finite, got {derivative} for {node.name}")
    return result
