"""Checks of the exercises of lecture 2, layers."""

import sys
from itertools import product

import numpy as np

from lecture_utils.activations import sigmoid, softmax
from lecture_utils.exercises.checking import task
from lecture_utils.exercises.diagnosis import compare, first, judged, parts


def _draw(seed, sizes):
    """Return X, (n, d), W, (d, p), and b, (p,), for each n, d, p."""
    rng = np.random.default_rng(seed)
    return [[rng.normal(size=size) for size in [(n, d), (d, p), p]] for n, d, p in sizes]


@task("One layer for a batch", "H is right for n = 3, 5 and 4 samples, also with one feature.")
def check_layer(layer):
    """Check ``layer(X, W, b)``: X (n, d), W (d, p) and b (p,) give H = σ(XW + b), (n, p)."""
    draws = _draw(20, [(4, 3, 3), (3, 2, 4), (5, 1, 3)])
    yield first(_about_layer(layer(*given), *given) for given in draws)


def _about_layer(mine, X, W, b):
    Z = X @ W + b
    mistakes = {
        "This is Z, the pre-activation: H comes out of the activation σ.": Z,
        "It looks as if the bias were missing: has each neuron its own?": sigmoid(X @ W),
        "b is added behind σ; it belongs to the weighted sum, which σ is given.":
            sigmoid(X @ W) + b,
        "b is subtracted; the weighted sum adds it.": sigmoid(X @ W - b),
        "This is 1 − H: which sign has z in the exponent of σ?": sigmoid(-Z),
        "This is tanh, whose outputs lie between −1 and 1; those of σ lie between 0 and 1.":
            np.tanh(Z),
        "Each row adds up to 1, as if the neurons shared one sum: σ works entry by entry.":
            softmax(Z),
    }
    if W.shape == W.T.shape:
        told = "As if W, here (3, 3), were transposed: where are the weights of one neuron?"
        mistakes[told] = sigmoid(X @ W.T + b)
    hint = compare(mine, sigmoid(Z), "H", mistakes=mistakes)
    for value in np.ravel(mine) if "are off" in hint else []:
        if not 0 <= value <= 1:
            return f"An entry of H is {value:.4g}, but what σ gives lies between 0 and 1."
    return hint


N, D, P, M = 32, 4, 6, 3    # samples, features, neurons of the first and of the second layer
STACK = {
    "X": (N, D), "W": (D, P), "b": (P,), "H": (N, P), "V": (P, M), "c": (M,), "Y_hat": (N, M)
}


@task("Shapes of a stack", "all seven shapes are right, and the inner sizes agree.", points=2)
def check_stack_shapes(stack_shapes):
    """Check ``stack_shapes()``: the shapes of X, W, b, H, V, c and Y_hat, as tuples."""
    mine = dict(zip(STACK, parts(stack_shapes(), ", ".join(STACK))))
    yield first(map(_about_shape, "XWbH", [mine[name] for name in "XWbH"]))
    later = ["V", "c", "Y_hat"]
    yield first(map(_about_shape, later, [mine[name] for name in later]))


def _about_shape(name, mine):
    """Return the hint for one of the shapes of the stack."""
    right = STACK[name]
    if isinstance(mine, (int, np.integer)):
        return f"{name}: ({mine}) is only a number in Python; a tuple of one number has a comma."
    is_shape = isinstance(mine, (tuple, list, np.ndarray))
    if not is_shape or not all(isinstance(size, (int, np.integer)) for size in mine):
        yours = " ".join(repr(mine).split())
        return f"{name}: a shape is a tuple of whole numbers, but yours is {yours:.40}."
    mine = tuple(map(int, mine))
    if mine == right:
        return ""
    told = f"{name}: {mine} is not its shape"
    if len(mine) != len(right):
        wanted = "one number for each neuron" if len(right) == 1 else "rows and columns"
        axes = f"{len(mine)} axis" if len(mine) == 1 else f"{len(mine)} axes"
        return f"{name}: {mine} has {axes}, not {len(right)}: it has {wanted}."
    if name in "WbVc" and N in mine:
        return f"{told}: parameters stay the same for any number of samples."
    if mine == right[::-1]:
        what = "neuron is one column" if name in "WV" else "sample is one row"
        return f"{told}: one {what}."
    if len(right) == 1:
        return f"{told}: which nodes have a bias, and how many are they in this layer?"
    if name in "WV":
        return f"{told}: how many neurons has the layer, and how many numbers does each see?"
    return f"{told}: how many samples are there, and how many numbers for each?"


