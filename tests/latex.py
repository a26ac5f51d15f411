r"""Reads the LaTeX of the lectures as mathematics, and tells whether it holds for given numbers.

``check(tex, draw, rng)`` holds a formula against three worlds that `draw` makes; ``hold(tex,
world)`` holds it against one; ``evaluate(tex, world)`` returns the value of an expression. A world
says what the symbols stand for (`World`).

What is read:

    formula    parts between , ; \quad \qquad \;\; & \\ \Rightarrow \Leftrightarrow and words
    part       side (relation side)*            relation  = < > \le \ge \neq \approx \in \leftarrow
                                                          \to \colon :
    side       [-] product ((+ | -) product)*
    product    factor (operation factor)*       operation \cdot \times \odot \circ / or nothing
    factor     number, name, brackets, \frac \sqrt \lVert \rVert \overline (a mean), \begin{cases},
               \begin{pmatrix}, \sum \prod, \partial and \mathrm d over the same, \nabla,
               \underset{note}{…}, \underbrace{…}_{note}, \mathbb R, \{set\}, with _ ^ ' behind it
    name       a letter, \letter, \hat or another accent with a letter, \text{word},
               \mathrm{word} or \operatorname{word} that the world knows

Rules of reading:

- A vector of one axis is a column: ``w x`` without ``^\top`` does not fit, ``\odot`` multiplies
  entry by entry and nothing else does. A sum adds a vector to each row of a matrix, as NumPy does.
- Indices count from 1, unless the world says otherwise. A formula holds for all values of an index
  over which it does not sum.
- ``(n, d)`` behind a statement, in a note or behind words with "shape" is the shape of what stands
  before; shapes are multiplied and added as such.
- ``a, …, b`` goes from a to b by the one number in which they differ. Dots in a product stand for
  nothing: the world must be so small that nothing is left out.
- Derivatives are central differences of what the world computes, so no formula of a derivative is
  held against the code of that derivative alone.
- Where a side names no quantity, a number with decimals stands for all that round to it: 0.7311 for
  0.73105 to 0.73115. Elsewhere it is exact.
- ``\text{if}`` gives the condition of the statement before it, ``\text{until}`` what is true at the
  last of the world's steps alone. Other words are comments.
"""

import re

import numpy as np


class WrongFormula(Exception):
    """A formula that does not hold."""


class UnreadableFormula(Exception):
    """A formula, or a symbol in it, that can't be read."""


class _FreeIndex(Exception):
    """An index without a value: the formula must hold for all that it can have."""


class Row(np.ndarray):
    """A vector that lies down: a transposed one, or a bias that is added to rows."""


def row(vector):
    return np.asarray(vector).view(Row)


# What symbols stand for


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
        From the letter of an index to its values. Other numbers and arrays are cases that a formula
        must hold for, too, and rules may depend on them.
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
        return name in self.values or name in self.rules

    def __getitem__(self, name):
        if name in self.values:
            return self.values[name]
        if name in self.rules:
            if name not in self.computed:
                self.computed[name] = self.compute(name)
            return self.computed[name]
        if name in self.ranges:
            raise _FreeIndex(name)
        if name in FUNCTIONS:
            return FUNCTIONS[name]
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
        return name in self.arguments or name in FUNCTIONS or any(map(callable, known))


def for_all(world, function):
    """Return what the function gives for the world with all values of each index it asks for."""
    try:
        return [function(world)]
    except _FreeIndex as free:
        index = str(free)
    return [result for value in world.ranges[index]
            for result in for_all(world.at(index, value), function)]


FUNCTIONS = {
    r"\exp": np.exp,
    r"\log": np.log,
    r"\tanh": np.tanh,
    r"\max": lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "mean": np.mean,
}

# From text to tokens

SPACES = re.compile(r"\\[,:!; ]|~|\\(?:[bB]igg?[lr]?|left|right|(?:display|text)style)")
TOKEN = re.compile(
    r"\\(?:text|mathrm|operatorname)(?![a-z])\s*(?:\{(?P<words>[^{}]*)\}|(?P<letter>\w))"
    r"|\\(?:mathcal|mathbb)\s*\{?\w\}?|\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S"
)
RELATIONS = {
    "=": "=", "<": "<", ">": ">", r"\lt": "<", r"\gt": ">", r"\le": "≤", r"\leq": "≤", r"\ge": "≥",
    r"\geq": "≥", r"\ne": "≠", r"\neq": "≠", r"\approx": "≈", r"\in": "∈", r"\leftarrow": "←",
    r"\to": "→", r"\colon": ":", ":": ":",
}  # fmt: skip
SEPARATORS = {",", ";", r"\quad", r"\qquad", "&", r"\\", r"\Rightarrow", r"\Leftrightarrow"}
SEPARATORS |= {r"\begin{aligned}", r"\end{aligned}"}
ACCENTS = {r"\hat", r"\bar", r"\tilde", r"\vec"}
OPERATIONS = {r"\cdot", r"\times", r"\odot", r"\circ", "/"}
CLOSING = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", r"\lVert": r"\rVert"}


