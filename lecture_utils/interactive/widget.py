"""What all figures to play with are: controls, and the picture and the text that answer."""

import gc
from contextlib import contextmanager

from ipywidgets import HTML, Box, Layout, Output, VBox

from lecture_utils.display import style_in_text
from lecture_utils.interactive.controls import Buttons, Status
from lecture_utils.interactive.still import TO_RUN, kept

# Formulas of two lines: where text is above the picture, that stays in its place.
TALLEST = "102px"
FIELDS = Layout(display="flex", flex_flow="row wrap")
BUTTONS = Layout(display="flex", flex_flow="row wrap", align_items="center", grid_gap="0 12px")
# The text is beside the picture, or above it where the page is too narrow for both.
BESIDE = Layout(display="flex", flex_flow="row wrap-reverse", align_items="center")


class Interactive(VBox):
    """Controls, and the picture and the text that answer to them.

    Parameters
    ----------
    controls : dict
        Widgets with a value, by name.
    answer : callable
        Takes the values by name, returns an `Answer`.
    rows : list of widgets, or of lists of them
        How the controls are arranged; those of a list stand side by side.
    still : dict, optional
        Values of controls for what is shown where no kernel answers; by default their own.
    presets : dict, optional
        Values of controls by the name of a button that puts them in.
    player : dict, optional
        The numbers from which the script of a page draws the figure; see `kept`.

    Attributes
    ----------
    controls : dict
    picture, explanation, status, problem : widgets
        They show the parts of the answer.
    """

    def __init__(self, controls, answer, rows, *, still=None, presets=None, player=None):
        self.controls, self._answer = controls, answer
        self._presets, self._is_held = presets or {}, False
        self.picture = HTML(layout=Layout(flex="3 1 440px", min_width="0"))
        text = Layout(flex="2 1 490px", min_width="0", min_height=TALLEST)
        self.explanation = Output(layout=text)
        self.status, self.problem = Status(), Status(urgent=True)
        first = self._update()
        values = self._values | (still or {})
        picture = answer(**values) if still else first
        self._kept = kept(picture, TO_RUN, controls, values, presets, player)
        shown = [self.picture, self.explanation] if first.explanation else [self.picture]
        beside = Box(shown, layout=BESIDE)
        rows = [Box(row, layout=FIELDS) if isinstance(row, list) else row for row in rows]
        told = [Buttons([*presets], self.put), self.status] if presets else [self.status]
        super().__init__([*rows, Box(told, layout=BUTTONS), self.problem, beside])
        for control in controls.values():
            control.observe(self._update, "value")

    def put(self, name):
        """Put in the values of the preset of this name, all at once."""
        self._is_held = True
        for control, value in self._presets[name].items():
            self.controls[control].value = value
        self._is_held = False
        self._update()

    @property
    def _values(self):
        return {name: control.value for name, control in self.controls.items()}

    def _update(self, change=None):
        if self._is_held:
            return None
        with _garbage_kept():
            answer = self._answer(**self._values)
        style = f'<svg style="{style_in_text(answer.svg)}"'
        self.picture.value = answer.svg.replace("<svg", style, 1)
        if answer.explanation:
            self.explanation.outputs = (_markdown(answer.explanation),)
        self.status.value, self.problem.value = answer.text, answer.problem
        return answer

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | self._kept


@contextmanager
def _garbage_kept():
    """Put off the collection of garbage, which takes longer than a picture, until it is drawn."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _markdown(text):
    return {"output_type": "display_data", "data": {"text/markdown": text}, "metadata": {}}
