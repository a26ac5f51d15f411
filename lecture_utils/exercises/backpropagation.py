"""Checks of the exercises of lecture 4, backpropagation."""

import numpy as np

from lecture_utils.exercises.checking import Hint, task
from lecture_utils.exercises.diagnosis import compare, first, judged, parts


def _sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))    # 1 / (1 + exp(−z)), which can't overflow


def _slope(z):
    return _sigmoid(z) * _sigmoid(-z)


def _by_steps(case, cases, many):
    """Return the first hint of each of many steps: an early case counts before a later one ends."""
    found = []
    for each in cases:
        try:
            found.append(case(*each))
        except Hint as hint:
            found.append([str(hint)] * many)
    return map(first, zip(*found))


@task(
    "Central differences",
    "one entry moves at a time, to both sides; vector and matrix are right to six digits.",
    points=3,
)
def check_differences(differences):
    """Check ``differences(f, theta)``: the gradient of f at theta, of the shape of theta."""
    rng = np.random.default_rng(40)
    vector, matrix = (_differences(differences, rng, shape) for shape in [(4,), (2, 3)])
    found = next(vector)
    hint = _about_differences(*found, near=1e-3)
    yield hint
    if hint:    # one mark is for the points, whatever is made of the values there
        yield _about_points(*found[2:], near=1e-6)
    else:
        yield _about_sides(found[2] - found[3]) or _about_differences(*found, near=1e-6)
    yield _about_differences(*next(matrix), near=1e-3)


def _differences(differences, rng, shape):
    """Yield once: the student's gradient, the right one, the points, θ, f(θ), points told apart."""
    theta, k = rng.uniform(0.5, 1.5, size=(2, *shape))
    asked = []

    def f(point):
        if np.shape(point) != shape:
            told = f"`f` is called with something of shape {np.shape(point)}, but θ has {shape}"
            raise Hint(f"{told}: it needs all of θ, of which one entry has moved.")
        asked.append((point, np.array(np.real(point), dtype=float)))
        return np.sum(k * np.power(point, 3)) + np.sum(point) ** 2

    mine = differences(f, theta)
    points = np.array([values for _, values in asked]).reshape(-1, *shape)
    apart = len({id(point) for point, _ in asked})
    at_theta = np.sum(k * theta**3) + theta.sum() ** 2
    yield mine, 3 * k * theta**2 + 2 * theta.sum(), points, theta, at_theta, apart


def _about_differences(mine, right, points, theta, at_theta, apart, near):
    epsilon = np.max(np.abs(points - theta), initial=0)
    only_one = np.zeros(right.shape)
    only_one.flat[0] = right.flat[0]
    mistakes = {
        "Only the first entry of ∇f is there: does `return` stand inside the loop?": only_one,
        "The differences are halved, but not divided by ε.": epsilon * right,
        "It looks as if only one of the two values were divided: where do brackets belong?":
            np.full(right.shape, at_theta * (1 - 1 / (2 * epsilon or np.inf))),
        "The differences are there, but nothing divides them by the distance of the two points.":
            2 * epsilon * right,
        "All is too small by the factor ε²: which numbers does your line divide by, and which does "
        "it multiply by?": epsilon**2 * right,
    }
    hint = compare(mine, right, "∇f", like="θ", mistakes=mistakes, near=near)
    same_shape = np.shape(mine) == right.shape
    return hint and same_shape and _about_points(points, theta, at_theta, apart, near) or hint


def _about_points(points, theta, _, apart, near):
    """Return a hint on the points at which f was asked, if one of them explains a wrong result."""
    moves = points - theta
    epsilon = np.max(np.abs(moves), initial=0)
    if not len(points):
        return "`f` is never called: its values near θ are all that you need."
    if not np.isfinite(epsilon):
        return "`f` is asked at a point that is not finite (inf or nan)."
    if epsilon < 1e-15:
        told = "`f` is asked at θ alone: is ε missing, or so tiny that θ + ε is rounded to θ?"
        return told + " Or are both points one array under two names?" * (apart < len(points))
    moved = np.abs(moves) > epsilon / 1000
    together = max(map(np.count_nonzero, moved))
    if together > 1:
        told = f"`f` is asked at a point where {together} entries of θ have moved"
        return f"{told}: a partial derivative moves one, and all others stay."
    if epsilon < 1e-14 / near:
        return f"`f` is asked {epsilon:.0e} from θ, which is so near that rounding takes over."
    if np.max(np.abs(points[moved])) < 0.1:
        return "An entry that moves is near 0 at your points, not near its place in θ: `=` or `+=`?"
    if epsilon**2 > near:
        return f"`f` is asked {epsilon:.0e} from θ, which is so far that its curve shows."
    return _about_sides(moves)


