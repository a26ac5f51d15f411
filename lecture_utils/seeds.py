"""How far the numbers of the lectures that depend on chance range: twenty seeds, measured once."""

import json
from importlib.resources import files


def over_seeds(name):
    """Return the band of a number over twenty seeds: 10 % of them lie below it, 10 % above.

    It was measured by ``tests/bench_seeds.py``, which names the numbers, and is only read here.
    Each seed draws other weights, orders and splits, and where data are made up, other data.

    Parameters
    ----------
    name : str
        Such as ``"digits_accuracy"``.

    Returns
    -------
    list
        Low and high end; for a name that stands for several numbers, such a pair for each.

    Raises
    ------
    ValueError
        If there is no band of that name.
    """
    record = json.loads((files("lecture_utils") / "data/seeds.json").read_text("utf-8"))
    if name not in record["bands"]:
        raise ValueError(f"name must be one of {', '.join(record['bands'])}, got {name!r}")
    return record["bands"][name]
