"""Checks of the exercises of lecture 6, generalisation."""

import numpy as np

from lecture_utils.exercises.checking import Hint, task
from lecture_utils.exercises.diagnosis import compare, first, parts

PARTS = "X_train, y_train, X_test, y_test"
SCORED = "X_train", "y_train", "X_held", "y_held"
MISTAKES = {    # by name: what the curves of task 4 would show; empty for the one that was made
    "overfitting": "With overfitting, the validation accuracy rises at first, and falls later.",
    "underfitting": "A network that underfits is bad on its training images, too.",
    "learning rate": "A learning rate that does not fit spoils the training curve, too.",
    "trained on validation": "If it were trained on them, it would be good at validation images.",
    "wrong labels": "",
    "last weights": "Then some earlier epoch would have been much better than the last one.",
}


@task("The generalisation gap", "a difference of shares, below 0 where new samples do better.")
def check_generalisation_gap(generalisation_gap):
    """Check ``generalisation_gap(y, guess, y_new, guess_new)``: one number from four of (n,)."""
    rng = np.random.default_rng(61)
    hints = []
    for n, wrong, n_new, wrong_new in [(8, 2, 5, 3), (10, 4, 3, 1), (3, 0, 7, 7)]:
        (y, guess), (y_new, guess_new) = _classes(rng, n, wrong), _classes(rng, n_new, wrong_new)
        old, new = wrong / n, wrong_new / n_new
        amount = np.mean(np.abs(guess_new - y_new)) - np.mean(np.abs(guess - y))
        mistakes = {
            "This is the share of new samples that are right, which is no error.": 1 - new,
            "This is in per cent: a share is a number from 0 to 1.": 100 * (new - old),
            "These are numbers of mistakes: an error is a share of the samples.": wrong_new - wrong,
            "Classes are names: 2 for 0 is one mistake, as 1 for 0 is.": amount,
            "This is the error on the new samples alone.": new,
            "This is the training error alone.": old,
            "The two errors are added.": new + old,
            "This is a ratio of the two errors, not their difference.": new / old if old else 0,
        }
        mine = generalisation_gap(y, guess, y_new, guess_new)
        hints.append(compare(mine, new - old, "The gap", mistakes=mistakes))
    if not hints[0] and "sign" in hints[1]:    # as with abs
        hints[1] = "Where the new samples do better, the gap is below 0: yours is not."
    yield first(hints)


def _classes(rng, n, wrong):
    """Return n classes of three, and guesses of which so many are wrong."""
    y = rng.integers(3, size=n)
    guess = y.copy()
    rows = rng.permutation(n)[:wrong]
    guess[rows] = (y[rows] + 1) % 3
    return y, guess


@task(
    "Split and scale without leakage",
    "no sample is lost or in both parts, and the test part has no say in the scaling.",
    points=2,
)
def check_split_and_scale(split_and_scale):
    """Check ``split_and_scale(X, y, n_test, rng)``: the parts X (n, d) and y (n,), as in PARTS."""
    whole, scaled, drawn = [], [], []
    for seed, n, n_test, d in [
        (61, 12, 5, 3), (62, 12, 5, 3), (66, 12, 5, 3), (61, 12, 5, 3), (64, 7, 2, 1)
    ]:
        X = np.random.default_rng(65).normal(3, 2, size=(n, d)) * np.arange(1, d + 1)
        X[:, 0].sort()    # as the targets, to see whether rows stay together
        X[:, 1:][:, -1:] = 4.0    # a feature that is constant, if there are several
        y = np.arange(20, 20 + n)
        got = parts(split_and_scale(X, y, n_test, np.random.default_rng(seed)), PARTS)
        told = _about_shapes(got, n, n_test, d)
        if told:
            yield told
            yield told
            return
        X_train, y_train, X_test, y_test = (np.asarray(part, dtype=float) for part in got)
        told = _about_rows(X_train, y_train, X_test, y_test, y)
        whole.append(told)
        if not set([*y_train, *y_test]) <= set(y) or "belong" in told:
            scaled.append(told)
            continue
        drawn.append(sorted(y_test))
        rows = [(part - 20).astype(int) for part in (y_train, y_test)]
        scaled.append(_about_scaling(X_train, X_test, X, *rows))
    if not any(whole):
        if drawn[0] == drawn[1] == drawn[2]:
            whole.append("Three generators give the same test part: is the order drawn with `rng`?")
        elif drawn[0] != drawn[3]:
            whole.append("The same `rng` gives another test part the second time: draw with `rng`.")
    yield first(whole)
    yield first(scaled)


