"""What the rows of `matrix.py` ask of pytest, by ``pytest -p matrix_plugin``."""

from itertools import chain
from random import Random


def pytest_addoption(parser):
    parser.addoption("--random-order", action="store_true", help="but of the cells of a notebook")


def pytest_collection_modifyitems(config, items):
    if config.getoption("random_order"):
        items[:] = in_random_order(items, Random(0))


def in_random_order(items, rng):
    """Return the tests of one file together, as they share what is made for all of them."""
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    for path, group in files.items():
        if path.suffix == ".py":
            rng.shuffle(group)
    groups = [*files.values()]
    rng.shuffle(groups)
    return [*chain.from_iterable(groups)]
