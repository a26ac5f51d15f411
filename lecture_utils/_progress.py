"""Progress bars, which tell how far a training is."""

import os


def progress_bar(total, show, unit="step"):
    """Return a tqdm progress bar over `total` units, as a context manager.

    Where the environment variable ``TQDM_DISABLE`` is set, no bar appears either.
    """
    from tqdm.auto import tqdm  # late, since it is slow to import

    # In a notebook tqdm itself does not look at the variable.
    hidden = not show or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    return tqdm(total=total, unit=unit, unit_scale=True, disable=hidden)
