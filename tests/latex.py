r"""Evaluates the LaTeX of the lectures on numbers, and tells whether what it states is true.

``check(tex, draw, rng)`` holds a formula against three worlds that `draw` makes; ``hold(tex,
world)`` holds it against one; ``evaluate(tex, world)`` returns the value of an expression. A world
says what the symbols stand for (`World`); `latex_parser` has the grammar.

- A vector of one axis is a column: ``w x`` without ``^\top`` does not fit, ``\odot`` multiplies
  entry by entry and nothing else does. A sum adds a vector to each row of a matrix, as NumPy does.
- Indices count from 1, unless the world says otherwise. A formula holds for all values of an index
  over which it does not sum.
- ``(n, d)`` behind a statement, in a note or behind words with "shape" is the shape of what stands
  before; shapes are multiplied and added as such.
- ``a, …, b`` and ``a + … + b`` go from a to b by the one number in which they differ. Dots in a
  product stand for nothing: the world must be so small that nothing is left out.
- Derivatives are central differences of what the world computes.
- Where a side names no quantity, a number with decimals stands for all that round to it: 0.7311 for
  0.73105 to 0.73115. Elsewhere it is exact.
- ``a_k = b_k: (…)`` lists the values for all k behind the colon.
- ``\text{if}``, ``\text{for}``, ``\text{when}`` and ``\text{where}`` give the condition of the
  statement before, ``\text{until}`` what is true at the last of the world's steps alone. Other
  words are comments.
"""

import operator
from functools import reduce

import numpy as np
from latex_parser import FUNCTIONS, Parser, UnreadableFormula, text_of, tokens_of

STEP = 1e-5    # of central differences
FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)    # in computing
CONDITIONS = [("words", word) for word in ("if", "for", "when", "where")]


class WrongFormula(Exception):
    """A formula that does not hold."""


class _FreeIndex(Exception):
    """An index without a value: the formula must hold for all that it can have."""


class Row(np.ndarray):
    """A vector that lies down: a transposed one, or a bias that is added to rows."""


class Reals:
    """All real arrays of one shape."""

    def __init__(self, shape):
        self.shape, self.name = shape, f"arrays of shape {shape}"


def row(vector):
    return np.asarray(vector).view(Row)


# What symbols stand for

BUILT_IN = {
    r"\exp": np.exp,
    r"\log": np.log,
    r"\tanh": np.tanh,
    r"\max": lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "mean": np.mean,
    "e": np.e,
    r"\pi": np.pi,
    r"\infty": np.inf,
}
assert {*FUNCTIONS} <= BUILT_IN.keys()


