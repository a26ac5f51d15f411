"""Drawings of neurons, layers, networks and computation graphs, each on a canvas of fixed size."""

from lecture_utils.diagrams.backward_steps import draw_backward_steps
from lecture_utils.diagrams.graph import draw_graph
from lecture_utils.diagrams.layers import draw_composition, draw_layer
from lecture_utils.diagrams.naming import stages
from lecture_utils.diagrams.network import draw_network
from lecture_utils.diagrams.neuron import draw_artificial_neuron, draw_biological_neuron
from lecture_utils.diagrams.recurrent import draw_recurrent

__all__ = [
    "draw_artificial_neuron",
    "draw_backward_steps",
    "draw_biological_neuron",
    "draw_composition",
    "draw_graph",
    "draw_layer",
    "draw_network",
    "draw_recurrent",
    "stages",
]
