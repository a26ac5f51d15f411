"""What a figure to play with is where the libraries of widgets are missing: its still picture."""

from dataclasses import dataclass

from lecture_utils.display import bundle

TO_PLAY = (
    "A still picture. To play with it, install what it needs, pip install ipywidgets anywidget,"
    " and start again."
)


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


class StillPicture:
    """Stands for an `Interactive`, whose parameters it has; shows what that shows without a kernel.

    Attributes
    ----------
    controls : dict
    """

    def __init__(self, controls, answer, rows, still=None):
        self.controls = controls
        values = {name: control.value for name, control in controls.items()}
        self._still = still or answer(**values)

    def _repr_mimebundle_(self, **kwargs):
        data = bundle(self._still.svg, self._still.alt)
        data["text/html"] += f"\n<p>{TO_PLAY}</p>"
        return data
