"""Checks of the exercises of lecture 5, training."""

from functools import partial
from itertools import islice

import numpy as np

from lecture_utils.exercises.checking import Hint, task
from lecture_utils.exercises.diagnosis import compare, first, judged, parts

EPSILON = 1e-5    # of batch normalisation

# What may be wrong with a training, and what one sees then.
MISTAKES = {
    "all first weights zero":
        "both losses stay at that of guessing from the first step to the last",
    "gradients added up, never cleared":
        "the loss falls at first, and then swings wider and wider",
    "gradient summed, not averaged":
        "small batches train well, and large ones do not",
    "inputs not scaled":
        "the loss before the first step is many times that of guessing",
    "labels in another order than the samples":
        "both losses move, but hardly below that of guessing, and hardly more are right either",
    "learning rate too large":
        "the first loss is normal, and the next ones jump far up, with batches of any size",
    "learning rate too small":
        "both losses fall evenly and slowly, and are still high at the end",
    "samples sorted, never shuffled":
        "the same peak of the loss comes back in every epoch, at the same place",
    "softmax applied twice":
        "most samples are right, but both losses stay far above 0",
    "step in the wrong direction":
        "both losses rise from the first step on, and in the end all samples are wrong",
    "too few samples, learnt by heart":
        "the validation loss falls at first and rises later, while the training loss goes to 0",
    "validation samples not scaled like the others":
        "the training loss is fine, and the validation loss is far higher from the start",
}
HEALTHY = "the name is right, and the mended training is healthy on two other sets of data."
EASY = {"seeds": (77, 78), "noise": 0.75}    # where scaling from 0 to 1 does as well


@task(
    "Mini-batches",
    "each sample is used once per epoch, also where size does not divide n, in an order of rng.",
    points=2,
)
def check_batches(batches):
    """Check ``batches(n, size, rng)``: a list of arrays of row numbers, one for each step."""
    sizes, orders = [], []
    for n, size in [(7, 3), (12, 4), (5, 8), (1, 1)]:
        made = batches(n, size, np.random.default_rng(50))
        made = [np.atleast_1d(np.asarray(rows)) for rows in islice(made, n + 2)]
        sizes.append(_about_batches(made, n, size))
    yield first(sizes)
    for seed in (50, 50, 51):
        made = islice(batches(42, 7, np.random.default_rng(seed)), 43)
        orders.append([int(row) for rows in made for row in np.ravel(rows)])
    yield _about_order(*orders)


def _about_order(order, same, other):
    if order == sorted(order):
        return "The samples come in the order of the data, 0, 1, 2, …: shuffle them."
    if order != same:
        return "Two generators of the same seed give two orders: does all chance come from `rng`?"
    if order == other:
        return "Two generators of two seeds give the same order: does all chance come from `rng`?"
    neighbours = all(np.ptp(order[i:i + 7]) == 6 for i in range(0, len(order) - 6, 7))
    return "Each batch holds neighbours in the data: shuffle all samples, then cut." * neighbours


