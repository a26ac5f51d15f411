"""What of a figure to play with is kept in a file: its still picture, and the numbers behind it."""

from base64 import b64encode
from dataclasses import dataclass

import numpy as np

from lecture_utils.display import bundle

PLAYER = "application/vnd.lecture-utils.player+json"
TO_RUN = "A still picture. To play with it, run this cell."
TO_PLAY = (
    "A still picture. To play with it, install what it needs, pip install ipywidgets anywidget,"
    " and start again."
)
# What a page has to know of a control, with what a slider has where nothing is said.
SLIDER = {"min": 0.0, "max": 0.0, "step": 1.0, "digits": 0, "stepping": False, "playing": False}


@dataclass(frozen=True)
class Answer:
    """What a figure shows for the values of its controls.

    Attributes
    ----------
    svg, alt : str
        The picture, and what it shows in words.
    text : str
        Numbers, in a line over the picture.
    explanation : str
        Text beside the picture, in Markdown.
    problem : str
        What is wrong with the values, if anything; the rest is for the last values that were
        right.
    """

    svg: str
    alt: str
    text: str
    explanation: str = ""
    problem: str = ""


class Fixed:
    """A control that nobody can move.

    Parameters
    ----------
    value : object
    **appearance
        What its widget would look like.
    """

    def __init__(self, *, value=0.0, **appearance):
        self.value = value
        vars(self).update(appearance)


class StillPicture:
    """Stands for an `Interactive`, whose parameters it has; shows what that shows without a kernel.

    Attributes
    ----------
    controls : dict
    """

    def __init__(self, controls, answer, rows, *, still=None, presets=None, player=None):
        self.controls = controls
        values = {name: control.value for name, control in controls.items()} | (still or {})
        self._kept = kept(answer(**values), TO_PLAY, controls, values, presets, player)

    def _repr_mimebundle_(self, **kwargs):
        return self._kept


def kept(answer, words, controls, values, presets, player):
    """Return what a notebook keeps of a figure, by MIME type.

    Parameters
    ----------
    answer : Answer
        The picture that stays.
    words : str
        What to do to play with it, which pages leave out.
    controls : dict
    values : dict
        Those of the controls for which the picture is.
    presets : dict or None
        Values of controls by the name of the button that sets them.
    player : dict or None
        The numbers from which the script of a page draws the figure, if it can.
    """
    data = bundle(answer.svg, answer.alt)
    data["text/html"] += f'\n<p class="to-play">{words}</p>'
    if player is not None:
        shown = [_appearance(name, controls[name], values[name]) for name in controls]
        data[PLAYER] = player | {"controls": shown, "presets": presets or {}}
    return data


def _appearance(name, control, value):
    common = {"name": name, "label": control.label, "value": value}
    if hasattr(control, "options"):
        return common | {"options": list(control.options)}
    settings = {key: type(usual)(getattr(control, key, usual)) for key, usual in SLIDER.items()}
    return common | settings | {"value": float(value)}


def packed(numbers, kind="<f8"):
    """Return numbers as one short text, which a page reads back to the last bit."""
    return b64encode(np.asarray(numbers).astype(kind).tobytes()).decode()


def rounded(value, digits=6):
    """Return a number without the last digits, which differ from one computer to another."""
    return float(f"{value:.{digits}g}")