def _about_shapes(got, n, n_test, d):
    if np.ndim(got[1]) == 2:
        return f"The second value has two axes: return {PARTS}, in this order."
    shapes = (n - n_test, d), (n - n_test,), (n_test, d), (n_test,)
    for name, part, shape in zip(PARTS.split(", "), got, shapes):
        if np.shape(part) != shape:
            told = f"{name} has shape {np.shape(part)}, but with n = {n} samples"
            return f"{told}, {n_test} of them for the test, it must have {shape}."
    return ""


def _about_rows(X_train, y_train, X_test, y_test, y):
    if not set([*y_train, *y_test]) <= set(y):
        return "There are targets that are not in y: split y as it is, and scale X alone."
    both = len(set(y_train) & set(y_test))
    if both:
        return f"Samples that are in both parts: {both} of {len(y)}."
    twice = len(y) - len(set(y_train)) - len(set(y_test))
    if twice:
        return f"Samples that are lost, as others come twice in one part: {twice} of {len(y)}."
    for X_part, y_part in [(X_train, y_train), (X_test, y_test)]:
        if X_part.shape[1] > 1 and np.allclose(X_part.mean(axis=1), 0):
            continue    # scaled by rows, which hides their order
        steps = np.diff(X_part[np.argsort(y_part), 0])
        if np.any(steps < 0) and np.any(steps > 0):
            return "Rows of X and of y do not belong together any more: they need the same order."
    return ""


def _about_scaling(X_train, X_test, X, train, test):
    if X.shape[1] > 1 and not np.all(np.isfinite(np.vstack([X_train, X_test])[:, -1])):
        told = f"Feature {X.shape[1] - 1} has the same value in all samples"
        return f"{told}: what do you divide by, and what comes out?"
    by = lambda rows, ddof=0: (    # noqa: E731
        X[rows].mean(axis=0), _not_zero(X[rows].std(axis=0, ddof=ddof))
    )
    mean, dev = by(train)
    everything = np.arange(len(X))
    wrong = {
        "The test part has a say in the scaling: mean and deviation look like those of all rows.":
            by(everything),
        "X_train is scaled by the mean and the deviation of the test part.": by(test),
        "{} is not scaled at all.": (0, 1),
        "The mean of {} is right, but its deviation is not divided by.": (mean, 1),
        "{} is divided by the deviation, but the mean is not subtracted.": (0, dev),
        "{} is divided by the variance, not by the deviation.": (mean, dev**2),
        "The deviation looks like that with n - 1: NumPy's `std`, as it comes, has n.":
            by(train, 1),
        "One mean and one deviation for all features: each feature has its own.":
            (X[train].mean(), X[train].std()),
        "{} is divided by the range, highest minus lowest, not by the deviation.":
            (mean, _not_zero(np.ptp(X[train], axis=0))),
        "Each feature of {} goes from 0 to 1 by its range: subtract the mean, not the lowest.":
            (X[train].min(axis=0), _not_zero(np.ptp(X[train], axis=0))),
    }
    named = lambda name, rows, values: {    # noqa: E731
        hint.format(name): (X[rows] - m) / s for hint, (m, s) in values.items()
    }
    own = {
        "The test part is scaled by its own mean and deviation: a new sample has none.": by(test),
        "The mean that is subtracted from X_test is its own: a new sample has none.":
            (by(test)[0], dev),
    }
    by_rows = {
        "Each row of X_train is scaled by its own mean and deviation: each feature has its own.":
            (X[train].mean(axis=1, keepdims=True), X[train].std(axis=1, keepdims=True)),
    } if X.shape[1] > 1 else {}
    constant = X.std(axis=0) == 0
    regions = {"a feature varies": ~constant, "it is constant": constant}
    return first(
        compare(mine, (X[rows] - mean) / dev, name, near=1e-4, regions=regions,
                mistakes=named(name, rows, mistakes))
        for mine, name, rows, mistakes in [
            (X_train, "X_train", train, by_rows | wrong), (X_test, "X_test", test, own | wrong)
        ]
    )


