"""Progress bars, which tell how far a training is."""

import os
from contextlib import nullcontext
from types import SimpleNamespace


def progress_bar(total, show):
    """Return a tqdm progress bar over `total` steps, or what hides it, as a context manager.

    Where the environment variable ``TQDM_DISABLE`` is set, no bar appears either.
    """
    # In a notebook tqdm itself does not look at the variable.
    if not show or os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
        return nullcontext(SimpleNamespace(n=0, update=_ignore, set_postfix_str=_ignore))
    from tqdm.auto import tqdm  # late: it is slow, and needed for a bar alone

    return tqdm(total=total, unit="step", unit_scale=True)


def _ignore(*told, **how):
    """Show nothing of what a bar is told."""