def _about_sides(moves):
    def is_mirrored(move):
        return any(np.max(np.abs(move + other)) <= np.max(np.abs(move)) / 2 for other in moves)

    one_sided = not all(map(is_mirrored, moves))
    return "`f` is asked on one side of θ only: that is not central yet." * one_sided


@task("Backward of the sigmoid", "the slope is right at 0, on both sides, and far out.")
def check_sigmoid_backward(sigmoid_backward):
    """Check ``sigmoid_backward(z, dy)``: the gradient at z, of the shape of z."""
    z = np.array([[-30.0, -1.0], [0.0, 0.5], [2.0, 30.0]])
    dy = np.array([[0.6, -1.2], [1.8, 0.7], [-0.9, 1.4]])
    y = _sigmoid(z)
    mistakes = {
        "The slope of the sigmoid is there, but not what comes from behind, dy.": y * (1 - y),
        "What comes from behind, dy, is multiplied by the value of the sigmoid, not by its slope.":
            dy * y,
        "Half of the slope is there: dy is multiplied by 1 − σ(z) alone.": dy * (1 - y),
        "What comes from behind, dy, and the slope are added: along a path one multiplies.":
            dy + y * (1 - y),
        "It looks as if the slope were taken at σ(z), not at z.": dy * _slope(y),
        "It looks as if z itself stood where the value of the sigmoid belongs.": dy * z * (1 - z),
        "It looks as if dy itself stood where the value of the sigmoid belongs.":
            dy * dy * (1 - dy),
        "It looks as if the slope were taken at dy, not at z.": dy * _slope(dy),
        "It looks like the slope of tanh, not that of the sigmoid.": dy * (1 - y**2),
        "That is the slope of tanh, not that of the sigmoid.": dy * (1 - np.tanh(z) ** 2),
    }
    regions = {"z < 0": z < 0, "z = 0": z == 0, "z > 0": z > 0}
    yield compare(
        sigmoid_backward(z, dy), dy * y * (1 - y), "∂J/∂z", like="z", n=len(z),
        mistakes=mistakes, regions=regions,
    )


@task(
    "Backward of the dense layer",
    "dX, dW and db are right for n = 3 and for n = 5 samples, also with one feature.",
    points=3,
)
def check_dense_backward(dense_backward):
    """Check ``dense_backward(X, W, dy)``: the gradients of X, W and b."""
    rng = np.random.default_rng(42)

    def case(n, d, p):
        X, W, dy = rng.normal(size=(n, d)), rng.normal(size=(d, p)), rng.normal(size=(n, p))
        dX, dW, db = parts(dense_backward(X, W, dy), "dX, dW, db")
        order = _about_order({"X": (n, d), "W": (d, p), "b": (p,)}, [dX, dW, db])
        last = "Only the last sample is in {}: is each added to those before?"
        one = "Only the first sample is in {}: where are the others?"
        sigmoid = "The slope of a sigmoid is in {}: this layer has no activation."
        bent = dy * _slope(X @ W)
        about_X = compare(dX, dy @ W.T, "∂J/∂X", like="X", n=n, mistakes={
            "Only the last neuron is in ∂J/∂X: is each added to those before?":
                np.outer(dy[:, -1], W[:, -1]),
            sigmoid.format("∂J/∂X"): bent @ W.T,
        })
        about_W = compare(dW, X.T @ dy, "∂J/∂W", like="W", n=n, mistakes={
            last.format("∂J/∂W"): np.outer(X[-1], dy[-1]),
            one.format("∂J/∂W"): np.outer(X[0], dy[0]),
            sigmoid.format("∂J/∂W"): X.T @ bent,
        })
        about_b = compare(db, dy.sum(axis=0), "∂J/∂b", like="b", n=n, mistakes={
            last.format("∂J/∂b"): dy[-1],
            one.format("∂J/∂b"): dy[0],
            sigmoid.format("∂J/∂b"): bent.sum(axis=0),
        })
        return [hint and (order or hint) for hint in (about_X, about_W, about_b)]

    yield from _by_steps(case, [(3, 2, 4), (5, 1, 3)], 3)


def _about_order(shapes, results):
    """Return a hint if results have the right shapes in another order."""
    names = {shape: name for name, shape in shapes.items()}
    found = [names.get(np.shape(result)) for result in results if not isinstance(result, str)]
    if None in found or found == [*shapes] or {*found} != {*shapes}:
        return ""
    got, wanted = ", ".join(found), ", ".join(shapes)
    return f"What you return has the shapes of {got}, in this order; asked for are {wanted}."