class Words(str):
    r"""A token: the text of a \text, \mathrm or \operatorname."""


def tokens_of(tex):
    tex = re.sub(r"(?<=\d)\{,\}(?=\d{3})", "", tex).replace("{,}", ",")
    # In a block, & stands before a relation, and an equation may go on in the next line.
    tex = re.sub(r"(\\\\\s*)?&\s*(?=[=<>]|\\(?:approx|le|ge|in|to)\b)", "", tex)
    tex = re.sub(r"\\;\s*\\;", r"\\quad ", re.sub(r"\\mathbf\b", "", tex))
    found = [m for m in TOKEN.finditer(tex) if not SPACES.fullmatch(m[0])]
    return [m[0] if m["words"] is m["letter"] is None else Words(m["words"] or m["letter"])
            for m in found]


# From tokens to a tree: tuples that begin with their kind


class Parser:
    def __init__(self, tokens, world):
        self.tokens, self.world, self.at = list(tokens), world, 0

    # Moving on

    @property
    def next(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *expected):
        token = self.next
        if token is None or expected and token not in expected:
            wanted = " or ".join(expected) or "more"
            raise UnreadableFormula(f"expected {wanted}, got {token or 'the end'}")
        self.at += 1
        return token

    def skip(self, *tokens):
        """Take the next token if it is one of these, and tell so."""
        found = self.next in tokens and not isinstance(self.next, Words)
        self.at += found
        return found

    def group(self):
        """Return the tokens of {…}, or one token; of a number without braces its first digit."""
        token = self.take()
        if token != "{":
            if token.isdigit() and len(token) > 1:      # \frac12 is one half
                self.tokens.insert(self.at, token[1:])
            return [token[:1] if token.isdigit() else token]
        start = self.at
        self.at = self.closing(start)
        return self.tokens[start : self.at - 1]

    def closing(self, start):
        """Return the place behind the brace that closes the one before `start`."""
        depth = 1
        for at in range(start, len(self.tokens)):
            depth += {"{": 1, "}": -1}.get(self.tokens[at], 0)
            if depth == 0:
                return at + 1
        raise UnreadableFormula("a { is not closed")

    def inner(self, tokens):
        """Return the tree of a group."""
        parser = Parser(tokens, self.world)
        tree = parser.side()
        if parser.next is not None:
            raise UnreadableFormula(f"{parser.next} is not expected in {' '.join(tokens)}")
        return tree

    def is_comment(self, token):
        return isinstance(token, Words) and not (
            token in self.world or token in FUNCTIONS or token in ("d", "T")
        )

    # A whole formula

    def parts(self):
        """Return the formula as a list of ("words", text) and ("chain", sides, relations)."""
        found = []
        while self.next is not None:
            if self.skip(*SEPARATORS):
                continue
            if self.is_comment(self.next):
                found.append(("words", self.take().strip(" ,:()")))
            else:
                found.append(self.chain())
        return found

    def chain(self):
        sides, relations = [self.side_or_nothing()], []
        while self.next in RELATIONS:
            relations.append(RELATIONS[self.take()])
            sides.append(self.side_or_nothing())
        if not relations and sides == [None]:
            raise UnreadableFormula(f"{self.next} is not known here")
        return ("chain", sides, relations)

    def side_or_nothing(self):
        if self.next in (r"\dots", r"\cdots") and self.take():
            return ("dots",)
        if self.next == r"\underbrace" and (chain := self.braced_statement()):
            return chain
        ends = self.next is None or self.next in SEPARATORS or self.next in RELATIONS
        return None if ends or self.is_comment(self.next) else self.side()

    def braced_statement(self):
        r"""Return the chain in an \underbrace around a statement, or None around anything else."""
        start = self.at
        self.take()
        parser = Parser(self.group(), self.world)
        chain = parser.chain()
        if not chain[2] or parser.next is not None:
            self.at = start
            return None
        note = Parser(self.group() if self.skip("_") else [], self.world).parts()
        return ("statement", chain, note)

    # Sides, products and factors

    def side(self):
        terms = [("-" if self.skip("-") else "+", self.product())]
        while self.next in ("+", "-"):
            terms.append((self.take(), self.product()))
        return terms[0][1] if len(terms) == 1 and terms[0][0] == "+" else ("sum", terms)

    def product(self):
        factors = [("", self.factor())]
        while True:
            if self.skip(r"\dots", r"\cdots"):           # stand for nothing
                continue
            if self.next in OPERATIONS:
                operation = self.take()
                if self.next not in (r"\dots", r"\cdots"):
                    factors.append((operation, self.factor()))
            elif self.starts_factor():
                factors.append(("", self.factor()))
            else:
                break
        factors = _derivatives_joined(factors)
        return factors[0][1] if len(factors) == 1 else ("product", factors)

    def starts_factor(self):
        token = self.next
        closes = {*CLOSING.values(), "+", "-", "|", r"\mid", None}
        ends = {r"\\", r"\end{cases}", r"\end{pmatrix}", r"\end{aligned}"}
        return not self.is_comment(token) and token not in closes | ends | SEPARATORS | {*RELATIONS}

    def factor(self):
        if self.skip("-"):
            return ("sum", [("-", self.factor())])
        token = self.next
        if token == r"\partial" or token == "d" and isinstance(token, Words):
            self.take()
            return ("d", self.factor())
        if token == r"\nabla":
            return self.gradient()
        if token in (r"\sum", r"\prod"):
            return self.sum_over()
        tree = self.behind(self.atom())
        if token in FUNCTIONS and tree[0] == "name":    # \log x, without brackets
            return ("call", tree, [self.factor()])
        return tree

    def gradient(self):
        self.take()
        by = self.inner(self.group()) if self.skip("_") else None
        return ("gradient", by, self.factor())

    def sum_over(self):
        kind, low, high = self.take(), None, None
        while self.next in ("_", "^"):
            if self.take() == "_":
                low = self.group()
            else:
                high = self.inner(self.group())
        if not low:
            raise UnreadableFormula(f"{kind} has no index: write {kind}_i")
        index, _, start = " ".join(low).partition(" = ")
        start = self.inner(tokens_of(start)) if start else None
        return ("over", kind, index.replace(" ", ""), start, high, self.product())

    def behind(self, tree):
        """Return the tree with what stands behind it: indices, powers, primes, arguments."""
        while True:
            if self.skip("_"):
                tree = _with_index(tree, self.indices(self.group()))
            elif self.skip("'"):
                tree = (*tree[:3], tree[3] + "'") if tree[0] == "name" else ("prime", tree)
            elif self.skip("^"):
                power = self.group()
                transposes = power == [r"\top"] or power == ["T"] and "T" not in self.world
                tree = ("transpose", tree) if transposes else ("power", tree, self.inner(power))
            elif self.next == "(" and self.is_function(tree):
                tree = ("call", tree, self.brackets()[1])
            else:
                return tree

    def is_function(self, tree):
        if tree[0] == "name":
            return self.world.is_function(tree[1])
        return tree[0] == "prime" or tree[0] == "product" and any(o == r"\circ" for o, _ in tree[1])

    def indices(self, tokens):
        """Return the trees of an index: each letter of W_{jk}, each part of X_{i,r+u} is one."""
        text = "".join(tokens)
        words = any(isinstance(token, Words) for token in tokens)
        if not words and re.fullmatch(r"(?:[a-zA-Z]'*|\d)+", text):
            return [self.inner(tokens_of(part)) for part in re.findall(r"[a-zA-Z]'*|\d", text)]
        parts = [[]]
        for token in tokens:
            if token == ",":
                parts.append([])
            else:
                parts[-1].append(token)
        return [("words", part[0]) if isinstance(part[0], Words) else self.inner(part)
                for part in parts]

    def brackets(self):
        """Return ("list", trees, opening bracket, whether it has a comma) of (…), […] or {…}."""
        opening = self.take()
        items, tokens, dotted, comma = [], [], False, False
        while self.next not in (")", "]", r"\}"):
            start = self.at
            if self.skip(r"\dots"):
                dotted = True
            else:
                items.append(self.side())
                span = self.tokens[start : self.at]
                if dotted:
                    items[-2:] = [("dotted", tokens, span)]
                tokens, dotted = span, False
            if not self.skip(",", r"\mid"):
                break
            comma = True
        self.take(CLOSING[opening], ")", "]")           # an interval may end in another bracket
        return ("list", items, opening, comma)

    def atom(self):
        token = self.next
        if token in ("(", "[", r"\{"):
            tree = self.brackets()
            return tree[1][0] if not tree[3] and tree[2] != r"\{" else tree
        if token == "{":
            return self.inner(self.group())
        self.take() if token is not None else self.take("a number or a name")
        if token in (r"\frac", r"\tfrac", r"\dfrac"):
            factors = [("", self.inner(self.group())), ("/", self.inner(self.group()))]
            joined = _derivatives_joined(factors)
            return joined[0][1] if len(joined) == 1 else ("product", joined)
        if token in (r"\sqrt", r"\overline"):
            return ({r"\sqrt": "root", r"\overline": "mean"}[token], self.inner(self.group()))
        if token == r"\lVert":
            tree = self.side()
            self.take(r"\rVert")
            return ("norm", tree)
        if token == r"\underset":
            note = self.group()
            return ("noted", self.inner(self.group()), Parser(note, self.world).parts())
        if token == r"\underbrace":
            tree = self.inner(self.group())
            note = self.group() if self.skip("_") else []
            return ("noted", tree, Parser(note, self.world).parts())
        if token in (r"\begin{cases}", r"\begin{pmatrix}"):
            return self.cases() if "cases" in token else self.matrix()
        if re.fullmatch(r"\d+(\.\d+)?", token):
            decimals = len(token.partition(".")[2])
            return ("number", float(token), 0.5 * 10.0**-decimals if decimals else 0.0)
        if re.fullmatch(r"\\mathbb\s*\{?R\}?", token):
            return ("reals", self.sizes() if self.skip("^") else [])
        if token in ACCENTS:
            return ("name", f"{token} {''.join(self.group())}", [], "")
        if isinstance(token, Words) or re.fullmatch(r"[a-zA-Z]|\\(mathcal.*|[a-zA-Z]+)", token):
            return ("name", re.sub(r"\\mathcal\s*\{?(\w)\}?", r"\\mathcal \1", token), [], "")
        raise UnreadableFormula(f"{token} is not known here")

    def sizes(self):
        """Return the trees of the sizes in \\mathbb R^{d \\times p}."""
        parser = Parser(self.group(), self.world)
        sizes = [parser.sum_of_factors()]
        while parser.skip(r"\times"):
            sizes.append(parser.sum_of_factors())
        return sizes

    def sum_of_factors(self):
        terms = [("+", self.factor())]
        while self.next in ("+", "-"):
            terms.append((self.take(), self.factor()))
        return ("sum", terms)

    def cases(self):
        rows = []
        while not self.skip(r"\end{cases}"):
            result = self.side()
            self.take("&")
            words = self.take().strip()
            if words not in ("if", "else", "otherwise"):
                raise UnreadableFormula(rf"a case needs \text{{if }} or \text{{else}}, got {words}")
            rows.append((result, self.chain() if words == "if" else None))
            self.skip(r"\\")
        return ("cases", rows)

    def matrix(self):
        """Return a matrix by its entries or, with bars above and below, by its columns."""
        end = self.tokens.index(r"\end{pmatrix}", self.at)
        if "|" in self.tokens[self.at : end]:
            columns = "".join(t for t in self.tokens[self.at : end] if t not in ("|", r"\\"))
            columns = f"({columns.strip('&').replace('&', ',')})".replace("cdots", "dots")
            self.at = end + 1
            return ("transpose", self.inner(tokens_of(columns)))
        rows = [[]]
        while not self.skip(r"\end{pmatrix}"):
            if self.skip(r"\\"):
                rows.append([])
            elif not self.skip("&"):
                rows[-1].append(self.side())
        return ("matrix", rows)


