"""Progress bars, which tell how far a training is."""

import os
import sys
from contextlib import nullcontext
from types import SimpleNamespace


def progress_bar(total, show):
    """Return a tqdm progress bar over `total` steps, or what hides it, as a context manager.

    In a notebook it goes when it ends, so that no file keeps a bar that nothing moves. Where the
    environment variable ``TQDM_DISABLE`` is set, no bar appears either.
    """
    if not show or os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
        return nullcontext(SimpleNamespace(n=0, update=_ignore, set_postfix_str=_ignore))
    from tqdm import tqdm  # late: it is slow, and needed for a bar alone

    # At the top of its own output: below other bars, tqdm would move a cursor that is not there.
    where = {"file": _Output(), "leave": False, "position": 0} if _in_notebook() else {}
    # Said again: tqdm looks at the variable only once, when it is loaded.
    return tqdm(total=total, unit="step", unit_scale=True, disable=False, **where)


def _ignore(*told, **how):
    """Show nothing of what a bar is told."""


def _in_notebook():
    """Whether this runs in a kernel, which has imported IPython then."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


class _Output:
    """A file of which a notebook shows what was written last; a widget would leave a dead text."""

    encoding = "utf-8"
    handle = None

    def write(self, text):
        from IPython.display import display

        data = {"text/plain": text.strip()}
        if self.handle is not None:
            self.handle.update(data, raw=True)
        elif text.strip():
            self.handle = display(data, raw=True, display_id=True)

    def flush(self):
        """Do nothing: all is shown at once."""