@task(
    "Tanh and a power in the graph",
    "both operators know their local derivatives, and what comes back along two paths is added.",
    points=4,
)
def check_graph(tanh_operator, power_operator, graph_slopes):
    """Check three functions of numbers, which return two numbers each.

    ``tanh_operator(a)`` and ``power_operator(a, n)`` return the value and its derivative by a,
    ``graph_slopes(a, b)`` returns ∂e/∂a and ∂e/∂b of e = a · tanh(a b)³.
    """
    yield judged(lambda: _about_tanh(tanh_operator))
    yield judged(lambda: _about_power(power_operator))
    cases = [(graph_slopes, 1.5, 0.4), (graph_slopes, -0.7, 1.3)]
    yield from _by_steps(_about_slopes, cases, 2)


def _about_tanh(tanh_operator):
    a = np.array([-2.0, -0.5, 0.0, 0.3, 1.5])
    value = np.tanh(a)
    slope = 1 - value**2
    of_slope = {
        "The local derivative of tanh is taken at tanh(a) in place of a.": 1 - np.tanh(value) ** 2,
        "The local derivative of tanh has a where its value, tanh(a), belongs.": 1 - a**2,
        "The local derivative looks like that of the sigmoid: tanh is 0 at 0, and there it is "
        "steepest.": value * (1 - value),
        "A square is missing in the local derivative of tanh: it is the same at a and at −a.":
            1 - value,
        "In the local derivative of tanh, a is squared in place of tanh(a).": 1 - np.tanh(a**2),
        "In the local derivative of tanh, the square belongs to tanh(a) alone.": (1 - value) ** 2,
    }
    inputs = {f"a = {each:g}": (each,) for each in a.tolist()}
    return _about_operator(tanh_operator, inputs, "tanh", [value, slope], [{}, of_slope])


def _about_power(power_operator):
    a, n = np.array([(1.7, 3), (-2.0, 2), (0.6, 0.5), (0.8, -1), (1.2, 1), (-1.5, 0)]).T
    value, slope = a**n, n * a ** (n - 1.0)
    of_value = {
        "The value looks like nᵃ: which of the two is the exponent?":
            np.array([n**each if n > 0 else np.nan for each, n in zip(a, n)]),
        "The value looks like n · a: a power is asked for.": n * a,
    }
    of_slope = {
        "The power in the local derivative of aⁿ is right, but the factor in front is missing.":
            a ** (n - 1.0),
        "In the local derivative of aⁿ, the factor is right, but the power has not become less.":
            n * a**n,
        "The local derivative looks like n · aⁿ − 1: is the −1 part of the exponent?": n * a**n - 1,
        "In the local derivative of aⁿ, the factor in front is less by 1, as the power is.":
            (n - 1) * a ** (n - 1.0),
    }
    pairs = [(base, int(k) if k == int(k) else k) for base, k in zip(a.tolist(), n.tolist())]
    inputs = {f"a = {base:g}, n = {k:g}": (base, k) for base, k in pairs}
    return _about_operator(power_operator, inputs, "aⁿ", [value, slope], [of_value, of_slope])


def _about_operator(operator, inputs, name, rights, mistakes):
    """Return the hint for values and local derivatives, which come one by one, as far as they do.

    `inputs` are the arguments of each call, by what tells them.
    """
    whats = [f"the value of {name}", f"the local derivative of {name}"]
    found, end = [], ""
    for at, each in inputs.items():
        try:
            pair = _pair(operator(*each), "the value, the local derivative")
            end = first(_about_kind(mine, (), what) for mine, what in zip(pair, whats))
        except Hint as hint:
            end = str(hint)
        if end:
            end = f"At {at}: {end}" if found else end
            break
        found.append(pair)
    swapped = "What is returned first is the local derivative: asked for is the value, then it."
    mistakes = [{swapped: rights[1], **mistakes[0]}, mistakes[1]]
    hints = []
    for mine, right, what, named in zip(zip(*found), rights, whats, mistakes):
        named = {told: value[:len(found)] for told, value in named.items()}
        hint = compare(mine, right[:len(found)], what, mistakes=named)
        if "entries" in hint:
            told = (compare(*each, f"{what} at {at}") for *each, at in zip(mine, right, inputs))
            hint = first(told)
        hints.append(hint)
    hint = first([*hints, end])
    return hint[:1].upper() + hint[1:]


def _pair(result, names):
    """Return the parts of a result that may be an array too, as all of them are numbers."""
    return parts(result.tolist() if isinstance(result, np.ndarray) else result, names)