def _with_index(tree, indices):
    if tree[0] == "name" and not tree[2]:
        return (*tree[:2], indices, tree[3])
    return ("entry", tree, indices)


def _derivatives_joined(factors):
    """Return factors with each ∂y / ∂x as one of them."""
    joined = []
    for operation, tree in factors:
        if operation == "/" and tree[0] == "d" and joined and joined[-1][1][0] == "d":
            joined[-1] = (joined[-1][0], ("derivative", joined[-1][1][1], tree[1]))
        else:
            joined.append((operation, tree))
    return joined


# From a tree to its value: a number, an array, a tuple, a set or a function


def value(tree, world):
    match tree:
        case ("number", number, _):
            return number
        case ("name", *_):
            return _quantity(tree, world)
        case ("entry", inner, indices):
            return _entry(value(inner, world), _whole_numbers(indices, world), "this")
        case ("list", items, opening, _):
            values = tuple(_items(items, world))
            return frozenset(values) if opening == r"\{" else values
        case ("sum", terms):
            return _sum(terms, world)
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
            return _called(function, list(_items(arguments, world)), world)
        case ("derivative", y, x):
            return _derivative(y, x, world)
        case ("gradient", by, tree):
            return _gradient(by, tree, world)
        case ("over", kind, index, low, high, body):
            return _over(kind, index, low, high, body, world)
        case ("root", inner):
            return np.sqrt(value(inner, world))
        case ("mean", inner):
            return np.mean(value(inner, world))
        case ("norm", inner):
            return np.sqrt(np.sum(np.square(_plain(value(inner, world)))))
        case ("noted", inner, note):
            result = value(inner, world)
            _hold_note(result, note, world)
            return result
        case ("cases", rows):
            for result, condition in rows:
                if condition is None or _is_true(condition, world):
                    return value(result, world)
            raise WrongFormula("none of the cases applies")
        case ("matrix", rows):
            return np.array([[value(entry, world) for entry in row] for row in rows])
        case ("reals", sizes):
            return Reals(tuple(int(value(size, world)) for size in sizes))
    raise UnreadableFormula(f"{tree[0]} can't be evaluated here")


