"""Checks of the exercises of lecture 3, networks."""

import numpy as np

from lecture_utils.datasets import xor
from lecture_utils.exercises.checking import Hint, task
from lecture_utils.exercises.diagnosis import compare, first, parts

POINTS, XOR = xor()
NAMES = [f"({u:g}, {v:g})" for u, v in POINTS]
TABLES = {    # answers at (0, 0), (0, 1), (1, 0) and (1, 1)
    (0, 0, 0, 1): "AND", (0, 1, 1, 1): "OR", (1, 1, 1, 0): "NOT-AND", (1, 0, 0, 0): "NOT-OR",
    (0, 1, 1, 0): "XOR", (1, 0, 0, 1): "XNOR", (0, 0, 1, 1): "x_1", (0, 1, 0, 1): "x_2",
    (1, 1, 0, 0): "NOT x_1", (1, 0, 1, 0): "NOT x_2",
}
CORNERS = np.array([[0, 0], [4, 0], [1, 3]])    # of the triangle
SIDES = np.array([[0, 3, -1], [1, -1, -1], [0, 0, 4]])    # w_1, w_2 and b, positive inside


@task(
    "The forward pass of Net",
    "the predictions are right for n = 3 and n = 5 samples, and Z and H are kept.",
    points=2,
)
def check_net_forward(Net):
    """Check ``Net(W, b, V, c).forward(X)``: (n, m); it keeps Z and H, both (n, p), in ``self``."""
    rng = np.random.default_rng(30)
    hints, kept = [], []
    for n, d, p, m in [(3, 2, 4, 1), (5, 1, 3, 2)]:
        X, W, b = rng.normal(size=(n, d)), rng.normal(size=(d, p)), rng.normal(size=p)
        V, c = rng.normal(size=(p, m)), rng.normal(size=m)
        net, Z = Net(W, b, V, c), X @ W + b
        H = _sigmoid(Z)
        falling = 1 - _sigmoid(_sigmoid(-Z) @ V + c)
        mistakes = {
            "The output is H V + c: it has no sigmoid yet.": H @ V + c,
            "No layer has its sigmoid.": Z @ V + c,
            "The hidden layer has no sigmoid, so its Z goes on as it is.": _sigmoid(Z @ V + c),
            "The hidden layer is computed without b.": _sigmoid(_sigmoid(X @ W) @ V + c),
            "The output is computed without c.": _sigmoid(H @ V),
            "Both layers are computed without their biases.": _sigmoid(_sigmoid(X @ W) @ V),
            "c is added after the sigmoid, not before it.": _sigmoid(H @ V) + c,
            "The hidden layer has tanh, not the sigmoid.": _sigmoid(np.tanh(Z) @ V + c),
            "The hidden layer has the ReLU, not the sigmoid.": _sigmoid(np.maximum(0, Z) @ V + c),
            "The output goes through two sigmoids.": _sigmoid(_sigmoid(H @ V + c)),
            "The hidden layer goes through two sigmoids.": _sigmoid(_sigmoid(H) @ V + c),
            "The sigmoid falls where it should rise: what is in its exp?": falling,
            "It gives 0 or 1: return what the sigmoid gives.": _step(H @ V + c),
        }
        for _ in range(2):
            y_hat = net.forward(X)
            if y_hat is None:
                raise Hint("`Net.forward` returns nothing: is its `return` missing?")
            hints.append(compare(y_hat, _sigmoid(H @ V + c), "ŷ", mistakes=mistakes))
        if hints[-1] and not hints[-2]:
            hints[-1] = "Called a second time, it predicts something else: what does it overwrite?"
        kept.append((net, X @ W, Z, H))
    told = first(hints)    # where it names no mistake, what is kept tells more
    yield first([_about_kept(kept), told]) if "entries of ŷ are off" in told else told
    yield _about_kept(kept)


def _about_kept(kept):
    of_Z = "self.Z has gone through the sigmoid already: keep what was there before."
    of_H = "self.H is the same as Z: keep what the sigmoid makes of it."
    hints = []
    for net, product, Z, H in kept:
        mistakes = {of_Z: H, "self.Z is X W alone: where is b?": product}
        hints.append(compare(net.Z, Z, "self.Z", mistakes=mistakes))
        hints.append(compare(net.H, H, "self.H", mistakes={of_H: Z}))
    return first(hints)