def _about_slopes(graph_slopes, a, b):
    """Return the hints for both slopes, at one place."""
    c = a * b
    d = np.tanh(c)
    direct, of_power, of_tanh = d**3, 3 * d**2, 1 - d**2

    def slopes(of_power=of_power, of_tanh=of_tanh):
        at_c = a * of_power * of_tanh
        return np.array([direct + at_c * b, at_c * a])

    at_c = a * of_power * of_tanh
    through = at_c * b
    on_both = {
        "the path through d has no local derivative of tanh": slopes(of_tanh=1),
        "the local derivative of tanh is taken at d, not at c":
            slopes(of_tanh=1 - np.tanh(d) ** 2),
        "the local derivative of tanh has c where its value, d, belongs": slopes(of_tanh=1 - c**2),
        "the path through f has no local derivative of the power": slopes(of_power=1),
        "the local derivative of d³ lacks its factor": slopes(of_power=d**2),
        "the local derivative of d³ still has the power 3": slopes(of_power=3 * d**3),
        "the local derivative of d³ has c where d belongs": slopes(of_power=3 * c**2),
        "the local derivative of d³ has f where d belongs": slopes(of_power=3 * direct**2),
        "the factors along a path are added: along a path one multiplies":
            a + of_power + of_tanh + np.array([b + direct, a]),
    }
    on_one = [{
        "∂e/∂a has only the path on which a meets e directly: which other arrow leaves a?": direct,
        "∂e/∂a has only the path through c: which other arrow leaves a?": through,
        "The two paths from a to e are multiplied: over paths one adds.": direct * through,
        "What is returned first is ∂e/∂b: ∂e/∂a is asked for.": at_c * a,
        "In ∂e/∂a, the direct path has not the local derivative of e = a · f.": 1 + through,
        "In ∂e/∂a, the path through f has not the local derivative of e = a · f.":
            direct + through / a,
        "In ∂e/∂a, the path through c has not the local derivative of c = a · b by a.":
            direct + at_c * a,
        "In ∂e/∂a, the path through c stops there: go on to a.": direct + at_c,
    }, {
        "In ∂e/∂b a factor is missing: on the way from e to b, two products are passed.": at_c,
        "In ∂e/∂b, the path through c has not the local derivative of c = a · b by b.": through,
    }]
    mine = _pair(graph_slopes(a, b), "∂e/∂a, ∂e/∂b")
    return [
        compare(mine[i], slopes()[i], f"{name} at a = {a:g}, b = {b:g}", mistakes=on_one[i] | {
            f"In {name}, {told}.": values[i] for told, values in on_both.items()
        })
        for i, name in enumerate(["∂e/∂a", "∂e/∂b"])
    ]


@task(
    "A pass by hand",
    "all six results follow from your numbers: forward from x to the loss, and back to V and W.",
    points=6,
)
def check_my_pass(my_pass):
    """Check ``my_pass()``: the student's own x, y, W, V, and six results of her pass by hand.

    Each result may follow from those that she gives before it, or from the exact ones.
    """
    x, y, W, V, *mine = parts(my_pass(), "x, y, W, V, h, y_hat, J, delta_out, dV, dW")
    x, y, W, V = _chosen(x, y, W, V)
    h = _sigmoid(x * W)
    exact, mistakes = _pass_by_hand(x, y, W, V, h, _sigmoid(h @ V), _sigmoid(h @ V) - y)
    whats = ["h", "ŷ", "J", "δ_out", "∂J/∂V", "∂J/∂W"]
    for what, right, named in zip(whats, exact, mistakes):
        if any(_follows(value, right, what, times=1.2) == "" for value in named.values()):
            told = f"With your numbers, a usual mistake in {what} would not show, or hardly"
            raise Hint(f"{told}: choose others, best larger and farther apart.")
    h, y_hat, _, error, _, _ = map(_usable, mine, exact)
    followed, mistakes = _pass_by_hand(x, y, W, V, h, np.clip(y_hat, 1e-9, 1 - 1e-9), error)
    for result, *rights, named, what in zip(mine, followed, exact, mistakes, whats):
        hints = [_follows(result, right, what) for right in rights]
        # A forgotten x = 2 is to be named, not only that all is half of what it should be.
        told = " Or: ".join(told for told, value in named.items() if _is_near(result, value))
        yield (told or hints[0]) * all(hints)


