"""Controls that have a name for screen readers, and keep their keys from JupyterLab's shortcuts.

The handle of a slider of ipywidgets has no name, and JupyterLab takes the arrow keys from it and
from a dropdown.
"""

from pathlib import Path

import anywidget
from ipywidgets import FloatText, Layout
from traitlets import Bool, Float, Int, List, TraitError, Unicode, validate

HERE = Path(__file__).parent


class Slider(anywidget.AnyWidget):
    """A slider: arrows, Page Up, Page Down, Home and End move it.

    Attributes
    ----------
    label : str
        Its name.
    value, min, max, step : float
        A value beyond the limits becomes the nearest limit.
    digits : int
        Digits behind the point.
    stepping : bool
        Whether it has buttons for the first, the last, and the next value on either side.
    playing : bool
        Whether it has a button that runs through the values from here to the last.
    """

    _esm = HERE / "slider.js"

    label = Unicode().tag(sync=True)
    value = Float().tag(sync=True)
    min = Float().tag(sync=True)
    max = Float().tag(sync=True)
    step = Float(1.0).tag(sync=True)
    digits = Int(0).tag(sync=True)
    stepping = Bool(False).tag(sync=True)
    playing = Bool(False).tag(sync=True)

    @validate("value")
    def _within_limits(self, proposal):
        value = proposal["value"]
        if value != value:
            raise TraitError(f"{self.label} must be a number, got {value}")
        return min(max(value, self.min), self.max)


class Choice(anywidget.AnyWidget):
    """A choice out of names: arrows change it.

    Attributes
    ----------
    label : str
        Its name.
    options : list of str
    value : str
        One of the options.
    """

    _esm = HERE / "choice.js"

    label = Unicode().tag(sync=True)
    options = List(Unicode()).tag(sync=True)
    value = Unicode().tag(sync=True)

    @validate("value")
    def _one_of_the_options(self, proposal):
        if proposal["value"] not in self.options:
            known = ", ".join(self.options)
            raise TraitError(f"{self.label} must be one of {known}; got {proposal['value']!r}")
        return proposal["value"]


class Buttons(anywidget.AnyWidget):
    """Buttons, one beside the other.

    Parameters
    ----------
    names : list of str
        What they are called.
    pressed : callable
        Takes the name of the button that was pressed.
    """

    _esm = HERE / "buttons.js"

    names = List(Unicode()).tag(sync=True)

    def __init__(self, names, pressed):
        super().__init__(names=names)
        self.on_msg(lambda widget, name, buffers: pressed(name))


class Status(anywidget.AnyWidget):
    """A line of text that a screen reader reads out when it changes.

    Attributes
    ----------
    value : str
    urgent : bool
        Whether it is read out at once.
    """

    _esm = HERE / "status.js"

    value = Unicode().tag(sync=True)
    urgent = Bool(False).tag(sync=True)


def number_field(*, label, value):
    """Return a field to put in a number, with its name before it."""
    return FloatText(
        description=label, value=value, layout=Layout(width="130px"),
        style={"description_width": "45px"},
    )  # fmt: skip