@task(
    "Two affine layers as one",
    "one layer does the same as the two, also if all sizes differ.",
    points=2,
)
def check_merge(merge):
    """Check ``merge(W_1, b_1, W_2, b_2)``: W, (d, m), and b, (m,), of one layer."""
    rng = np.random.default_rng(31)
    of_W, of_b = [], []
    for d, p, m in [(3, 3, 3), (1, 4, 2)]:
        W_1, b_1 = rng.normal(size=(d, p)), rng.normal(size=p)
        W_2, b_2 = rng.normal(size=(p, m)), rng.normal(size=m)
        W, b = parts(merge(W_1, b_1, W_2, b_2), "W, b")
        for_W = for_b = {}
        if d == p == m:    # with other sizes most wrong products can't be computed
            for_W = {
                "W is W_2 @ W_1: which layer do the rows of X go through first?": W_2 @ W_1,
                "W multiplies W_1 and W_2 entry by entry: is that what two layers do?": W_1 * W_2,
                "W is the sum of W_1 and W_2: what does layer 2 do with X W_1?": W_1 + W_2,
            }
            for_b = {
                "b adds b_1 as it is, but b_1 goes through layer 2 as well.": b_1 + b_2,
                "b has b_1 after layer 2, but where is b_2?": b_1 @ W_2,
                "b is b_2 alone: what becomes of b_1 in layer 2?": b_2,
                "b multiplies b_2, too, but b_2 is added last.": (b_1 + b_2) @ W_2,
                "b has W_2 @ b_1: on which side of W_2 does a row stand?": W_2 @ b_1 + b_2,
                "b takes b_2 through layer 2: whose output does it multiply?": b_2 @ W_2 + b_1,
                "b has b_1 @ W_1, but b_1 is added after W_1.": b_1 @ W_1 + b_2,
            }
        of_W.append(compare(W, W_1 @ W_2, "W", mistakes=for_W))
        of_b.append(compare(b, b_1 @ W_2 + b_2, "b", like="b_2", mistakes=for_b))
        if of_W[-1] or of_b[-1]:
            break
    yield first(of_W)
    yield first(of_b)


@task("NOT-AND by one neuron", "its line has (1, 1) on one side, and all others on the other.")
def check_not_and(not_and):
    """Check ``not_and()``: w, (2,), and b of a neuron with a step."""
    yield _about_answers(_at_points(not_and()), [1, 1, 1, 0], "z")


@task(
    "XOR by one neuron",
    "the activation turns between the points, and all four come out right.",
    points=2,
)
def check_xor_neuron(weights, activation):
    """Check ``weights()``: w, (2,), and b; and ``activation(z)``: (n,), as z."""
    z = _at_points(weights())
    line = np.union1d(np.linspace(z.min(), z.max(), 101), z)
    if np.ptp(z) == 0:
        raise Hint(f"z is {z[0]:.4g} at all four points, so no activation can tell them apart.")
    at_points, on_line = (_entries(activation(values), values) for values in (z, line))
    turning = _about_turning(on_line, line)
    hint = _about_answers(at_points, XOR, "the activation", 0.5)
    yield turning and (hint if "not finite" in hint else turning)
    if not np.allclose(at_points, on_line[np.searchsorted(line, z)], equal_nan=True):
        hint = "The value of the activation at one z depends on the other entries: it must not."
    elif hint:
        hint += f" The four z are {', '.join(f'{value:.4g}' for value in z)}."
    yield hint


@task(
    "XNOR by two layers",
    "one line can part what the hidden layer makes of the points, and the output does.",
    points=2,
)
def check_xnor(xnor):
    """Check ``xnor()``: W, (2, p), b, (p,), V, (p, 1), and c, (1,), of a network with steps."""
    W, b, V, c = _network(xnor())
    H, targets = _step(POINTS @ W + b), 1 - XOR
    hints = [_about_hidden(H, targets), _about_answers(H @ V + c, targets, "the last z")]
    if any(hints) and W.shape == (2, 2):
        turned = _step(_step(POINTS @ W.T + b) @ V + c)
        if np.array_equal(turned, targets):
            raise Hint("Is W transposed? Column k holds the weights of hidden unit k.")
    yield from hints