def _pass_by_hand(x, y, W, V, h, y_hat, error):
    """Return six results, each from those before it, and what comes out by mistakes in each."""
    slope, slope_out = h * (1 - h), y_hat * (1 - y_hat)
    loss = _loss(y_hat, y)
    right = [_sigmoid(x * W), _sigmoid(h @ V), loss, y_hat - y, error * h, error * V * slope * x]
    mistakes = [{
        "These are the z = x · W: the sigmoid of each is still to be taken.": x * W,
        "h looks like the sigmoid of −z: which sign has the exponent?": _sigmoid(-x * W),
        "h looks like the sigmoid of W: where is x?": _sigmoid(W),
    }, {
        "That is z_out: the prediction ŷ is its sigmoid.": h @ V,
        "ŷ looks like the sigmoid of −z_out: which sign has the exponent?": _sigmoid(-h @ V),
        "ŷ looks as if W stood in z_out where V belongs.": _sigmoid(h @ W),
        "ŷ looks as if W stood in z_out where h belongs.": _sigmoid(W @ V),
    }, {
        "J looks like the loss for the other target: which of its two terms is left for your y?":
            _loss(y_hat, 1 - y),
        "J looks like a logarithm to base 10: the natural one is meant.": loss / np.log(10),
        "J looks like a logarithm to base 2: the natural one is meant.": loss / np.log(2),
        "J looks like a squared error: here it is the cross-entropy.": (y_hat - y) ** 2,
        "J looks like half a squared error: here it is the cross-entropy.": (y_hat - y) ** 2 / 2,
    }, {
        "That is ∂J/∂ŷ: the slope of the sigmoid at z_out leads from there to δ_out.":
            (y_hat - y) / slope_out,
        "The slope of the sigmoid at z_out stands in δ_out once more than for the cross-entropy.":
            (y_hat - y) * slope_out,
        "δ_out is ŷ: where is the target?": y_hat if y else np.nan,
        "That is the slope of the sigmoid at z_out: nothing of the loss is in it.": slope_out,
    }, {
        "That is ∂J/∂h: V multiplies h, so which of the two stays in ∂J/∂V?": error * V,
        "∂J/∂V has x in it: V multiplies what comes out of the hidden neurons.": error * x + 0 * V,
        "∂J/∂V is h alone: where is the error?": h,
    }, {
        "That is ∂J/∂h: the way to W leads on through the sigmoid, and through z = x · W.":
            error * V,
        "That is ∂J/∂z of the hidden neurons: the way to W leads on through z = x · W.":
            error * V * slope,
        "∂J/∂W is without the slope of the sigmoid of the hidden neurons.": error * V * x,
        "∂J/∂W is without V, through which the error reaches a hidden neuron.": error * slope * x,
        "In ∂J/∂W, the slope of the hidden sigmoid is not complete: h alone stands there.":
            error * V * h * x,
        "In ∂J/∂W, h alone stands where its slope belongs, and x is missing.": error * V * h,
        "In ∂J/∂W, the slope of the output's sigmoid stands where that of the hidden ones belongs.":
            error * V * slope_out * x,
        "In ∂J/∂W, the slope of the hidden sigmoid is taken at h, not at z.":
            error * V * _slope(h) * x,
        "In ∂J/∂W, W stands where V belongs.": error * W * slope * x,
        "In ∂J/∂W, ∂J/∂V stands where δ_out belongs.": error * h * V * slope * x,
    }]
    for what, i in [("h", 0), ("∂J/∂V", 4), ("∂J/∂W", 5)]:
        mistakes[i][f"The two numbers of {what} have changed places."] = right[i][::-1]
    return right, mistakes


def _chosen(x, y, W, V):
    """Return the numbers of a student as arrays, if a mistake can be seen in what they give."""
    for name, value, shape in [("x", x, ()), ("y", y, ()), ("W", W, (2,)), ("V", V, (2,))]:
        hint = _about_kind(value, shape, name)
        if hint:
            raise Hint(hint)
    W, V = np.asarray(W, dtype=float), np.asarray(V, dtype=float)
    if y not in (0, 1):
        raise Hint(f"The target y must be 0 or 1, but yours is {y:g}.")
    if x in (0, 1):
        raise Hint(f"With x = {x:g}, a forgotten x can't be seen: take another number.")
    for name, pair in [("W", W), ("V", V)]:
        if not np.all(pair) or pair[0] == pair[1]:
            raise Hint(f"{name} must hold two numbers that differ, and none of them 0.")
    largest = max(*np.abs(x * W), abs(_sigmoid(x * W) @ V))
    if largest > 4:
        told = f"One pre-activation is {largest:.3g} from 0, where the sigmoid is nearly flat"
        raise Hint(f"{told}: choose smaller numbers, so that none goes beyond 4.")
    return x, y, W, V


def _follows(mine, right, what, times=1):
    """Compare to one percent, as `near` counts twice, or to four decimals, as many round so."""
    four_decimals = 5e-5 / max(np.max(np.abs(right)), 1e-9)
    return compare(mine, right, what, near=times * max(0.005, four_decimals))