class World:
    r"""What the symbols of a formula stand for.

    Parameters
    ----------
    values : dict
        From names, as in LaTeX (``"w"``, ``r"\hat y"``, ``"n_in"`` for n_\text{in}), to numbers,
        arrays, sets and functions. ``"W_1"`` is W with this index, ``"x_"`` the array of all x with
        an index, where x alone is something else.
    rules : dict
        From names to functions of the world, for what changes when something else does:
        ``{"z": lambda world: world["w"] @ world["x"]}``. Derivatives follow them.
    ranges : dict
        From the letter of an index to its values. Numbers, arrays and other things are cases that a
        formula must hold for, too; rules may depend on them.
    arguments : dict
        From the name of a rule to what it is written as a function of: ``{"J": [r"\theta"]}`` for
        J(\theta) and \nabla J.
    first : dict
        From the name of an array to the index of its first entry, or one for each axis; otherwise
        it is 1.
    updates : dict
        From a name to a function of the world, what it becomes in a step: the left side of
        ``\theta \leftarrow …``.
    points : list
        Where two functions are compared.
    gradients : dict
        From a pair of names, of what is derived and by what, to a function of the world: what the
        code says of this derivative, which must be that of the differences.
    row_gradients : bool
        Whether the derivative of a number by a vector lies down, as a Jacobian of one row.
    """

    def __init__(self, values, rules=(), *, ranges=(), arguments=(), first=(), updates=(),
                 points=(), gradients=(), row_gradients=False):
        self.values, self.rules, self.ranges = dict(values), dict(rules), dict(ranges)
        self.arguments, self.first, self.updates = dict(arguments), dict(first), dict(updates)
        self.points, self.gradients = list(points), dict(gradients)
        self.row_gradients, self.computed, self.without_index = row_gradients, {}, None

    def __contains__(self, name):
        return any(name in names for names in (self.values, self.rules, self.ranges, BUILT_IN))

    def __getitem__(self, name):
        if name in self.values:
            return self.values[name]
        if name in self.rules:
            if name not in self.computed:
                self.computed[name] = self.compute(name)
            return self.computed[name]
        if name in self.ranges:
            raise _FreeIndex(name)
        if name in BUILT_IN:
            return BUILT_IN[name]
        raise UnreadableFormula(f"the world of this cell has no symbol {name}")

    def compute(self, name):
        """Return what a rule gives; computed once for all indices that it does not depend on."""
        if self.without_index:
            try:
                return self.without_index[name]
            except _FreeIndex:
                pass
        return self.rules[name](self)

    def changed(self, values, *, first=(), **ranges):
        """Return a world in which these values are others, and what follows from them by rules."""
        world = World.__new__(World)
        world.__dict__.update(self.__dict__)
        world.values, world.computed, world.without_index = self.values | values, {}, None
        world.first, world.ranges = self.first | dict(first), self.ranges | ranges
        return world

    def at(self, index, value):
        """Return a world in which the index has this value."""
        world = self.changed({index: value})
        world.without_index = self if index not in self.values else None
        return world

    def is_function(self, name):
        known = [v for k, v in self.values.items() if k == name or k.startswith(f"{name}_")]
        known += [BUILT_IN[name]] if name in BUILT_IN else []
        return name in self.arguments or any(map(callable, known))

    def chosen(self):
        """Return the values of the indices as text, for messages."""
        values = [f"{name} = {shown(self.values[name])}" for name in self.ranges
                  if name in self.values]
        return f" for {', '.join(values)}" if values else ""


def for_all(world, function):
    """Return what the function gives for the world with all values of each index it asks for."""
    try:
        return [function(world)]
    except _FreeIndex as free:
        index = str(free)
    return [result for value in world.ranges[index]
            for result in for_all(world.at(index, value), function)]


def shown(result):
    """Return a value in few digits, for messages."""
    if isinstance(result, (tuple, frozenset)):
        return f"({', '.join(map(shown, result))})"
    if not isinstance(result, (int, float, np.ndarray, np.number)):
        return getattr(result, "name", type(result).__name__)
    text = np.array2string(np.asarray(result), precision=6, threshold=6, edgeitems=2)
    return " ".join(text.split())


# The value of a tree: a number, an array, a tuple, a set or a function


