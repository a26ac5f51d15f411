"""Says which faults refuse a page, and marks the others in it."""

import re
from collections import Counter
from html import escape

from lecture_utils.publish.checks import RefusedError

END = re.compile(r"<!-- end of (.*?) -->\n?")
MOST_MARKS = 2  # of faults below a cell: the list has them all


def judged(faults, name, *, strict):
    """Return the faults to tell and to mark, each once, in the order of their cells.

    Parameters
    ----------
    faults : iterable of Fault
    name : str
        Of the notebook.
    strict : bool
        Whether each fault is a reason to refuse the page.

    Raises
    ------
    RefusedError
        If the page is refused; the message has a line for each fault, the reasons last.
    """
    faults = sorted(dict.fromkeys(faults), key=_number)
    faults = [fault for fault in faults if strict or fault.level != "strict"]
    reasons = [fault for fault in faults if strict or fault.level == "fatal"]
    if reasons:
        others = [fault for fault in faults if fault not in reasons]
        raise RefusedError("\n".join(f"{name}, {fault}" for fault in [*others, *reasons]))
    return faults


def _number(fault):
    """Return the number of the cell that a fault is in, 0 if it is in none."""
    number = re.search(r"\d+", fault.place)
    return int(number[0]) if number else 0


def with_marks(html, faults):
    """Return a page with faults marked below their cells, where the templates say that they end."""
    of_place = {}
    for fault in faults:
        of_place.setdefault(fault.place, []).append(fault)
    ends = Counter(END.findall(html))

    def put(end):
        ends[end[1]] -= 1  # what goes on on a further slide is marked where it ends
        here = of_place.get(end[1], []) if not ends[end[1]] else []
        lines = [str(fault) for fault in here[:MOST_MARKS]]
        if len(here) > MOST_MARKS:
            lines[-1] += f" … and {len(here) - MOST_MARKS} more"
        return "".join(f'<p class="fault">{escape(line)}</p>\n' for line in lines)

    return END.sub(put, html)