@task(
    "From the loop to the product",
    "the same numbers as the loops, and as little to do in Python for 90 samples as for two.",
    points=2,
)
def check_without_loops(without_loops):
    """Check ``without_loops(X, A, b)``: X (n, d), A (p, d) and b (p,) give Z (n, p)."""
    draws = [(X, W.T, b) for X, W, b in _draw(22, [(4, 3, 3), (3, 2, 4), (5, 1, 3)])]
    hint = first(_about_product(without_loops(*given), *given) for given in draws)
    yield hint
    yield "First the numbers, then the time." if hint else _about_loops(without_loops)


def _about_product(mine, X, A, b):
    mistakes = {
        "It looks as if b were missing: what does the loop begin with?": X @ A.T,
        "b is subtracted, but the loop begins with it, and adds.": X @ A.T - b,
        "σ is applied, but the loops stop at Z.": sigmoid(X @ A.T + b),
    }
    if A.shape == A.T.shape:
        told = "A is (3, 3) here, and not the right entries meet: which of A meet a row of X?"
        mistakes = {told: X @ A + b} | mistakes
    return compare(mine, X @ A.T + b, "Z", mistakes=mistakes)


def _about_loops(without_loops):
    """Return the hint for a function that has more to do in Python for larger arrays."""
    _, few, *many = (    # Python 3.12 tells of all instructions from the second call on
        _count_instructions(without_loops, X, W.T, b)
        for X, W, b in _draw(23, [(2, 2, 2), (2, 2, 2), (90, 2, 2), (2, 2, 90), (2, 90, 2)])
    )
    named = zip(["samples", "neurons", "features"], many)
    slow = [name for name, count in named if count > few + 90][:2]
    told = "The numbers are right, but a loop over the {} is still there: is one hidden in a call?"
    return told.format(" and over the ".join(slow)) if slow else ""


def _count_instructions(function, *given):
    """Return how many instructions of Python a call takes, whatever else the computer does."""
    count, before = [], sys.gettrace()

    def note(frame, event, _):
        frame.f_trace_opcodes = True
        count.append(event)
        return note

    sys.settrace(note)
    try:
        function(*given)
    finally:
        sys.settrace(before)
    return len(count)


@task("Count the parameters", "the count is right for one, two, three and five layers.")
def check_count_parameters(count_parameters):
    """Check ``count_parameters(sizes)``: sizes, from the inputs to the outputs, give a number."""
    several = [[8, 5, 3], [4, 3], [7, 1, 4, 2], [6, 5, 3, 8, 2, 9]]
    yield first(_about_count(count_parameters(sizes), sizes) for sizes in several)


def _about_count(mine, sizes):
    weights, n_neurons = sum(a * b for a, b in zip(sizes, sizes[1:])), sum(sizes[1:])
    layers = [a * b + b for a, b in zip(sizes, sizes[1:])]
    told = f"Of {len(layers)} layers it"
    mistakes = {
        "These are the weights alone: what else does a neuron have?": weights,
        "These are the biases alone: what do the arrows have?": n_neurons,
        "As if the inputs had biases, too: the input layer computes nothing.":
            weights + sum(sizes),
        "As if each layer had a bias for each of its inputs: who has a bias?":
            weights + sum(sizes[:-1]),
        "As if each layer had one bias only: who has a bias?": weights + len(layers),
        "As if the output neurons had no biases: do they compute with one?":
            weights + sum(sizes[1:-1]),
        "As if all sizes were multiplied: between which of them are there arrows?": np.prod(sizes),
        "As if arrows led from the inputs to the outputs at once: which layers do they join?":
            sizes[0] * sizes[-1] + sizes[-1],
        f"{told} counts the first alone.": layers[0],
        f"{told} counts the last alone.": layers[-1],
        f"{told} leaves out the last.": sum(layers[:-1]),
        f"{told} leaves out the first.": sum(layers[1:]),
    }
    if len(layers) == 1:
        mistakes = {hint: value for hint, value in mistakes.items() if value == weights}
    return compare(mine, sum(layers), f"The number for sizes {sizes}", mistakes=mistakes)