def _not_zero(dev):
    return np.where(dev == 0, 1, dev)


@task("The confusion matrix", "all samples count, and a class that does not occur has its place.")
def check_confusion_matrix(confusion_matrix):
    """Check ``confusion_matrix(y, guess, m)``: counts, (m, m), from classes of shape (n,)."""
    hints = []
    for y, guess, m in [
        ([2, 0, 0, 1, 0, 1, 2, 0], [2, 1, 0, 1, 1, 0, 2, 0], 3),
        ([0, 1, 1], [1, 1, 1], 4),    # neither 2 nor 3 occurs
    ]:
        y, guess = np.array(y), np.array(guess)
        right = np.zeros((m, m))
        np.add.at(right, (y, guess), 1)
        per_row = right.sum(axis=1, keepdims=True)
        wrong = right - np.diag(right.diagonal())
        mistakes = {
            "Its rows are the guessed classes: they must be the true ones.": right.T,
            "A pair that occurs twice is counted once, as with `C[y, guess] += 1`.": right > 0,
            "These are shares of all samples: it must hold counts.": right / len(y),
            "These are shares of each row: it must hold counts.":
                right / np.where(per_row == 0, 1, per_row),
            "The diagonal is empty: samples that are guessed rightly count, too.": wrong,
            "Only the diagonal is filled: where are the mistakes?": right - wrong,
        }
        mine = confusion_matrix(y, guess, m)
        told = compare(mine, right, "the matrix", mistakes=mistakes)
        if "entries of the matrix are off" in told and np.sum(np.asarray(mine)) != len(y):
            total = np.sum(np.asarray(mine))
            told = f"The matrix adds up to {total:g}, but there are n = {len(y)} samples."
        hints.append(told)
    yield first(hints)


@task(
    "A broken training",
    "training learns its samples by heart, and validation shows what it is worth on others.",
    points=3,
)
def check_broken_training(mistake, watch):
    """Check ``mistake()``, one of MISTAKES, and ``watch(X, y, n_val, epochs, rng)``.

    It returns the training and the validation accuracies, both (epochs,).
    """
    name = mistake()
    name = name.strip().lower() if isinstance(name, str) else name
    if not isinstance(name, str) or name not in MISTAKES:
        kind = f'"{name}"' if isinstance(name, str) else f"a value of type {type(name).__name__}"
        told = f"`mistake` returns {kind}, which is not in the list of names."
    else:
        told = MISTAKES[name] and f"{MISTAKES[name]} Is that what the curves show?"
    yield told
    rng = np.random.default_rng(66)
    n, n_val, epochs = 150, 90, 60
    y = np.arange(n) // 50    # sorted, as data often are
    X = rng.normal(size=(n, 80)) + 8 * np.eye(3, 80)[y]
    y[::5] = (y[::5] + 1) % 3    # a fifth of the labels says nothing
    names = "accuracy", "val_accuracy"
    got, other = (
        parts(watch(X, y, n_val, epochs, np.random.default_rng(seed)), ", ".join(names))
        for seed in (67, 68)
    )
    shaped = first(_about_curve(*each, epochs) for each in zip(got, names))
    if shaped:
        yield shaped
        yield shaped
        return
    seen, unseen = (float(np.asarray(each)[-1]) for each in got)
    is_swapped = unseen > 0.97 > seen > 0.5
    if is_swapped:
        yield "The accuracies of training and validation look interchanged."
    else:
        told = f"The training accuracy ends at {seen:.0%}; the given code learns all by heart."
        yield told * (seen < 0.97)
    if unseen < 0.52:
        yield f"With three classes of ours, the validation accuracy still ends at {unseen:.0%}."
    elif unseen > 0.86 and not is_swapped:
        told = f"The validation accuracy ends at {unseen:.0%}, though a fifth of our labels are"
        yield f"{told} wrong: is it measured on samples that are trained on?"
    elif not is_swapped and any(_is_no_share(*each) for each in zip(got, (n - n_val, n_val))):
        told = f"With n = {n} and n_val = {n_val}, the accuracies are no shares of {n - n_val}"
        yield f"{told} and of {n_val} samples: which are in which part?"
    elif np.array_equal(got[1], other[1]):
        yield "Two generators give the same validation curve: is the order drawn with `rng`?"
    else:
        yield "The validation accuracy is in the place of the other one." * is_swapped