@task(
    "A triangle from three lines",
    "each side is the line of a hidden unit, and no point in or around the triangle is wrong.",
    points=2,
)
def check_triangle(triangle):
    """Check ``triangle()``: W, (2, p), b, (p,), V, (p, 1), and c, (1,), of a network with steps."""
    W, b, V, c = _network(triangle())
    sizes = np.abs(W).sum(axis=0)
    is_at = (np.abs(CORNERS @ W + b) <= 0.01 * sizes) & (sizes > 0)    # (3, p)
    missing = [
        f"({CORNERS[i, 0]}, {CORNERS[i, 1]}) and ({CORNERS[j, 0]}, {CORNERS[j, 1]})"
        for i, j in [(0, 1), (1, 2), (2, 0)]
        if not np.any(is_at[i] & is_at[j])
    ]
    yield f"No hidden unit has z = 0 at both {missing[0]}." if missing else ""
    X = np.random.default_rng(32).uniform([-2, -2], [6, 5], size=(400, 2)).round(2)
    depth = np.min((X @ SIDES[:2] + SIDES[2]) / np.hypot(*SIDES[:2]), axis=1)
    X, is_in = X[np.abs(depth) > 0.05], depth[np.abs(depth) > 0.05] > 0
    yield _about_triangle(X, is_in, W, b, V, c)


@task(
    "A hat between any three places",
    "it rises, falls and stays at 0 outside, also if its sides differ in slope.",
    points=3,
)
def check_tent(tent):
    """Check ``tent(left, tip, right)``: w, b and v, (p,), and c of a hidden layer of ReLU units."""
    hints = []
    for left, tip, right in [(-1.5, 0.5, 1.0), (0.25, 0.75, 2.75)]:
        w, b, v, c = parts(tent(left, tip, right), "w, b, v, c")
        c = _numbers(c, "c", 1)[0]
        w, b, v = _numbers(w, "w"), _numbers(b, "b"), _numbers(v, "v")
        if not len(w) == len(b) == len(v):
            told = f"w, b and v have {len(w)}, {len(b)} and {len(v)} entries"
            raise Hint(f"{told}, but each hidden unit has one of each.")
        hints.append(_about_tent(w, b, v, c, left, tip, right))
    yield from map(first, zip(*hints))


@task("A hat of a hat", "each hat takes what the one before gives, for k = 1 to 4.")
def check_hats(hats):
    """Check ``hats(x, k)``: (n,), the hat applied k times to x, (n,)."""
    x = np.random.default_rng(33).uniform(size=7)
    hints = []
    for k in (1, 2, 3, 4):
        curves = [x]
        for _ in range(k + 1):
            curves.append(_hat(curves[-1]))
        mistakes = {}
        if k > 1:
            mistakes = {
                "does each hat take what the one before gave?": curves[1],
                "that is the hat of x to the power k.": curves[1] ** k,
                "that is k times the hat of x.": k * curves[1],
                "that is the hat of k times x.": _hat(k * x),
                "that is the sum of the hats.": np.sum(curves[1 : k + 1], axis=0),
            }
        mistakes |= {
            "that is one hat too few.": curves[k - 1],
            "that is one hat too many.": curves[k + 1],
        }
        mistakes = {f"For k = {k}: {hint}": value for hint, value in mistakes.items()}
        hints.append(compare(hats(x, k), curves[k], f"the curve for k = {k}", mistakes=mistakes))
    yield first(hints)


@task(
    "How many teeth",
    "pieces, tips and units are right for k = 1 to 6.",
    points=3,
)
def check_count(count):
    """Check ``count(k)``: how many pieces and tips k hats have, and the units of one layer."""
    k = np.arange(1, 7)
    found = [count(int(number)) for number in k]
    found = [each.tolist() if isinstance(each, np.ndarray) else each for each in found]
    found = [parts(each, "pieces, tips, units") for each in found]
    yield _about_count([each[0] for each in found], k, 2**k, "pieces", {
        "does a further hat add pieces, or does it change each piece?": 2 * k,
        "so many joints there are; how many pieces do they part?": 2**k - 1,
        "does each further hat add one piece only?": k + 1,
        "so many tips there are; how many pieces meet at a tip?": 2 ** (k - 1),
    })
    yield _about_count([each[1] for each in found], k, 2 ** (k - 1), "tips", {
        "so many pieces there are; how many of them meet at a tip?": 2**k,
        "so many joints there are, but at some the curve turns up again.": 2**k - 1,
        "does a further hat add one tip, or does it change each piece?": k,
    })
    yield _about_count([each[2] for each in found], k, 2**k, "units", {
        "so many has the deep network; here each unit gives one joint.": 2 * k,
        "so many joints there are, but what gives the first piece its slope?": 2**k - 1,
    })


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _step(z):
    return (z > 0).astype(float)