def _is_near(result, value):
    return np.all(np.isfinite(value)) and not compare(result, value, "", near=0.005)


def _loss(y_hat, y):
    return -np.log(np.abs(1 - y - y_hat))


def _about_kind(mine, shape, what):
    """Return a hint if something is not finite numbers of a shape, whatever their values."""
    return compare(mine, np.ones(shape), what, near=1e300)


def _usable(mine, exact):
    """Return a student's result, or the exact one if hers is nothing to compute with."""
    return exact if _about_kind(mine, np.shape(exact), "") else np.asarray(mine, dtype=float)


@task(
    "The network goes back, and makes a step",
    "each gradient is right, for n = 3 and n = 5 samples, and the step goes down.",
    points=7,
)
def check_net(Net):
    """Check the class ``Net(W, b, V, c)``: its ``backward(X, y)`` and ``grad_step(X, y, alpha)``.

    Each gradient may follow from those that the student's own `backward` made before it.
    """
    rng = np.random.default_rng(45)
    yield from _by_steps(_of_net, [(Net, rng, 3, 2, 4), (Net, rng, 5, 1, 2)], 7)


def _of_net(Net, rng, n, d, p):
    """Return the hint of each step, also for what `backward` kept before it ended early."""
    X, y = rng.normal(size=(n, d)), rng.integers(0, 2, size=(n, 1)).astype(float)
    y[:2] = [[0], [1]]
    W, b, V, c = (rng.normal(size=shape) for shape in [(d, p), (p,), (p, 1), (1,)])
    Z = X @ W + b
    H = _sigmoid(Z)
    Z_out = H @ V + c
    y_hat = _sigmoid(Z_out)
    error = (y_hat - y) / n
    exact = error * V.T * _slope(Z)
    gradients = {"W": X.T @ exact, "b": exact.sum(axis=0), "V": H.T @ error, "c": error.sum(axis=0)}
    hint = compare(Net(W, b, V, c).forward(X), y_hat, "the prediction of `forward`", n=n)
    if hint:
        raise Hint(f"`forward` was right as it was given. {hint}")
    net = Net(W, b, V, c)
    ended = judged(lambda: net.backward(X, y) and "")
    delta_out, delta = _own(net, "delta_out", error), _own(net, "delta", exact)
    dH, dV = delta_out @ V.T, _own(net, "dV", gradients["V"])

    def gradient(name, what, like, right, exact, mistakes=None):
        try:
            mine = getattr(net, name)
        except Hint:
            return ended or f"`backward` does not keep `self.{name}`."
        hints = [
            compare(mine, each, what, like=like, n=n, mistakes=mistakes) for each in (right, exact)
        ]
        return hints[0] * all(hints)

    return [
        gradient("delta_out", "δ_out", "y", error, error, {
            "δ_out is still ∂J/∂ŷ: on the way to z_out stands the sigmoid of the output.":
                error / _slope(Z_out),
            "The slope of the output's sigmoid stands in δ_out once more than for the "
            "cross-entropy.": error * _slope(Z_out),
            "The slope of the output's sigmoid is taken at ŷ, not at z_out.":
                error / _slope(Z_out) * _slope(y_hat),
            "δ_out is the target minus the prediction, in place of the other way round, and the "
            "division by n is missing.": -n * error,
        }),
        gradient("dV", "∂J/∂V", "V", H.T @ delta_out, gradients["V"], {
            "∂J/∂V has the pre-activations Z where what V multiplies, H, belongs.":
                Z.T @ delta_out,
        }),
        gradient("dc", "∂J/∂c", "c", delta_out.sum(axis=0), gradients["c"]),
        gradient("delta", "δ", "Z", dH * _slope(Z), exact, {
            "δ is still ∂J/∂H: on the way to Z stands the hidden sigmoid.": dH,
            "δ has the slope of the hidden sigmoid at H, not at Z.": dH * _slope(H),
            "δ has Z itself where the value of the sigmoid, H, belongs.": dH * Z * (1 - Z),
            "δ has the value of the hidden sigmoid, not its slope.": dH * H,
            "Half of the slope is there: δ has 1 − H alone.": dH * (1 - H),
            "δ is without V, through which δ_out reaches the hidden neurons.":
                delta_out * _slope(Z),
            "δ has ∂J/∂V where V belongs.": delta_out @ dV.T * _slope(Z),
            "δ has the slope of tanh, but the hidden layer has a sigmoid.": dH * (1 - H**2),
        }),
        gradient("dW", "∂J/∂W", "W", X.T @ delta, gradients["W"], {
            "∂J/∂W comes from ∂J/∂H, not from δ: the hidden sigmoid is left out.": X.T @ dH,
        }),
        gradient("db", "∂J/∂b", "b", delta.sum(axis=0), gradients["b"], {
            "∂J/∂b comes from ∂J/∂H, not from δ: the hidden sigmoid is left out.": dH.sum(axis=0),
        }),
        judged(lambda: _about_step(Net(W, b, V, c), net, X, y, gradients)),
    ]