def _about_curve(curve, name, epochs):
    if np.shape(curve) != (epochs,):
        return f"{name} has shape {np.shape(curve)}; one number for each of {epochs} epochs is due."
    highest = np.max(curve)
    if highest > 1:
        return f"{name} reaches {highest:.4g}: an accuracy is a share, from 0 to 1."
    return ""


def _is_no_share(curve, n):
    counts = n * np.asarray(curve, dtype=float)
    return np.any(np.abs(counts - counts.round()) > 0.01)


@task(
    "Find the leak",
    "whatever we plant among the test samples, what is learnt stays the same.",
    points=2,
)
def check_fit_and_guess(fit_and_guess):
    """Check ``fit_and_guess(X, y, train, test, k)``: what is kept, (k,), and guesses, (n_test,).

    Planted: test samples that would change the choice, and one that would change the scaling.
    """
    rng = np.random.default_rng(68)
    train, test = np.array([8, 1, 5, 2, 7, 4]), np.array([0, 6, 3])
    y = np.array([0, 0, 1, 1, 1, 1, 0, 0, 0])
    X = 0.1 * rng.normal(size=(9, 5))
    X[:, 1] += 4 * y
    X[:, 3] -= 2 * y    # the classes may differ to either side
    X[:, 2] = -0.03 * y    # far apart only if it is scaled first
    X[:, 4] *= 20    # varies much, but not with the class
    planted = X.copy()
    planted[test[1:], 0] = [-90, 90]    # in classes 0 and 1
    planted[test[1:], 4] = [90, -90]
    kept, kept_planted = (
        _kept(fit_and_guess(each, y, train, test, 2)) for each in (X, planted)
    )
    if kept != kept_planted:
        yield "Other test samples, and other features are kept: the choice looks at the test part."
    elif kept != [1, 3]:
        told = f"Features {kept} are kept, and no test sample matters"
        first_scaled = " before the scaling" * (set(kept) in ({1, 2}, {2, 3}))
        yield f"{told}, but others are farther apart in the training part{first_scaled}."
    else:
        yield ""
    yield first(_about_guesses(fit_and_guess, order) for order in ([0, 1], [1, 0]))


def _kept(result):
    kept = np.asarray(parts(result, "kept, guess")[0])
    if kept.shape != (2,) or kept.dtype.kind not in "iu":
        raise Hint(f"kept must hold the numbers of k = 2 features, but it is {kept.tolist()}.")
    return sorted(kept.tolist())


def _about_guesses(fit_and_guess, order):
    """Return the hint for guesses from two features, both of which are kept."""
    X = np.array([[0, -1], [0, 1], [1, 0], [-1, 0], [4, 3], [4, 5], [5, 4], [3, 4],
                  [3.4, 1], [1, 1.2], [3, 3.2]])[:, order]
    X = X * [1, 50]    # in other units
    y = np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1])
    train, test = np.arange(8), np.array([8, 9, 10])
    planted = X.copy()
    planted[9, order.index(0)] = 5000    # hides this feature, if it is used for the scaling
    labels = np.where(np.isin(np.arange(11), test), 1 - y, y)
    guess, beside, judged = (
        np.asarray(parts(fit_and_guess(*data, train, test, 2), "kept, guess")[1])
        for data in ((X, y), (planted, y), (X, labels))
    )
    if guess.ndim != 1:
        return f"guess must hold one class for each test sample: its shape is {guess.shape}."
    right, unscaled = (_guesses(X, y, train, test, by) for by in (train, None))
    told = compare(guess, right, "guess", mistakes={
        "These are the guesses without scaling: the feature with large numbers decides.": unscaled,
        "guess has the two classes interchanged: which centre is nearer?": 1 - right,
    })
    if guess.shape == right.shape == beside.shape == judged.shape:
        if beside[0] != guess[0]:
            return "Other samples beside it, and the guess for the same test sample changes."
        if np.any(judged != guess):
            return "The guesses change with the labels of the test samples, which nobody knows."
    return told