def _hat(x):
    return 2 * np.maximum(0, x) - 4 * np.maximum(0, x - 0.5)


def _floats(value, name):
    wrong = Hint(f"{name} must hold real numbers, and nothing else.")
    try:
        numbers = np.asarray(value)
        if numbers.dtype.kind == "c" or value is None:
            raise wrong
        return numbers.astype(float)
    except (TypeError, ValueError):
        raise wrong from None


def _numbers(value, name, size=None):
    """Return what a student chose as finite floats, in one row; raise `Hint` if it can't be."""
    numbers = _floats(value, name).ravel()
    if size is not None and numbers.size != size:
        wanted = f"{size} entr{'y' if size == 1 else 'ies'}"
        raise Hint(f"{name} must have {wanted}, but it has {numbers.size}.")
    if not np.all(np.isfinite(numbers)):
        raise Hint(f"{name} is not finite (inf or nan).")
    return numbers


def _at_points(result):
    """Return z of a neuron at the four points, (4,), from its weights and bias; or raise `Hint`."""
    w, b = (_numbers(value, name) for value, name in zip(parts(result, "w, b"), "wb"))
    if w.size == 1 and b.size == 2:
        raise Hint("w has 1 entry and b has 2: are they in the order w, b?")
    return POINTS @ _numbers(w, "w", 2) + _numbers(b, "b", 1)


def _network(result):
    """Return W, (2, p), b, (p,), V, (p,), and c, (1,), of a network, or raise `Hint`."""
    W, b, V, c = parts(result, "W, b, V, c")
    _numbers(W, "W")
    W = np.asarray(W, dtype=float)
    shape = W.shape
    if len(shape) != 2 or shape[0] != 2:
        turned = ": is it the transpose?" if len(shape) == 2 and shape[1] == 2 else "."
        raise Hint(f"Shape {shape}, but W is (2, p), a column for each hidden unit{turned}")
    for name, value in [("b", b), ("V", V)]:
        size = _numbers(value, name).size
        if size != shape[1]:
            columns = f"{shape[1]} column{'s' * (shape[1] != 1)}, one for each hidden unit"
            told = f"W has {columns}, but {name} has {size}"
            raise Hint(f"{told} entr{'y' if size == 1 else 'ies'}.")
    return W, _numbers(b, "b"), _numbers(V, "V"), _numbers(c, "c", 1)


def _entries(values, z):
    """Return what an activation gives as floats; raise `Hint` if they aren't one for each z."""
    numbers = _floats(values, "The activation")
    if numbers.shape != z.shape:
        told = f"Shape {numbers.shape}, but the activation of z has the shape of z, {z.shape}"
        raise Hint(f"{told}: one value for each entry.")
    return numbers


def _about_turning(values, z):
    """Return a hint if an activation only rises or only falls at z, which is sorted."""
    steps = np.diff(values[np.isfinite(values)])
    where = f"From z = {z[0]:.4g} to {z[-1]:.4g}, where the four points lie, the activation never"
    if not np.any(steps < 0):
        return f"{where} falls, and no such neuron can solve XOR."
    if not np.any(steps > 0):
        return f"{where} rises: are there points on both sides of where it turns?"
    return ""


def _about_answers(values, targets, what, threshold=0):
    """Return a hint if values are above the threshold at other points than those with target 1."""
    if not np.all(np.isfinite(values)):
        return f"At {NAMES[np.argmin(np.isfinite(values))]}, {what} is not finite (inf or nan)."
    answers = (values > threshold).astype(int)
    wrong = np.flatnonzero(answers != targets)
    on_edge = [NAMES[i] for i in wrong if np.isclose(values[i], threshold, rtol=0, atol=1e-9)]
    if on_edge:
        told = f"At {' and '.join(on_edge)}, {what} is {threshold} up to rounding"
        return f"{told}: on which side must it be?"
    if len(set(answers)) == 1:
        told = f"It answers {answers[0]} at all four points"
        most = f"{values.min():.4g} or more" if answers[0] else f"{values.max() + 0.0:.4g} or less"
        return f"{told}, since {what} is {most}." if len(wrong) else ""
    name = TABLES.get(tuple(answers.tolist()))
    named = f": that is {name}." if name else "."
    if len(wrong) == len(POINTS):
        return f"All four points come out the other way round{named}"
    where = ", and at ".join(f"{NAMES[i]}, where {what} is {values[i]:.4g}" for i in wrong)
    return f"Wrong at {where}{named}" if len(wrong) else ""