def _own(net, name, exact):
    try:
        return _usable(getattr(net, name), exact)
    except Hint:    # there is none
        return exact


def _about_step(net, gone_back, X, y, gradients):
    alpha, hints = 0.5, []
    late, half_late = (_late(net, X, y, alpha, gradients, anew=anew) for anew in (True, False))
    handed_over = {name: getattr(net, name) for name in gradients}
    before = {name: value.copy() for name, value in handed_over.items()}
    net.grad_step(X, y, alpha)
    for name, exact in gradients.items():
        own, start, after = _own(gone_back, f"d{name}", exact), before[name], getattr(net, name)
        if not np.array_equal(handed_over[name], start):
            return f"`grad_step` changes the array that `Net` was given as {name}: make a new one."
        told = [compare(after, start - alpha * each, name, like=f"∂J/∂{name}", mistakes={
            f"{name} is only −α ∂J/∂{name} after the step: where is {name} before it?":
                -alpha * each,
            f"{name} moves by a gradient of a network whose V had moved: compute all gradients "
            "first.": late.get(name, np.nan),
            f"{name} moves by a gradient in which V had moved: compute all gradients first.":
                half_late.get(name, np.nan),
        }) for each in (own, exact)]
        hints.append(all(told) and (_about_length(name, start, after, own, alpha) or told[0]))
    return first(hints)


def _late(net, X, y, alpha, gradients, anew):
    """Return W and b after a step for which V and c move first, and ŷ is computed anew or not."""
    V, c = (getattr(net, name) - alpha * gradients[name] for name in "Vc")
    H = _sigmoid(X @ net.W + net.b)
    y_hat = _sigmoid(H @ V + c) if anew else _sigmoid(H @ net.V + net.c)
    delta = (y_hat - y) / len(y) * V.T * H * (1 - H)
    return {"W": net.W - alpha * X.T @ delta, "b": net.b - alpha * delta.sum(axis=0)}


def _about_length(name, start, after, gradient, alpha):
    """Return a hint if a step goes along the gradient, but not by α down."""
    if _about_kind(after, start.shape, ""):
        return ""
    step = start - np.asarray(after)
    times = np.sum(step * gradient) / np.sum(gradient**2) / alpha
    if not np.any(step):
        return f"{name} is the same after the step as before."
    if compare(step, times * alpha * gradient, ""):
        return ""
    if times < 0:
        return f"{name} goes up the gradient: J grows by this step."
    return f"The step of {name} is {times:.3g} times as long as α ∂J/∂{name}."


@task(
    "Three planted bugs",
    "4 of 4 gradients are right, for n = 3 and for n = 5 samples.",
    points=3,
)
def check_mended_backward(mended_backward):
    """Check ``mended_backward(X, y, W, b, V, c)``: the gradients of W, b, V and c.

    The hidden layer has tanh, the output none, and J is the mean of half the squared error.
    """
    rng = np.random.default_rng(46)

    def case(n, d, p):
        X, y = rng.normal(size=(n, d)), rng.normal(size=(n, 1))
        W, b, V, c = (rng.normal(size=shape) for shape in [(d, p), (p,), (p, 1), (1,)])
        H = np.tanh(X @ W + b)
        error = (H @ V + c - y) / n
        delta = error * V.T * (1 - H**2)
        rights = [X.T @ delta, delta.sum(axis=0), H.T @ error, error.sum(axis=0)]
        mine = parts(mended_backward(X, y, W, b, V, c), "dW, db, dV, dc")
        order = _about_order({"W": W.shape, "b": b.shape, "V": V.shape, "c": c.shape}, mine)
        if order:
            raise Hint(order)
        hints = []
        for name, each, right in zip("WbVc", mine, rights):
            hint = compare(each, right, f"∂J/∂{name}", like=name)
            is_alike = not hint or not _about_kind(each, right.shape, "")
            hints.append(f"∂J/∂{name}" * bool(hint) if is_alike else hint)
        return hints

    W, b, V, c = _by_steps(case, [(3, 2, 4), (5, 1, 3)], 4)
    wrong = sorted(hint for hint in (W, b, V, c) if hint and " " not in hint)    # only a name
    ended = first(hint for hint in (W, b, V, c) if " " in hint)
    right, names = "1 is" if len(wrong) == 3 else f"{4 - len(wrong)} are", ", ".join(wrong)
    told = f"Of 4 gradients, {right} right; still wrong: {names}."
    if ended:
        told = f"Still wrong: {names}. " * bool(wrong) + ended
    yield from (told * bool(first(hints)) for hints in ([V, c], [W], [b]))