class Reals:
    """All real arrays of one shape."""

    def __init__(self, shape):
        self.shape = shape


def _plain(result):
    return np.asarray(result, dtype=float) if isinstance(result, tuple) else np.asarray(result)


def _items(items, world):
    for item in items:
        if item[0] == "dotted":
            yield from _dotted(*item[1:], world)
        else:
            yield value(item, world)


def _dotted(first, last, world):
    """Return the values from one item to another, which differ in one number: w_1, …, w_d."""
    ends = {(a, b) for a, b in zip(first, last) if a != b}
    if len(first) != len(last) or len(ends) != 1:
        raise UnreadableFormula("dots must stand between two things that differ in one number")
    (start, end), = ends
    low, high = (int(value(Parser([t], world).side(), world)) for t in (start, end))
    for number in range(low, high + 1):
        tokens = [str(number) if a != b else a for a, b in zip(first, last)]
        yield value(Parser(tokens, world).side(), world)


# Names and indices


def _quantity(tree, world):
    _, name, indices, primes = tree
    if primes and f"{name}{primes}" in world.values | world.ranges:
        name, primes = f"{name}{primes}", ""
    key, position = _find(name, indices, world)
    result = _entry(world[key], position, key, world.first.get(key, 1))
    for _ in primes:
        result = _slope(result)
    return result


