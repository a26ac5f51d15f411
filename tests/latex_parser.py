r"""Turns the LaTeX of a formula into trees, which `latex` evaluates.

    formula    parts between , ; \quad \qquad \;\; & \\ \Rightarrow \Leftrightarrow and words
    part       side (relation side)*            relation  = < > \le \ge \neq \approx \in \leftarrow
                                                          \to \colon :
    side       [-] product ((+ | -) product)*
    product    factor (operation factor)*       operation \cdot \times \odot \circ / or nothing
    factor     number, name, brackets, \frac \sqrt \lVert \rVert \lfloor \rfloor \overline (a mean),
               \begin{cases}, \begin{pmatrix}, \sum \prod, \partial and \mathrm d over the same,
               \nabla, \underset{note}{…}, \underbrace{…}_{note}, \mathbb R, \{set\},
               with _ ^ ' behind it
    name       a letter, \letter, \hat or another accent with a letter, \text{word},
               \mathrm{word} or \operatorname{word} that the world knows

What a product with brackets is depends on the symbols: a(b + c) is a call if a is a function.
"""

import re


class UnreadableFormula(Exception):
    """A formula, or a symbol in it, that can't be read."""


class Words(str):
    r"""A token: the text of a \text, \mathrm or \operatorname."""


IGNORED = re.compile(
    r"\\[,:!; ]|~|\\(?:[bB]igg?[lr]?|left|right|(?:display|text)style|mathbf)"
)
TOKEN = re.compile(
    r"\\(?:text|mathrm|operatorname)(?![a-z])\s*(?:\{(?P<words>[^{}]*)\}|(?P<letter>\w))"
    r"|\\(?:mathcal|mathbb)\s*\{?\w\}?|\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S"
)
RELATIONS = {
    "=": "=", "<": "<", ">": ">", r"\lt": "<", r"\gt": ">", r"\le": "≤", r"\leq": "≤", r"\ge": "≥",
    r"\geq": "≥", r"\ne": "≠", r"\neq": "≠", r"\approx": "≈", r"\in": "∈", r"\leftarrow": "←",
    r"\to": "→", r"\colon": ":", ":": ":",
}  # fmt: skip
SEPARATORS = (
    ",", ";", r"\quad", r"\qquad", "&", r"\\", r"\Rightarrow", r"\Leftrightarrow",
    r"\begin{aligned}", r"\end{aligned}",
)  # fmt: skip
OPERATIONS = (r"\cdot", r"\times", r"\odot", r"\circ", "/")
DOTS = (r"\dots", r"\cdots")
CLOSING = (")", "]", r"\}", r"\rVert", r"\rfloor", "|", r"\mid", r"\end{cases}", r"\end{pmatrix}")
ACCENTS = (r"\hat", r"\bar", r"\tilde", r"\vec")
FUNCTIONS = (r"\exp", r"\log", r"\tanh", r"\max")      # need no brackets


def tokens_of(tex):
    """Return the tokens of a formula; a group in braces is a list of its own."""
    tex = re.sub(r"(?<=\d)\{,\}(?=\d{3})", "", tex).replace("{,}", ",")
    # In a block, & stands before a relation, and an equation may go on in the next line.
    tex = re.sub(r"(\\\\\s*)?&\s*(?=[=<>]|\\(?:approx|le|ge|in|to)\b)", "", tex)
    tex = re.sub(r"\\;\s*\\;", r"\\quad ", tex)
    groups = [[]]
    for found in TOKEN.finditer(tex):
        words = found["words"] or found["letter"]
        if found[0] == "{":
            groups.append([])
        elif found[0] == "}" and len(groups) > 1:
            group = groups.pop()
            groups[-1].append(group)
        elif not IGNORED.fullmatch(found[0]):
            groups[-1].append(found[0] if words is None else Words(words))
    if len(groups) > 1:
        raise UnreadableFormula("a { is not closed")
    return groups[0]


def text_of(tokens):
    """Return tokens as LaTeX, with spaces between them."""
    texts = [f"{{{text_of(token)}}}" if isinstance(token, list) else
             rf"\text{{{token}}}" if isinstance(token, Words) else token for token in tokens]
    return " ".join(texts)