def value(tree, world):
    match tree:
        case ("number", number, *_):
            return world.values.get(tree, number)       # moved, to see what its rounding does
        case ("name", *_) | ("entry", ("name", *_), _):
            key, position = _place(tree, world)
            result = _entry(world[key], position)
            for _ in tree[3:] and tree[3] * (not key.endswith("'")):
                result = _slope(result)
            return result
        case ("entry", inner, indices):
            array = value(inner, world)
            return _entry(array, _position(array, indices, 1, "it", world))
        case ("list", items, opening, _):
            values = tuple(_items(items, world))
            return frozenset(values) if opening == r"\{" else values
        case ("sum", ((sign, first), *others)):
            result = value(first, world) if sign == "+" else -value(first, world)
            for sign, term in others:
                other = value(term, world)
                result = add(result, other if sign == "+" else -other)
            return result
        case ("product", ((_, first), *others)):
            result = value(first, world)
            for operation, factor in others:
                result = multiply(operation, result, value(factor, world))
            return result
        case ("power", base, exponent):
            return value(base, world) ** value(exponent, world)
        case ("transpose", inner):
            return _transposed(value(inner, world))
        case ("prime", inner):
            return _slope(value(inner, world))
        case ("call", function, arguments):
            return _called(function, [*_items(arguments, world)], world)
        case ("derivative", y, x):
            return _derivative(y, x, world)
        case ("gradient", by, y):
            return _gradient(by, y, world)
        case ("over", kind, index, low, high, body):
            results = [value(body, world.at(index, i)) for i in _span(index, low, high, world)]
            return reduce(add if kind == r"\sum" else operator.mul, results)
        case ("total", first, last):
            return reduce(add, _dotted(first, last, world))
        case ("root", inner):
            return np.sqrt(value(inner, world))
        case ("mean", inner):
            return np.mean(value(inner, world))
        case ("floor", inner):
            return np.floor(value(inner, world))
        case ("norm", inner):
            return np.linalg.norm(_array(value(inner, world)))
        case ("noted", inner, note):
            result = value(inner, world)
            if len(note) == 1 and note[0][0] == "chain":        # words are comments
                _hold_note(result, value(note[0][1][0], world), world)
            return result
        case ("cases", rows):
            for result, condition in rows:
                if condition is None or _is_true(condition, world):
                    return value(result, world)
            raise WrongFormula("none of the cases applies")
        case ("matrix", rows):
            return np.array([[value(entry, world) for entry in row] for row in rows])
        case ("reals", sizes):
            return Reals(tuple(_whole_number(size, world) for size in sizes))
    raise UnreadableFormula(f"{tree[0]} is out of place")


def _array(result):
    return np.asarray(result, dtype=float)


def _items(items, world):
    for item in items:
        if item[0] == "dotted":
            yield from _dotted(*item[1:], world)
        else:
            yield value(item, world)


def _dotted(first, last, world):
    """Return the values from one item to another, which differ in one number: w_1, …, w_d."""
    one, two = (text_of(tokens).split() for tokens in (first, last))
    ends = {(a.strip("{}"), b.strip("{}")) for a, b in zip(one, two) if a != b}
    (low, high), *more = ends or [("", "")]
    if len(one) != len(two) or more or not low.isdecimal():
        raise UnreadableFormula("dots must stand between two things that differ in one number")
    for number in range(int(low), int(evaluate(high, world)) + 1):
        tokens = [a if a == b else a.replace(low, str(number)) for a, b in zip(one, two)]
        yield evaluate(" ".join(tokens), world)


# Names and indices


def _place(tree, world):
    """Return the name in the world and the position in its array that a tree stands for."""
    if tree[0] == "entry":
        key, position = _place(tree[1], world)
        return key, position + _position(world[key], tree[2], world.first.get(key, 1), key, world)
    if tree[0] != "name":
        raise UnreadableFormula("a derivative must be taken by a name")
    _, name, indices, primes = tree
    if name + primes in world:
        name += primes
    labels = [_label(name, index, world) for index in indices]
    for cut in range(len(labels), 0, -1):
        key = f"{name}_{','.join(map(str, labels[:cut]))}"
        if key in world:
            indices = indices[cut:]
            break
    else:
        key = f"{name}_" if indices and f"{name}_" in world else name
    if not indices:
        return key, ()
    return key, _position(world[key], indices, world.first.get(key, 1), key, world)


def _label(name, index, world):
    """Return an index as it stands in the names of a world: a number, or words."""
    if index[0] == "words" or index[0] == "name" and f"{name}_{index[1]}" in world:
        return index[1]
    return _whole_number(index, world)


def _whole_number(tree, world):
    number = value(tree, world)
    if np.ndim(number) or number != int(number):
        raise WrongFormula(f"{shown(number)} is no whole number")
    return int(number)