def _guesses(X, y, train, test, scale_by):
    """Return the class of the nearer centre, after scaling by these rows, or none."""
    if scale_by is not None:
        X = (X - X[scale_by].mean(axis=0)) / X[scale_by].std(axis=0)
    far = [((X[test] - X[train][y[train] == c].mean(axis=0)) ** 2).sum(axis=1) for c in (0, 1)]
    return (far[1] < far[0]).astype(int)


@task(
    "Cross-validation",
    "each sample is held out exactly once, also where n is no multiple of k.",
    points=2,
)
def check_cross_validate(cross_validate):
    """Check ``cross_validate(X, y, k, score)``: mean and deviation over k folds of (n, d)."""
    folds, numbers = [], []
    for n, d, k in [(10, 2, 5), (11, 1, 3), (4, 3, 4), (10, 1, 4)]:
        y = np.arange(n)
        X = y[:, None] + np.linspace(0, 0.5, d)
        calls, scores = [], []

        def score(*data, calls=calls, scores=scores, **named):
            data += tuple(named[name] for name in SCORED if name in named)
            calls.append([np.array(part) for part in data] if len(data) == 4 else data)
            scores.append([0.8, 0.9, 0.6, 0.85, 0.7][len(scores) % 5])
            return scores[-1]

        got = cross_validate(X, y, k, score)
        got = got.tolist() if isinstance(got, np.ndarray) else got
        mean, spread = parts(got, "mean, deviation")
        folds.append(_about_folds(calls, n, k))
        numbers.append(_about_spread(mean, spread, np.array(scores)))
    yield first(folds)
    yield first(numbers)


def _about_folds(calls, n, k):
    if len(calls) != k:
        return f"Calls of `score`: {len(calls)}; with k = {k} each fold has one turn."
    if any(len(call) != 4 for call in calls):
        return "`score` takes four arguments: X and y to train on, X and y of the fold held out."
    for X_train, y_train, X_held, y_held in calls:
        if np.ndim(y_train) != 1 or np.ndim(y_held) != 1 or X_train.ndim != 2 or X_held.ndim != 2:
            return "`score` takes X and y to train on, then X and y of the fold held out."
        if len(X_train) != len(y_train) or len(X_held) != len(y_held):
            return "X and y that `score` is given do not have the same number of samples."
        if np.any(X_train[:, 0] != y_train) or np.any(X_held[:, 0] != y_held):
            return "Rows of X and of y do not belong together any more."
        both = np.intersect1d(y_train, y_held)
        if both.size:
            return f"Samples that are trained on while they are held out: {both.size} of {n}."
        if len(y_train) + len(y_held) != n:
            told = f"With n = {n} and k = {k}, `score` gets {len(y_train)} + {len(y_held)} samples"
            return f"{told}: the others have no part in this turn."
    if k > 2 and len(calls[0][1]) < len(calls[0][3]):
        return "It is trained on one fold and judged on all others: it must be the other way round."
    turns = np.bincount(np.concatenate([call[3] for call in calls]), minlength=n)
    for rows, told in [(turns == 0, "never held out"), (turns > 1, "held out more than once")]:
        if np.any(rows):
            return f"With k = {k}, samples that are {told}: {rows.sum()} of {n}; each has one turn."
    sizes = [len(call[3]) for call in calls]
    if np.ptp(sizes) > 1:
        return f"With n = {n} and k = {k}, the folds have {sizes} samples: make them more alike."
    return ""


def _about_spread(mean, spread, scores):
    if not scores.size:
        return "Without a call of `score` there is nothing to take the mean of."
    k = len(scores)
    mistakes = {
        "The deviation looks like that with k - 1: NumPy's `std`, as it comes, has k.":
            scores.std(ddof=1) if k > 1 else 0,
        "This is the variance: the deviation is its root.": scores.var(),
        "This is the range, highest minus lowest, not the standard deviation.": np.ptp(scores),
        "This is the deviation divided by the root of k: the deviation of a mean.":
            scores.std() / np.sqrt(k),
        "The mean comes first, then the deviation.": scores.mean(),
    }
    of_mean = {
        "This is the sum of the scores, not their mean.": scores.sum(),
        "This is the best of the scores, not their mean.": scores.max(),
        "This is the score of one fold alone, the last one.": scores[-1],
        "The mean comes first, then the deviation.": scores.std(),
    }
    return first([
        compare(mean, scores.mean(), "The mean", mistakes=of_mean),
        compare(spread, scores.std(), "The deviation", mistakes=mistakes),
    ])


