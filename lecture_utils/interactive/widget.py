"""What all figures to play with are: controls, and the picture and the text that answer."""

import gc
from contextlib import contextmanager

from ipywidgets import HTML, Box, Layout, Output, VBox

from lecture_utils.display import bundle, style_in_text
from lecture_utils.interactive.controls import Status

FIELDS = Layout(display="flex", flex_flow="row wrap")
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
    still : Answer, optional
        What is shown where no kernel answers; by default the first answer.

    Attributes
    ----------
    controls : dict
    picture, explanation, status, problem : widgets
        They show the parts of the answer.
    """

    def __init__(self, controls, answer, rows, still=None):
        self.controls, self._answer = controls, answer
        self.picture = HTML(layout=Layout(flex="3 1 440px", min_width="0"))
        self.explanation = Output(layout=Layout(flex="2 1 490px", min_width="0"))
        self.status, self.problem = Status(), Status(urgent=True)
        first = self._update()
        self._still = still or first
        shown = [self.picture, self.explanation] if first.explanation else [self.picture]
        beside = Box(shown, layout=BESIDE)
        rows = [Box(row, layout=FIELDS) if isinstance(row, list) else row for row in rows]
        super().__init__([*rows, self.status, self.problem, beside])
        for control in controls.values():
            control.observe(self._update, "value")

    def _update(self, change=None):
        values = {name: control.value for name, control in self.controls.items()}
        with _garbage_kept():
            answer = self._answer(**values)
        style = f'<svg style="{style_in_text(answer.svg)}"'
        self.picture.value = answer.svg.replace("<svg", style, 1)
        if answer.explanation:
            self.explanation.outputs = (_markdown(answer.explanation),)
        self.status.value, self.problem.value = answer.text, answer.problem
        return answer

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | bundle(self._still.svg, self._still.alt)


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
