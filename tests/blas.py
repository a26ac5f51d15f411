"""The library that multiplies matrices for NumPy, as the benchmarks use and name it."""

import os
import sys

from threadpoolctl import threadpool_info


def let_blas_choose():
    """Start this script anew if the environment tells OpenBLAS the kernel or the cache to use.

    Both are read when NumPy is loaded; those of another machine cost up to a third of the speed.
    """
    named = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & os.environ.keys()
    if named:
        env = {name: value for name, value in os.environ.items() if name not in named}
        os.execve(sys.executable, sys.orig_argv, env)


def kernels():
    """Return the libraries that multiply matrices, each with its version, kernel and threads."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    texts = [
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', 'one kernel')}), "
        f"threads: {pool['num_threads']}"
        for pool in pools
    ]
    return "; ".join(sorted({*texts}))
