"""Numbers in the text of a notebook are bound to expressions, which its kernel evaluates."""

from prose_numbers import find_numbers, rounds_to

# Runs in the kernel, after the last cell and in its namespace.
EVALUATE = """
def _number_in_full(expression):
    import math
    try:
        value = eval(expression, globals())
        if hasattr(value, "item"):
            value = value.item()    # a NumPy scalar, or an array with one entry
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return {{"fault": f"is {{type(value).__name__}}, not a number"}}
        if not math.isfinite(value):
            return {{"fault": f"is {{value}}"}}
        return {{"exact": repr(value)}}
    except Exception as error:
        return {{"fault": f"raises {{type(error).__name__}}: {{error}}"}}

__import__("builtins").print(__import__("json").dumps([*map(_number_in_full, {expressions!r})]))
"""


def bindings(notebook):
    """Triples of a place, a number as the text shows it, and the expression it is bound to."""
    for number, cell in enumerate(notebook["cells"], 1):
        for text, expression in cell["metadata"].get("values", {}).items():
            yield f"cell {number} ({cell['id']})", text, expression


def faults_of_numbers(notebook, values):
    """Return in words which numbers of the text are not what the cells compute.

    Parameters
    ----------
    notebook : dict
    values : dict
        From an expression to ``{"exact": repr}`` or ``{"fault": words}``.
    """
    faults = []
    for where, text, expression in bindings(notebook):
        value = values[expression]
        if "fault" in value:
            faults.append(f"{where}: {text} is bound to {expression}, which {value['fault']}")
            continue
        numbers = find_numbers(text)
        if len(numbers) != 1 or numbers[0].text != text:
            faults.append(f"{where}: {text} is not one number")
        elif not rounds_to(numbers[0], value["exact"]):
            faults.append(f"{where} shows {text}, but {expression} is {value['exact']}")
    return faults