def _find(name, indices, world):
    """Return the key of a quantity in the world, and the indices that are left of it."""
    if not indices:
        return name, ()
    labels = [
        i[1] if i[0] == "words" or i[0] == "name" and f"{name}_{i[1]}" in world
        else _whole_number(i, world)
        for i in indices
    ]
    for cut in range(len(labels), 0, -1):
        key = f"{name}_{','.join(map(str, labels[:cut]))}"
        if key in world:
            return key, tuple(labels[cut:])
    return (f"{name}_" if f"{name}_" in world else name), tuple(labels)


def _whole_number(tree, world):
    number = value(tree, world)
    if np.ndim(number) or number != int(number):
        raise WrongFormula(f"{shown(number)} is no index")
    return int(number)


def _whole_numbers(trees, world):
    return tuple(_whole_number(tree, world) for tree in trees)


def _entry(array, indices, name, first=1):
    if not indices:
        return array
    position = _position(array, indices, name, first)
    entry = np.asarray(array)[position]
    return entry.item() if np.ndim(entry) == 0 else entry


def _position(array, indices, name, first=1):
    shape = np.shape(array)
    starts = first if isinstance(first, tuple) else (first,) * len(shape)
    position = tuple(index - start for index, start in zip(indices, starts))
    fits = len(indices) <= len(shape) and all(0 <= p < size for p, size in zip(position, shape))
    if not fits:
        raise WrongFormula(f"{name}, of shape {shape}, has no entry {indices}")
    return position


# Arithmetic


def _sum(terms, world):
    result = None
    for sign, term in terms:
        number = value(term, world)
        number = number if isinstance(number, tuple) and sign == "+" else _signed(sign, number)
        result = number if result is None else add(result, number)
    return result


def _signed(sign, number):
    if callable(number) or isinstance(number, (tuple, frozenset)):
        raise WrongFormula(f"{shown(number)} has the sign {sign}")
    return -number if sign == "-" else number


def add(a, b):
    """Return a sum; a vector is added to each row of a matrix, and shapes are added as such."""
    shapes = isinstance(a, tuple) and isinstance(b, tuple)
    one, two = (tuple(map(int, s)) for s in (a, b)) if shapes else (np.shape(a), np.shape(b))
    to_rows = len(one) == 2 and two == one[1:]
    if one != two and one and two and not to_rows:
        raise WrongFormula(f"shapes {one} and {two} can't be added")
    if isinstance(a, Row) != isinstance(b, Row) and len(one) == len(two) == 1:
        raise WrongFormula("a row and a column can't be added")
    return a if shapes else a + b


