"""Lets `pytest notebooks/01-neuron.ipynb` check a notebook as `make check` does.

A progress bar would be an output that the notebook does not have. That of tests/ can't say so: it
is not read where a notebook alone is named.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")
# pytest puts this folder first, where it would hide an installed lecture_utils.
sys.path.remove(str(Path(__file__).parent))


def pytest_xdist_auto_num_workers():
    """Return one process more than processors, as many tests wait for a kernel or a browser."""
    return (os.cpu_count() or 1) + 1
