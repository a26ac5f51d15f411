"""Figures to play with: sliders and fields beside a picture that answers, for JupyterLab.

Each is a widget that also carries a still picture, for wherever no kernel answers: in a saved
notebook, in slides and in notes. Where ipywidgets or anywidget is not installed, there is the still
picture alone, and says what it lacks.
"""

from lecture_utils.interactive.boundary import boundary_player
from lecture_utils.interactive.descent import descent_player
from lecture_utils.interactive.parts import Answer, Interactive
from lecture_utils.interactive.playground import neuron_playground
from lecture_utils.interactive.stepper import backprop_stepper

__all__ = [
    "Answer",
    "Interactive",
    "backprop_stepper",
    "boundary_player",
    "descent_player",
    "neuron_playground",
]
