"""Measures training against other libraries, how its cost grows, and how well it reads digits.

All that are compared run in turn, so that a busy machine slows them alike. Before they are timed,
all must end with the same loss and the same weights, or it ends with an error. It prints tables
and writes them to build/bench, with the record of all numbers and its charts.
"""

import json
import os
import platform
import sys
import tracemalloc
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median, stdev
from time import perf_counter, process_time, sleep

import numpy as np
import pandas as pd
from bench import differences_by
from blas import kernels, let_blas_choose
from digits import (
    SEEDS,
    convolutional_network,
    fit_convolutional,
    fit_one_hidden_layer,
    fit_that_of_scikit_learn,
)
from rivals import (
    ADAM,
    DESCENT,
    MISSING,
    Autograd,
    Micrograd,
    Ours,
    PlainLoop,
    Products,
    PyTorch,
    ScikitLearn,
    convolution_task,
    mlp_task,
    regression_task,
    require_same,
)
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from lecture_utils import backprop, binary_cross_entropy, mlp, squared_error, train
from lecture_utils.backprop import loss_and_gradients
from lecture_utils.datasets import digits, split
from lecture_utils.display import markdown_table
from lecture_utils.optimizers import GradientDescent
from lecture_utils.plotting import use_style
from lecture_utils.plotting.speed import measured_speed, plot_growth, plot_speed