def multiply(operation, a, b):
    """Return a product of numbers, vectors, matrices, shapes or functions, or a quotient."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != 2 or a[1] != b[0] or operation:
            raise WrongFormula(f"shapes {shown(a)} and {shown(b)} do not fit")
        return (a[0], *b[1:])
    if operation == r"\circ" and callable(a) and callable(b):
        return lambda *x: a(b(*x))
    if callable(a) or callable(b):
        raise UnreadableFormula("a function is multiplied: its argument needs brackets")
    a, b = (np.array(v) if isinstance(v, tuple) else v for v in (a, b))
    one, two = np.shape(a), np.shape(b)
    if operation == "/":
        if one and two and one != two:
            raise WrongFormula(f"shape {one} can't be divided by shape {two}")
        return a / b
    if not one or not two:
        return a * b
    if operation == r"\odot":
        if one != two:
            raise WrongFormula(f"shapes {one} and {two} can't be multiplied entry by entry")
        return a * b
    return _matrix_product(a, b)


def _matrix_product(a, b):
    """Return the product of matrices; a vector is one column, unless it lies down."""
    one, two = (_as_matrix(v) for v in (a, b))
    if one.shape[1] != two.shape[0]:
        raise WrongFormula(f"shapes {one.shape} and {two.shape} do not fit: is a ⊤ missing?")
    result = one @ two
    if result.shape == (1, 1) and np.ndim(a) == np.ndim(b) == 1:
        return result.item()
    if np.ndim(a) == 1 and isinstance(a, Row):
        return row(result[0])
    return result[:, 0] if np.ndim(b) == 1 and not isinstance(b, Row) else result


def _as_matrix(array):
    array = np.asarray(array) if not isinstance(array, Row) else array
    if array.ndim == 1:
        return np.asarray(array[np.newaxis] if isinstance(array, Row) else array[:, np.newaxis])
    return array


def _transposed(array):
    if isinstance(array, tuple):                        # written as a row, or columns side by side
        return np.atleast_2d(_plain(array)).T
    if np.ndim(array) != 1:
        return np.transpose(array)
    return np.asarray(array) if isinstance(array, Row) else row(array)


def _over(kind, index, low, high, body, world):
    """Return a sum or product over an index, from and to where it says or the world does."""
    if low is None:
        values = world.ranges.get(index.rstrip("'"))
        if values is None:
            raise UnreadableFormula(f"the world of this cell does not say over what {index} runs")
    elif high is None:
        raise UnreadableFormula(f"the sum over {index} has no end")
    else:
        values = range(_whole_number(low, world), _whole_number(high, world) + 1)
    results = [value(body, world.at(index, i)) for i in values]
    if not results:
        raise WrongFormula(f"the sum over {index} is empty")
    total = results[0]
    for result in results[1:]:
        total = add(total, result) if kind == r"\sum" else total * result
    return total


# Functions and derivatives

SMALL = 1e-5


def _called(function, arguments, world):
    name = function[1] if function[0] == "name" else None
    if name in world.arguments and not function[3]:
        new = dict(zip(world.arguments[name], arguments, strict=True))
        return value(function, world.changed(new))
    result = value(function, world)
    if not callable(result):
        raise UnreadableFormula(f"{name or 'what stands before the brackets'} is no function")
    try:
        return result(*arguments)
    except (TypeError, ValueError) as error:
        raise WrongFormula(f"{name or 'the function'} can't be called so: {error}") from None


def _slope(function):
    """Return the derivative of a function, entry by entry."""
    if not callable(function):
        raise WrongFormula("a prime stands behind what is no function")
    return lambda z: (function(z + SMALL) - function(z - SMALL)) / (2 * SMALL)


def _gradient(by, tree, world):
    """Return the gradient of ``J`` or ``J(θ)``, by what the world or the index of ∇ says."""
    call = tree[0] == "call"
    y = tree[1] if call else tree
    if y[0] != "name" or by is None and y[1] not in world.arguments:
        raise UnreadableFormula("the world of this cell does not say by what ∇ derives")
    if call:
        new = zip(world.arguments[y[1]], _items(tree[2], world), strict=True)
        world = world.changed(dict(new))
    return _derivative(y, by or ("name", world.arguments[y[1]][0], [], ""), world)


def _derivative(y, x, world):
    """Return the derivative of y by x by central differences; of vectors, their Jacobian."""
    key, position = _target(x, world)
    start = np.array(world[key], dtype=float)

    def y_at(moved):
        result = value(y, world.changed({key: moved if moved.ndim else moved.item()}))
        return np.asarray(result, dtype=float)

    def by_entry(entry):
        step = np.zeros_like(start)
        step[entry] = SMALL
        return (y_at(start + step) - y_at(start - step)) / (2 * SMALL)

    if position or not start.ndim:
        result = by_entry(position)
        _hold_code(y, key, result, position, world)
        return result.item() if not result.ndim else result
    parts = [by_entry(entry) for entry in np.ndindex(start.shape)]
    if parts[0].ndim == 0:
        gradient = np.array(parts).reshape(start.shape)
        _hold_code(y, key, gradient, (), world)
        return row(gradient) if world.row_gradients and start.ndim == 1 else gradient
    if parts[0].ndim > 1 or start.ndim > 1:
        raise UnreadableFormula("a derivative of a matrix, or by one, is no matrix")
    return np.stack(parts, axis=-1)


def _hold_code(y, key, derivative, position, world):
    """Hold what the code says of a derivative, where the world has it, against the differences."""
    code = world.gradients.get((y[1], key)) if y[0] == "name" and not y[2] else None
    if code and not same(np.asarray(code(world))[position], derivative, world, 0.0):
        raise WrongFormula(
            f"lecture_utils has the derivative {shown(code(world))} of {y[1]} by {key}, "
            f"differences give {shown(derivative)}"
        )


def _target(x, world):
    """Return the name and the position in its array of what a derivative is taken by."""
    if x[0] == "entry":
        key, position = _target(x[1], world)
        indices = _whole_numbers(x[2], world)
    elif x[0] == "name" and not x[3]:
        key, indices = _find(x[1], x[2], world)
        position = ()
    else:
        raise UnreadableFormula("a derivative must be taken by a name")
    first = world.first.get(key, 1)
    array = world[key]
    return key, position + (_position(array, indices, key, first) if indices else ())


# Statements


def shown(result):
    """Return a value in few digits, for messages."""
    if callable(result):
        return getattr(result, "name", "a function")
    if isinstance(result, (tuple, frozenset)):
        return f"({', '.join(shown(v) for v in result)})"
    if isinstance(result, Reals):
        return f"the real arrays of shape {result.shape}"
    if not isinstance(result, (int, float, np.ndarray, np.number)):
        return str(result)
    text = np.array2string(np.asarray(result), precision=6, threshold=6, edgeitems=2)
    return " ".join(text.split())


def evaluate(tex, world):
    """Return the value of an expression in a world: a number, an array, a tuple or a function."""
    parser = Parser(tokens_of(tex), world)
    return value(parser.inner(parser.tokens), world)


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
    tested, stated = set(), 0
    for _ in range(draws):
        with np.errstate(all="ignore"):     # what is not a number is not equal to anything
            statements = list(_statements(tex, draw(rng)))
        stated = len(statements)
        tested |= {n for n, was_tested in enumerate(statements) if was_tested}
    if len(tested) < stated:
        raise UnreadableFormula("a statement was not tested: its condition is never met")
    return stated


def hold(tex, world):
    """Hold a formula against one world; the same results and errors as for `check`."""
    return check(tex, lambda _: world, None, draws=1)


def _statements(tex, world):
    """Hold each statement of the formula in turn; yield whether it was tested."""
    parts = Parser(tokens_of(tex), world).parts()
    before, alone, of_shape = [], [], []    # left sides of statements, sides that make none
    while parts:
        kind, *content = parts.pop(0)
        if kind == "words":
            if content[0] == "one number":
                yield _hold_shape(alone or before[-1:], [("list", [], "(", True)], [], world)
            elif content[0] == "until":
                yield _hold_until(*parts.pop(0)[1:], world)
            elif "shape" in content[0] or content[0].endswith("same as"):
                many = content[0].startswith(("all", "each"))
                of_shape = before + alone if many else alone or before[-1:]
            continue
        sides, relations = content
        if sides[0] and sides[0][0] == "statement":     # in an \underbrace, with a note
            parts[:0] = [sides[0][1], *sides[0][2]]
        elif of_shape or (before or alone) and all(map(_is_shape, sides)):
            yield _hold_shape(of_shape or alone or before[-1:], sides, relations, world)
            of_shape, alone = [], []
        elif _is_range(sides, parts, world):
            yield _hold_range(sides, parts, world)
        elif not relations or relations == [":"] and sides[1] is None:
            for_all(world, lambda w, side=sides[0]: value(side, w))
            alone.append(sides[0])
        else:
            condition = None
            if parts and parts[0] == ("words", "if"):
                _, condition = parts.pop(0), parts.pop(0)
            yield _hold_chain(sides, relations, condition, alone, world)
            before, alone = [*before, *alone, sides[0]], []


def _hold_chain(sides, relations, condition, alone, world):
    """Hold a statement for all its indices; return whether its condition was ever met."""
    if None in sides:
        raise UnreadableFormula(f"nothing stands beside {' '.join(relations)}")

    def hold_at(world):
        if condition and not _is_true(condition, world):
            return False
        if relations == [":", "→"]:
            _hold_sets(*sides, world)
            return True
        if relations == [":"]:
            return _hold_shape([*alone, sides[0]], sides[1:], [], world)
        members = alone if relations[0] == "∈" else []
        for left, relation, right in zip(sides, relations, sides[1:]):
            for tree in [*members, left]:
                _hold_relation(tree, relation, right, world)
            members = []
        return True

    return any(for_all(world, hold_at))


def _is_true(chain, world):
    _, sides, relations = chain
    try:
        for left, relation, right in zip(sides, relations, sides[1:], strict=False):
            _hold_relation(left, relation, right, world)
    except WrongFormula:
        return False
    return True


def _hold_relation(left, relation, right, world):
    if relation == "←":
        key, _ = _target(left, world)
        if key not in world.updates:
            raise UnreadableFormula(f"the world of this cell does not say what becomes of {key}")
        a, b = world.updates[key](world), value(right, world)
    else:
        a, b = value(left, world), value(right, world)
    slack = _rounding(left, world) + _rounding(right, world)
    if not HOLDS[relation](a, b, world, slack):
        sign = {"←": "becomes"}.get(relation, relation)
        raise WrongFormula(f"{shown(a)} {sign} {shown(b)} is not true{_indices(world)}")


def _indices(world):
    chosen = [f"{n} = {shown(world.values[n])}" for n in world.ranges if n in world.values]
    return f" for {', '.join(chosen)}" if chosen else ""


def same(a, b, world, slack, rtol=2e-6):
    """Tell whether two values are equal, up to the errors of differences and rounded numbers."""
    if isinstance(a, frozenset) or isinstance(b, frozenset):
        return a == b
    if callable(a) and callable(b):
        return bool(world.points) and all(same(a(x), b(x), world, slack) for x in world.points)
    if callable(a) or callable(b):
        return False
    flat = isinstance(a, tuple) or isinstance(b, tuple)
    a, b = (np.asarray(v, dtype=float) for v in (a, b))
    if a.shape != b.shape and not (a.size == b.size and (flat or a.size == 1)):
        raise WrongFormula(f"shapes {a.shape} and {b.shape} differ{_indices(world)}")
    a, b = a.ravel(), b.ravel()
    return bool(np.all(np.abs(a - b) <= 1e-9 + rtol * np.abs(b) + 1.000001 * slack))


def _is_member(a, b, world, slack):
    if isinstance(b, Reals):
        if np.shape(a) != b.shape:
            raise WrongFormula(f"shape {np.shape(a)}, the text says {b.shape}{_indices(world)}")
        return True
    if isinstance(b, tuple):
        return bool(np.all((_plain(a) > b[0]) & (_plain(a) < b[1])))
    return {float(v) for v in np.ravel(a)} <= {float(v) for v in b}


HOLDS = {
    "=": same,
    "→": same,
    "←": same,
    "≈": lambda a, b, world, slack: same(a, b, world, slack, 0 if np.any(slack) else 5e-5),
    "≠": lambda a, b, world, slack: not same(a, b, world, slack),
    "<": lambda a, b, *_: bool(np.all(_plain(a) < _plain(b))),
    ">": lambda a, b, *_: bool(np.all(_plain(a) > _plain(b))),
    "≤": lambda a, b, *_: bool(np.all(_plain(a) <= _plain(b) + 1e-12)),
    "≥": lambda a, b, *_: bool(np.all(_plain(a) >= _plain(b) - 1e-12)),
    "∈": _is_member,
}


def _rounding(tree, world):
    """Return by how much a side may differ as its decimals are rounded: 0 if it has names."""
    parts = list(_branches(tree))
    if any(p[0] == "name" and not world.is_function(p[1]) for p in parts):
        return 0.0
    decimals = [p for p in parts if p[0] == "number" and p[2]]
    exact = _plain(value(tree, world)) if decimals else None
    moved = [_replaced(tree, number, ("number", number[1] + number[2], 0.0)) for number in decimals]
    return sum((np.abs(_plain(value(m, world)) - exact).ravel() for m in moved), 0.0)


def _branches(tree):
    if isinstance(tree, tuple) and tree:
        yield tree
    for part in tree:
        if isinstance(part, (tuple, list)):
            yield from _branches(part)


def _replaced(tree, old, new):
    if tree is old:
        return new
    if isinstance(tree, (tuple, list)):
        return type(tree)(_replaced(part, old, new) for part in tree)
    return tree


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
            _hold_chain(sides, relations, None, [], world)
        said = value(sides[-1], world)
        said = tuple(map(int, said)) if isinstance(said, tuple) else np.shape(said)
        for tree in trees:
            _hold_one_shape(value(tree, world), said, world)

    for_all(world, hold_at)
    return True


def _hold_one_shape(result, said, world):
    shape = np.shape(result)
    lying = isinstance(result, Row) and said == (1, *shape)
    if shape != said and not lying:
        raise WrongFormula(f"the shape is {shape}, the text says {said}{_indices(world)}")


def _hold_note(result, note, world):
    """Hold what stands under a quantity: its shape or its value; words are comments."""
    if len(note) != 1 or note[0][0] == "words":
        return
    _, (side,), _ = note[0]
    said = value(side, world)
    if isinstance(said, tuple):
        _hold_one_shape(result, tuple(map(int, said)), world)
    elif not same(result, said, world, 0.0):
        raise WrongFormula(f"{shown(result)} is noted as {shown(said)}{_indices(world)}")


def _hold_sets(function, source, target, world):
    """Hold f: source → target: f takes what is in the source, and gives what is in the target."""
    source, target = value(source, world), value(target, world)
    if function[0] == "name" and function[1] in world.arguments:
        (by,) = world.arguments[function[1]]
        f = lambda x: value(function, world.changed({by: x}))       # noqa: E731
    else:
        f = value(function, world)
    if not callable(f) or not isinstance(source, Reals):
        raise UnreadableFormula("only a function from a set such as \\mathbb R^d can be read")
    x = np.random.default_rng(0).normal(size=source.shape)[()]
    try:
        y = f(x)
    except (ValueError, WrongFormula) as error:
        raise WrongFormula(f"the function does not take shape {source.shape}: {error}") from None
    if not _is_member(y, target, world, 0.0):
        raise WrongFormula(f"the function gives {shown(y)}, not in {shown(target)}")


def _is_range(sides, parts, world):
    """Tell whether ``k = 1`` goes on with dots, and perhaps an end: k = 1, …, p."""
    starts = len(sides) == 2 and sides[0] and sides[0][0] == "name" and sides[0][1] in world.ranges
    return starts and bool(parts) and parts[0] == ("chain", [("dots",)], [])


def _hold_range(sides, parts, world):
    parts.pop(0)
    index, values = sides[0][1], list(world.ranges[sides[0][1]])
    ends = [sides[1]] + [parts.pop(0)[1][0]] * bool(parts and not parts[0][2])
    said = [_whole_number(end, world) for end in ends]
    if said != [values[0], values[-1]][: len(said)]:
        raise WrongFormula(f"{index} is said to go from {said}, it goes over {values}")
    return True


def _hold_until(sides, relations, world):
    """Hold that a condition is false at all steps of the world but the last."""
    met = for_all(world, lambda w: _is_true(("chain", sides, relations), w))
    if met != [False] * (len(met) - 1) + [True] or len(met) < 2:
        raise WrongFormula(f"the condition is met at the steps {met}, expected at the last alone")
    return True
