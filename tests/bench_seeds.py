"""Measures how far the numbers that depend on chance range over twenty seeds, by `references`.

It takes some minutes and writes ``build/bench/seeds.json``; copy that to ``lecture_utils/data/``,
from where the lectures read it.
"""

import json
from datetime import date
from pathlib import Path

import numpy as np
from references import SEEDED
from threadpoolctl import threadpool_limits
from tqdm import tqdm

FILE = Path(__file__).parents[1] / "build/bench/seeds.json"
SEEDS = range(1, 21)  # 0 gives the numbers that the lectures show


def band(compute):
    """Return what 10 % of the seeds lie below and 10 % above: a pair, or one for each number."""
    values = np.array([compute(k) for k in SEEDS], dtype=float)
    ends = np.percentile(values, [10, 90], axis=0).T
    return [[float(f"{end:.6g}") for end in pair] for pair in ends] if ends.ndim > 1 else [
        float(f"{end:.6g}") for end in ends
    ]


def main():
    """Measure all bands and write them down with the date."""
    with threadpool_limits(1):
        bands = {name: band(compute) for name, compute in tqdm(SEEDED.items())}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    record = {"date": date.today().isoformat(), "seeds": len(SEEDS), "bands": bands}
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