def _position(array, indices, first, name, world):
    indices, shape = [_whole_number(index, world) for index in indices], np.shape(array)
    starts = first if isinstance(first, tuple) else (first,) * len(shape)
    position = tuple(index - start for index, start in zip(indices, starts))
    within = all(0 <= place < size for place, size in zip(position, shape))
    if len(indices) > len(shape) or not within:
        raise WrongFormula(f"{name}, of shape {shape}, has no entry {', '.join(map(str, indices))}")
    return position


def _entry(array, position):
    if not position:
        return array
    entry = np.asarray(array)[position]
    return entry.item() if entry.ndim == 0 else entry


def _span(index, low, high, world):
    """Return what a sum runs over: from and to where it says, or where the world does."""
    if low and high:
        span = range(_whole_number(low, world), _whole_number(high, world) + 1)
    else:
        span = world.ranges.get(index.rstrip("'"), ()) if not low else ()
    if not span:
        raise UnreadableFormula(f"neither the formula nor the world says over what {index} runs")
    return span


# Arithmetic


def add(a, b):
    """Return a sum; a vector is added to each row of a matrix, and shapes are added as such."""
    shapes = isinstance(a, tuple) and isinstance(b, tuple)
    one, two = (a, b) if shapes else (np.shape(a), np.shape(b))
    if one != two and one and two and not (len(one) == 2 and two == one[1:]):
        raise WrongFormula(f"shapes {shown(one)} and {shown(two)} can't be added")
    if isinstance(a, Row) != isinstance(b, Row) and len(one) == len(two) == 1:
        raise WrongFormula("a row and a column can't be added")
    if shapes:
        return a
    return np.asarray(a + b) if len(one) == 2 else a + b


