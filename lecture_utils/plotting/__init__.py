"""Plots of data, functions and training, all in one style that can be read from the last row."""

from lecture_utils.plotting.functions import plot_activation, plot_bars, plot_curve_fits
from lecture_utils.plotting.images import plot_images
from lecture_utils.plotting.planes import (
    plot_classes,
    plot_decision_boundary,
    plot_lines,
    plot_regions,
)
from lecture_utils.plotting.speed import measured_speed, plot_growth, plot_speed
from lecture_utils.plotting.surfaces import plot_loss_surface, plot_paths
from lecture_utils.plotting.training import (
    plot_by_layer,
    plot_confusion,
    plot_history,
    plot_loss_panels,
    plot_losses,
    plot_neuron_history,
    plot_spread,
    plot_sweep,
)
from lecture_utils.style import new_axes, use_style

__all__ = [
    "measured_speed",
    "new_axes",
    "plot_activation",
    "plot_bars",
    "plot_by_layer",
    "plot_classes",
    "plot_confusion",
    "plot_curve_fits",
    "plot_decision_boundary",
    "plot_growth",
    "plot_history",
    "plot_images",
    "plot_lines",
    "plot_loss_panels",
    "plot_loss_surface",
    "plot_losses",
    "plot_neuron_history",
    "plot_paths",
    "plot_regions",
    "plot_speed",
    "plot_spread",
    "plot_sweep",
    "use_style",
]