def _about_hidden(H, targets):
    """Return a hint if no line, or plane, parts the classes of the hidden values, all 0 or 1."""
    ones, zeros = np.flatnonzero(targets == 1), np.flatnonzero(targets == 0)
    for i in ones:
        for j in zeros:
            if np.array_equal(H[i], H[j]):
                told = f"{NAMES[i]} and {NAMES[j]} get the same hidden values, {_row(H[i])}"
                return f"{told}, but their targets differ."
    # Lines between corners of a cube can only cross in the middle.
    if np.array_equal(H[ones].sum(axis=0), H[zeros].sum(axis=0)):
        return "No line can part the classes of the hidden values either: draw the four of them."
    return ""


def _row(values):
    return f"({', '.join(f'{value:g}' for value in values)})"


def _about_triangle(X, is_in, W, b, V, c):
    """Return a hint if the network answers 1 elsewhere than inside."""
    H = _step(X @ W + b)
    z = H @ V + c
    off = (z > 0) != is_in
    if not np.any(off):
        return ""
    if np.all(off):
        return "Inside and outside are the wrong way round: every point inside gets 0."
    told = []
    for name, part, answer in [("inside", is_in, 0), ("outside", ~is_in, 1)]:
        count, total = np.count_nonzero(off & part), np.count_nonzero(part)
        told.append(f"{count} of {total} points {name} get {answer}" * bool(count))
    i = np.argmax(off)
    told = " and ".join(filter(None, told))
    hidden = f"has the hidden values {_row(H[i])} and the last z {z[i]:.4g}"
    return f"{told}; {_row(X[i])} is {'inside' if is_in[i] else 'outside'} and {hidden}."


def _about_tent(w, b, v, c, left, tip, right):
    """Return one hint each for the rise, the fall and both sides of a hat."""

    def f(x):
        return np.maximum(0, np.multiply.outer(x, w) + b) @ v + c

    def is_off(x):
        return ~np.isclose(f(x), np.interp(x, [left, tip, right], [0, 1, 0]), rtol=0, atol=1e-5)

    case = f"With left {left:g}, tip {tip:g} and right {right:g}"
    joints = -b[w != 0] / w[w != 0]
    places = {"left": left, "tip": tip, "right": right}
    missing = [name for name, x in places.items() if not np.any(np.isclose(joints, x))]
    more = f" No unit has its joint at {' or '.join(missing)}." if missing else ""
    if missing and all(np.any(np.isclose(joints, -x)) for x in places.values()):
        more = " The joints are at −left, −tip and −right: where is w x + b = 0?"
    hints = []
    for begin, end in [("left", "tip"), ("tip", "right")]:
        ends = np.array([places[begin], places[end]])
        value = dict(zip([begin, end], f(ends)))
        wrong = [name for name, off in zip([begin, end], is_off(ends)) if off]
        told = ""
        if wrong:
            height = "1 high" if wrong[0] == "tip" else "at 0"
            told = f"{case}, f is {value[wrong[0]]:.4g} at {wrong[0]}, where the hat is {height}."
        elif np.any(is_off(np.linspace(*ends, 9))):
            told = f"{case}, f is not straight between {begin} and {end}."
        hints.append(told)
    told = ""
    for side, x in [("left", left - np.arange(1, 4)), ("right", right + np.arange(1, 4))]:
        if not told and np.any(is_off(x)):
            at = x[np.argmax(is_off(x))]
            told = f"{case}, f is {f(at):.4g} at x = {at:g}, {side} of the hat, and not 0."
    return [hint and hint + more for hint in [*hints, told]]


def _about_count(mine, k, right, what, mistakes):
    """Return a hint if a count is wrong for one of the k; a mistake has its value for each k."""
    mine = np.array([_numbers(each, what, 1)[0] for each in mine])
    fine = np.isclose(mine, right)
    if np.all(fine):
        return ""
    at = np.argmin(fine)
    yours = f"{what} is {mine[at]:.10g} for k = {k[at]}"
    for hint, value in mistakes.items():
        if np.allclose(mine, value):
            return f"{yours}: {hint}"
    before = ", but right for smaller k" if at else ""
    return f"{yours}, which is too {'large' if mine[at] > right[at] else 'small'}{before}."