def _about_batches(made, n, size):
    given = f"With n = {n} and size = {size}"
    for rows in made:
        if not rows.size:
            return f"{given} there is a batch without samples."
        if rows.dtype.kind not in "iu":
            return f"{given}: row numbers are whole numbers, but yours are of type {rows.dtype}."
    rows = np.concatenate([np.ravel(rows) for rows in made] or [np.array([], int)])
    outside = rows[(rows < 0) | (rows >= n)]
    if outside.size:
        return f"{given}: there is a row {outside[0]}, but the rows are 0 to {n - 1}."
    counts = np.bincount(rows, minlength=n)
    if np.any(counts > 1):
        return f"{given}: row {counts.argmax()} is used {counts.max()} times in one epoch."
    if np.any(counts == 0):
        count = np.sum(counts == 0)
        return f"{given}: {count} of the {n} samples {'is' if count == 1 else 'are'} never used."
    lengths = [len(rows) for rows in made]
    wanted = [size] * (n // size) + [n % size] * (n % size > 0)
    if lengths != wanted:
        told = ", ".join(map(str, lengths))
        return f"{given} the batches have {told} samples: only the last may be smaller."
    return ""


@task(
    "First weights from the sum of variances",
    "the signal keeps its size, for ReLU and for a share other than one half.",
    points=2,
)
def check_first_std(first_std):
    """Check ``first_std(n_in, n_out, share)``: the standard deviation of the weights, a number."""
    for n_in, n_out, share in [(27, 35, 0.35), (50, 7, 1 / 2)]:
        what = f"For n_in = {n_in}, n_out = {n_out} and share = {share:g} the standard deviation"
        variance = 1 / (share * n_in)
        mistakes = {
            "That is the variance of the weights: which power of it is the standard deviation?":
                variance,
            "The share that the activation keeps does not count yet: `share` is given.":
                np.sqrt(1 / n_in),
            "It looks as if the share were on the wrong side of the fraction: the less is kept, "
            "the larger the weights must be.": np.sqrt(share / n_in),
            "How many terms does one z have: n_in, or n_out?": np.sqrt(1 / (share * n_out)),
            "That is right for ReLU only, which keeps one half.": np.sqrt(2 / n_in),
            "Is there a 2 too many? He's 2 comes from a share of one half.":
                np.sqrt(2 / (share * n_in)),
            "What is kept is `share`, not 1 − `share`.": np.sqrt(1 / ((1 - share) * n_in)),
            "The variance is right, but what is returned is its square: it wants the root.":
                variance**2,
            "That is Xavier's: it keeps the signal of tanh, between forward and backward.":
                np.sqrt(2 / (n_in + n_out)),
            "The weights shrink with n_in itself, and their variance with its square: "
            "which of the two should shrink as 1/n_in?": 1 / (np.sqrt(share) * n_in),
        }
        yield compare(first_std(n_in, n_out, share), np.sqrt(variance), what, mistakes=mistakes)


def _valley(theta):
    """Return the gradient of a long bowl, of the shape of theta."""
    return np.linspace(1, 4, theta.size).reshape(theta.shape) * (theta - 0.5)


def _momentum(theta, alpha, beta, n_steps, *, update=None, first_v=0, late=False,
              frozen=False):
    """Return theta and v after steps with momentum, of which each part may be another one."""
    update = update or (lambda v, g: beta * v + g)
    start, v = theta, np.zeros_like(theta) + first_v
    for _ in range(n_steps):
        before, v = v, update(v, _valley(start if frozen else theta))
        theta = theta - alpha * (before if late else v)
    return theta, v


@task(
    "Momentum",
    "θ and v are right after one step and after six, for a vector and for a matrix.",
    points=2,
)
def check_momentum(momentum):
    """Check ``momentum(gradient, theta, alpha, beta, n_steps)``: the last theta and v."""
    rng, beta = np.random.default_rng(52), 0.7
    found = {"θ": [], "v": []}
    for shape, alpha, n_steps in [((2, 3), 0.05, 6), ((3,), 0.1, 1)]:
        start = rng.normal(size=shape)
        mine = parts(momentum(_valley, start, alpha, beta, n_steps), "theta, v")
        given = start, alpha, beta, n_steps
        right = _momentum(*given)
        others = {
            "It looks as if the new gradient were weighted with 1 − β: that is Adam's mean, not "
            "the velocity here.":
                _momentum(*given, update=lambda v, g: beta * v + (1 - beta) * g),
            "It looks as if there were no memory: each step begins with v = 0 again, or θ does not "
            "move by v.": _momentum(*given, update=lambda v, g: g),
            "It looks as if v were kept whole, without the factor β.":
                _momentum(*given, update=lambda v, g: v + g),
            "It looks as if a share 1 − β of v were kept, not β.":
                _momentum(*given, update=lambda v, g: (1 - beta) * v + g),
            "It looks as if the new gradient were multiplied by β as well.":
                _momentum(*given, update=lambda v, g: beta * (v + g)),
            "It looks as if the gradient were that at the start in all steps.":
                _momentum(*given, frozen=True),
            "It looks as if v began with the first gradient, not with 0.":
                _momentum(*given, first_v=_valley(start)),
            "θ is moved by the v of the step before: which is computed first, v or θ?":
                _momentum(*given, late=True),
            "It moves uphill: θ − α v, or θ + α v?": _momentum(start, -alpha, beta, n_steps),
            "It looks as if there were one step only: is the `return` inside the loop?":
                _momentum(start, alpha, beta, 1),
            "θ is one step behind: are there n_steps steps, and which is computed first, v or θ?":
                _momentum(start, alpha, beta, n_steps - 1),
            "It looks as if there were one step too many, or one before the loop.":
                _momentum(start, alpha, beta, n_steps + 1),
        }
        for place, name in enumerate(found):
            mistakes = {hint: value[place] for hint, value in others.items()}
            mistakes |= {"θ and v are exchanged: θ comes first.": right[1 - place]}
            if name == "v":
                mistakes |= {
                    "The factor α is inside your v, which here is a sum of gradients.":
                        alpha * right[1],
                    "Sign and factor α are inside your v, which here is a sum of gradients.":
                        -alpha * right[1],
                }
            what = f"{name} after {n_steps} steps" if n_steps > 1 else f"{name} after one step"
            found[name].append(
                compare(mine[place], right[place], what, like="theta", mistakes=mistakes))
    yield first(found["θ"])
    yield first(found["v"])


def _adam(theta, alpha, betas, epsilon, n_steps, *, m_hat=None, v_hat=None, step=None,
          kept=False, square=np.square, gains=None):
    """Return theta after Adam's steps, of which each part may be another one."""
    m_hat = m_hat or (lambda m, t: m / (1 - betas[0]**t))
    v_hat = v_hat or (lambda v, t: v / (1 - betas[1]**t))
    step = step or (lambda m, v: m / (np.sqrt(v) + epsilon))
    gains = gains or (1 - betas[0], 1 - betas[1])
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t in range(1, n_steps + 1):
        g = _valley(theta)
        m = betas[0] * m + gains[0] * g
        v = betas[1] * v + gains[1] * square(g)
        hats = m_hat(m, t), v_hat(v, t)
        m, v = hats if kept else (m, v)
        with np.errstate(invalid="ignore"):    # the root, where the square is forgotten
            theta = theta - alpha * step(*hats)
    return theta


@task(
    "Adam with its bias correction",
    "the first step has length α in each entry, and ten steps end where they should.",
    points=2,
)
def check_adam(adam):
    """Check ``adam(gradient, theta, alpha, beta_1, beta_2, epsilon, n_steps)``: the last theta."""
    rng, alpha, betas, epsilon = np.random.default_rng(53), 0.2, (0.8, 0.95), 0.03
    as_it_is = lambda value, t: value    # noqa: E731
    for shape, n_steps in [((4,), 1), ((2, 3), 10)]:
        start = 3 * rng.normal(size=shape)
        given = start, alpha, betas, epsilon, n_steps
        mistakes = {
            "It looks as if m and v were used as they are, without the correction.":
                _adam(*given, m_hat=as_it_is, v_hat=as_it_is),
            "It looks as if m were corrected, and v not.": _adam(*given, v_hat=as_it_is),
            "It looks as if v were corrected, and m not.": _adam(*given, m_hat=as_it_is),
            "It looks as if ε were inside the root.":
                _adam(*given, step=lambda m, v: m / np.sqrt(v + epsilon)),
            "It looks as if ε were not there: `epsilon` is given.":
                _adam(*given, step=lambda m, v: m / np.sqrt(v)),
            "The root of v̂ is missing.": _adam(*given, step=lambda m, v: m / (v + epsilon)),
            "Which step is this: t = 1 in the first one, so the correction is off by one step.":
                _adam(*given, m_hat=lambda m, t: m / (1 - betas[0]**(t + 1)),
                      v_hat=lambda v, t: v / (1 - betas[1]**(t + 1))),
            "It looks as if the correction were the same in all steps: it has the power t.":
                _adam(*given, m_hat=lambda m, t: m / (1 - betas[0]),
                      v_hat=lambda v, t: v / (1 - betas[1])),
            "It looks as if the gradient were not squared in v.": _adam(*given, square=np.array),
            "It looks as if v had |g| in place of the square of g.": _adam(*given, square=np.abs),
            "It looks as if v were one number for all: each entry has a scale of its own.":
                _adam(*given, square=lambda g: np.sum(g**2)),
            "It looks as if g were added to m whole, without the factor 1 − β₁.":
                _adam(*given, gains=(1, 1 - betas[1])),
            "It looks as if the square of g were added to v whole, without the factor 1 − β₂.":
                _adam(*given, gains=(1 - betas[0], 1)),
            "It looks as if g and its square were added whole: both have a factor 1 − β.":
                _adam(*given, gains=(1, 1)),
            "It looks as if the step went along g, not along m̂.":
                _adam(start, alpha, (0, betas[1]), epsilon, n_steps),
            "It looks as if the correction were multiplied, not divided by.":
                _adam(*given, m_hat=lambda m, t: m * (1 - betas[0]**t),
                      v_hat=lambda v, t: v * (1 - betas[1]**t)),
            "It looks as if there were one step too few, or θ moved before m and v are renewed: "
            "from where to where does t count, and what comes first?":
                _adam(start, alpha, betas, epsilon, n_steps - 1),
            "It looks as if there were one step too many: from where to where does t count?":
                _adam(start, alpha, betas, epsilon, n_steps + 1),
            "It looks as if the corrected m and v were kept: only the step uses them, and m and v "
            "go on as they are.": _adam(*given, kept=True),
            "It moves uphill: what is subtracted from what?":
                _adam(start, -alpha, betas, epsilon, n_steps),
            "It looks as if there were one step only: is the `return` inside the loop?":
                _adam(start, alpha, betas, epsilon, 1),
            "It looks as if β₁ and β₂ were exchanged.":
                _adam(start, alpha, betas[::-1], epsilon, n_steps),
        }
        mistakes = {hint: value for hint, value in mistakes.items() if np.all(np.isfinite(value))}
        what = "θ after 10 steps" if n_steps > 1 else "θ after the first step"
        mine = adam(_valley, *given[:2], *betas, epsilon, n_steps)
        yield compare(mine, _adam(*given), what, like="theta", mistakes=mistakes)


@task(
    "A sweep of learning rates",
    "the best rate by validation loss is found, and no diverged run is chosen.",
    points=2,
)
def check_best_rate(best_rate):
    """Check ``best_rate(run, rates)``: of the rates, that with the lowest validation loss."""
    nan, inf = float("nan"), float("inf")
    calm = {0.001: (2.0, 2.1), 0.01: (0.3, 1.0), 0.1: (0.9, 0.7), 1.0: (0.1, 1.5)}
    wild = {10.0: (nan, nan), 1.0: (inf, inf), 0.3: (0.5, 0.6), 0.03: (0.8, 0.9), 3.0: (nan, nan)}
    blind = {30.0: (nan, nan), 0.02: (0.7, 0.8), 0.2: (0.3, 0.5), 2.0: (0.6, inf)}
    yield first(_about_rate(best_rate, runs) for runs in (calm, dict(reversed(calm.items()))))
    yield first(_about_rate(best_rate, runs) for runs in (wild, blind))


def _about_rate(best_rate, runs):
    tried = []

    def run(alpha):
        tried.append(alpha)
        return runs[alpha]

    mine = best_rate(run, [*runs])
    untried = [alpha for alpha in runs if alpha not in tried]
    if untried:
        return f"Of the {len(runs)} rates, {untried[0]:g} is never tried."
    if len(tried) > len(runs):
        return f"It runs {len(tried)} trainings for {len(runs)} rates: one for each is enough."
    finite = {alpha: loss for alpha, loss in runs.items() if np.isfinite(loss[1])}
    right = min(finite, key=lambda alpha: finite[alpha][1])
    if np.ndim(mine) == 0 and mine in runs and mine != right:
        if mine not in finite:
            return f"It returns {mine:g}, whose run diverged: its losses are {runs[mine]}."
        if mine == min(finite, key=lambda alpha: finite[alpha][0]):
            return f"{mine:g} has the lowest training loss: by which loss does one choose?"
        if mine == max(finite, key=lambda alpha: finite[alpha][1]):
            return f"{mine:g} has the highest validation loss of all."
        return f"It returns {mine:g}, but another rate has a lower validation loss."
    if np.ndim(mine) == 0 and mine == runs[right][1]:
        return f"{mine:g} is the best loss: return the rate that belongs to it."
    if np.ndim(mine) == 0 and mine == [*runs].index(right):
        return f"{mine} is its place in the list: return the rate that stands there."
    return compare(mine, right, "The learning rate")


@task(
    "Clipping by the common length",
    "long gradients keep their direction and get length c, short ones stay as they are.",
    points=2,
)
def check_clipped(clipped):
    """Check ``clipped(gradients, c)``: a list of arrays, with a common length of at most c."""
    rng = np.random.default_rng(54)
    gradients = [rng.normal(size=shape) for shape in [(2, 3), (3,), (3, 1)]]
    length = np.sqrt(sum(np.sum(g**2) for g in gradients))
    names = "dW, db, dV"
    for c in (length / 3.3, 1.7 * length):
        mine = parts(clipped(gradients, c), names)
        factor = min(1, c / length)
        alone = [g * min(1, c / np.sqrt(np.sum(g**2))) for g in gradients]
        others = {
            "Each entry is cut by itself, which changes the direction: cut the common length.":
                [np.clip(g, -c, c) for g in gradients],
            "It looks as if the root were missing: the length is the root of the sum of squares.":
                [g * min(1, c / length**2) for g in gradients],
            "The gradients were shorter than c, and are now longer: only cut, never stretch.":
                [g * c / length for g in gradients],
            "It looks as if lengths were added: add up squares, and take the root last.":
                [g * min(1, c / sum(map(np.linalg.norm, gradients))) for g in gradients],
            "They have length 1 now: is the factor c missing?": [g / length for g in gradients],
            "The gradients are longer than c = "
            f"{c:.3g}, and left as they are: their common length is {length:.3g}.": gradients,
        }
        sizes = [g.size for g in gradients]
        if [np.size(g) for g in mine] == sizes:
            together = np.concatenate([np.ravel(g).astype(float) for g in mine])
            own, theirs = np.linalg.norm(together), np.concatenate([np.ravel(g) for g in gradients])
            if np.isclose(together @ theirs, own * length, rtol=1e-9):
                told = f"The direction is right, but the common length is {own:.3g} now, where c = "
                others[f"{told}{c:.3g}, and {length:.3g} before."] = mine
            else:
                told = "Each array is cut by its own length, so the direction of the whole changes"
                others[f"{told}: the length is that of all arrays together."] = alone
        hints = []
        for place, name in enumerate(names.split(", ")):
            mistakes = {hint: value[place] for hint, value in others.items()}
            right = factor * gradients[place]
            hints.append(compare(mine[place], right, name, mistakes=mistakes))
        yield first(hints)


@task("Broken training 1", HEALTHY, points=2)
def check_broken_1(mistake_1, mended_1):
    """Check ``mistake_1()``, a name, and ``mended_1(X, Y, X_valid, rng)``, a healthy training."""
    yield from _broken("learning rate too small", mistake_1, mended_1)


@task("Broken training 2", HEALTHY, points=2)
def check_broken_2(mistake_2, mended_2):
    """Check ``mistake_2()``, a name, and ``mended_2(X, Y, X_valid, rng)``, a healthy training."""
    yield from _broken(
        "inputs not scaled", mistake_2, mended_2, more=_about_company, **EASY)


@task("Broken training 3", HEALTHY, points=2)
def check_broken_3(mistake_3, mended_3):
    """Check ``mistake_3()``, a name, and ``mended_3(X, Y, X_valid, rng)``, a healthy training."""
    yield from _broken("all first weights zero", mistake_3, mended_3)


@task("Broken training 4", HEALTHY, points=2)
def check_broken_4(mistake_4, mended_4):
    """Check ``mistake_4()``, a name, and ``mended_4(X, Y, X_valid, rng, size)``, healthy."""
    yield from _broken(
        "gradient summed, not averaged", mistake_4, mended_4, sizes=(4, 72), more=_about_copies)


@task("Broken training 5", HEALTHY, points=2)
def check_broken_5(mistake_5, mended_5):
    """Check ``mistake_5()``, a name, and ``mended_5(X, Y, X_valid, rng)``, a healthy training."""
    yield from _broken("softmax applied twice", mistake_5, mended_5, more=_about_speed)


@task("Broken training 6", HEALTHY, points=2)
def check_broken_6(mistake_6, mended_6):
    """Check ``mistake_6()``, a name, and ``mended_6(X, Y, X_valid, rng)``, a healthy training."""
    yield from _broken(
        "samples sorted, never shuffled", mistake_6, mended_6, n_steps=range(216, 217))


@task("Broken training 7", HEALTHY, points=2)
def check_broken_7(mistake_7, mended_7):
    """Check ``mistake_7()``, a name, and ``mended_7(X, Y, X_valid, rng)``, a healthy training."""
    yield from _broken("labels in another order than the samples", mistake_7, mended_7)


@task("Broken training 8", HEALTHY, points=2)
def check_broken_8(mistake_8, mended_8):
    """Check ``mistake_8()``, a name, and ``mended_8(X, Y, X_valid, rng)``, a healthy training."""
    name = "validation samples not scaled like the others"
    yield from _broken(name, mistake_8, mended_8, more=_about_company, **EASY)


@task(
    "Dropout that does nothing in prediction",
    "prediction hands on x, training keeps its mean, and backward has the mask of forward.",
    points=3,
)
def check_dropout(Dropout):    # noqa: N803
    """Check ``Dropout(rate, rng)``: ``forward(x, training)`` and ``backward(dy)``."""
    x = np.random.default_rng(57).normal(size=(60, 50))
    x[:, 0], dy = 0, np.random.default_rng(59).normal(size=x.shape)
    rate = 0.3
    layer = Dropout(rate, np.random.default_rng(58))
    predicted = _numbers(layer.forward(x, False), x, "forward(x, False)")
    dropped = np.mean(predicted[x != 0] == 0)
    told = f"In prediction {dropped:.0%} of the entries are dropped: it must not depend on chance."
    yield told * bool(dropped > 0) or compare(predicted, x, "forward(x, False)", mistakes={
        "In prediction the output is multiplied by 1 − rate: with inverted dropout the mean is "
        "kept in training already.": x * (1 - rate),
        "In prediction the output is divided by 1 − rate, but nothing was dropped.":
            x / (1 - rate),
    })
    trained = [_numbers(layer.forward(x, True), x, "forward(x, True)") for _ in range(2)]
    for seed in (58, 59):
        fresh = Dropout(rate, np.random.default_rng(seed))
        fresh.forward(x, False)    # as with the first
        trained.append(_numbers(fresh.forward(x, True), x, "forward(x, True)"))
    yield _about_mask(x, *trained, rate)
    dx = _numbers(layer.backward(dy), x, "backward(dy)")
    hint = _about_way_back(x, trained[1], dy, dx, rate)
    y = _numbers(layer.forward(x, True), x, "forward(x, True)")
    layer.forward(x, False)
    dx = _numbers(layer.backward(dy), x, "backward(dy)")
    told = "After a prediction `backward` has lost the mask of the last call in training."
    yield hint or told * bool(_about_way_back(x, y, dy, dx, rate))


def _numbers(value, x, what):
    """Return an array of the shape of x, or raise `Hint`."""
    if value is None:
        raise Hint(f"`Dropout.{what}` returns nothing: is its `return` missing?")
    value = np.asarray(value, dtype=float)
    if value.shape != x.shape:
        raise Hint(f"`{what}` has shape {value.shape}, but what it was given has {x.shape}.")
    return value


def _about_mask(x, y, again, same, other, rate):
    seen = x != 0
    kept = seen & (y != 0)
    share = kept.sum() / seen.sum()
    if share == 1:
        return "In training nothing is dropped: all entries of the output differ from 0."
    factors = y[kept] / x[kept]
    factor = np.median(factors)
    if abs(share - (1 - rate)) > 0.05:
        told = f"With rate = {rate}, {share:.0%} of the entries are kept in training"
        asked = ": is `rate` the share that stays, or that is dropped?"
        return told + (asked if abs(share - rate) < 0.05 else ".")
    if not np.allclose(factors, factor, rtol=1e-4):
        return "The entries that stay are not all multiplied by the same number."
    if not np.isclose(factor, 1 / (1 - rate), rtol=1e-4):
        stays = seen & (again != 0)
        if stays.any() and not np.isclose(factor, np.median(again[stays] / x[stays]), rtol=1e-6):
            return "What stays is multiplied by another number in each call: compute it from rate."
        return (
            f"In training, what stays is multiplied by {factor:.2f}, so the mean of an entry is "
            f"{factor * (1 - rate):.2f} times that of x: it should be the same."
        )
    columns = np.all(kept == kept[:1], axis=0)[1:]
    if np.all(columns) or np.all(kept[:, 1:] == kept[:, 1:2]):
        return "All entries of a row or of a column are dropped together: draw for each entry."
    if np.array_equal(y, again):
        return "Two calls of `forward` in training drop the same entries: draw anew each time."
    if np.array_equal(y, other):
        return "Two generators of two seeds drop the same entries: take chance from `rng`."
    if not np.allclose(y, same):
        return "Two generators of one seed drop different entries: take all chance from `rng`."
    return ""


def _about_way_back(x, y, dy, dx, rate):
    seen = x != 0
    kept = seen & (y != 0)
    right = np.where(kept, dy / (1 - rate), 0)
    if np.allclose(dx[seen], right[seen], rtol=1e-4):
        at_zero = dx[~seen]
        told = "Where x is 0 nothing comes back, though not all of it was dropped: keep the mask."
        return told * (not at_zero.any())
    if np.allclose(dx[seen], right[seen] / dy[seen], rtol=1e-4):
        return "The mask comes back alone: where is what comes from behind, dy?"
    if np.allclose(dx, dy, rtol=1e-4):
        return "What comes from behind is handed back whole: the dropped entries get no gradient."
    if np.allclose(dx[seen], (kept * dy)[seen], rtol=1e-4):
        return "The mask is right on the way back, but not its factor: y = x times which number?"
    if np.allclose(dx[seen], (dy * y)[seen], rtol=1e-4):
        return "What comes back is multiplied by y, not by the mask."
    if np.any(dx[seen & ~kept]) and np.any(dx[kept] == 0):
        return "On the way back other entries are dropped than on the way there: keep the mask."
    return compare(dx[seen], right[seen], "∂J/∂x")


@task(
    "Batch normalisation",
    "training takes means and spreads of the batch, prediction those that were collected.",
    points=3,
)
def check_batch_norm(BatchNorm):    # noqa: N803
    """Check ``BatchNorm(p)``, with ``mean`` and ``var``, (p,), and ``forward(z, training)``."""
    rng = np.random.default_rng(54)
    batches = [3 + rng.normal(size=(n, 4)) * [1, 2, 5, 0.5] for n in (6, 9)]
    layer, mean, var = BatchNorm(4), np.zeros(4), np.ones(4)
    outputs, means, variances = [], [], []
    for z in batches:
        outputs.append(judged(lambda z=z: _about_normed(layer.forward(z, True), z)))
        mean, var = 0.9 * mean + 0.1 * z.mean(axis=0), 0.9 * var + 0.1 * z.var(axis=0)
        means.append(compare(layer.mean, mean, "self.mean", like="a row of z", mistakes={
            "self.mean takes nine tenths of the new means: nine tenths stay.":
                0.9 * z.mean(axis=0),
            "self.mean is that of the last batch: nine tenths of what was collected stay.":
                z.mean(axis=0),
            "self.mean has not changed in training.": np.zeros(4),
        }))
        variances.append(compare(layer.var, var, "self.var", like="a row of z", mistakes={
            "self.var collects standard deviations: it must be variances, their squares.":
                0.9 * np.ones(4) + 0.1 * z.std(axis=0),
            "self.var is that of the last batch: nine tenths of what was collected stay.":
                z.var(axis=0),
            "self.var has not changed in training.": np.ones(4),
        }))
    yield first(outputs)
    yield first([*means, *variances])
    z, mean, var = batches[0][:2], np.array(layer.mean), np.array(layer.var)
    wanted = (z - mean) / np.sqrt(var + EPSILON)
    hint = compare(layer.forward(z, False), wanted, "forward(z, False)", like="z", mistakes={
        "In prediction the means and spreads of these samples are taken, not the collected ones.":
            (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + EPSILON),
        "In prediction z goes through as it is: what was collected must shift and scale it.": z,
        "In prediction it is divided by the variance: where is the root?":
            (z - mean) / (var + EPSILON),
    })
    kept = np.array_equal(layer.mean, mean) and np.array_equal(layer.var, var)
    yield hint or "Prediction changes what was collected: only training does." * (not kept)


def _about_normed(mine, z):
    mean, var = z.mean(axis=0), z.var(axis=0)
    right = (z - mean) / np.sqrt(var + EPSILON)
    rows = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + EPSILON)
    mistakes = {
        "In training each sample gets mean 0: it is each column, over the batch, that should.":
            rows,
        "In training the whole batch gets mean 0 and spread 1 together: each column has its own.":
            (z - z.mean()) / np.sqrt(z.var() + EPSILON),
        "In training it is divided by the variance: where is the root?":
            (z - mean) / (var + EPSILON),
        "In training the columns have mean 0, but not spread 1.": z - mean,
        "In training the columns have spread 1, but not mean 0.": z / np.sqrt(var + EPSILON),
        "In training the variance is a sum divided by n − 1: here it is the mean, by n.":
            (z - mean) / np.sqrt(z.var(axis=0, ddof=1) + EPSILON),
        "In training z goes through as it is.": z,
    }
    return compare(mine, right, "forward(z, True)", like="z", mistakes=mistakes)


