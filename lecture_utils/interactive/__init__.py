"""Figures to play with: sliders and fields beside a picture that answers, for JupyterLab.

Each is a widget that also carries a still picture, for wherever no kernel answers: in a saved
notebook, in slides and in notes.
"""

from lecture_utils._extras import needs

with needs("widgets"):
    from lecture_utils.interactive.boundary import boundary_player
    from lecture_utils.interactive.descent import descent_player
    from lecture_utils.interactive.playground import neuron_playground
    from lecture_utils.interactive.stepper import backprop_stepper
    from lecture_utils.interactive.widget import Answer, Interactive

__all__ = [
    "Answer",
    "Interactive",
    "backprop_stepper",
    "boundary_player",
    "descent_player",
    "neuron_playground",
]
