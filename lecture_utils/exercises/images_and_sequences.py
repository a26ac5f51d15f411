"""Checks of the exercises of lecture 7, images and sequences."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lecture_utils.activations import relu
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D
from lecture_utils.datasets import digits, one_hot
from lecture_utils.exercises.checking import task
from lecture_utils.exercises.diagnosis import compare, first, parts
from lecture_utils.layers import Dense
from lecture_utils.losses import cross_entropy_on_logits
from lecture_utils.networks import Network
from lecture_utils.optimizers import GradientDescent
from lecture_utils.training import train


def _shaped(mine, right, what, shapes, **more):
    """Compare, but name the mistake that gives one of these shapes: a dict from hint to shape."""
    try:
        shape = np.shape(mine)
    except ValueError:    # lists of unequal length
        shape = None
    is_right = shape == np.shape(right)
    named = [hint for hint, wrong in shapes.items() if shape == tuple(wrong) and not is_right]
    return named[0] if named else compare(mine, right, what, **more)


def _two(result, names):
    """Return two numbers that come in a tuple, a list or an array."""
    return parts([*result] if isinstance(result, np.ndarray) and result.ndim else result, names)


def _counted(function, right, cases, names, rules, last):
    """Return the hint for a function of whole numbers that is a rule, as for sizes and counts.

    A mistake is named if it gives what the function returns in all cases.
    """
    wanted = [right(*case) for case in cases]
    mine = [function(*case) for case in cases]
    hints = [compare(*pair, "The result") for pair in zip(mine, wanted)]
    if not any(hints):
        return ""
    if any(np.shape(one) != np.shape(other) for one, other in zip(mine, wanted)):
        return first(hints)
    for hint, rule in rules.items():
        if np.array_equal(mine, [rule(*case) for case in cases]):
            return hint
    k = next(k for k, hint in enumerate(hints) if hint)
    given = ", ".join(f"{name} = {value}" for name, value in zip(names.split(), cases[k]))
    told = ", ".join(f"{value:g}" for value in np.ravel(mine[k]).astype(float))
    return f"For {given} yours is {told}: {last}"


def _convolved(image, kernel):
    """Return the convolution of the lecture, which does not turn the kernel."""
    return np.einsum("rcuv,uv->rc", sliding_window_view(image, kernel.shape), kernel)


# Images


@task("One patch by hand", "it is the sum of all products, for kernels of three sizes.")
def check_one_patch(one_patch):
    """Check ``one_patch(patch, kernel)``: one number, from two arrays of shape (q, q)."""
    rng = np.random.default_rng(70)

    def about(q):
        patch, kernel = rng.normal(size=(q, q)), rng.normal(size=(q, q))
        products = patch * kernel
        mistakes = {
            "It is the mean of the products: z is their sum.": products.mean(),
            "It is the largest product alone: z is the sum of all.": products.max(),
            "It is the sum of the patch times the sum of the kernel: each pixel meets its own "
            "weight first.": patch.sum() * kernel.sum(),
            "It adds up a product of matrices, in which a pixel meets several weights: multiply "
            "entry by entry.": (patch @ kernel).sum(),
            "Here the kernel is turned by half a turn: the upper left weight belongs to the upper "
            "left pixel.": np.sum(patch * kernel[::-1, ::-1]),
            "Here the kernel is transposed: row u of the patch meets row u of the kernel.":
                np.sum(patch * kernel.T),
            "Only the main diagonal is added up: all products count.": np.trace(products),
            "It adds up sums of a pixel and a weight: multiply them.": np.sum(patch + kernel),
            "A negative sum is cut off: there is no activation here.": max(products.sum(), 0),
        }
        shapes = {
            f"These are {np.prod(shape)} numbers, but z is one: what becomes of them?": shape
            for shape in [(q, q), (q,)]
        }
        mine = one_patch(patch, kernel)
        return _shaped(mine, products.sum(), "z", shapes, mistakes=mistakes)

    yield first(map(about, (3, 2, 4)))


@task(
    "A convolution by two loops",
    "every patch gives its number, also where the image is not square.",
    points=2,
)
def check_convolve(convolve):
    """Check ``convolve(image, kernel)``: (n_row, n_col) and (q, q) give (n_row - q + 1, ...)."""
    rng = np.random.default_rng(71)

    def about(n_row, n_col, q):
        image, kernel = rng.normal(size=(n_row, n_col)), rng.normal(size=(q, q))
        right = _convolved(image, kernel)
        seen = sliding_window_view(image, kernel.shape)    # (rows of Z, columns of Z, q, q)
        one_less = tuple(size - 1 for size in right.shape)
        shapes = {
            f"Z has the shape of the image, {image.shape}, but a patch of {q} rows fits into "
            f"{n_row} rows only {len(right)} times.": image.shape,
            f"Z has shape {one_less}: one row and one column are missing, where the patch "
            "reaches the edge of the image.": one_less,
            "The patches lie side by side: the next one begins one pixel further on.":
                (n_row // q, n_col // q),
            "Z is larger than the image: there is no padding here.":
                (n_row + q - 1, n_col + q - 1),
            f"Z has as many columns as rows, {len(right)}, but the image is not square: "
            f"{image.shape}.": (len(right), len(right)),
        }
        mistakes = {
            "Here the kernel is turned by half a turn: the lecture's formula does not turn it.":
                _convolved(image, kernel[::-1, ::-1]),
            "Here the kernel is transposed: row u of the patch meets row u of the kernel.":
                _convolved(image, kernel.T),
            "Each place has the mean of its products: Z is their sum.": right / q**2,
            "Each place has the largest product alone: Z is the sum of all.":
                (seen * kernel).max(axis=(2, 3)),
            "Each place adds up a product of matrices: multiply entry by entry.":
                (seen @ kernel).sum(axis=(2, 3)),
            "Negative sums are cut off: there is no activation here.": np.maximum(right, 0),
            "Each place has the number of the first patch: which pixels does it see?":
                np.full(right.shape, right[0, 0]),
            "Each place has the sum of its pixels, without their weights.":
                _convolved(image, np.ones((q, q))),
        }
        is_edge = np.ones(right.shape, dtype=bool)
        is_edge[:-1, :-1] = False
        regions = {"r and c are not the last": ~is_edge, "r or c is the last": is_edge}
        mine = convolve(image, kernel)
        more = {"mistakes": mistakes, "regions": regions}
        return _shaped(mine, right, "Z", shapes, **more)

    yield about(5, 5, 3)
    yield first(about(*sizes) for sizes in [(4, 7, 2), (6, 3, 3), (2, 3, 1)])


@task(
    "The size of the output",
    "it fits for every padding, every stride, and images that are not square.",
    points=2,
)
def check_output_size(output_size):
    """Check ``output_size(n_row, n_col, q, padding, stride)``: the rows and columns of Z."""
    def rule(add=lambda n, q, p, s: (n + 2 * p - q) // s + 1):
        return lambda n_row, n_col, q, p, s: (add(n_row, q, p, s), add(n_col, q, p, s))

    whole = []

    def mine(*case):
        sizes = _two(output_size(*case), "rows, columns")
        whole.extend(size == size // 1 for size in sizes if isinstance(size, (float, np.floating)))
        return sizes

    half = "There is half a patch in some results: a patch that is not filled is left out."
    rules = {
        "The padding stands on one side only: it is put on both, above and below.":
            rule(lambda n, q, p, s: (n + p - q) // s + 1),
        "The padding makes the image smaller: it is added, on both sides.":
            rule(lambda n, q, p, s: (n - 2 * p - q) // s + 1),
        "The padding has no effect: by how many rows does the image grow?":
            rule(lambda n, q, p, s: (n - q) // s + 1),
        "One row and one column are missing: the first patch counts, too.":
            rule(lambda n, q, p, s: (n + 2 * p - q) // s),
        "The stride has no effect: how many steps lead from the first patch to the last?":
            rule(lambda n, q, p, s: n + 2 * p - q + 1),
        "A patch that is not filled is counted: round down, not up.":
            rule(lambda n, q, p, s: -(-(n + 2 * p - q) // s) + 1),
        "It is rounded to the nearest: a patch that is not filled is left out, so round down.":
            rule(lambda n, q, p, s: round((n + 2 * p - q) / s) + 1),
        "The 1 for the first patch is divided by the stride, too.":
            rule(lambda n, q, p, s: (n + 2 * p - q + 1) // s),
        "It looks as if the kernel had no size: it needs q rows to stand on.":
            rule(lambda n, q, p, s: (n + 2 * p) // s),
        "Rows and columns have changed places.":
            lambda n_row, n_col, *more: rule()(n_col, n_row, *more),
        "There are as many columns as rows, though the image is not square.":
            lambda n_row, n_col, *more: rule()(n_row, n_row, *more),
    }
    names, last = "n_row n_col q padding stride", "draw that many pixels and lay the patches."
    plain = [(8, 6, 3, 0, 1), (5, 9, 2, 3, 1), (4, 5, 4, 2, 1)]
    strided = [(9, 12, 3, 0, 2), (8, 15, 2, 4, 3), (7, 6, 5, 1, 2), (28, 20, 5, 2, 4)]
    for cases in (plain, strided):
        whole.clear()
        hint = _counted(mine, rule(), cases, names, rules, last)
        yield half if hint and not all(whole) else hint


@task(
    "Backward of the convolution",
    "dW and dX add up what all patches say, also for an image that is not square.",
    points=2,
)
def check_convolve_backward(convolve_backward):
    """Check ``convolve_backward(image, kernel, delta)``: ∂J/∂W and ∂J/∂X, from ∂J/∂Z."""
    rng = np.random.default_rng(72)
    kernel_hints, image_hints = [], []
    for n_row, n_col, q in [(5, 4, 2), (6, 6, 3), (3, 5, 3)]:
        image, kernel = rng.normal(size=(n_row, n_col)), rng.normal(size=(q, q))
        delta = rng.normal(size=(n_row - q + 1, n_col - q + 1))
        d_kernel, d_image = parts(convolve_backward(image, kernel, delta), "d_kernel, d_image")
        mistakes = {
            "Only the last patch is left: each place of Z adds its share.":
                delta[-1, -1] * image[-q:, -q:],
            "Only the first patch is there: each place of Z adds its share.":
                delta[0, 0] * image[:q, :q],
            "All patches count alike: each counts as much as its δ.":
                _convolved(image, np.ones(delta.shape)),
            "It is the mean over the places: their shares are added up.":
                _convolved(image, delta) / delta.size,
            "It is turned by half a turn: weight (u, v) met the pixel u rows down, v to the right.":
                _convolved(image, delta)[::-1, ::-1],
            "Here δ is turned by half a turn: the first δ belongs to the first patch.":
                _convolved(image, delta[::-1, ::-1]),
            "It adds up δ times the kernel: a weight's slope is the pixel that it met.":
                delta.sum() * kernel,
        }
        right = _convolved(image, delta)
        is_swapped = np.shape(d_image) == kernel.shape
        shapes = {"The two have changed places: d_kernel comes first.": image.shape} if is_swapped \
            else {}
        kernel_hints.append(
            _shaped(d_kernel, right, "d_kernel", shapes, like="kernel", mistakes=mistakes)
        )
        right, written, plain, seen = np.zeros((4, *image.shape))
        for r, c in np.ndindex(delta.shape):
            place = slice(r, r + q), slice(c, c + q)
            right[place] += delta[r, c] * kernel
            written[place] = delta[r, c] * kernel
            plain[place] += delta[r, c]
            seen[place] += 1
        around = np.pad(delta, q - 1)
        mistakes = {
            "A pixel keeps the share of its last patch alone: it gets one from each patch that it "
            "is in.": written,
            "All weights count alike: a pixel's slope is the weight that it met.": plain,
            "It is the mean over the patches of a pixel: their shares are added up.": right / seen,
            "Here the kernel is turned by half a turn: pixel (r + u, c + v) met weight (u, v).":
                _convolved(around, kernel),
            "All patches count alike: each counts as much as its δ.":
                _convolved(np.pad(np.ones(delta.shape), q - 1), kernel[::-1, ::-1]),
        }
        regions = {"a pixel is in one patch": seen == 1, "it is in several": seen > 1}
        image_hints.append(
            compare(d_image, right, "d_image", like="image", mistakes=mistakes, regions=regions)
        )
    yield first(kernel_hints)
    yield first(image_hints)


@task(
    "Max pooling and its gradient",
    "the largest number gets all, and of equal ones the first.",
    points=3,
)
def check_pooling(pool, pool_backward):
    """Check ``pool(x)`` and ``pool_backward(x, d_output)`` with windows of 2 × 2."""
    rng = np.random.default_rng(73)
    shapes = [(4, 6), (5, 3), (2, 7)]
    images = [rng.normal(size=shape) for shape in shapes]
    images[0][:2, :2] -= 5    # one window has only negative numbers
    tied = [rng.integers(0, 2, size=shape) * 2.0 for shape in shapes]
    tied[0][:2, :4] = [[0, 0, 1, 3], [0, 0, 3, 3]]
    slopes = [rng.normal(size=(rows // 2, columns // 2)) for rows, columns in shapes]
    yield first(_about_pool(pool(x), x) for x in images)
    for arrays, is_tied in ((images, False), (tied, True)):
        found = [(pool_backward(*pair), *pair) for pair in zip(arrays, slopes)]
        yield first(_about_pool_backward(*each, is_tied) for each in found)


def _windows(x):
    """Return the windows of 2 × 2 as rows: (rows of the output, columns, 4)."""
    rows, columns = (size // 2 for size in x.shape)
    seen = x[:2 * rows, :2 * columns].reshape(rows, 2, columns, 2)
    return seen.transpose(0, 2, 1, 3).reshape(rows, columns, 4)


def _unrolled(windows, shape):
    """Return the image that has these windows, with zeros where there are none."""
    rows, columns = windows.shape[:2]
    x = np.zeros(shape)
    seen = windows.reshape(rows, columns, 2, 2).transpose(0, 2, 1, 3)
    x[:2 * rows, :2 * columns] = seen.reshape(2 * rows, 2 * columns)
    return x


def _about_pool(mine, x):
    windows = _windows(x)
    right = windows.max(axis=2)
    named = {
        "It is the mean of each window: keep its largest number.": windows.mean(axis=2),
        "It is the smallest number of each window: keep the largest.": windows.min(axis=2),
        "It is the sum of each window: keep its largest number.": windows.sum(axis=2),
        "It is the first number of each window: keep the largest.": windows[..., 0],
        "A window with only negative numbers gives 0: its largest number is negative, too.":
            np.maximum(right, 0),
        "It is the largest without its sign: −3 is smaller than 1.": np.abs(windows).max(axis=2),
    }
    shapes = {
        "The windows overlap: the next one begins two pixels further on.":
            tuple(size - 1 for size in x.shape),
        f"x has shape {x.shape}: the last row or column does not fill a window, and is left out.":
            tuple(-(-size // 2) for size in x.shape),
    }
    return _shaped(mine, right, "the output", shapes, mistakes=named)


def _about_pool_backward(mine, x, d_output, is_tied):
    windows, slopes = _windows(x), d_output[..., None]
    largest = windows == windows.max(axis=2, keepdims=True)
    is_first = np.arange(4) == windows.argmax(axis=2)[..., None]
    is_last = np.arange(4) == 3 - windows[..., ::-1].argmax(axis=2)[..., None]
    by_columns = np.array([0, 2, 1, 3])[windows[..., [0, 2, 1, 3]].argmax(axis=2)]
    by_rule = {
        "All four numbers of a window get its gradient: only the largest has an effect.":
            slopes * np.ones(4),
        "Each number gets a quarter, as for a mean: only the largest has an effect.":
            slopes / 4 * np.ones(4),
        "The largest gets 1: it gets what comes from behind, d_output.": is_first,
        "The gradient is multiplied by the number itself: the slope of a maximum is 1.":
            slopes * is_first * windows,
        "The gradient stands at the first place of each window, whatever is largest.":
            slopes * (np.arange(4) == 0),
        "Row and column of the largest number have changed places within its window.":
            slopes * (np.arange(4) == np.array([0, 2, 1, 3])[windows.argmax(axis=2)][..., None]),
        "The smallest number of a window gets its gradient: the largest has the effect.":
            slopes * (np.arange(4) == windows.argmin(axis=2)[..., None]),
        "A window without a positive number gets nothing: its largest number gets all.":
            slopes * is_first * (windows > 0),
    }
    if is_tied:
        by_rule = {
            "Where numbers are equal, each gets all: only the first of them does.":
                slopes * largest,
            "Where numbers are equal, they share the gradient: the first gets all of it.":
                slopes * largest / largest.sum(axis=2, keepdims=True),
            "Where numbers are equal, the last gets the gradient: row by row, it is the first.":
                slopes * is_last,
            "Where numbers are equal, the first one column by column gets all: it is row by row.":
                slopes * (np.arange(4) == by_columns[..., None]),
        } | by_rule
    count = largest.sum(axis=2, keepdims=True) * np.ones(4)
    regions = {
        "a window has one largest number": _unrolled(count == 1, x.shape) > 0,
        "a window has several": _unrolled(count > 1, x.shape) > 0,
    }
    regions = regions if is_tied else None
    right = _unrolled(slopes * is_first, x.shape)
    named = {hint: _unrolled(value, x.shape) for hint, value in by_rule.items()}
    return compare(mine, right, "∂J/∂x", like="x", mistakes=named, regions=regions)


# Here, as it takes longer than a check may if scikit-learn was not loaded before.
PIXELS, LABELS = (each[600:900] for each in digits())
WHY_NOT = {
    "small steps": "With small steps the loss would fall slowly on all images; here it does not "
                   "fall on new ones.",
    "zero start": "The code draws the first weights at random, and on the training images "
                  "the loss does fall.",
    "overfitting": "A network that overfits reads nearly all of its training images; this one "
                   "reads fewer than half.",
    "exploding gradient": "A gradient that explodes would make the loss jump up; here both curves "
                          "are smooth.",
    "mixed pixels": "",
    "wrong labels": "Labels of other images would look like this, but the code leaves the labels "
                    "as they are: what does it do to the images?",
}


@task(
    "A training that learns nothing",
    "the mistake has its name, each image is whole again, and the training is healthy.",
    points=3,
)
def check_broken_training(mistake, as_images):
    """Check ``mistake()``, a name, and ``as_images(file)``: (n_row, n_col, n) to images."""
    name = str(mistake()).strip().lower()
    unknown = f"`mistake` must return one name of the list, as text: {', '.join(WHY_NOT)}."
    yield WHY_NOT.get(name, unknown)

    digit_file = PIXELS.reshape(300, 8, 8).transpose(1, 2, 0)
    small = np.random.default_rng(74).normal(size=(3, 2, 5))
    images = as_images(digit_file)
    yield first(_about_images(*pair) for pair in ((as_images(small), small), (images, digit_file)))
    yield _about_health(images, LABELS)


def _about_images(images, file):
    n_row, n_col, n = file.shape
    right = file.transpose(2, 0, 1)[..., None]
    on_its_side = "Rows and columns have changed places: each image lies on its side."
    shapes = {
        f"Shape {(n, n_row, n_col)}: the axis of the one channel is missing, at the end.":
            (n, n_row, n_col),
        on_its_side: (n, n_col, n_row, 1),
        "The number of the image comes first, then its row, its column and its channel.":
            (n_row, n_col, n, 1),
    }
    named = {
        "The shape is right, the images are not: `reshape` counts on through the file, where the "
        "pixels of one image do not stand side by side.": file.reshape(n, n_row, n_col, 1),
        "The shape is right, the images are not: `reshape` mixes their pixels, also with "
        "`order=\"F\"`.": file.reshape(n, n_row, n_col, 1, order="F"),
        on_its_side: np.reshape(file.T, (n, n_row, n_col, 1)),
    }
    return _shaped(images, right, "the array of images", shapes, mistakes=named)


def _about_health(images, labels):
    try:
        images = np.asarray(images, dtype=float)
    except (TypeError, ValueError):
        images = np.zeros(0)
    if images.shape != (len(labels), 8, 8, 1) or not np.all(np.isfinite(images)):
        return f"It can't be trained with images of shape {images.shape}."
    rng = np.random.default_rng(75)
    network = Network([
        Conv2D.random(3, 1, 8, padding=1, init="he", rng=rng), relu, MaxPool2D(2),
        Flatten(), Dense.random(128, 10, rng=rng),
    ])
    network, _ = train(
        network, cross_entropy_on_logits, images, one_hot(labels),
        optimizer=GradientDescent(0.1), epochs=10, batch_size=30, rng=rng,
    )
    n_right = np.sum(network(images).argmax(axis=1) == labels)
    told = f"Trained on what it returns, the network reads {n_right} of {len(labels)} images right"
    told += ", and those are its own training images: not healthy yet."
    return "" if n_right > 0.8 * len(labels) else told


# Sequences


@task("One step of the recurrent layer", "it holds for one sequence and for several at once.")
def check_recurrent_step(recurrent_step):
    """Check ``recurrent_step(x_t, h_before, W, U, b)``: the outputs h_t, of shape (n, p)."""
    rng = np.random.default_rng(76)

    def about(n, d, p):
        x_t, h, W = (rng.normal(size=shape) for shape in [(n, d), (n, p), (d, p)])
        U, b = rng.normal(size=(p, p)), rng.normal(size=p)
        z = x_t @ W + h @ U + b
        mistakes = {
            "tanh is missing: this is z_t.": z,
            "This is the sigmoid of z_t: the lecture's layer has tanh.": 1 / (1 + np.exp(-z)),
            "This is the ReLU of z_t: the lecture's layer has tanh.": np.maximum(z, 0),
            "The output before, h_before, has no share.": np.tanh(x_t @ W + b),
            "The input x_t has no share.": np.tanh(h @ U + b),
            "The bias b has no share.": np.tanh(x_t @ W + h @ U),
            "Here U is transposed: column k of U belongs to neuron k.":
                np.tanh(x_t @ W + h @ U.T + b),
            "tanh is taken of a part of the sum: add up first.": np.tanh(x_t @ W + b) + h @ U,
            "tanh is taken of the share of the input alone: add up first.":
                np.tanh(x_t @ W) + h @ U + b,
            "tanh is taken of each part: add up first.":
                np.tanh(x_t @ W) + np.tanh(h @ U) + np.tanh(b),
            "tanh is taken of each of two parts: add up first.":
                np.tanh(x_t @ W + b) + np.tanh(h @ U),
            "The output before is added without its weights U.": np.tanh(x_t @ W + h + b),
            "The bias is added after tanh: it belongs into the sum.": np.tanh(z - b) + b,
        }
        mine = recurrent_step(x_t, h, W, U, b)
        return compare(mine, np.tanh(z), "h_t", like="h_before", mistakes=mistakes)

    yield first(about(*sizes) for sizes in [(3, 2, 4), (2, 3, 3), (1, 1, 2)])


@task(
    "Count the parameters",
    "few for the convolution, whatever the image, and few for the sequence, however long.",
    points=2,
)
def check_count_parameters(convolution_parameters, recurrent_parameters):
    """Check the numbers of parameters, from (q, d, p) and from (d, p)."""
    last = "write down the shape of each array of parameters, and multiply."
    rules = {
        "The biases are missing: each kernel has one.": lambda q, d, p: q * q * d * p,
        "There is one bias in all: each kernel has its own.": lambda q, d, p: q * q * d * p + 1,
        "There is a bias for each channel that comes in: each kernel has one.":
            lambda q, d, p: q * q * d * p + d,
        "A kernel has weights for each channel that comes in.": lambda q, d, p: q * q * p + p,
        "There is only one kernel: p channels come out.": lambda q, d, p: q * q * d + 1,
        "All p biases are there, but only one kernel: each of them has weights of its own.":
            lambda q, d, p: q * q * d + p,
        "A kernel has q rows and q columns.": lambda q, d, p: q * d * p + p,
        "There is a bias for each channel of each kernel: each kernel has one.":
            lambda q, d, p: (q * q + 1) * d * p,
    }
    cases = [(3, 2, 5), (5, 3, 8), (1, 4, 2), (2, 1, 1)]
    right = lambda q, d, p: q * q * d * p + p    # noqa: E731
    yield _counted(convolution_parameters, right, cases, "q d p", rules, last)
    rules = {
        "The biases are missing: each neuron has one.": lambda d, p: d * p + p * p,
        "U is missing: what carries the output of the step before?": lambda d, p: d * p + p,
        "W is missing: what carries the input?": lambda d, p: p * p + p,
        "U has a row for each neuron, not for each input.": lambda d, p: d * p + d * p + p,
        "There is a bias for each input: each neuron has one.": lambda d, p: d * p + p * p + d,
        "U is counted with d rows and columns: it carries the p outputs.":
            lambda d, p: d * p + d * d + p,
        "There are two biases for each neuron: here W and U share one.":
            lambda d, p: d * p + p * p + 2 * p,
        "There is one bias in all: each neuron has its own.": lambda d, p: d * p + p * p + 1,
        "U is counted as p numbers: each neuron hears all p of them.": lambda d, p: d * p + 2 * p,
    }
    right = lambda d, p: d * p + p * p + p    # noqa: E731
    yield _counted(recurrent_parameters, right, [(2, 5), (7, 3), (1, 4)], "d p", rules, last)


@task(
    "All steps of the recurrent layer",
    "each step hears the one before, and each sequence begins with nothing.",
    points=2,
)
def check_recurrent_forward(recurrent_forward):
    """Check ``recurrent_forward(X, W, U, b)``: (n, n_steps, d) to (n, n_steps, p)."""
    rng = np.random.default_rng(77)
    for n, n_steps, d, p in [(1, 4, 2, 3), (3, 5, 1, 2)]:
        X, W = rng.normal(size=(n, n_steps, d)), rng.normal(size=(d, p))
        U, b = rng.normal(size=(p, p)), rng.normal(size=p)
        right = _states(X, W, U, b)
        carried = _states(X.reshape(1, n * n_steps, d), W, U, b).reshape(right.shape)
        mistakes = {
            "Each step begins anew: what step t returns goes into step t + 1.": np.tanh(X @ W + b),
            "A sequence begins with the last output of the one before it: each begins with h_0 = 0."
            : carried,
            "It begins with h_0 = 1: nothing came before, so h_0 = 0.":
                _states(X, W, U, b, h=np.ones((n, p))),
            "The steps run from the last to the first.": _states(X[:, ::-1], W, U, b)[:, ::-1],
            "The outputs stand in the wrong order, the last step first.": right[:, ::-1],
            "These are the outputs before each step, beginning with h_0.":
                np.concatenate([np.zeros((n, 1, p)), right[:, :-1]], axis=1),
            "All steps hold the output of the last one: is the same array kept each time?":
                np.repeat(right[:, -1:], n_steps, axis=1),
            "tanh is missing in each step.": _states(X, W, U, b, activation=lambda z: z),
            "The bias b has no share.": _states(X, W, U, 0 * b),
            "Here U is transposed: column k of U belongs to neuron k.": _states(X, W, U.T, b),
        }
        shapes = {
            f"Shape {(n, p)}: this is one step alone; the outputs of all {n_steps} are asked for.":
                (n, p),
            f"Shape {(n, n_steps + 1, p)}: h_0 is among the outputs; they begin with h_1.":
                (n, n_steps + 1, p),
            f"Shape {(n_steps, n, p)}, but H has shape {right.shape}: the sequence comes first, "
            "then the step.": (n_steps, n, p),
        }
        t = np.arange(1, n_steps + 1)[:, None] * np.ones(right.shape)
        regions = {
            "t = 1": t == 1, f"1 < t < {n_steps}": (t > 1) & (t < n_steps),
            f"t = {n_steps}": t == n_steps,
        }
        mine = recurrent_forward(X, W, U, b)
        yield _shaped(mine, right, "H", shapes, mistakes=mistakes, regions=regions)


def _states(X, W, U, b, *, h=0, activation=np.tanh):
    """Return the outputs of a recurrent layer at all steps."""
    h, states = h + np.zeros((len(X), len(b))), []
    for t in range(X.shape[1]):
        h = activation(X[:, t] @ W + h @ U + b)
        states.append(h)
    return np.stack(states, axis=1)


@task(
    "Backpropagation through three steps",
    "the shares of all three steps are added up, in ∂J/∂w and in ∂J/∂u.",
    points=2,
)
def check_through_time(through_time):
    """Check ``through_time(x, y, w, u)``: ∂J/∂w and ∂J/∂u of J = ½ (h_3 − y)²."""
    cases = [([0.6, -1.1, 0.8], 0.5, 0.7, 0.9), ([-0.4, 0.9, 1.3], -0.6, -0.8, 1.2)]
    cases = [(np.array(x), *more) for x, *more in cases]
    found = [(_two(through_time(*case), "dw, du"), case) for case in cases]
    for k, what in enumerate(("∂J/∂w", "∂J/∂u")):
        yield first(_about_time(mine[k], k, what, *case) for mine, case in found)


def _about_time(mine, k, what, x, y, w, u):
    h = [0.0]
    for x_t in x:
        h.append(np.tanh(w * x_t + u * h[-1]))
    h = np.array(h)    # h_0 to h_3
    z = np.arctanh(h)

    def deltas(*, error=h[3] - y, slope=1 - h**2, back=u):
        last = error * slope[3]
        return np.array([last * slope[2] * back * slope[1] * back, last * slope[2] * back, last])

    no_slope, slope_of_last, slope_before = np.ones(4), np.ones(4), 1 - h**2
    slope_of_last[3], slope_before[3] = 1 - h[3] ** 2, 1
    met = (x, h[:3])[k]    # by each δ
    shares = deltas() * met
    named = {
        "It is the share of the last step alone: all three steps use the same weight.": shares[2],
        "It is the share of step 1 alone: all three steps use the same weight.": shares[0],
        "Only the last two steps have a share: step 1 uses the weight, too.": shares[1:].sum(),
        "It is the mean of the three shares: they are added up.": shares.mean(),
        "One step back the gradient goes through u, too.": deltas(back=1) @ met,
        "The slope of tanh is missing in all steps.": deltas(slope=no_slope) @ met,
        "The slope of tanh is missing in the steps before the last.":
            deltas(slope=slope_of_last) @ met,
        "The slope of tanh is missing in the last step.": deltas(slope=slope_before) @ met,
        "The slope of tanh is 1 − h², and h is tanh(z): here z stands in its place.":
            deltas(slope=1 - z**2) @ met,
        "The slope of tanh is 1 − h², and h is tanh(z) already: here tanh is taken twice.":
            deltas(slope=1 - np.tanh(h) ** 2) @ met,
        "This has the slope of the sigmoid: that of tanh is 1 − h².":
            deltas(slope=h * (1 - h)) @ met,
        "It begins with J itself: the way back begins with the slope of J.":
            deltas(error=(h[3] - y) ** 2 / 2) @ met,
        "These are the slopes of h_3: J has a slope of its own with respect to h_3.":
            deltas(error=1) @ met,
        "All steps have the same δ: one step back it is another.": deltas()[2] * met.sum(),
        "Each step begins with the error anew: only the last output is compared with y.":
            ((h[1:] - y) * (1 - h[1:] ** 2)) @ met,
    }
    named |= {
        "This is ∂J/∂u: does each δ meet the input x_t, and does dw come first?": deltas() @ h[:3],
    } if k == 0 else {
        "This is ∂J/∂w: does each δ meet the output before, and does du come last?": deltas() @ x,
        "Each δ meets the output of its own step: u is multiplied by the one before.":
            deltas() @ h[1:],
    }
    return compare(mine, shares.sum(), what, mistakes=named)


@task(
    "Gradient clipping",
    "a long gradient keeps its direction, and a short one stays as it is.",
    points=2,
)
def check_clipping(clip):
    """Check ``clip(grads, limit)``: a new list of arrays whose norm together is at most limit."""
    rng = np.random.default_rng(79)
    shapes = [(2, 3), (3, 3), (3,)]
    long, longer, short = ([size * rng.normal(size=s) for s in shapes] for size in (1, 30, 0.01))
    zeros = [np.zeros(s) for s in shapes]
    for cases in ([(long, 0.25), (longer, 2.0)], [(short, 0.25), (long[:1], 50.0), (zeros, 1.0)]):
        yield first(_about_clipping(clip(*case), *case) for case in cases)


def _about_clipping(mine, grads, limit):
    names = [f"grads[{k}]" for k in range(len(grads))]
    mine = parts(mine, ", ".join(names))
    norm = _norm(grads)
    factor = limit / norm if norm > limit else 1
    entries = np.concatenate([np.ravel(g) for g in grads])
    factors = {
        "It is divided by the norm, so its length is 1: limit says how long it is to be.": 1 / norm,
        "It is multiplied by limit, however long it was.": limit,
        "It is divided by the square of the norm: is a root missing?": limit / norm**2,
        "It is divided by the sum of all sizes: the norm is the root of a sum of squares.":
            limit / np.sum(np.abs(entries)),
        "It is divided by the largest entry: the norm counts all of them.":
            limit / np.max(np.abs(entries)),
        "The norms of the arrays are added up: add up their squares.":
            limit / sum(_norm([g]) for g in grads),
        "It is thrown away: a gradient that is too long still shows the way.": 0,
    } if norm > limit else {
        "A gradient that is short enough is made longer: it stays as it is.": limit / norm,
    } if norm else {}

    mine_norm = _norm([np.asarray(m, dtype=float) for m in mine])
    told = f"One factor for all, but then the norm is {mine_norm:.6g}, while limit is {limit}."
    if norm > limit:
        factors[told] = mine_norm / norm

    def about(name, m, g):
        mistakes = {
            "Each entry is cut off by itself, which changes the direction: all shrink by one "
            "factor.": np.clip(g, -limit, limit),
            "Large entries are cut off, each by itself: all shrink by one factor.":
                np.minimum(g, limit),
            "Each array is shortened by itself: all of them shrink by one factor.":
                g * min(1, limit / (_norm([g]) or 1)),
            "A gradient that is too long is left as it is.": g,
        } | {hint: wrong * g for hint, wrong in factors.items()}
        return compare(m, factor * g, name, like=name, mistakes=mistakes)

    alone = limit / (_norm(grads[:1]) or 1)
    shapes = [np.shape(g) for g in grads]
    if norm > limit and len(grads) > 1 and [np.shape(m) for m in mine] == shapes:
        if all(np.allclose(m, alone * g) for m, g in zip(mine, grads)):
            return "It is divided by the norm of the first array alone: the norm counts all."
    return first(map(about, names, mine, grads))


def _norm(grads):
    return np.sqrt(sum(np.sum(g**2) for g in grads))