def split(tokens, separator):
    """Return the lists of tokens between separators."""
    parts = [[]]
    for token in tokens:
        if token == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class Parser:
    """Reads tokens into trees: tuples that begin with their kind.

    Parameters
    ----------
    tokens : list
        Of `tokens_of`.
    world : latex.World
        Tells which words are names, and which names are functions.
    """

    def __init__(self, tokens, world):
        self.tokens, self.world, self.at = list(tokens), world, 0

    @property
    def next(self):
        """The next token, or None at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def skip(self, *tokens):
        """Go past the next token if it is one of these, and tell so."""
        found = self.next in tokens and not isinstance(self.next, Words)
        self.at += found
        return found

    def take(self, *expected):
        """Return the next token and go past it."""
        token = self.next
        if token is None or expected and token not in expected:
            raise UnreadableFormula(
                f"{' or '.join(expected) or 'something'} is missing before "
                f"{'the end' if token is None else text_of([token])}"
            )
        self.at += 1
        return token

    def group(self):
        """Return the tokens of a group, or the next token; of a number without braces a digit."""
        token = self.take()
        if isinstance(token, list):
            return token
        if token.isdecimal() and len(token) > 1:        # \frac12 is one half
            self.tokens.insert(self.at, token[1:])
            token = token[:1]
        return [token]

    def tree_of(self, tokens):
        """Return the tree of a group."""
        parser = Parser(tokens, self.world)
        tree = parser.side()
        if parser.next is not None:
            raise UnreadableFormula(f"{text_of([parser.next])} is out of place")
        return tree

    def is_comment(self, token):
        """Tell whether a token is words that name nothing."""
        return isinstance(token, Words) and token not in self.world and token not in ("d", "T")

    def is_statement(self, group):
        return any(token in [*RELATIONS] for token in group)

    # A formula

    def parts(self):
        """Return a list of ("words", text) and ("chain", sides, relations, texts of the sides)."""
        found = []
        while self.next is not None:
            if self.skip(*SEPARATORS):
                continue
            if self.is_comment(self.next):
                found.append(("words", self.take().strip(" ,:()")))
            elif self.next == r"\underbrace" and self.is_statement(self.tokens[self.at + 1]):
                self.take()
                found += Parser(self.group(), self.world).parts() + self.note()
            else:
                found.append(self.chain())
        return found

    def note(self):
        """Return the parts of the note under a brace."""
        return Parser(self.group() if self.skip("_") else [], self.world).parts()

    def chain(self):
        sides, relations, texts = [], [], []
        while len(sides) == len(relations):
            start = self.at
            sides.append(self.side_or_nothing())
            texts.append(re.sub(r" ?([_^'()]) ?", r"\1", text_of(self.tokens[start : self.at])))
            if isinstance(self.next, str) and self.next in RELATIONS:
                relations.append(RELATIONS[self.take()])
        if sides == [None]:
            raise UnreadableFormula(f"{self.next} is out of place")
        return ("chain", sides, relations, texts)

    def side_or_nothing(self):
        if self.skip(*DOTS):
            return ("dots",)
        return None if self.at_end_of_side() or self.is_comment(self.next) else self.side()

    def at_end_of_side(self):
        ends = (None, *SEPARATORS, *CLOSING, *RELATIONS)
        return self.next in ends and not isinstance(self.next, Words)

    def side(self):
        terms, sign = [], "-" if self.skip("-") else "+"
        while sign:
            start, term = self.at, self.product()
            terms.append((sign, term))
            span = self.tokens[start : self.at]
            sign = self.take() if self.next in ("+", "-") else None
            if sign and self.skip(*DOTS):               # a + … + b
                sign = self.take(sign)
                start = self.at
                self.product()
                terms[-1] = (sign, ("total", span, self.tokens[start : self.at]))
                sign = self.take() if self.next in ("+", "-") else None
        return terms[0][1] if terms[0][0] == "+" and len(terms) == 1 else ("sum", terms)

    def product(self):
        factors = [("", self.factor())]
        while not (self.at_end_of_side() or self.next in ("+", "-") or self.is_comment(self.next)):
            operation = self.take() if self.next in OPERATIONS else ""
            if not self.skip(*DOTS):                    # dots in a product stand for nothing
                factors.append((operation, self.factor()))
        return _product(factors)

    # Factors

    def factor(self):
        if self.skip("-"):
            return ("sum", [("-", self.factor())])
        if self.next == "d" and isinstance(self.next, Words) or self.next == r"\partial":
            self.take()
            return ("d", self.factor())
        if self.skip(r"\nabla"):
            by = self.tree_of(self.group()) if self.skip("_") else None
            return ("gradient", by, self.factor())
        if self.next in (r"\sum", r"\prod"):
            return self.sum_over()
        is_function = self.next in FUNCTIONS
        tree = self.with_what_follows(self.atom())
        return ("call", tree, [self.factor()]) if is_function and tree[0] == "name" else tree

    def sum_over(self):
        kind, low, high = self.take(), [], None
        while self.next in ("_", "^"):
            if self.take() == "_":
                low = self.group()
            else:
                high = self.tree_of(self.group())
        index, *start = split(low, "=")
        if not index:
            raise UnreadableFormula(f"{kind} has no index: write {kind}_i")
        start = self.tree_of(start[0]) if start else None
        return ("over", kind, "".join(index), start, high, self.product())

    def with_what_follows(self, tree):
        """Return the tree with the indices, powers, primes and arguments behind it."""
        while True:
            if self.skip("_"):
                indices = self.indices(self.group())
                bare = tree[0] == "name" and not tree[2]
                tree = (*tree[:2], indices, tree[3]) if bare else ("entry", tree, indices)
            elif self.skip("'"):
                tree = (*tree[:3], tree[3] + "'") if tree[0] == "name" else ("prime", tree)
            elif self.skip("^"):
                power = self.group()
                transposes = power == [r"\top"] or power == ["T"] and "T" not in self.world
                tree = ("transpose", tree) if transposes else ("power", tree, self.tree_of(power))
            elif self.next == "(" and self.is_function(tree):
                tree = ("call", tree, self.brackets()[1])
            else:
                return tree

    def is_function(self, tree):
        if tree[0] == "name":
            return self.world.is_function(tree[1])
        return tree[0] == "prime" or tree[0] == "product" and (r"\circ" in dict(tree[1]))

    def indices(self, tokens):
        """Return the trees of an index: each letter of W_{jk}, each part of X_{i,r+u} is one."""
        text = "".join(map(str, tokens))
        if not {*map(type, tokens)} - {str} and re.fullmatch(r"([a-zA-Z]'*|\d)+", text):
            return [self.tree_of(tokens_of(i)) for i in re.findall(r"[a-zA-Z]'*|\d", text)]
        return [("words", str(part[0])) if isinstance(part[0], Words) else self.tree_of(part)
                for part in split(tokens, ",")]

    def atom(self):
        if self.next in ("(", "[", r"\{"):
            tree = self.brackets()
            return tree[1][0] if not tree[3] and tree[2] != r"\{" and tree[1] else tree
        if isinstance(self.next, list):
            return self.tree_of(self.take())
        token = self.take()
        if token in (r"\frac", r"\tfrac", r"\dfrac"):
            return _product([("", self.tree_of(self.group())), ("/", self.tree_of(self.group()))])
        if token in (r"\sqrt", r"\overline"):
            return ({r"\sqrt": "root", r"\overline": "mean"}[token], self.tree_of(self.group()))
        if token == r"\lVert":
            tree = self.side()
            self.take(r"\rVert")
            return ("norm", tree)
        if token == r"\lfloor":
            tree = self.side()
            self.take(r"\rfloor")
            return ("floor", tree)
        if token == r"\underset":
            note = Parser(self.group(), self.world).parts()
            return ("noted", self.tree_of(self.group()), note)
        if token == r"\underbrace":
            return ("noted", self.tree_of(self.group()), self.note())
        if token == r"\begin{cases}":
            return self.cases()
        if token == r"\begin{pmatrix}":
            return self.matrix()
        if token in ACCENTS:
            return ("name", f"{token} {''.join(self.group())}", [], "")
        if re.fullmatch(r"\\mathbb\s*\{?R\}?", token):
            sizes = split(self.group(), r"\times") if self.skip("^") else []
            return ("reals", [self.tree_of(size) for size in sizes])
        if re.fullmatch(r"\d+(\.\d+)?", token):
            decimals = len(token.partition(".")[2])
            return ("number", float(token), 0.5 * 10.0**-decimals if decimals else 0.0, self.at)
        if isinstance(token, Words) or re.fullmatch(r"[a-zA-Z]|\\(mathcal.*|[a-zA-Z]+)", token):
            return ("name", re.sub(r"\\mathcal\s*\{?(\w)\}?", r"\\mathcal \1", token), [], "")
        raise UnreadableFormula(f"{token} is not known here")

    def brackets(self):
        """Return ("list", trees, opening bracket, whether it has a comma) of (…), […] or {…}."""
        opening, items, spans, dotted, comma = self.take(), [], [], False, False
        while self.next not in (")", "]", r"\}"):
            start = self.at
            if self.skip(*DOTS):
                dotted = True
            else:
                items.append(self.side())
                spans.append(self.tokens[start : self.at])
                if dotted:                              # a, …, b
                    items[-2:], dotted = [("dotted", *spans[-2:])], False
            if not self.skip(",", r"\mid"):
                break
            comma = True
        self.take(")", "]", r"\}")                      # an interval may end in another one
        return ("list", items, opening, comma)

    def cases(self):
        rows = []
        while not self.skip(r"\end{cases}"):
            result = self.side()
            self.skip(",")
            self.take("&")
            words = self.take().strip()
            if words not in ("if", "else", "otherwise"):
                raise UnreadableFormula(rf"a case needs \text{{if }} or \text{{else}}, got {words}")
            rows.append((result, self.chain() if words == "if" else None))
            self.skip(r"\\")
        return ("cases", rows)

    def matrix(self):
        """Return a matrix by its entries or, with bars above and below them, by its columns."""
        end = self.tokens.index(r"\end{pmatrix}", self.at)
        tokens, self.at = self.tokens[self.at : end], end + 1
        if "|" in tokens:
            _, columns, _ = split(tokens, r"\\")
            columns = ["," if token == "&" else token for token in columns]
            return ("transpose", Parser(["(", *columns, ")"], self.world).brackets())
        return ("matrix", [[self.tree_of(entry) for entry in split(row, "&")]
                           for row in split(tokens, r"\\")])


def _product(factors):
    """Return the tree of a product, with each ∂y / ∂x in it as one derivative."""
    joined = []
    for operation, tree in factors:
        if operation == "/" and tree[0] == "d" and joined[-1][1][0] == "d":
            joined[-1] = (joined[-1][0], ("derivative", joined[-1][1][1], tree[1]))
        else:
            joined.append((operation, tree))
    return joined[0][1] if len(joined) == 1 else ("product", joined)
