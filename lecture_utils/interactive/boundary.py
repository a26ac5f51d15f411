"""The boundary of a network while it is learnt, epoch by epoch."""

from dataclasses import dataclass

import numpy as np

from lecture_utils._validation import require_count, require_positive
from lecture_utils.activations import ACTIVATIONS, Activation, sigmoid
from lecture_utils.formatting import format_number
from lecture_utils.interactive.parts import Answer, Interactive, Slider
from lecture_utils.interactive.plane import Plane, accuracy_in_words, checked_samples, shading
from lecture_utils.interactive.still import packed
from lecture_utils.layers import Dense
from lecture_utils.losses import binary_cross_entropy_on_logits
from lecture_utils.networks import Network, dense_layers
from lecture_utils.optimizers import GradientDescent
from lecture_utils.training import train

FINE = 33  # points a side of the grid under the output
MOST_BYTES = 6_000  # of parameters in a page, so that its file stays small


def boundary_player(network, X, y, *, learning_rate, epochs, every, feature_names, class_names):
    """Return the boundary of a network by epoch, after training it.

    Control: a slider ``epoch``, which can also play. The network is trained on all samples at
    each step, by binary cross-entropy, before this function returns. Ctrl-C ends the training:
    the slider then ends with the last epoch that was reached.

    Parameters
    ----------
    network : Network
        Two inputs; one output, from a sigmoid. It stays as it is.
    X, y, feature_names, class_names
        As for `neuron_playground`.
    learning_rate : float
    epochs, every : int
        Last epoch, and how many lie between two positions of the slider.

    Returns
    -------
    Interactive

    Raises
    ------
    ValueError
        As for `neuron_playground` and `train`, if the network has another form, or if `epochs`
        is no multiple of `every`.
    """
    X, y = checked_samples(X, y)
    require_positive("learning_rate", learning_rate)
    plane = Plane(
        X, y, feature_names=feature_names, class_names=class_names, activation=sigmoid
    )
    snapshots = train_snapshots(
        network, X, y, learning_rate=learning_rate, epochs=epochs, every=every
    )
    player = _in_page(snapshots, plane)

    def answer(epoch):
        snapshot = snapshots[round(epoch / every)]
        alt = snapshot.description(X, y)
        svg = plane.picture(snapshot.pre_activation, alt, n_points=FINE)
        return Answer(svg, alt, snapshot.text(X, y))

    last = snapshots[-1].epoch
    slider = Slider(label="epoch", min=0, max=last, step=every, stepping=True, playing=True)
    return Interactive(
        {"epoch": slider}, answer, [slider], still={"epoch": last}, player=player
    )


def _in_page(snapshots, plane):
    """Return what a page draws from, with all snapshots or every second, third… one that fit.

    It is None for a network that is too large, or has an activation of its own.
    """
    layers = snapshots[0].network.layers
    known = [a for a in ACTIVATIONS.values() if isinstance(a, Activation)]
    if any(layer not in known for layer in layers if not isinstance(layer, Dense)):
        return None
    n_parameters, n_gaps = sum(p.size for p in snapshots[0].network.parameters), len(snapshots) - 1
    fit = [k for k in range(1, n_gaps + 1) if n_gaps % k == 0]
    fit = [k for k in fit if 4 * n_parameters * (n_gaps // k + 1) <= MOST_BYTES]
    if not fit:
        return None
    kept = snapshots[:: fit[0]]
    parameters = [p.ravel() for snapshot in kept for p in snapshot.network.parameters]
    return plane.numbers() | shading(sigmoid) | {
        "kind": "boundary",
        "layers": [
            [layer.n_in, layer.n_out, int("b" in layer.params)]
            if isinstance(layer, Dense) else layer.name for layer in layers
        ],
        "every": kept[1].epoch,
        "parameters": packed(np.concatenate(parameters), "<f4"),
    }


@dataclass(frozen=True)
class Snapshot:
    """A network with a sigmoid at its end, at one moment of its training.

    Attributes
    ----------
    epoch : int
    network : Network
        Without the sigmoid.
    """

    epoch: int
    network: Network

    def pre_activation(self, X):
        """Return the pre-activation `z` of the output, shape (n,), for samples, shape (n, 2)."""
        return self.network(X)[:, 0]

    def text(self, X, y):
        """Return the epoch, the loss and the accuracy in words."""
        z = self.pre_activation(X)
        loss = format_number(binary_cross_entropy_on_logits(z, y))
        accuracy = accuracy_in_words(z, y)
        return f"Epoch {self.epoch:,}: loss J = {loss} (binary cross-entropy). {accuracy}"

    def description(self, X, y):
        """Return what the picture shows, in words."""
        return f"Output of a network over the plane of its two inputs. {self.text(X, y)}"


def train_snapshots(network, X, y, *, learning_rate, epochs, every):
    """Train a network that ends in a sigmoid, and keep it at every few epochs.

    Each epoch is one step on all samples. The loss is taken on the pre-activation of the
    output, where a saturated sigmoid does no harm.

    Parameters
    ----------
    network : Network
        Two inputs; one output, from a sigmoid. It stays as it is.
    X : array, shape (n, 2)
    y : array, shape (n,)
        Labels, 0 or 1.
    learning_rate : float
    epochs, every : int
        Last epoch, and how many lie between two snapshots.

    Returns
    -------
    list of Snapshot
        Up to the last epoch, or as far as it came if Ctrl-C ended the training.

    Raises
    ------
    ValueError
        If the network has another form, `epochs` is no multiple of `every`, or as for `train`.
    """
    require_count("epochs", epochs)
    require_count("every", every)
    if epochs % every:
        raise ValueError(f"epochs must be a multiple of every, {every}, got {epochs}")
    dense = dense_layers(network)
    *before, last = network.layers
    if (dense[0].n_in, dense[-1].n_out, last) != (2, 1, sigmoid):
        raise ValueError(
            f"network must have 2 inputs and one output from a sigmoid, got {network!r}"
        )
    trained = Network(before)
    snapshots = [_snapshot(trained, 0)]
    for epoch in range(every, epochs + 1, every):
        trained, history = train(
            trained, binary_cross_entropy_on_logits, X, y[:, None],
            optimizer=GradientDescent(learning_rate), epochs=every,
        )  # fmt: skip
        if history.stopped_by == "interrupt":
            break
        snapshots.append(_snapshot(trained, epoch))
    return snapshots


def _snapshot(network, epoch):
    """Return a network with parameters of half the digits, the same on every computer."""
    layers = [
        Dense(*(p.astype(np.float32).astype(np.float64) for p in layer.params.values()))
        if isinstance(layer, Dense) else layer for layer in network.layers
    ]  # fmt: skip
    return Snapshot(epoch, Network(layers))