class _Inner:
    """A dense layer without bias, as what a residual connection leads around."""

    def __init__(self, W):
        self.W = W

    def forward(self, h):
        return h @ self.W

    def backward(self, dy):
        return dy @ self.W.T


@task(
    "A residual connection",
    "the output is h + f(h), and the slope comes back on both ways.",
    points=2,
)
def check_residual(Residual):    # noqa: N803
    """Check ``Residual(f)``, where f has ``forward(h)`` and ``backward(dy)``, as it has itself."""
    there, back = [], []
    for seed, n, p in ((60, 3, 2), (61, 2, 4)):
        rng = np.random.default_rng(seed)
        W, h, dy = (rng.normal(size=size) for size in ((p, p), (n, p), (n, p)))
        layer = Residual(_Inner(W))
        there.append(judged(partial(_about_sum, layer, h, h @ W, h @ W @ W)))
        back.append(judged(partial(_about_both_ways, layer, dy, dy @ W.T, dy @ W)))
    yield first(there)
    yield first(back)


def _about_sum(layer, h, f_of_h, twice):
    return compare(layer.forward(h), h + f_of_h, "the output", like="h", mistakes={
        "The output is f(h) alone: where is h itself?": f_of_h,
        "The output is h alone: where is f(h)?": h,
        "h and f(h) are multiplied: they are added.": h * f_of_h,
        "f is applied twice.": h + twice,
    })