PAIRS = {"identity": "squared error", "sigmoid": "binary cross-entropy", "softmax": "cross-entropy"}
PROBLEMS = {    # what is right for each: the number of outputs and the activation
    "A": {(3, "identity")},
    "B": {(1, "sigmoid"), (2, "softmax")},
    "C": {(10, "softmax")},
    "D": {(5, "sigmoid")},
}


@task("Choose the output layer", "each output can say what it has to say, and no more.", points=4)
def check_output_layers(output_layers):
    """Check ``output_layers()``: m, activation and loss for each of four problems."""
    answers = parts(output_layers(), "A, B, C, D")
    for letter, answer in zip(PROBLEMS, answers):
        yield _about_choice(letter, answer)


def _about_choice(letter, answer):
    """Return the hint for the output layer of one problem."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return f"{letter}: a tuple of m, activation and loss is expected; yours is {answer!r:.40}."
    m, activation, loss = answer
    if not isinstance(m, (int, np.integer)):
        return f"{letter}: m is a whole number, but yours is {m!r:.40}."
    for word, known in [(activation, [*PAIRS]), (loss, [*PAIRS.values()])]:
        if word not in known:
            return f"{letter}: {word!r:.40} is none of {', '.join(known)}."
    rights = PROBLEMS[letter]
    told = {
        "identity": "the identity gives any number, also −3 and 7.5: can this be an answer?",
        "sigmoid": "σ says yes or no for each output by itself: does that fit these answers?",
        "softmax": "the outputs of softmax add up to 1: do these answers?",
    }
    if letter == "A" and activation == "sigmoid":
        return "A: σ never leaves the interval from 0 to 1: do temperatures stay there?"
    if activation == "softmax" and m == 1:
        return f"{letter}: softmax of a single score is always 1: what could it tell?"
    if activation not in {name for _, name in rights}:
        return f"{letter}: {told[activation]}"
    if (m, activation) not in rights:
        return f"{letter}: m = {m} with {activation}: how many outputs say all that is asked?"
    if loss != PAIRS[activation]:
        return f"{letter}: the outputs are right, but the {loss} is for targets y of another kind."
    return ""


@task(
    "One-hot and cross-entropy",
    "each row has a single 1, at its class, and J is the mean over the samples.",
    points=2,
)
def check_one_hot_cross_entropy(one_hot, cross_entropy):
    """Check ``one_hot(labels, m)``, (n, m), and ``cross_entropy(Y_hat, Y)``, a number."""
    lists = [([2, 0, 2, 2], 3), ([1], 4), ([0, 3, 1], 5)]
    labels = [(np.array(values), m) for values, m in lists]
    yield judged(lambda: first(_about_one_hot(one_hot(*case), *case) for case in labels))
    rng = np.random.default_rng(25)
    cases = [(softmax(rng.normal(size=(len(v), m))), np.eye(m)[v]) for v, m in labels]
    yield judged(lambda: first(_about_entropy(cross_entropy(*case), *case) for case in cases))


def _about_one_hot(mine, labels, m):
    right = np.eye(m)[labels]
    mistakes = {
        "Each 1 is one column too far left: the classes count from 0.": np.roll(right, -1, axis=1),
        "Each 1 is one column too far right: the classes count from 0.": np.roll(right, 1, axis=1),
        "The rows are in the order of the classes: row i belongs to sample i.":
            np.eye(m)[np.sort(labels)],
        "The class itself stands in its column: what stands there for any class?":
            right * labels[:, None],
    }
    hint = compare(mine, right, "Y", mistakes=mistakes)
    occurring = [(len(labels), k) for k in (max(labels) + 1, len(set(labels.tolist())))]
    if hint.startswith("Shape") and np.shape(mine) in occurring:
        return f"Shape {np.shape(mine)} for m = {m}: is there a column for each class, also unseen?"
    if "are off" in hint:
        total = np.sum(np.asarray(mine, dtype=float), axis=1)
        rows = np.flatnonzero(total != 1)
        if len(rows):
            told = f"Row {rows[0]} of Y adds up to {total[rows[0]]:g}"
            return f"{told}: how many classes has one sample?"
    return hint


def _about_entropy(mine, Y_hat, Y):
    n, m = Y.shape
    true = np.sum(Y * Y_hat, axis=1)
    J = np.mean(-np.log(true))
    others = -np.sum((1 - Y) * np.log(1 - Y_hat), axis=1)
    mistakes = {
        f"J is {m} times too small, as a mean over all {n} · {m} entries: over what should it be?":
            J / m,
        "The sum belongs to the classes, and the mean to the samples, not the other way round.":
            J * n / m,
        "The logarithm is missing: this is the mean probability of the true classes.":
            np.mean(true),
        "The logarithm is missing: this is minus the mean probability of the true classes.":
            -np.mean(true),
        "As if each class were a yes or no of its own: which terms does a one-hot y leave?":
            J + np.mean(others),
        "The logarithms of all classes count, also where y is 0: what does Y do in the sum?":
            -np.mean(np.sum(np.log(Y_hat), axis=1)),
        "It is the class of the largest probability that counts, not the true one: where is Y?":
            -np.mean(np.log(Y_hat.max(axis=1))),
        "It is the logarithm to base 2; here log is the natural one.": J / np.log(2),
        "It is the logarithm to base 10; here log is the natural one.": J / np.log(10),
        "The mean is taken before the logarithm: each sample has a loss of its own.":
            -np.log(np.mean(true)),
    }
    mistakes = {hint: value for hint, value in mistakes.items() if not np.isclose(value, J)}
    hint = compare(mine, J, "J", n=n, mistakes=mistakes)
    if "not finite" in hint:
        return "J is not finite: there is no 0 in Y_hat, but in Y there is: whose logarithm is it?"
    return hint


@task(
    "Softmax that never overflows",
    "each row adds up to 1, also for scores of 1000 and for rows that are far apart.",
    points=3,
)
def check_stable_softmax(stable_softmax):
    """Check ``stable_softmax(Z)``: scores Z (n, m) give probabilities, (n, m), row by row."""
    rng = np.random.default_rng(26)
    draws = [rng.normal(size=size) for size in [(3, 3), (2, 3), (3, 1), (4, 5)]]
    yield judged(lambda: first(_about_softmax(stable_softmax(Z), Z) for Z in draws))
    for scores, Z in [
        ("scores as large as 1002", [[1002, 1001, 1000], [-2000, 1, 1001]]),
        ("rows that are far apart", [[1, 0, -1], [-1001, -1000, -1003], [702, 700, 701]]),
    ]:
        yield judged(lambda Z=Z, s=scores: _about_large(stable_softmax, np.array(Z, float), s))


def _about_softmax(mine, Z):
    right, shifted = softmax(Z), np.exp(Z - Z.max(axis=1, keepdims=True))
    with np.errstate(all="ignore"):
        mistakes = {
            "This is the exponential alone: what is it divided by?": np.exp(Z),
            "The largest of each row is 1: what is the exponential divided by?": shifted,
            "Each row adds up to 1, but the exponential is missing.":
                Z / Z.sum(axis=1, keepdims=True),
            "This is the sigmoid of each entry: the scores of a row must share one sum.":
                sigmoid(Z),
            "These are the logarithms of the probabilities.": np.log(right),
            "As if each column had a number of its own subtracted: what leaves a row unchanged?":
                softmax(Z - Z.max(axis=0)),
            "Smaller scores get more: which sign has the exponent?": softmax(-Z),
        }
        if Z.shape == Z.T.shape:
            told = "Z is (3, 3); column k is divided by the sum of row k: what does keepdims do?"
            mistakes[told] = shifted / shifted.sum(axis=1)
            told = "Z is (3, 3); column k loses the largest of row k: what does keepdims do?"
            mistakes[told] = softmax(Z - Z.max(axis=1))
            e = np.exp(Z - Z.max(axis=1))
            told = "Z is (3, 3); column k meets the numbers of row k: what does keepdims do?"
            mistakes[told] = e / e.sum(axis=1)
    mistakes = {hint: value for hint, value in mistakes.items() if not np.allclose(value, right)}
    return _about_sums(mine, compare(mine, right, "Y_hat", mistakes=mistakes))


def _about_sums(mine, hint):
    """Return what the sums of probabilities tell, if the hint tells only which are off."""
    if "are off" not in hint:
        return hint
    mine = np.asarray(mine, dtype=float)
    rows, columns = mine.sum(axis=1), mine.sum(axis=0)
    if np.allclose(rows, 1):
        return hint
    if np.allclose(columns, 1):
        return "Each column adds up to 1, but what belongs to one sample is a row."
    if np.isclose(mine.sum(), 1):
        return "All entries together add up to 1: each row must do so by itself."
    row = np.argmax(~np.isclose(rows, 1))
    return f"Row {row} adds up to {rows[row]:.3g}: what must the probabilities of a sample do?"


def _about_large(stable_softmax, Z, scores):
    mine = stable_softmax(Z)
    hint = compare(mine, softmax(Z), "Y_hat")
    told, errors = f"With {scores}", stable_softmax.numeric_errors
    if "not finite" in hint and "overflow" in errors:
        return f"{told}, exp overflows: what is the largest exponent in each row?"
    if "not finite" in hint and "invalid value" in errors:
        row = np.flatnonzero(~np.all(np.isfinite(mine), axis=1))[0]
        return f"{told}, row {row} is 0 divided by 0: what is its largest exponent?"
    if "are off" in hint and np.any(np.ptp(np.asarray(mine, dtype=float), axis=1) == 0):
        return f"{told}, scores that differ get the same probability: what became of them before?"
    return hint and f"{told}: {hint}"


BUGS = {
    "transposed": "X and W are not multiplied as they should: W is square, so its transpose fits.",
    "behind": "The hidden outputs don't lie between 0 and 1, the range of σ: what comes after it?",
    "columns": "Each column of Y_hat adds up to 1, but what belongs to one sample is a row.",
}


@task(
    "Three mistakes that raise no error",
    "all three are mended: W, b and the sum are right, and H lies between 0 and 1.",
    points=3,
)
def check_mended(mended):
    """Check ``mended(X, W, b, V, c)``: X (n, d), W (d, p), V (p, m) give Y_hat (n, m)."""
    rng = np.random.default_rng(27)
    found = []
    for n, d, m in [(3, 3, 2), (4, 2, 4)]:
        X, W, V = (rng.normal(size=size) for size in [(n, d), (d, d), (d, m)])
        given = X, W, rng.normal(size=d), V, rng.normal(size=m)
        mine = mended(*given)
        hint = _about_mended(mine, *given)
        hints = dict.fromkeys(BUGS, hint)
        for *left, shifted in product([False, True], repeat=len(BUGS) + 1):
            bugs = dict(zip(BUGS, left))
            if not compare(mine, _network(*given, **bugs, shifted=shifted), "Y_hat"):
                hints = {bug: told * bugs[bug] for bug, told in BUGS.items()}
        found.append(hints)
    for bug in BUGS:
        yield first(hints[bug] for hints in found)


def _about_mended(mine, X, W, b, V, c):
    mistakes = {
        "σ is missing: H is no longer what comes out of an activation.":
            softmax((X @ W + b) @ V + c),
        "The scores lack the bias c.": _network(X, W, b, V, 0 * c),
        "The pre-activations of the hidden layer lack the bias b.": _network(X, W, 0 * b, V, c),
        "b is subtracted; the weighted sum adds it.": _network(X, W, -b, V, c),
        "These are the scores: softmax is missing.": sigmoid(X @ W + b) @ V + c,
    }
    hint = compare(mine, _network(X, W, b, V, c), "Y_hat", mistakes=mistakes)
    return _about_sums(mine, hint)


def _network(X, W, b, V, c, *, transposed=False, behind=False, columns=False, shifted=False):
    """Return the probabilities, with none, some or all of the three mistakes.

    With sums over columns it matters whether the scores are shifted by the largest of each row.
    """
    Z = X @ (W.T if transposed else W)
    H = sigmoid(Z) + b if behind else sigmoid(Z + b)
    scores = H @ V + c
    e = np.exp(scores - scores.max(axis=1, keepdims=True) if shifted else scores)
    return e / e.sum(axis=0 if columns else 1, keepdims=True)