@task(
    "Early stopping",
    "it stops in time, and gives back the best weights, not what became of them.",
    points=3,
)
def check_early_stopping(early_stopping):
    """Check ``early_stopping(train_epoch, epochs, patience)``: W of the best epoch, and which."""
    rng = np.random.default_rng(69)
    weights, numbers, stops = [], [], []
    for patience, losses in [
        (3, [9.3, 6.1, 7.2, 8.4, 5.2, 5.5, 5.3, 5.4, 5.6, 5.7, 5.8, 5.9]),
        (2, [4.1, 3.2, 3.2, 3.2, 3.5, 3.6, 3.7]),    # equal is not lower
        (2, [6.1, 5.2, 4.1, 3.3]),
        (1, [5.1, 4.2, 6.3, 7.4]),
    ]:
        live, after, done = np.zeros((2, 3)), rng.normal(size=(len(losses), 2, 3)), []

        def train_epoch(*, live=live, after=after, done=done, losses=losses):
            if len(done) == len(losses):
                raise Hint(f"It trains for more than the {len(losses)} epochs that it may take.")
            live[:] = after[len(done)]
            done.append(losses[len(done)])
            return live, done[-1]

        train_epoch.__qualname__ = "train_epoch"    # as errors name it
        W, best = parts(early_stopping(train_epoch, len(losses), patience), "W, best")
        if np.ndim(W) == 0 and np.ndim(best) == 2:
            raise Hint("Return W first, and then the number of its epoch.")
        right = int(np.argmin(losses[:max(len(done), 1)]))    # of those that were trained
        n = _best(losses, patience)[1]
        stops.append(_about_stop(len(done), n, losses, patience))
        numbers.append(_about_best(None if W is None else best, right, losses, len(done)))
        if len(set(losses)) == len(losses):    # or the weights of two epochs may be called best
            weights.append(_about_weights(W, right, live, after, len(done)))
    yield first(numbers)
    yield first(weights)
    yield first(stops)


def _best(losses, patience, is_better=lambda losses, t, best: losses[t] < losses[best]):
    """Return the best epoch, and after how many the training stops."""
    best = 0
    for t in range(len(losses)):
        best = t if is_better(losses, t, best) else best
        if t - best >= patience:
            break
    return best, t + 1


def _about_weights(W, best, live, after, n):
    if isinstance(W, np.ndarray) and np.shares_memory(W, live):
        if best == n - 1:
            return ""    # told where the last epoch is not the best
        return "It returns the array that the training goes on to change: no copy of the best W."
    mistakes = {"These are the weights after the last epoch, not after the best.": after[n - 1]}
    mistakes |= {
        f"These are the weights after epoch {t}, which is not the best.": after[t]
        for t in range(n) if t != best
    }
    return compare(W, after[best], "W", mistakes=mistakes)


def _about_best(best, right, losses, n):
    tied = _best(losses[:n], n, lambda losses, t, best: losses[t] <= losses[best])
    before = _best(losses[:n], n, lambda losses, t, _: t == 0 or losses[t] < losses[t - 1])
    mistakes = {
        "An equal loss is no better: the first of two equal ones stays the best epoch.": tied[0],
        "It looks as if each loss were compared with the one before, not with the best so far.":
            before[0],
        "This is the best loss: best is the number of its epoch.": losses[right],
        "Epochs count from 0, as in `range(epochs)`: yours is one too high.": right + 1,
        "This is the epoch with the highest loss, not with the lowest.": np.argmax(losses),
        "This is the epoch at which it stops, not the best one.": n - 1,
    }
    if best is None:
        return "It finds no best epoch in our losses: which loss is the first one compared with?"
    return compare(best, right, "best", mistakes=mistakes)


def _about_stop(mine, right, losses, patience):
    if mine == right:
        return ""
    if not mine:
        return "`train_epoch` is never called."
    best = int(np.argmin(losses[:mine]))
    told = f"With patience {patience}, it ends after epoch {mine - 1} of 0 to {len(losses) - 1};"
    told = f"{told} the best so far was epoch {best}."
    risen = np.flatnonzero(np.array(losses) > np.minimum.accumulate(losses))
    if mine < right and len(risen) >= patience and mine == risen[patience - 1] + 1:
        told += " Does the count begin anew when there is a new best?"
    return told