def _about_both_ways(layer, dy, through, wrong_way):
    return compare(layer.backward(dy), dy + through, "∂J/∂h", like="h", mistakes={
        "Only what comes back through f is returned: what of the way around it?": through,
        "Only what comes back around f is returned: what of the way through it?": dy,
        "The two ways back are multiplied: along two ways, slopes add up.": dy * through,
        "On the way back `f.forward` is called: it is `f.backward` that goes back.":
            dy + wrong_way,
    })


# The broken trainings: a mended one is run on data that the student does not see, and its losses
# are looked at in the order in which one would look at curves.

def _samples(seed, n, d, m, noise):
    """Return X (n, d), sorted by class, Y (n, m), and X_valid and Y_valid, of unequal classes."""
    rng = np.random.default_rng(seed)
    centres, shift = rng.normal(size=(m, d)), rng.uniform(6, 9, d)    # far from 0
    unit, shares = 10**rng.uniform(0, 2, d), np.arange(1, m + 1)
    classes = np.sort(np.arange(n) % m), rng.choice(m, n // 2, p=shares / shares.sum())
    for y in classes:
        yield (2 * centres[y] + noise * rng.normal(size=(len(y), d)) + shift) * unit
        yield np.eye(m)[y]


def _broken(name, mistake, mended, *, sizes=None, n_steps=range(10, 101), more=None,
            seeds=(55, 56), noise=0.9):
    """Yield the hints for a name, and for a training that returns its probabilities."""
    yield judged(lambda: _about_name(mistake(), name))
    runs = []
    for seed, d in zip(seeds, (3, 5)):
        X, Y, X_valid, Y_valid = _samples(seed, 72, d, 3, noise)
        for size in sizes or [None]:
            runs.append((X, Y, X_valid, Y_valid, size))

    def about(X, Y, X_valid, Y_valid, size):
        def run(X_valid, X=X, Y=Y):
            more_given = [] if size is None else [min(size, 72) * len(X) // 72]
            return mended(X, Y, X_valid, np.random.default_rng(0), *more_given)

        seen = _probabilities(run(X_valid), Y, Y_valid, n_steps)
        hint = _about_curves(*seen, Y, Y_valid)
        if not hint and more and size != 4:
            hint = more(seen, run, X, Y, X_valid)
        return f"With batches of {size}: {hint[0].lower()}{hint[1:]}" if hint and size else hint

    yield judged(lambda: first(about(*run) for run in runs))


def _about_name(mine, right):
    if not isinstance(mine, str):
        return f"It must return one of the printed names as text, but returns {mine!r:.40}."
    mine = " ".join(mine.lower().split()).strip(".\"'“”")
    if mine not in MISTAKES:
        return f"“{mine[:40]}” is none of the printed names."
    told = f"With “{mine}”, {MISTAKES[mine]}: is that what these curves show?"
    return told * (mine != right)


def _probabilities(seen, Y, Y_valid, n_steps):
    """Return arrays (steps, n, m) for both sets of samples, or raise `Hint`."""
    try:
        pairs = [(np.asarray(a, dtype=float), np.asarray(b, dtype=float)) for a, b in seen]
    except (TypeError, ValueError):
        wanted = "It must return a list with a pair of probabilities for each step"
        raise Hint(f"{wanted}, as the broken one does.") from None
    if len(pairs) not in n_steps:
        few = "only " * (len(pairs) < n_steps[0])
        raise Hint(f"It returns {few}{len(pairs)} pairs: leave batches and epochs as they are.")
    for place, (of, right) in enumerate([("training", Y), ("validation", Y_valid)]):
        for pair in pairs:
            if pair[place].shape != right.shape:
                told = f"The probabilities of the {of} samples have shape"
                raise Hint(f"{told} {pair[place].shape}, not {right.shape}.")
    trained, valid = (np.array(each) for each in zip(*pairs))
    if not (np.all(np.isfinite(trained)) and np.all(np.isfinite(valid))):
        raise Hint("The probabilities do not stay finite: from some step on they are nan.")
    if not np.allclose(trained.sum(axis=2), 1, atol=1e-4):
        raise Hint("The probabilities of a sample do not add up to 1.")
    return trained, valid


def _losses(P, Y):
    """Return the loss of each step, (steps,), from P (steps, n, m)."""
    return -np.log(np.maximum(np.sum(P * Y, axis=2), 1e-12)).mean(axis=1)


def _right(P, Y):
    return np.mean(P[-1].argmax(axis=1) == Y.argmax(axis=1))


def _about_curves(trained, valid, Y, Y_valid):
    """Return what is still seen in the losses of a training, or nothing if it is healthy."""
    loss, loss_valid = _losses(trained, Y), _losses(valid, Y_valid)
    m, guess = Y.shape[1], np.log(Y.shape[1])
    guessing = f"that of guessing, log {m} = {guess:.2f}"
    end, end_valid = (each[-(len(each) // 3):] for each in (loss, loss_valid))
    right, right_valid = _right(trained, Y), _right(valid, Y_valid)
    told = "The training loss"
    if loss[0] > 2.5 * guess:
        return f"{told} is {loss[0]:.1f} before the first step; {guessing}, would be normal."
    is_fine = np.max(end) <= 0.5 * guess or np.mean(end) <= 0.44 * guess    # steps may be noisy
    if is_fine and np.mean(end_valid) > 0.75 * guess:
        told += f" is fine, but the validation loss is {np.mean(end_valid):.1f} at the end"
        return f"{told}, where guessing gives {guess:.1f}."
    if is_fine:
        told += f" ends well, but rises to more than twice {guessing}, on the way."
        return told * bool(np.max(loss) > 2.4 * guess)
    if np.mean(end_valid) < 0.5 * guess and right < 0.6:
        told = f"Of the validation samples {right_valid:.0%} are right, of the training samples"
        return f"{told} only {right:.0%}: are they returned in the order in which they were given?"
    if np.mean(np.diff(loss) < 0) > 0.95 and right < 0.85:
        return f"{told} falls all the time, but only from {loss[0]:.2f} to {loss[-1]:.2f}."
    if np.ptp(loss) < 0.1 * guess:
        return f"{told} stays near {guessing}, from the first step to the last."
    ups = _times_up(loss, 0.8 * guess, 1.2 * guess)
    if ups >= 3 and np.max(loss) < 4 * guess:
        return f"{told} falls below {guessing}, and rises far above it again, {ups} times."
    if np.max(loss) > 2 * loss[0] and np.mean(end) > 0.9 * guess:
        told += " jumps up to more than twice its first value"
        return f"{told}, and ends near or above {guessing}."
    if np.mean(end) > 0.9 * guess:
        return f"{told} moves, but is not below {guessing}, at the end: {right:.0%} are right."
    if np.median(end) <= 0.5 * guess:
        return f"{told} still has peaks of up to {np.max(end):.1f} in the last third of the steps."
    if right >= 0.85:
        return f"{told} is still {np.mean(end):.2f} at the end, though {right:.0%} are right."
    return f"{told} is still {np.mean(end):.2f} at the end, and {right:.0%} are right."


def _times_up(loss, low, high):
    """Return how often a curve rises from below `low` to above `high`."""
    sides = loss[(loss < low) | (loss > high)] > high
    return int(np.sum(sides[1:] & ~sides[:-1]))


def _about_company(seen, run, X, Y, X_valid):
    """Return whether a sample is read otherwise in other company, or as a validation sample."""
    trained, valid = seen[0][:, ::30], seen[1][:, :3]
    asked = np.concatenate([X_valid[:3], X[::30]])
    again = np.array([pair[1] for pair in run(asked)])
    if again.shape != (len(valid), len(asked), Y.shape[1]):
        return "The probabilities of few validation samples have another shape than expected."
    if not np.allclose(again[:, 3:], trained, atol=1e-4):
        told = "Training samples that come once more as validation samples get other probabilities"
        return f"{told} there: are both scaled by the same numbers?"
    if not np.allclose(again[:, :3], valid, atol=1e-4):
        told = "Validation samples get other probabilities when others come with them"
        return f"{told}: do their own mean and spread still play a part?"
    return ""


def _about_copies(seen, run, X, Y, X_valid):
    """Return whether a batch of all samples counts otherwise if it holds each of them twice."""
    twice = np.array([pair[0] for pair in run(X_valid, np.tile(X, (2, 1)), np.tile(Y, (2, 1)))])
    once, twice = _losses(seen[0], Y)[3], _losses(twice[:, :len(Y)], Y)[3]
    if np.isclose(once, twice, rtol=0.01):
        return ""
    told = "If each sample is there twice, the mean over all is the same, but after 3 steps the"
    return f"{told} loss is {twice:.2f}, not {once:.2f}."


def _about_speed(seen, run, X, Y, X_valid):
    """Return whether it falls far more slowly than with one softmax at the same learning rate."""
    rng, n = np.random.default_rng(0), len(X)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    W, b = rng.normal(size=(X.shape[1], 16)) * np.sqrt(2 / X.shape[1]), np.zeros(16)
    V, c, probabilities = 0.1 * rng.normal(size=(16, 3)), np.zeros(3), []
    for _ in range(20):    # steps with all samples at once
        h = np.maximum(0, X @ W + b)
        P = np.exp(h @ V + c)
        P /= P.sum(axis=1, keepdims=True)
        probabilities.append(P)
        dz = 0.5 * (P - Y) / n
        da = dz @ V.T * (h > 0)
        W, b, V, c = W - X.T @ da, b - da.sum(axis=0), V - h.T @ dz, c - dz.sum(axis=0)
    sure = seen[1].max()
    if sure < 0.58:    # e / (e + 2) = 0.576 is as much as two in a row can give
        told = f"No probability of a validation sample is above {sure:.2f}, and of a training"
        return f"{told} sample {seen[0].max():.2f} is: are both seen through one softmax?"
    right, mine = _losses(np.array(probabilities), Y), _losses(seen[0][:20], Y)
    if np.mean(mine[5:]) < 1.35 * np.mean(right[5:]):
        return ""
    told = f"It ends well, but slowly: after 20 steps the loss is {mine[-1]:.2f}. With one softmax"
    told = f"{told} and a rate of 0.5 it would be {right[-1]:.2f}"
    return f"{told}: does the gradient go through two, or is the rate another one?"
