"""What the text of a notebook says is bound to expressions, which its kernel evaluates."""

from notebook_checks import GIVEN
from prose_numbers import agrees, find_numbers

# Runs in the kernel, after the last cell and in its namespace.
EVALUATE = """
def _value_in_full(expression):
    import math, warnings
    try:
        with warnings.catch_warnings(action="error"):
            value = eval(expression, globals())
        if hasattr(value, "item"):
            value = value.item()    # a NumPy scalar, or an array with one entry
        if isinstance(value, bool):
            return {{"truth": value}}
        if not isinstance(value, (int, float)):
            return {{"fault": f"is {{type(value).__name__}}, neither a number nor a truth"}}
        if not math.isfinite(value):
            return {{"fault": f"is {{value}}"}}
        return {{"exact": repr(value)}}
    except Exception as error:
        return {{"fault": f"raises {{type(error).__name__}}: {{error}}"}}

__import__("builtins").print(__import__("json").dumps([*map(_value_in_full, {expressions!r})]))
"""


def bound_words(notebook):
    """Triples of a place, a number or words of the text, and the expression they are bound to."""
    for number, cell in enumerate(notebook["cells"], 1):
        for text, expression in cell["metadata"].get("values", []):
            if expression != GIVEN:
                yield f"cell {number} ({cell['id']})", text, expression


def faults_of_text(notebook, values):
    """Return in words what the text says and the cells do not compute.

    Parameters
    ----------
    notebook : dict
    values : dict
        From an expression to ``{"exact": repr}`` of a number, ``{"truth": bool}`` or
        ``{"fault": words}``.
    """
    faults = []
    for where, text, expression in bound_words(notebook):
        fault = fault_of_binding(text, expression, values[expression])
        faults += [f"{where} {fault}"] if fault else []
    return faults


def fault_of_binding(text, expression, value):
    """A number in the text must be the value; other words hold if the value is a truth."""
    if "fault" in value:
        told = f"binds {text} to {expression}, which {value['fault']}"
        return f"{told}: if the sentence no longer holds, change both"
    if "truth" in value:
        if any(number.is_large for number in find_numbers(text)):
            return f"binds {text} to {expression}, a truth: its number needs a binding of its own"
        return None if value["truth"] else f"says {text!r}, but {expression} is False"
    try:
        if not agrees(text, value["exact"]):
            return f"says {text}, but {expression} is {value['exact']}"
    except ValueError as error:
        return f"binds {text} to the number {expression}, but {error}"
    return None