@task(
    "The loss on logits",
    "value and gradient are right, and both stay finite at z = 800 and z = −800.",
    points=4,
)
def check_loss_on_logits(loss_on_logits):
    """Check ``loss_on_logits(z, y)``: the mean cross-entropy, and its gradient for z."""
    rng = np.random.default_rng(47)
    cases = [
        (loss_on_logits, rng.normal(size=(len(y), 1)), np.array([y]).T)
        for y in ([1.0, 0, 1], [0.0, 1, 1, 0])
    ]
    yield from _by_steps(_about_logits, cases, 2)
    z, y = np.array([[800.0, -800, -750, 900]]).T, np.array([[1.0, 1, 0, 0]]).T
    value, slope = parts(loss_on_logits(z, y), "J, dz")
    J, gradient = _on_logits(z, y)
    errors = loss_on_logits.numeric_errors & {"divide by zero", "overflow"}
    told = f" NumPy says: {' and '.join(sorted(errors))}." if errors else ""
    hint = compare(value, J, "J", n=len(z))
    if hint and _is_clipped(value, J):
        hint, told = f"J is {value:.4g}, too small: it must grow like |z|.", " Is ŷ clipped?"
        if value < 1:
            told = " Is something that is not finite replaced?"
    yield hint and f"At z = ±800: {hint}{told}"
    hint = compare(slope, gradient, "∂J/∂z", like="z", n=len(z))
    if not hint and compare(slope, gradient, "∂J/∂z", near=1e-13):
        hint, told = "∂J/∂z is a little off: is ŷ clipped, or a tiny number added?", ""
    yield hint and f"At z = ±800: {hint}{told}"


def _is_clipped(value, J):
    return not _about_kind(value, (), "") and value < J / 5


def _on_logits(z, y):
    return np.mean(np.logaddexp(0, z) - y * z), (_sigmoid(z) - y) / len(z)


def _about_logits(loss_on_logits, z, y):
    """Return the hints for J and for its gradient, where z is not large."""
    n = len(z)
    value, slope = parts(loss_on_logits(z, y), "J, dz")
    y_hat, (J, gradient) = _sigmoid(z), _on_logits(z, y)
    of_value = {
        "J takes y = 0 for y = 1, and 1 for 0.": _on_logits(z, 1 - y)[0],
        "J has the term for y = 1 alone: what do samples with y = 0 cost?":
            -np.mean(y * np.log(y_hat)),
        "J has the term for y = 0 alone: what do samples with y = 1 cost?":
            -np.mean((1 - y) * np.log(1 - y_hat)),
        "J has the term of y = 0 for all samples: where is y?": np.mean(np.logaddexp(0, z)),
        "J has the term of y = 1 for all samples: where is y?": np.mean(np.logaddexp(0, -z)),
        "In J, the term for y = 0 has 1 − log ŷ: it is log(1 − ŷ), which is another number.":
            -np.mean(y * np.log(y_hat) + (1 - y) * (1 - np.log(y_hat))),
        "In J, the term for y = 0 has 1 − L, with the L(0, −z) of y = 1: put log(1 − σ(z)) "
        "together anew.": np.mean(y * np.logaddexp(0, -z) + (1 - y) * (1 - np.logaddexp(0, -z))),
        "In J, the term for y = 0 has −L, with the L(0, −z) of y = 1: put log(1 − σ(z)) "
        "together anew.": np.mean((2 * y - 1) * np.logaddexp(0, -z)),
        "J looks like a logarithm to base 10: the natural one is meant.": J / np.log(10),
        "J looks like a squared error: here it is the cross-entropy.": np.mean((y_hat - y) ** 2),
    }
    of_slope = {
        "That is the gradient for ŷ: the slope of the sigmoid leads on to z.":
            gradient / y_hat / (1 - y_hat),
        "The slope of the sigmoid stands in ∂J/∂z once more than for the cross-entropy.":
            gradient * y_hat * (1 - y_hat),
        "The gradient has z where the prediction, σ(z), belongs.": (z - y) / n,
    }
    regions = {"y = 0": y == 0, "y = 1": y == 1}
    return (
        compare(value, J, "J", n=n, mistakes=of_value),
        compare(slope, gradient, "∂J/∂z", like="z", n=n, mistakes=of_slope, regions=regions),
    )