def multiply(operation, a, b):
    """Return a product of numbers, vectors, matrices, shapes or functions, or a quotient."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != 2 or a[1] != b[0]:
            raise WrongFormula(f"shapes {shown(a)} and {shown(b)} do not fit")
        return (a[0], *b[1:])
    if callable(a) and callable(b) and operation == r"\circ":
        return lambda *x: a(b(*x))
    if callable(a) or callable(b):
        raise UnreadableFormula("a function is multiplied: its argument needs brackets")
    a, b = (np.array(v) if isinstance(v, tuple) else v for v in (a, b))
    one, two = np.shape(a), np.shape(b)
    if one and two and one != two and operation in ("/", r"\odot"):
        raise WrongFormula(f"entry by entry, shapes {one} and {two} do not fit")
    if operation == "/":
        return a / b
    return a * b if operation == r"\odot" or not one or not two else _matrix_product(a, b)


def _matrix_product(a, b):
    """Return the product of matrices; a vector is one column, unless it lies down."""
    one, two = (v if v.ndim > 1 else np.atleast_2d(v) if isinstance(v, Row) else v[:, np.newaxis]
                for v in (a, b))
    if one.shape[1] != two.shape[0]:
        raise WrongFormula(f"shapes {one.shape} and {two.shape} do not fit: is a ⊤ missing?")
    result = np.asarray(one @ two)
    if isinstance(a, Row) and b.ndim == 1:
        return result.item()
    if isinstance(a, Row):
        return row(result[0])
    return result[:, 0] if b.ndim == 1 and not isinstance(b, Row) else result


def _transposed(array):
    if isinstance(array, tuple):                        # written as a row, or columns side by side
        return np.atleast_2d(_array(array)).T
    if np.ndim(array) != 1:
        return np.transpose(array)
    return np.asarray(array) if isinstance(array, Row) else row(array)


# Functions and derivatives


def _called(function, arguments, world):
    if function[0] == "name" and function[1] in world.arguments and not function[3]:
        names = world.arguments[function[1]]
        return value(function, world.changed(dict(zip(names, arguments, strict=True))))
    result = value(function, world)
    if not callable(result):
        raise UnreadableFormula(f"what stands before the brackets is {shown(result)}")
    return result(*arguments)


def _slope(function):
    """Return the derivative of a function, entry by entry."""
    if not callable(function):
        raise WrongFormula("a prime stands behind what is no function")
    return lambda z: (function(z + STEP) - function(z - STEP)) / (2 * STEP)


def _gradient(by, y, world):
    """Return the gradient of ``J`` or ``J(θ)``, by what the index of ∇ or the world says."""
    name = y[1] if y[0] == "call" else y
    if name[0] != "name" or not by and name[1] not in world.arguments:
        raise UnreadableFormula("the world of this cell does not say by what ∇ derives")
    names = world.arguments.get(name[1], ())
    if y[0] == "call":
        world = world.changed(dict(zip(names, _items(y[2], world), strict=True)))
    return _derivative(name, by or ("name", names[0], [], ""), world)


def _derivative(y, x, world):
    """Return the derivative of y by x by central differences; of vectors, their Jacobian."""
    key, position = _place(x, world)
    start = _array(world[key])

    def y_at(moved):
        return _array(value(y, world.changed({key: moved if moved.ndim else moved.item()})))

    def by_entry(entry):
        step = np.zeros_like(start)
        step[entry] = STEP
        return (y_at(start + step) - y_at(start - step)) / (2 * STEP)

    if position or not start.ndim:
        result = by_entry(position)
    else:
        parts = [by_entry(entry) for entry in np.ndindex(start.shape)]
        if parts[0].ndim + (start.ndim > 1) > 1:
            raise UnreadableFormula("a derivative of a matrix, or by one, is no matrix")
        result = np.stack(parts, axis=-1)
        if parts[0].ndim == 0:
            result = result.reshape(start.shape)
            result = row(result) if world.row_gradients and start.ndim == 1 else result
    _hold_code(y, key, position, result, world)
    return result if result.ndim else result.item()


def _hold_code(y, key, position, derivative, world):
    """Hold what the code says of a derivative, where the world has it, against the differences."""
    code = world.gradients.get((y[1], key)) if y[0] == "name" and not y[2] else None
    if code and not _same(_entry(code(world), position), derivative, world, 0.0):
        raise WrongFormula(
            f"lecture_utils has the derivative {shown(code(world))} of {y[1]} by {key}, "
            f"differences give {shown(derivative)}"
        )


# Statements


def evaluate(tex, world):
    """Return the value of an expression in a world: a number, an array, a tuple or a function."""
    return value(Parser([], world).tree_of(tokens_of(tex)), world)


def hold_worth(tex, world, others):
    """Hold an expression alone: it must be worth what a quantity of the world or another one is.

    A name, a number, a function of one and a product of names alone name themselves, but the shapes
    in it must fit. Of an index, all values count at once, so that ``w_k^\\top x + b_k`` is worth z.

    Raises
    ------
    WrongFormula
        If nothing is worth as much.
    """
    tree = Parser([], world).tree_of(tokens_of(tex))
    with np.errstate(all="ignore"):
        for_all(world, lambda world: value(tree, world))    # whose shapes must fit
    if not is_worked_out(tree, world):
        return
    wanted = _for_all_indices(world, lambda world: value(tree, world))
    known = [lambda world, name=name: world[name] for name in [*world.values, *world.rules]]
    known += [lambda world, other=other: evaluate(other, world) for other in others if other != tex]
    for quantity in known:
        try:
            given = _for_all_indices(world, quantity)
            if given.shape == wanted.shape and np.allclose(given, wanted, 5e-5, 1e-6):
                return
        except (*FAILURES, WrongFormula, UnreadableFormula):
            continue    # something else, as a function
    raise WrongFormula(
        f"it is worth {shown(wanted)}, as is no quantity of its world and no formula of its cell. "
        "If it is right, say what it equals, or let its world in tests/worlds.py compute that"
    )


def is_worked_out(tree, world):
    """Tell whether an expression is more than a name: a sum, or a product with such or a number."""
    plain = ("name", "call", "transpose", "power", "derivative", "gradient")
    factors = tree[1] if tree[0] == "product" else ()
    terms = [term[0] for _, term in tree[1]] if tree[0] == "sum" else []
    composed = any(sign == "/" or factor[0] not in plain for sign, factor in factors)
    composed |= tree[0] == "over" or len(terms) > 1 or not {*terms} <= {*plain}
    names = {part[1] for part in _branches(tree) if part[0] == "name"}
    names -= world.ranges.keys() | BUILT_IN.keys()
    return composed and not all(map(world.is_function, names)) and not _is_shape(tree)


def _for_all_indices(world, quantity):
    return np.array(for_all(world, lambda world: _array(quantity(world)))).squeeze()


def check(tex, draw, rng, draws=3):
    """Hold a formula against worlds drawn at random.

    Parameters
    ----------
    tex : str
        Without the dollar signs.
    draw : callable
        Takes `rng` and returns a `World`.
    rng : numpy.random.Generator

    Returns
    -------
    int
        How many statements hold; 0 for what is an expression alone, which makes sense.

    Raises
    ------
    WrongFormula
        If a statement does not hold, or if what stands side by side does not fit.
    UnreadableFormula
        If something in it is not known, or if no draw meets the condition of a statement.
    """
    tested = []
    for _ in range(draws):
        try:
            with np.errstate(all="ignore"):     # what is not a number is not equal to anything
                tested.append([*_statements(tex, draw(rng))])
        except FAILURES as error:
            raise WrongFormula(f"it can't be computed: {error}") from error
    if not all(map(any, zip(*tested))):
        raise UnreadableFormula("a statement was not tested: its condition is never met")
    return len(tested[0])


def hold(tex, world):
    """Hold a formula against one world; results and errors as for `check`."""
    return check(tex, lambda _: world, None, draws=1)


def _statements(tex, world):
    """Hold each statement of the formula in turn; yield whether it was tested."""
    parts = Parser(tokens_of(tex), world).parts()
    before, alone, of_shape = [], [], []    # left sides of statements, sides that make none
    while parts:
        kind, *content = parts.pop(0)
        if kind == "words":
            words = content[0]
            if words == "one number":
                yield _hold_shape(alone or before[-1:], [("list", [], "(", True)], [], world)
            elif words == "until":
                yield _hold_until(parts.pop(0), world)
            elif "shape" in words or words.endswith("same as"):
                of_shape = before + alone if words.startswith(("all", "each")) else []
                of_shape = of_shape or alone or before[-1:]
            continue
        sides, relations, texts = content
        if of_shape or (before or alone) and all(map(_is_shape, sides)):
            yield _hold_shape(of_shape or alone or before[-1:], sides, relations, world)
            of_shape, alone = [], []
        elif _is_dots(parts[:1]):
            yield _hold_range(sides, parts, world)
        elif sides[-1] is None and relations[1:] and relations[-1] == ":" and parts:
            yield _hold_chain(sides[:-1], relations[:-1], texts, None, alone, world)
            yield _hold_list(sides[0], texts[0], parts[0][1][0], world)
        elif not relations or relations == [":"] and sides[1] is None:
            for_all(world, lambda w, side=sides[0]: value(side, w))
            alone.append(sides[0])
        else:
            condition = None
            if parts and parts[0] in CONDITIONS and not _is_dots(parts[2:3]):
                _, condition = parts.pop(0), parts.pop(0)
            yield _hold_chain(sides, relations, texts, condition, alone, world)
            before, alone = [*before, *alone, sides[0]], []


def _is_dots(parts):
    return [part[1] for part in parts] == [[("dots",)]]


def _hold_chain(sides, relations, texts, condition, alone, world):
    """Hold a statement for all its indices; return whether its condition was ever met."""
    if None in sides:
        raise UnreadableFormula(f"nothing stands beside {' '.join(relations)}")

    def hold_at(world):
        if condition and not _is_true(condition, world):
            return False
        if relations == [":", "→"]:
            _hold_sets(*sides, world)
        elif relations == [":"]:
            _hold_shape([*alone, sides[0]], sides[1:], [], world)
        else:
            _hold_relations(sides, relations, texts, world)
        for other in alone if relations[0] == "∈" else ():
            _hold_relations([other, sides[1]], "∈", ["what stands before", texts[1]], world)
        return True

    return any(for_all(world, hold_at))


def _is_true(chain, world):
    try:
        _hold_relations(*chain[1:], world)
    except WrongFormula:
        return False
    return True


def _hold_relations(sides, relations, texts, world):
    for n, relation in enumerate(relations):
        said = f"{texts[n]} {relation} {texts[n + 1]}"
        try:
            a, b = _both_sides(sides[n], relation, sides[n + 1], world)
            slack = _rounding(sides[n], world) + _rounding(sides[n + 1], world)
            holds = HOLDS[relation](a, b, world, slack)
        except WrongFormula as error:
            raise WrongFormula(f"{said}: {error}{world.chosen()}") from None
        if not holds:
            values = f"left {shown(a)}, right {shown(b)}"
            raise WrongFormula(f"{said} is not true{world.chosen()}: {values}")


def _both_sides(left, relation, right, world):
    """Return the values of two sides; what ← gives to its left side is known to the world."""
    if relation != "←":
        return value(left, world), value(right, world)
    key, _ = _place(left, world)
    if key not in world.updates:
        raise UnreadableFormula(f"the world of this cell does not say what becomes of {key}")
    return world.updates[key](world), value(right, world)


def _same(a, b, world, slack, rtol=2e-6):
    """Tell whether two values are equal, up to the errors of differences and rounded numbers."""
    if isinstance(a, frozenset) or isinstance(b, frozenset):
        return a == b
    if callable(a) and callable(b):
        return bool(world.points) and all(_same(a(x), b(x), world, slack) for x in world.points)
    flat = isinstance(a, tuple) or isinstance(b, tuple) or np.size(a) == 1
    lying = isinstance(a, Row) != isinstance(b, Row) and not flat
    a, b = _column(_array(a)), _column(_array(b))
    if a.shape != b.shape and not (flat and a.size == b.size):
        raise WrongFormula(f"shapes {a.shape} and {b.shape} differ")
    if lying and a.ndim == 1:
        raise WrongFormula("a row and a column differ")
    allowed = slack if np.any(slack) else 1e-9
    return bool(np.all(np.abs(a - b).ravel() <= 1.000001 * allowed + rtol * np.abs(b).ravel()))


def _column(array):
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _is_member(a, b, world, slack):
    if isinstance(b, Reals):
        return np.shape(a) == b.shape
    if isinstance(b, tuple):
        return bool(np.all((_array(a) > b[0]) & (_array(a) < b[1])))
    return {*_array(a).ravel()} <= {*map(float, b)}


HOLDS = {
    "=": _same,
    "→": _same,
    "←": _same,
    "≈": lambda a, b, world, slack: _same(a, b, world, slack, 0 if np.any(slack) else 5e-5),
    "≠": lambda a, b, world, slack: not _same(a, b, world, slack),
    "<": lambda a, b, *_: bool(np.all(_array(a) < _array(b))),
    ">": lambda a, b, *_: bool(np.all(_array(a) > _array(b))),
    "≤": lambda a, b, *_: bool(np.all(_array(a) <= _array(b) + 1e-9)),
    "≥": lambda a, b, *_: bool(np.all(_array(a) >= _array(b) - 1e-9)),
    "∈": _is_member,
}


def _rounding(tree, world):
    """Return by how much a side may differ as its decimals are rounded: 0 if it has names."""
    parts = [*_branches(tree)]
    named = any(p[0] == "name" and not world.is_function(p[1]) for p in parts)
    decimals = [] if named else [p for p in parts if p[0] == "number" and p[2]]
    exact = _array(value(tree, world)) if decimals else 0.0
    moved = [_array(value(tree, world.changed({p: p[1] + p[2]}))) for p in decimals]
    return sum((np.abs(m - exact).ravel() for m in moved), 0.0)


def _branches(tree):
    if isinstance(tree, tuple) and tree:
        yield tree
    for part in tree:
        if isinstance(part, (tuple, list)):
            yield from _branches(part)


# Shapes, sets and indices


def _is_shape(tree):
    """Tell whether a side is made of brackets with commas alone: (n, d) (d, p) + (p,)."""
    match tree:
        case ("list", _, "(", True):
            return True
        case ("sum", terms) | ("product", terms):
            return all(_is_shape(term) for _, term in terms)
    return False


def _hold_shape(trees, sides, relations, world):
    """Hold the shape of some quantities: the last side, or that of the array that it names."""
    if not trees:
        raise UnreadableFormula("a shape is given, but of nothing")

    def hold_at(world):
        if relations:
            _hold_relations(sides, relations, ["a shape"] * len(sides), world)
        said = value(sides[-1], world)
        said = said if isinstance(said, tuple) else np.shape(said)
        for tree in trees:
            _hold_note(value(tree, world), said, world)

    for_all(world, hold_at)
    return True


def _hold_note(result, said, world):
    """Hold what is said of a quantity: its shape or its value."""
    if not isinstance(said, tuple):
        if not _same(result, said, world, 0.0):
            raise WrongFormula(f"{shown(result)} is noted as {shown(said)}{world.chosen()}")
    elif np.shape(result) != said and not (isinstance(result, Row) and said == (1, result.size)):
        raise WrongFormula(
            f"the shape is {np.shape(result)}, the text says {shown(said)}{world.chosen()}"
        )


def _hold_sets(function, source, target, world):
    """Hold f: source → target: f takes what is in the source, and gives what is in the target."""
    source, target = value(source, world), value(target, world)
    if not isinstance(source, Reals):
        raise UnreadableFormula(r"only a function from a set such as \mathbb R^d can be read")
    x = np.random.default_rng(0).normal(size=source.shape)[()]
    y = _called(function, [x], world)
    if not _is_member(y, target, world, 0.0):
        raise WrongFormula(f"the function gives {shown(y)}, which is not in the set named")


def _hold_list(tree, text, listed, world):
    """Hold what stands behind a colon: the values of the left side for all its indices."""
    values = np.array(for_all(world, lambda world: _array(value(tree, world))))
    if not listed or not _same(values, value(listed, world), world, _rounding(listed, world)):
        raise WrongFormula(f"{text} is {shown(values)}, behind the colon is something else")
    return True


def _hold_range(sides, parts, world):
    """Hold that an index goes from where to where: k = 1, …, p."""
    parts.pop(0)
    if len(sides) != 2 or sides[0][0] != "name" or sides[0][1] not in world.ranges:
        raise UnreadableFormula("dots must stand behind an index with its first value: k = 1, …")
    index, values = sides[0][1], [*world.ranges[sides[0][1]]]
    ends = [sides[1], *(parts.pop(0)[1] if parts and not parts[0][2] else ())]
    said = [_whole_number(end, world) for end in ends]
    if said != [values[0], values[-1]][: len(said)]:
        raise WrongFormula(f"{index} goes over {values}, the text says {shown(tuple(said))}")
    return True


def _hold_until(chain, world):
    """Hold that a condition is false at all steps of the world but the last."""
    met = for_all(world, lambda world: _is_true(chain, world))
    if met != [False] * (len(met) - 1) + [True] or len(met) < 2:
        raise WrongFormula(f"the condition is met at the steps {met}, expected at the last alone")
    return True