# Sizes of a network, its batch, how many batches an epoch has (all of iris are one), how many times
# as fast as others ours must be, and how many times as long as a bare loop or product it may take.
NETWORKS = [
    ((2, 3, 1), 1, 100, {PyTorch: 3.5, ScikitLearn: 3.2}, {PlainLoop: 1.3}),
    ((4, 16, 3), 150, 1, {PyTorch: 3, ScikitLearn: 4}, {PlainLoop: 1.3}),
    ((64, 64, 10), 64, 10, {PyTorch: 3, ScikitLearn: 3}, {PlainLoop: 1.3}),
    ((64, 128, 64, 10), 200, 10, {PyTorch: 1.9, ScikitLearn: 2}, {}),
    ((784, 128, 10), 64, 10, {PyTorch: 2, ScikitLearn: 1.7}, {Products: 1.2}),
    ((784, 512, 512, 10), 128, 10, {PyTorch: 1.7, ScikitLearn: 1.5}, {Products: 1.12}),
]
LEAST_CONVOLUTION = 1.5            # times as fast as PyTorch
SETTINGS = [(dtype, threads) for dtype in ("float64", "float32") for threads in (1, 2)]
# What is trained with, and how. With two threads, scikit-learn's Adam ends elsewhere in float32.
OPTIMIZERS = {
    "training step": (DESCENT, SETTINGS),
    "Adam step": (ADAM, [("float64", 1), ("float32", 1)]),
}
ROUNDS, SECONDS = 12, 0.06         # how often each is timed, and about how long each time
LEAST_EPOCHS = 5
FEW_ROUNDS = 5                     # for what takes longer
PAUSE = 0.05                       # until the threads of the one before have gone to sleep
GROWTH_ROUNDS, GROWTH_SECONDS = 7, 0.05
BATCHES = [2**k for k in range(4, 14)]
WIDTHS = [2**k for k in range(4, 12)]
DEPTHS = [2**k for k in range(7)]
N_HIDDEN = (10, 30, 100, 300, 1000)
MODELS = {
    "NetworkClassifier, 64 neurons": fit_one_hidden_layer,
    "MLPClassifier, 64 neurons": fit_that_of_scikit_learn,
    "convolutions of 16 and 32": fit_convolutional,
}
FOLDER = Path("build/bench")
# The columns of each table, and how they are headed
COMPARED = {
    "task": "training", "network": "network", "batch": "batch", "dtype": "floats",
    "threads": "threads", "against": "against", "seconds": "ours", "their_seconds": "theirs",
    "ratio": "times as fast", "at_least": "at least", "met": "met",
}
BARE = {
    "network": "network", "batch": "batch", "against": "against", "seconds": "ours",
    "their_seconds": "theirs", "ratio": "times as long", "at_most": "at most", "met": "met",
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    n_steps = len(NETWORKS) * sum(len(settings) for _, settings in OPTIMIZERS.values())
    with tqdm(unit="part", total=n_steps + 18 + 3 * len(SEEDS)) as bar:
        record = {
            **where(),
            "comparisons": [*steps(bar), *graph_followers(bar), *convolution(bar)],
            "products": against_bare(bar),
            "growth": growth(bar),
            "memory": memory(bar),
            "differences": differences(bar),
            "digits": reading(bar),
        }
    text = json.dumps(rounded(record), indent=1)
    (FOLDER / "speed.json").write_text(text + "\n", encoding="utf-8")
    record = measured_speed(FOLDER / "speed.json")
    text = report(record)
    print(text)
    (FOLDER / "speed.md").write_text(text + "\n", encoding="utf-8")
    use_style()
    plot_speed(record).figure.savefig(FOLDER / "speed.svg")
    plot_growth(record)[0].figure.savefig(FOLDER / "growth.svg")


def quick():
    """Compare in some seconds with the plain loop and with the bare products alone."""
    with tqdm(unit="part", total=5) as bar:
        rows = pd.DataFrame(rounded(against_bare(bar)))
    print(caption(where()), markdown_table(compared(rows, BARE), ".2f"), sep="\n\n")


def where():
    """The machine, the day and the versions."""
    names = ["numpy", "scikit-learn", "autograd", "torch", "micrograd"]
    versions = {name: version(name) for name in names if name not in MISSING}
    machine = {
        "processor": processor(),
        "processors": os.cpu_count(),
        "blas": kernels(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    return {
        "machine": machine,
        "date": date.today().isoformat(),
        "versions": {"Python": platform.python_version(), **versions},
        "missing": MISSING,
    }


def processor():
    """The processor by the name it has in Linux, or as Python calls it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


# Ours against others


def steps(bar):
    """A row for each optimiser, network, type of floats, number of threads, and library."""
    rows = []
    for what, (optimizer, settings) in OPTIMIZERS.items():
        for sizes, batch, batches, bounds, _ in NETWORKS:
            bar.set_description(f"{what} of {'-'.join(map(str, sizes))}")
            for dtype, threads in settings:
                task = mlp_task(sizes, batch, dtype, batches=batches, optimizer=optimizer)
                rows += compare(what, task, installed(bounds), threads)
                bar.update()
    return rows


def graph_followers(bar):
    """Rows against libraries that follow each operation, or each number."""
    small, large = (2, 3, 1), (64, 64, 10)
    tasks = [
        (mlp_task(small, 1), Autograd),
        (mlp_task(large, 64), Autograd),
        (regression_task(small, 1), Micrograd),
        (regression_task(large, 1), Micrograd),
    ]
    rows = []
    for task, rival in tasks:
        bar.set_description(rival.name)
        rows += compare("training step", task, installed({rival: None}), 1)
        bar.update()
    return rows


def convolution(bar):
    """An epoch of a convolutional network on the digits."""
    rows = []
    for dtype, threads in SETTINGS:
        bar.set_description("convolution")
        network = convolutional_network(np.random.default_rng(0))
        task = convolution_task(network, *digits(), dtype)
        rows += compare("digits epoch", task, installed({PyTorch: LEAST_CONVOLUTION}), threads)
        bar.update()
    return rows


def installed(bounds):
    """Leave out what is not installed."""
    needs = {PyTorch: "torch", Micrograd: "micrograd"}
    return {rival: bound for rival, bound in bounds.items() if needs.get(rival) not in MISSING}


def compare(what, task, bounds, threads):
    """Return a row for each rival, whose bound says how many times as fast ours must be."""
    parts = 1 if what == "digits epoch" else task.steps_an_epoch
    rows = races(task, bounds, threads, parts)
    return [
        {"task": what}
        | row
        | {"at_least": bound, "met": None if bound is None else row["ratio"] >= bound}
        for row, bound in zip(rows, bounds.values(), strict=True)
    ]


def against_bare(bar):
    """A row for each small network against a plain loop, for each large against its products."""
    rows = []
    for sizes, batch, batches, _, bounds in NETWORKS:
        task = mlp_task(sizes, batch, batches=batches)
        for rival, bound in bounds.items():
            bar.set_description(f"{rival.name} of {task.name}")
            (row,) = races(task, [rival], 1, task.steps_an_epoch)
            ratio = 1 / row["ratio"]
            rows.append(row | {"ratio": ratio, "at_most": bound, "met": ratio <= bound})
            bar.update()
    return rows


def races(task, rivals, threads, parts):
    """Return a row for each rival, timed in turn with ours; an epoch is shared by its parts."""
    with limited(threads):
        # Time at work, if there is one thread: the others on a busy machine add nothing to it.
        how = (process_time, 0) if threads == 1 else (perf_counter, PAUSE)
        our_times, *times = timed_in_turn([way(task) for way in (Ours, *rivals)], *how)
    return [
        {
            "network": task.name,
            "batch": task.batch,
            "dtype": task.dtype,
            "threads": threads,
            "against": rival.name,
            "seconds": median(our_times) / parts,
            "their_seconds": median(theirs) / parts,
            "ratio": median(b / a for a, b in zip(our_times, theirs)),
        }
        for rival, theirs in zip(rivals, times, strict=True)
    ]


def timed_in_turn(ways, clock, pause):
    """Return the seconds per epoch of ours and of each rival, round by round."""
    ours, *others = ways
    for way in ways:
        way.run(2, shuffled=False)
    for other in others:
        require_same(ours, other)
    epochs = [epochs_at_once(seconds_of(way, 1, clock)) for way in ways]
    rounds = ROUNDS if min(epochs) > 1 else FEW_ROUNDS
    times = [
        [seconds_of(way, n, clock, pause) for way, n in zip(ways, epochs)] for _ in range(rounds)
    ]
    return [list(column) for column in zip(*times)]


def epochs_at_once(seconds):
    """Return how many are timed at once: a few, over which the start of a training is spread."""
    return 1 if seconds > 1 else max(LEAST_EPOCHS, round(SECONDS / seconds))


def seconds_of(way, epochs, clock=process_time, pause=0):
    """Return the seconds per epoch of a way takes."""
    sleep(pause)
    start = clock()
    way.run(epochs, shuffled=True)
    return (clock() - start) / epochs


@contextmanager
def limited(threads):
    """Let NumPy's BLAS and PyTorch use a number of threads."""
    with threadpool_limits(threads):
        if "torch" not in MISSING:
            import torch

            torch.set_num_threads(threads)
        yield


# Growth


def growth(bar):
    """Seconds a step by batch size, width and depth, one thread, and the exponents."""
    cases = {
        "batch": ("64-128-10", 1, {n: ((64, 128, 10), n) for n in BATCHES}),
        "width": ("2 layers, batch 64", 2, {n: ((n, n, n), 64) for n in WIDTHS}),
        "depth": ("128 neurons each, batch 64", 1, {n: ((128,) * (n + 1), 64) for n in DEPTHS}),
    }
    found = {}
    for quantity, (network, theory, by_size) in cases.items():
        bar.set_description(f"growth by {quantity}")
        with limited(1):
            seconds = step_seconds([*by_size.values()])
        exponent, _ = np.polyfit(np.log([*by_size][-4:]), np.log(seconds[-4:]), 1)
        found[quantity] = {
            "network": network,
            "sizes": [*by_size],
            "seconds": seconds,
            "exponent": exponent,
            "theory": theory,
        }
        bar.update()
    return found


def step_seconds(networks):
    """Return the median seconds per step for each of (sizes, batch), timed in turn."""
    ways = [SteadyTraining(sizes, batch) for sizes, batch in networks]
    epochs = []
    for way in ways:
        way.run(1, shuffled=True)
        epochs.append(max(1, round(GROWTH_SECONDS / seconds_of(way, 1))))
    rounds = [[seconds_of(way, n) for way, n in zip(ways, epochs)] for _ in range(GROWTH_ROUNDS)]
    return [median(column) for column in zip(*rounds)]


class SteadyTraining:
    """A network that trains on one batch; its step is so short that it stays where it is."""

    def __init__(self, sizes, batch):
        rng = np.random.default_rng(0)
        self.network = mlp(sizes, hidden="relu", rng=rng)
        self.x = rng.normal(size=(batch, sizes[0]))
        self.y = rng.normal(size=(batch, sizes[-1]))

    def run(self, epochs, *, shuffled):  # a full batch has no order
        optimizer = GradientDescent(1e-12)
        train(self.network, squared_error, self.x, self.y, optimizer=optimizer, epochs=epochs)


def memory(bar):
    """Bytes kept for the way back, and the most at a time, by depth."""
    found = {"network": "128 neurons per layer, batch 64", "sizes": DEPTHS, "kept": [], "peak": []}
    for depth in DEPTHS:
        case = SteadyTraining((128,) * (depth + 1), 64)
        _, caches = case.network.forward(case.x)
        found["kept"].append(sum(array.nbytes for array in arrays_in(caches)))
        tracemalloc.start()
        loss_and_gradients(case.network, squared_error, case.x, case.y)
        found["peak"].append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    bar.update()
    return found


def arrays_in(caches):
    """Return the arrays that hold the numbers of the caches, each once."""
    found, waiting = {}, [caches]
    while waiting:
        item = waiting.pop()
        if isinstance(item, np.ndarray):
            owner = item if item.base is None else item.base
            found[id(owner)] = owner
        elif isinstance(item, (list, tuple)):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
    return found.values()


def differences(bar):
    """Seconds of all gradients by central differences, and by backpropagation."""
    rng = np.random.default_rng(0)
    found = {"parameters": [], "seconds": [], "backprop_seconds": []}
    for n_hidden in N_HIDDEN:
        network = mlp((8, n_hidden, 1), output="sigmoid", rng=rng)
        x, y = rng.normal(size=(32, 8)), rng.integers(2, size=(32, 1))
        found["parameters"].append(network.n_parameters)
        with limited(1):
            start = perf_counter()
            slow = [differences_by(theta, network, x, y) for theta in network.parameters]
            middle = perf_counter()
            for _ in range(100):
                trace = backprop(network, binary_cross_entropy, x, y)
            end = perf_counter()
        if not all(np.allclose(a, b, atol=1e-8) for a, b in zip(slow, trace.grads, strict=True)):
            sys.exit("Wrong: backpropagation and central differences give different gradients")
        found["seconds"].append(middle - start)
        found["backprop_seconds"].append((end - middle) / 100)
    bar.update()
    return found


# Digits


def reading(bar):
    """Accuracy on a stratified third that is held out, and seconds of training, two threads."""
    scores = {name: [] for name in MODELS}
    for seed in SEEDS:
        data = split(*digits(), test_share=1 / 3, rng=np.random.default_rng(seed))
        for name, fit in MODELS.items():
            bar.set_description(name)
            with limited(2):
                scores[name].append(score(fit, data, seed))
            bar.update()
    return digit_rows(scores)


def score(fit, data, seed):
    """Return the accuracy of a model that trains, and the seconds it trained."""
    start = perf_counter()
    predict = fit(data.X_train, data.y_train, seed)
    seconds = perf_counter() - start
    return np.mean(predict(data.X_test) == data.y_test), seconds


def digit_rows(scores):
    """Return a row for each model; ours must also be no worse than scikit-learn's."""
    ours, theirs, convolutions = scores
    sklearn_mean = mean(accuracy for accuracy, _ in scores[theirs])
    bounds = {ours: (max(0.97, sklearn_mean), 3), theirs: (None, None), convolutions: (0.982, 30)}
    rows = []
    for name, (least, most) in bounds.items():
        accuracies, seconds = zip(*scores[name])
        rows.append({
            "model": name,
            "accuracies": accuracies,
            "seconds": seconds,
            "mean": mean(accuracies),
            "spread": stdev(accuracies),
            "at_least": least,
            "at_most_seconds": most,
            "met": None if least is None else mean(accuracies) >= least and max(seconds) < most,
        })
    return rows


# The report


def rounded(item, digits=5):
    """Return a record of plain numbers, with as many digits as a measurement has."""
    if isinstance(item, dict):
        return {key: rounded(value) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [rounded(value) for value in item]
    if isinstance(item, (np.bool_, np.integer)):
        return item.item()
    return float(f"{item:.{digits - 1}e}") if isinstance(item, float) else item


def report(record):
    """Return all tables as text."""
    frames = [
        compared(record["comparisons"], COMPARED),
        compared(record["products"], BARE),
        growth_table(record["growth"]),
        memory_table(record["memory"]),
        difference_table(record["differences"]),
        digit_table(record["digits"]),
    ]
    return "\n\n".join([caption(record), *(markdown_table(frame, ".2f") for frame in frames)])


def caption(record):
    machine, versions = record["machine"], record["versions"]
    lines = [
        f"{machine['processor']}, {machine['processors']} processors, {machine['system']}; "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + f"; {machine['blas']}; {record['date']}.",
        f"Medians over {ROUNDS} rounds, {FEW_ROUNDS} where they take long, in which all run in "
        "turn.",
        "Each shuffles the samples once an epoch; scikit-learn takes its steps inside of one fit. "
        "micrograd has the squared error and batches of 1, as it follows each number by itself.",
        "The digits: a third is held out; mean and standard deviation over "
        f"{len(SEEDS)} seeds, two threads.",
    ]
    if record["missing"]:
        lines.append(
            f"Not installed, and so not compared: {' and '.join(record['missing'])}. "
            "`make rivals` installs them."
        )
    return "\n".join(lines)


def compared(frame, headings):
    """Return the columns that have headings, with units, but no bounds where there are none."""
    texts = {"seconds": duration, "their_seconds": duration, "met": verdict}
    texts |= {"at_least": bound, "at_most": bound}
    told = {name: frame[name].map(text) for name, text in texts.items() if name in frame}
    return frame.assign(**told)[[*headings]].rename(columns=headings)


def bound(value):
    return "" if pd.isna(value) else f"{value:g}"


def verdict(met):
    return "" if pd.isna(met) else "yes" if met else "NO"


def growth_table(frame):
    by = frame.assign(by=frame["by"] + " (" + frame["network"] + ")").groupby("by", sort=False)
    ends = by["seconds"].agg(lambda s: f"{duration(s.iloc[0])} to {duration(s.iloc[-1])}")
    return pd.DataFrame({
        "from": by["sizes"].first(), "to": by["sizes"].last(), "seconds": ends,
        "exponent": by["exponent"].first(), "theory": by["theory"].first(),
    })


def memory_table(frame):
    return pd.DataFrame({
        "layers": frame["sizes"],
        "kept for the way back (MiB)": frame["kept"] / 2**20,
        "at most at a time (MiB)": frame["peak"] / 2**20,
    })


def difference_table(frame):
    ratio = frame["seconds"] / frame["backprop_seconds"]
    return pd.DataFrame({
        "parameters": frame["parameters"],
        "central differences": frame["seconds"].map(duration),
        "backprop": frame["backprop_seconds"].map(duration),
        "ratio": ratio.round().astype(int),
    })


def digit_table(frame):
    models = frame.groupby("model", sort=False)
    found, seconds = models.first(), models["seconds"].agg(["min", "max"]).to_numpy()
    percent = "{:.2%}".format
    return pd.DataFrame({
        "accuracy": found["mean"].map(percent),
        "spread": found["spread"].map(percent),
        "at least": found["at_least"].map(percent, na_action="ignore").fillna(""),
        "seconds": [f"{least:.1f} to {most:.1f}" for least, most in seconds],
        "at most": found["at_most_seconds"].map(bound),
        "met": found["met"].map(verdict),
    })


def duration(seconds):
    """Return a time in the unit that suits it."""
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


if __name__ == "__main__":
    let_blas_choose()
    quick() if "--quick" in sys.argv else main()