@task(
    "L2 in loss and gradient",
    "the weights cost something, the biases do not, and the gradient says the same as the loss.",
    points=2,
)
def check_add_l2(add_l2):
    """Check ``add_l2(J, params, grads, lam)``: J and its gradients, a list as params."""
    rng = np.random.default_rng(61)
    losses, slopes = [], []
    for sizes, lam in [((2, 3), 0.7), ((1, 3, 1), 0.3)]:
        shapes = [shape for d, m in zip(sizes, sizes[1:]) for shape in ((d, m), (m,))]
        params, grads = ([rng.normal(1, 1, size=shape) for shape in shapes] for _ in range(2))
        J = rng.uniform(0.5, 2)
        mine, got = parts(add_l2(J, params, grads, lam), "J, grads")
        losses.append(_about_l2_loss(mine, J, params, lam))
        slopes.append(_about_l2_slopes(got, params, grads, lam))
    yield first(losses)
    yield first(slopes)


def _about_l2_loss(mine, J, params, lam):
    squares = [np.sum(theta**2) for theta in params]
    weights = sum(squares[::2])
    mistakes = {
        "The L2 term of the loss is twice what it should be.": J + lam * weights,
        "The biases are in the sum as well: only weights cost something.":
            J + lam / 2 * sum(squares),
        "This is the L2 term alone: it is added to J.": lam / 2 * weights,
        "The L2 term is subtracted: large weights must cost something.": J - lam / 2 * weights,
        "It looks like the square of a sum: ‖W‖² is the sum of the squares.":
            J + lam / 2 * sum(np.sum(W) ** 2 for W in params[::2]),
        "The biases cost something and the weights nothing: it must be the other way round.":
            J + lam / 2 * sum(squares[1::2]),
        "It looks like norms that are not squared.": J + lam / 2 * np.sum(np.sqrt(squares[::2])),
        "It looks like the absolute values of the weights: the lecture has their squares.":
            J + lam / 2 * sum(np.abs(W).sum() for W in params[::2]),
        "It looks like the mean of the squares: ‖W‖² is their sum.":
            J + lam / 2 * sum(np.mean(W**2) for W in params[::2]),
        "The strength λ is not in the loss.": J + weights / 2,
        "This is J as it was: where do large weights cost something?": J,
    }
    return compare(mine, J + lam / 2 * weights, "The loss", mistakes=mistakes)


def _about_l2_slopes(got, params, grads, lam):
    names = [f"{kind}_{i // 2 + 1}" for i, kind in enumerate("Wb" * (len(params) // 2))]
    if not isinstance(got, (list, tuple)) or len(got) != len(grads):
        many = f", but it has {len(got)}" if isinstance(got, (list, tuple)) else ""
        return f"grads must be a list of {len(grads)} arrays, one for each of `params`{many}."
    hints = []
    for mine, name, theta, g in zip(got, names, params, grads):
        what = f"∂J/∂{name}"
        if theta.ndim == 1:
            told = f"{what} has changed: the biases cost nothing."
            hints.append(compare(mine, g, what, like=name, mistakes={told: g + lam * theta}))
            continue
        mistakes = {
            f"The L2 term of {what} is twice what it should be: the loss has the half of λ.":
                g + 2 * lam * theta,
            f"The L2 term of {what} is half of what it should be: what is the slope of a square?":
                g + lam / 2 * theta,
            f"This is the L2 term of {what} alone: it is added to the gradient.": lam * theta,
            f"The L2 term of {what} has the wrong sign: it must point to larger weights.":
                g - lam * theta,
            f"{what} is as it was: the loss has a new term, so what is its slope?": g,
            f"The strength λ is not in {what}.": g + theta,
            f"λ is added to {what}, but not times {name}.": g + lam,
            f"The L2 term of {what} looks like that of absolute values.": g + lam * np.sign(theta),
            f"The L2 term of {what} has the squares of {name}, as the loss has, not their slopes.":
                g + lam / 2 * theta**2,
        }
        hints.append(compare(mine, theta * lam + g, what, like=name, mistakes=mistakes))
    return first(hints)
