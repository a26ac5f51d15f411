"""Training: descent on one sample has the lecture's numbers, and can be run again."""

import signal
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from nbval.kernel import start_new_kernel
from numpy.testing import assert_allclose, assert_array_equal

from lecture_utils import (
    Adam,
    Dense,
    GradientDescent,
    Momentum,
    Network,
    backprop,
    binary_cross_entropy,
    binary_cross_entropy_on_logits,
    check_gradients,
    cross_entropy,
    cross_entropy_on_logits,
    identity,
    mlp,
    relu,
    sigmoid,
    softmax,
    squared_error,
    tanh,
    train,
)
from lecture_utils.activations import Activation
from lecture_utils.convolution import Flatten
from lecture_utils.datasets import xor
from lecture_utils.optimizers import cosine_decay
from lecture_utils.regularization import BatchNorm, Dropout
from lecture_utils.training import clip_norm


def example():
    return Network(
        [Dense([[1, -1, 3], [2, 2, -1]]), sigmoid, Dense([[0.1], [0.5], [-0.1]]), sigmoid]
    )


def descend(y, steps):
    """Train the network of the worked example on its single sample."""
    trained, history = train(
        example(), binary_cross_entropy, (5, 3), [y], optimizer=GradientDescent(0.1), epochs=steps
    )
    return trained, history.loss


@pytest.mark.parametrize(
    "y, first, last, y_hat",
    [(1, 0.5269922664, 0.0344850622, 0.9661027710), (0, 0.8925204999, 0.0513899218, 0.0500917916)],
)
def test_descent_on_one_sample_has_the_numbers_of_the_lecture(y, first, last, y_hat):
    _, losses = descend(y, steps=100)
    at_the_last_forward_pass, _ = descend(y, steps=99)
    assert len(losses) == 100
    assert (round(losses[0], 10), round(losses[-1], 10)) == (first, last)
    assert round(at_the_last_forward_pass((5, 3)).item(), 10) == y_hat


def test_each_loss_is_that_before_its_update():
    network, losses = descend(1, steps=10)
    after = backprop(network, binary_cross_entropy, (5, 3), [1]).loss
    assert_array_equal(descend(1, steps=11)[1], [*losses, after])


def test_each_step_goes_against_the_gradient():
    network, _ = descend(1, steps=1)
    grads = backprop(example(), binary_cross_entropy, (5, 3), [1]).grads
    for new, old, gradient in zip(network.parameters, example().parameters, grads, strict=True):
        assert_allclose(new, old - 0.1 * gradient, rtol=1e-15)


def test_the_network_passed_in_is_left_alone():
    network = mlp((2, 3, 1), hidden="relu", rng=np.random.default_rng(0))
    before = [p.copy() for p in network.parameters]
    trained, _ = train(network, squared_error, [[1, 2]], [[3]],
                       optimizer=GradientDescent(0.1), epochs=5)
    for parameter, copy, new in zip(network.parameters, before, trained.parameters, strict=True):
        assert_array_equal(parameter, copy)
        assert not np.shares_memory(parameter, new)


def test_the_trained_network_has_the_layers_of_the_given_one():
    network = mlp((2, 3, 1), hidden="relu", rng=np.random.default_rng(0))
    trained, _ = train(network, squared_error, [[1, 2]], [[3]],
                       optimizer=GradientDescent(0.1), epochs=1)
    assert repr(trained) == repr(network) and trained.layers[1] == relu


def test_training_again_gives_the_same_curve():
    network, optimizer = example(), Adam(0.1)  # which remembers nothing of an earlier training
    curves = [
        train(network, binary_cross_entropy, (5, 3), [1], optimizer=optimizer, epochs=20)[1].loss
        for _ in range(2)
    ]
    assert_array_equal(*curves)


def test_a_network_learns_xor():
    X, y = xor()
    network = mlp((2, 4, 1), rng=np.random.default_rng(0))
    trained, history = train(
        network, binary_cross_entropy_on_logits, X, y[:, None],
        optimizer=GradientDescent(1.0), epochs=1000,
    )
    assert_array_equal(trained(X)[:, 0] > 0, y == 1)
    assert history.loss[-1] < 0.01 and history.accuracy[-1] == 1


def test_data_are_left_alone():
    X, y = xor()
    train(mlp((2, 1), rng=np.random.default_rng(0)), squared_error, X, y[:, None],
          optimizer=GradientDescent(0.1), epochs=3, l2=0.1)
    for array, fresh in zip((X, y), xor(), strict=True):
        assert_array_equal(array, fresh)


@pytest.mark.filterwarnings("error")
def test_divergence_is_named_with_its_cause_and_no_warning():
    network = mlp((2, 3, 1), rng=np.random.default_rng(0))
    before = [p.copy() for p in network.parameters]
    with pytest.raises(ValueError, match="learning_rate 1000.0 is too large"):
        train(network, squared_error, *xor_columns(), optimizer=GradientDescent(1e3),
              epochs=1000)
    for parameter, copy in zip(network.parameters, before, strict=True):
        assert_array_equal(parameter, copy)


def test_divergence_is_named_with_its_step():
    # The gradient of ½ (θ − 3)² at θ = 1 is −2, so the first step goes beyond the largest float.
    network = Network([Dense([[1.0]])])
    with pytest.raises(ValueError, match="not finite after 1 steps"):
        train(network, squared_error, [[1.0]], [[3.0]], optimizer=GradientDescent(1e308), epochs=9)


@pytest.mark.parametrize("mark", [1e200, np.inf])
@pytest.mark.parametrize("rate", [2.0, None])
def test_divergence_in_a_later_batch_is_named_with_the_rate_and_with_all_steps(mark, rate):
    optimizer = Waymarks(1.0, 1.0, mark, mark)
    if rate:
        optimizer.learning_rate = rate
    said = f"^learning_rate {rate or 'of Waymarks'} is too large .* not finite after 3 steps"
    with pytest.raises(ValueError, match=said):
        train(Network([Dense([[1.0]])]), squared_error, [[1.0], [1.0]], [[3.0], [3.0]],
              optimizer=optimizer, epochs=3, batch_size=1, rng=np.random.default_rng(0))


def xor_columns():
    X, y = xor()
    return X, y[:, None]


def test_divergence_in_the_last_step_is_named_too():
    network = Network([Dense([[1.0]])])
    with pytest.raises(ValueError, match="not finite after 1 steps"):
        train(network, squared_error, [[1.0]], [[3.0]], optimizer=GradientDescent(1e308), epochs=1)


# Batches


def regression(n=7, seed=0):
    """Return a network with biases, and data that it does not fit."""
    rng = np.random.default_rng(seed)
    network = mlp((3, 4, 2), rng=rng)
    for theta in network.parameters:
        theta += rng.normal(size=theta.shape)
    return network, rng.normal(size=(n, 3)), rng.normal(size=(n, 2))


class Recorder:
    """An optimiser that changes nothing and keeps what it is given."""

    learning_rate = 1.0

    def start(self, parameters):
        self.steps = []

    def step(self, parameters, gradients, memory):
        self.steps.append([g.copy() for g in gradients])


def recorded(n=7, *, loss=squared_error, **options):
    """Return the gradients of each step of a training that changes nothing, and its history."""
    network, x, y = regression(n)
    recorder = Recorder()
    _, history = train(network, loss, x, y, optimizer=recorder, **options)
    return recorder.steps, history


def test_a_full_batch_gives_one_step_an_epoch_with_the_gradient_of_backprop():
    network, x, y = regression()
    steps, _ = recorded(epochs=3)
    assert len(steps) == 3
    for step in steps:
        for g, expected in zip(step, backprop(network, squared_error, x, y).grads, strict=True):
            assert_array_equal(g, expected)


@pytest.mark.parametrize("batch_size, n_steps", [(1, 7), (2, 4), (3, 3), (7, 1), (100, 1)])
def test_an_epoch_takes_each_sample_once(batch_size, n_steps):
    network, x, y = regression()
    steps, _ = recorded(epochs=2, batch_size=batch_size, rng=np.random.default_rng(0))
    assert len(steps) == 2 * n_steps
    sizes = [min(batch_size, 7 - start) for start in range(0, 7, batch_size)]
    full = backprop(network, squared_error, x, y).grads
    for epoch in (steps[:n_steps], steps[n_steps:]):
        # The weighted mean of the batches' gradients is the full gradient.
        for i, expected in enumerate(full):
            mean = sum(size * step[i] for size, step in zip(sizes, epoch, strict=True)) / 7
            assert_allclose(mean, expected, atol=1e-14)


def test_samples_and_targets_stay_together_and_come_in_a_new_order_each_epoch():
    network, x, y = regression()
    steps, _ = recorded(epochs=2, batch_size=1, rng=np.random.default_rng(0))
    single = [backprop(network, squared_error, x_i, y_i).grads for x_i, y_i in zip(x, y)]

    def order(epoch):
        return [
            next(i for i, grads in enumerate(single) if np.array_equal(grads[0], step[0]))
            for step in epoch
        ]

    assert sorted(order(steps[:7])) == sorted(order(steps[7:])) == list(range(7))
    assert order(steps[:7]) != order(steps[7:])


def test_the_same_rng_gives_the_same_training_and_another_another():
    network, x, y = regression(30)

    def weights(seed):
        rng = np.random.default_rng(seed)
        trained, _ = train(network, squared_error, x, y, optimizer=Adam(), epochs=3,
                           batch_size=4, rng=rng)
        return trained.parameters[0]

    assert_array_equal(weights(1), weights(1))
    assert (weights(1) != weights(2)).any()


# L2


def test_l2_adds_the_gradient_of_half_the_square_of_the_weights_only():
    network, _, _ = regression()
    plain, history = recorded(epochs=1)
    held_back, history_with_l2 = recorded(epochs=1, l2=0.3)
    for g, with_l2, theta in zip(plain[0], held_back[0], network.parameters, strict=True):
        assert_allclose(with_l2, g + 0.3 * theta if theta.ndim == 2 else g, rtol=1e-15)
    assert_array_equal(history.loss, history_with_l2.loss)
    assert_array_equal(history.gradient_norms, history_with_l2.gradient_norms)


# History


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples():
    network, x, y = regression()
    _, history = recorded(epochs=2, batch_size=3, rng=np.random.default_rng(0))
    assert_allclose(history.loss, [squared_error(network(x), y)] * 2, rtol=1e-14)


def test_accuracy_is_the_share_of_right_predictions():
    X, y = xor_columns()
    second_input = Network([Dense([[0.0], [1.0]], [-0.5])])
    loss = binary_cross_entropy_on_logits
    _, history = train(second_input, loss, X, y, optimizer=Recorder(), epochs=1)
    assert_array_equal(history.accuracy, [0.5])


def test_accuracy_of_several_labels_a_sample_is_the_share_of_right_labels():
    first_input_twice = Network([Dense([[1.0, 1.0], [0.0, 0.0]], [-0.5, -0.5])])
    X, _ = xor()
    _, history = train(first_input_twice, binary_cross_entropy_on_logits, X, X,
                       optimizer=Recorder(), epochs=1)
    assert_array_equal(history.accuracy, [0.75])  # the first label always, the second by half


@pytest.mark.parametrize(
    "loss, y_hat, y, right",
    [
        (binary_cross_entropy, [[0.4], [0.6], [0.9]], [[1], [1], [0]], [[0], [1], [0]]),
        (binary_cross_entropy_on_logits, [[-0.4], [0.3]], [[1], [1]], [[0], [1]]),
        (cross_entropy, [[0.6, 0.4], [0.3, 0.7]], [[1, 0], [1, 0]], [True, False]),
        (cross_entropy_on_logits, [[-2, -1], [5, 0]], [[0, 1], [0, 1]], [True, False]),
    ],
)
def test_a_loss_of_classes_knows_which_are_right(loss, y_hat, y, right):
    assert_array_equal(loss.right(np.array(y_hat), np.array(y)), right)


def test_a_loss_of_numbers_has_no_accuracy():
    _, history = recorded(epochs=2)
    assert np.isnan(history.accuracy).all() and history.accuracy.shape == (2,)


def test_gradient_norms_are_those_of_each_layer_in_the_first_step_of_an_epoch():
    steps, history = recorded(epochs=2, batch_size=3, rng=np.random.default_rng(0))
    assert history.gradient_norms.shape == (2, 2)
    for norms, grads in zip(history.gradient_norms, (steps[0], steps[3]), strict=True):
        W1, b1, W2, b2 = (np.sum(g**2) for g in grads)
        assert_allclose(norms, np.sqrt([W1 + b1, W2 + b2]), rtol=1e-14)


def test_without_validation_its_curves_are_nan():
    _, history = recorded(epochs=2)
    assert np.isnan([history.validation_loss, history.validation_accuracy]).all()
    assert (history.best_epoch, history.stopped_by) == (1, "epochs")


def test_a_history_is_a_frame_with_a_row_for_each_epoch():
    X, y = xor_columns()
    _, history = train(mlp((2, 4, 1), rng=np.random.default_rng(0)), binary_cross_entropy_on_logits,
                       X, y, optimizer=GradientDescent(1.0), epochs=3, validation=(X[:3], y[:3]))
    frame = history.to_frame()
    assert (frame.index.name, frame.index.tolist()) == ("epoch", [0, 1, 2])
    assert frame.columns.tolist() == [
        "loss", "accuracy", "validation_loss", "validation_accuracy",
    ]
    for name, values in frame.items():
        assert_array_equal(values, getattr(history, name))


def test_validation_is_looked_at_after_each_epoch_and_not_trained_on():
    X, y = xor_columns()
    network = mlp((2, 4, 1), rng=np.random.default_rng(0))
    options = {"optimizer": GradientDescent(1.0), "loss": binary_cross_entropy_on_logits}
    trained, history = train(network, x=X, y=y, epochs=3, validation=(X[:3], y[:3]), **options)
    for epochs, J, share in zip((1, 2, 3), history.validation_loss, history.validation_accuracy):
        alone, _ = train(network, x=X, y=y, epochs=epochs, **options)
        assert J == binary_cross_entropy_on_logits(alone(X[:3]), y[:3])
        assert share == np.mean((alone(X[:3]) > 0) == y[:3])


# Early stopping


class Waymarks:
    """An optimiser that leads one weight from mark to mark."""

    def __init__(self, *marks):
        self.marks = marks

    def start(self, parameters):
        return iter(self.marks)

    def step(self, parameters, gradients, memory):
        parameters[0][...] = next(memory)


def stopped_early(*marks, patience):
    """Train `y = W x` along marks for W; its validation loss is `(W − 1)²/2`."""
    network, one = Network([Dense([[9.0]])]), [[1.0]]
    trained, history = train(
        network, squared_error, one, one, optimizer=Waymarks(*marks), epochs=len(marks),
        validation=(one, one), patience=patience,
    )  # fmt: skip
    return trained.parameters[0].item(), history


@pytest.mark.parametrize(
    "marks, patience, W, best_epoch, n_epochs, stopped_by",
    [
        ((5, 3, 4, 6, 1), 2, 3, 1, 4, "patience"),
        ((5, 3, 4, 2, 6, 7, 1), 2, 2, 3, 6, "patience"),
        ((5, 3, 4, 6, 1), 3, 1, 4, 5, "epochs"),
        ((5, 3, 3), 1, 3, 1, 3, "patience"),  # as good is not better
        ((2, 3, 4), 9, 2, 0, 3, "epochs"),
    ],
)
def test_patience(marks, patience, W, best_epoch, n_epochs, stopped_by):
    weight, history = stopped_early(*marks, patience=patience)
    assert weight == W
    assert (history.best_epoch, history.stopped_by) == (best_epoch, stopped_by)
    assert len(history.loss) == len(history.validation_loss) == n_epochs
    assert_array_equal(history.validation_loss, (np.array(marks[:n_epochs]) - 1) ** 2 / 2)


# Ctrl-C


class PressingCtrlC(GradientDescent):
    """Gradient descent during whose third step somebody presses Ctrl-C."""

    def start(self, parameters):
        return iter(range(1, 100))

    def step(self, parameters, gradients, memory):
        first, *others = zip(parameters, gradients)
        first[0][...] -= self.learning_rate * first[1]
        if next(memory) == 3:
            signal.raise_signal(signal.SIGINT)
        for theta, g in others:
            theta -= self.learning_rate * g


def interrupted(**options):
    network, x, y = regression()
    options |= {"optimizer": PressingCtrlC(0.1), "epochs": 50}
    with pytest.warns(UserWarning, match="Training interrupted"):
        return train(network, squared_error, x, y, **options)


def test_ctrl_c_ends_the_training_after_the_step_under_way():
    network, x, y = regression()
    stopped, history = interrupted()
    expected, _ = train(network, squared_error, x, y, optimizer=GradientDescent(0.1), epochs=3)
    for parameter, whole in zip(stopped.parameters, expected.parameters, strict=True):
        assert_allclose(parameter, whole, rtol=1e-12)
    assert (len(history.loss), history.best_epoch, history.stopped_by) == (3, 2, "interrupt")
    assert {len(values) for values in (history.accuracy, history.gradient_norms)} == {3}


def test_ctrl_c_within_an_epoch_keeps_what_was_seen_of_it():
    stopped, history = interrupted(batch_size=2, rng=np.random.default_rng(0))
    expected, x, y = regression()
    order, losses = np.random.default_rng(0).permutation(7), []
    for rows in np.split(order[:6], 3):
        losses.append(squared_error(expected(x[rows]), y[rows]))
        expected, _ = train(expected, squared_error, x[rows], y[rows],
                            optimizer=GradientDescent(0.1), epochs=1)
    assert_allclose(history.loss, [np.mean(losses)], rtol=1e-12)
    for parameter, whole in zip(stopped.parameters, expected.parameters, strict=True):
        assert_allclose(parameter, whole, rtol=1e-12)


def test_ctrl_c_with_patience_gives_the_best_network():
    network, x, y = regression()
    stopped, history = interrupted(validation=(x, -y), patience=50)
    assert squared_error(stopped(x), -y) == history.validation_loss.min()


def test_after_a_training_without_ctrl_c_it_means_what_it_meant_before():
    before = signal.getsignal(signal.SIGINT)
    network, x, y = regression()
    train(network, squared_error, x, y, optimizer=GradientDescent(0.1), epochs=1)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(ValueError, match="is too large"):
        train(Network([Dense([[1.0]])]), squared_error, [[1.0]], [[3.0]],
              optimizer=GradientDescent(1e308), epochs=9)
    assert signal.getsignal(signal.SIGINT) is before


def test_training_runs_in_a_thread_too():
    network, x, y = regression()
    with ThreadPoolExecutor(1) as pool:
        options = {"optimizer": GradientDescent(0.1), "epochs": 2}
        _, history = pool.submit(train, network, squared_error, x, y, **options).result()
    assert len(history.loss) == 2


# Numbers


def test_a_network_of_single_precision_stays_so():
    network = Network([Dense(np.ones((2, 1), np.float32), np.zeros(1, np.float32))])
    for optimizer in (GradientDescent(0.1), Momentum(0.1), Adam(0.1)):
        X, y = xor_columns()
        trained, _ = train(network, squared_error, X, y, optimizer=optimizer, epochs=2, l2=0.1)
        assert {p.dtype for p in trained.parameters} == {np.dtype(np.float32)}


def test_data_are_computed_with_in_the_precision_of_the_network():
    network, recorder = Network([Dense(np.ones((2, 1), np.float32))]), Recorder()
    train(network, squared_error, *xor_columns(), optimizer=recorder, epochs=1)
    assert recorder.steps[0][0].dtype == np.float32


IN_A_NOTEBOOK = """
import numpy as np
from lecture_utils import Adam, mlp, squared_error, train

class Telling(Adam):
    def step(self, parameters, gradients, memory):
        super().step(parameters, gradients, memory)
        if memory.t == 1:
            print("in training", flush=True)

network = mlp((1, 1), rng=np.random.default_rng(0))
trained, history = train(network, squared_error, [[1.0]], [[2.0]], optimizer=Telling(1e-9),
                         epochs=10**9, progress=True)
"""
LOOK = "print(history.stopped_by, len(history.loss) > 0, trained([1.0]).shape)"


def test_the_stop_button_of_a_notebook_ends_a_training_and_leaves_its_result():
    manager, client = start_new_kernel(300, "python3")
    try:
        printed = []

        def note(message):
            text = message["content"].get("text", "")
            printed.append(text)
            if text == "in training\n":
                manager.interrupt_kernel()

        for _ in range(2):  # each cell begins anew
            reply = client.execute_interactive(IN_A_NOTEBOOK, output_hook=note, timeout=300)
            assert reply["content"]["status"] == "ok"
            assert "Training interrupted" in "".join(printed)
            printed.clear()
            client.execute_interactive(LOOK, output_hook=note, timeout=300)
            assert "".join(printed) == "interrupt True (1,)\n"
            printed.clear()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


# What a beginner gets wrong


@pytest.mark.parametrize(
    ("output", "loss", "cure"),
    [
        ("sigmoid", binary_cross_entropy_on_logits, "loss must be binary_cross_entropy behind"),
        ("softmax", binary_cross_entropy_on_logits, "loss must be binary_cross_entropy behind"),
        ("softmax", cross_entropy_on_logits, "loss must be cross_entropy behind softmax"),
        ("step", binary_cross_entropy_on_logits, "loss must be binary_cross_entropy behind step"),
        (Activation("hard", lambda z: np.clip(z, 0, 1), np.zeros_like), cross_entropy_on_logits,
         "loss must be cross_entropy behind hard"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("use", [backprop, check_gradients, train])
def test_probabilities_before_a_loss_on_logits_are_refused(output, loss, cure, use):
    network, x = mlp((2, 3), output=output, rng=np.random.default_rng(0)), np.ones((4, 2))
    options = {"optimizer": Adam(), "epochs": 1} if use is train else {}
    with pytest.raises(ValueError, match=cure):
        use(network, loss, x, np.eye(3)[[0, 1, 2, 0]], **options)


@pytest.mark.parametrize("output", ["tanh", "relu", "leaky_relu", "identity"])
def test_other_outputs_before_a_loss_on_logits_are_not(output):
    network = mlp((2, 1), output=output, rng=np.random.default_rng(0))
    X, y = xor_columns()
    _, history = train(network, binary_cross_entropy_on_logits, X, y, optimizer=Adam(), epochs=1)
    assert history.loss == [binary_cross_entropy_on_logits(network(X), y)]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("rate", [1e-12, 1e-3, 1.0])
def test_a_saturated_output_is_told_from_a_learning_rate_that_is_too_large(n_classes, rate):
    binary = n_classes == 2
    loss, output = (binary_cross_entropy, sigmoid) if binary else (cross_entropy, softmax)
    network = Network([Dense(np.eye(n_classes - binary) * 1e4), output])
    X = np.eye(n_classes - binary)
    y = np.zeros((1, 1)) if binary else np.eye(n_classes)[[1, 2, 0]]
    with pytest.raises(ValueError, match=rf"Take {loss.name}_on_logits, and leave out") as refusal:
        train(network, loss, X, y, optimizer=GradientDescent(rate), epochs=3)
    assert "after 0 steps" in str(refusal.value) and "learning_rate" not in str(refusal.value)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (1.0, 1e160, r"y must be so small that squared_error is finite, got up to 1e\+160"),
        (1e200, 1.0, "x must be so small that the loss is finite: scale the features"),
        (1e308, 1.0, "x must be so small that the loss is finite"),
    ],
)
def test_numbers_that_are_too_large_are_not_blamed_on_the_learning_rate(x, y, message):
    network = Network([Dense(np.full((1, 1), 100.0))])
    with pytest.raises(ValueError, match=f"^{message}"):
        train(network, squared_error, [[x]], [[y]], optimizer=GradientDescent(0.1), epochs=3)


@pytest.mark.parametrize("name", ["x", "y"])
def test_complex_numbers_are_not_trained_on(name):
    data = dict(zip("xy", xor_columns()))
    data[name] = data[name] + 1j
    with pytest.raises(TypeError, match=f"{name} must hold real numbers, got dtype complex128"):
        train(mlp((2, 1), rng=np.random.default_rng(0)), squared_error, **data,
              optimizer=Adam(), epochs=1)


@pytest.mark.parametrize("name", ["x", "y"])
def test_a_masked_entry_is_not_taken_for_a_number(name):
    data = dict(zip("xy", xor_columns()))
    data[name] = np.ma.masked_array(data[name], mask=data[name] == 1)
    with pytest.raises(ValueError, match=f"{name} must have no masked entries, got"):
        train(mlp((2, 1), rng=np.random.default_rng(0)), squared_error, **data,
              optimizer=Adam(), epochs=1)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("optimizer", Adam, "optimizer must be an optimiser .* got the class Adam"),
        ("optimizer", "adam", "optimizer must be an optimiser .* got str"),
        ("optimizer", SimpleNamespace(start=len), "optimizer must be .* got SimpleNamespace"),
        ("epochs", None, "epochs must be a whole number, got NoneType"),
        ("l2", None, "l2 must be a number, got NoneType"),
        ("loss", "mse", "loss must be a Loss such as squared_error, got 'mse'"),
        ("loss", lambda a, b: ((a - b) ** 2).mean(), "loss must be a Loss .* got function"),
        ("network", [Dense([[1.0]])], "network must be a Network, got list"),
        ("schedule", 0.1, "schedule must be a function of the epoch, got float"),
        ("max_norm", "1", "max_norm must be a number, got str"),
    ],
)
def test_an_argument_of_a_wrong_kind_is_named(argument, value, message):
    X, y = xor_columns()
    arguments = {
        "network": mlp((2, 1), rng=np.random.default_rng(0)), "loss": squared_error, "x": X, "y": y,
        "optimizer": Adam(), "epochs": 1,
    }  # fmt: skip
    with pytest.raises(TypeError, match=message):
        train(**arguments | {argument: value})


# Clipping and schedule


@pytest.mark.parametrize("max_norm", [0.01, 0.5, 1e6])
def test_gradients_are_clipped_as_pytorch_does(max_norm, torch):
    network, x, y = regression()
    clipped, history = recorded(epochs=1, max_norm=max_norm)
    theirs = [torch.nn.Parameter(torch.tensor(p)) for p in network.parameters]
    for parameter, g in zip(theirs, backprop(network, squared_error, x, y).grads, strict=True):
        parameter.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    for ours, parameter in zip(clipped[0], theirs, strict=True):
        assert_allclose(ours, parameter.grad.numpy(), rtol=2e-5)  # theirs adds 1e-6 to the norm
    assert_array_equal(history.gradient_norms, recorded(epochs=1)[1].gradient_norms)
    norm = np.sqrt(sum((g**2).sum() for g in clipped[0]))
    assert norm <= max_norm * (1 + 1e-12)


def test_what_is_clipped_is_the_gradient_with_its_l2_part():
    whole, _ = recorded(epochs=1, l2=3.0)
    clipped, _ = recorded(epochs=1, l2=3.0, max_norm=0.5)
    norm = np.sqrt(sum((g**2).sum() for g in whole[0]))
    for g, expected in zip(clipped[0], whole[0], strict=True):
        assert_allclose(g, 0.5 / norm * expected, rtol=1e-12)


@pytest.mark.parametrize("epochs", [1, 7])
def test_cosine_decay_equals_that_of_pytorch(epochs, torch):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    schedule = cosine_decay(epochs)
    for epoch in range(epochs):
        assert schedule(epoch) == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)
        optimizer.step()
        theirs.step()


class OwnDescent:
    """Gradient descent as somebody may write it in a notebook."""

    learning_rate = 0.1

    def start(self, parameters):
        pass

    def step(self, parameters, gradients, memory):
        for theta, g in zip(parameters, gradients):
            theta -= self.learning_rate * g


@pytest.mark.parametrize("optimizer", [GradientDescent(0.1), OwnDescent()])
def test_the_learning_rate_of_each_epoch_is_that_of_the_schedule(optimizer):
    network, one = Network([Dense([[0.0]])]), [[1.0]]
    trained, _ = train(network, squared_error, one, one, optimizer=optimizer, epochs=3,
                       schedule=lambda t: 1 / (1 + t))
    assert optimizer.learning_rate == 0.1
    W = 0.0
    for t in range(3):
        W -= 0.1 / (1 + t) * (W - 1)
    assert trained.parameters[0].item() == pytest.approx(W, rel=1e-14)


@pytest.mark.parametrize(
    ("factor", "error", "message"),
    [(0.0, ValueError, r"schedule\(0\) must be positive, got 0.0"),
     (None, TypeError, r"schedule\(0\) must be a number, got NoneType")],
)  # fmt: skip
def test_a_schedule_must_give_positive_numbers(factor, error, message):
    network, one = Network([Dense([[0.0]])]), [[1.0]]
    with pytest.raises(error, match=message):
        train(network, squared_error, one, one, optimizer=Adam(), epochs=1,
              schedule=lambda t: factor)


# Layers of one's own that would train wrongly


class Own:
    """A right layer, `y = x W`, of which the tests change one thing."""

    def __init__(self):
        self.params = {"W": np.ones((3, 2))}

    def forward(self, x):
        return x @ self.params["W"], x

    def backward(self, dy, x):
        return dy @ self.params["W"].T, {"W": x.T @ dy}


class FlatInTraining(Own):
    def forward_training(self, x, rng):
        return (x @ self.params["W"])[:, 0], x


class SumOfGradients(Own):
    def parameter_gradients(self, dy, x):
        return {"W": (x.T @ dy).sum()}

    def backward(self, dy, x):
        return dy @ self.params["W"].T, {"W": x.T @ dy}


class ParameterAsGradient(Own):
    def backward(self, dy, x):
        return dy @ self.params["W"].T, {"W": self.params["W"]}


class OneGradientForTwo(Own):
    def __init__(self):
        self.params = {"W": np.ones((3, 2)), "V": np.ones((3, 2))}

    def backward(self, dy, x):
        g = x.T @ dy
        return dy @ self.params["W"].T, {"W": g, "V": g}


class ViewOfAParameter(Own):
    def __init__(self):
        super().__init__()
        self.W_T = self.params["W"].T


class ListsAsGradients(Own):
    def backward(self, dy, x):
        return dy @ self.params["W"].T, {"W": (x.T @ dy).tolist()}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (FlatInTraining, "y_hat and y must have the same shape"),
        (SumOfGradients, r"parameter_gradients of the first layer .* shape \(3, 2\), got \(\)"),
        (ParameterAsGradient, "must return arrays of their own"),
        (OneGradientForTwo, "must return arrays of their own"),
        (ViewOfAParameter, r"layers\[0\].W_T must not be a view of a parameter"),
        (ListsAsGradients, r"of ListsAsGradients must return .* got \(2, 3\) and {'W': 'list"),
    ],
)
def test_a_layer_that_would_train_wrongly_is_refused(kind, message):
    x, y = np.ones((5, 3)), np.zeros((5, 2))
    with pytest.raises(ValueError, match=message):
        train(Network([kind()]), squared_error, x, y, optimizer=GradientDescent(0.1), epochs=1)
    trained, _ = train(Network([Own()]), squared_error, x, y, optimizer=GradientDescent(0.1),
                       epochs=200)
    assert_allclose(trained(x), 0, atol=1e-6)


class WithArraysOfItsOwn(Own):
    def __init__(self):
        super().__init__()
        self.W, self.ones = self.params["W"], np.ones(3)


class WithSlots:
    __slots__ = ["params"]
    __init__, forward, backward = Own.__init__, Own.forward, Own.backward


@pytest.mark.parametrize("kind", [WithArraysOfItsOwn, WithSlots])
def test_trying_a_layer_of_ones_own_leaves_the_network_alone(kind):
    network, x = Network([kind(), BatchNorm.new(2), Dropout(0.5)]), np.eye(5, 3)
    trained, _ = train(network, squared_error, x, np.ones((5, 2)), optimizer=GradientDescent(0.1),
                       epochs=1, rng=np.random.default_rng(0))
    assert_array_equal(network.layers[1].mean, [0, 0])
    assert_allclose(trained.layers[1].mean, [0.06, 0.06], rtol=1e-15)  # a tenth of 3/5


def test_a_new_backward_does_without_the_old_parameter_gradients():
    class Tanh(Dense):
        def forward(self, x):
            y = np.tanh(x @ self.params["W"])
            return y, (x, y)

        def backward(self, dy, cache):
            x, y = cache
            dz = dy * (1 - y**2)
            return dz @ self.params["W"].T, {"W": x.T @ dz}

    one = [[1.0]]
    ours, _ = train(Network([Tanh([[0.5]])]), squared_error, one, one,
                    optimizer=GradientDescent(0.1), epochs=5)
    same, _ = train(Network([Dense([[0.5]]), tanh]), squared_error, one, one,
                    optimizer=GradientDescent(0.1), epochs=5)
    assert_allclose(ours.parameters[0], same.parameters[0], rtol=1e-14)


def test_a_layer_that_stands_in_two_places_is_not_trained():
    twice = Dense(np.eye(2))
    with pytest.raises(ValueError, match="network must have each parameter once to be trained"):
        train(Network([twice, sigmoid, twice]), squared_error, np.eye(2), np.eye(2),
              optimizer=Adam(), epochs=1)


def test_clipping_by_hand():
    # ‖(0.3, 0, 0.4)‖ = 0.5, so that a norm of 0.25 is one half of each; 0 has no direction.
    grads, zeros = [np.array([0.3, 0.0]), np.array([[0.4]])], [np.zeros(2)]
    clip_norm(grads, 0.25)
    assert_allclose(grads[0], [0.15, 0], rtol=1e-15)
    assert_allclose(grads[1], [[0.2]], rtol=1e-15)
    clip_norm(zeros, 0.25)
    assert_array_equal(zeros, [[0, 0]])


def test_clipping_knows_norms_whose_squares_overflow():
    network, x = Network([Dense(np.ones((3, 1), np.float32))]), np.ones((4, 3)) * 1e12
    trained, _ = train(network, squared_error, x, np.zeros((4, 1)), optimizer=GradientDescent(0.1),
                       epochs=1, max_norm=1.0)
    assert_allclose(trained.parameters[0], 1 - 0.1 / np.sqrt(3), rtol=1e-6)


@pytest.mark.parametrize("behind", [[Flatten()], [Dropout(0.5)], [identity], [relu, Flatten()]])
def test_probabilities_are_seen_through_layers_that_keep_them(behind):
    network = Network([Dense(np.ones((2, 1))), sigmoid, *behind])
    with pytest.raises(ValueError, match="loss must be binary_cross_entropy behind"):
        backprop(network, binary_cross_entropy_on_logits, np.ones((2, 2)), np.ones((2, 1)))


@pytest.mark.parametrize(
    "function", [np.cos, np.sinh, lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) * 9]
)
def test_a_function_of_ones_own_that_gives_other_numbers_is_let_through(function):
    own = Activation("own", function, np.ones_like)
    network, x, y = Network([Dense(np.ones((2, 1)) / 9), own]), np.ones((2, 2)), np.ones((2, 1))
    trace = backprop(network, binary_cross_entropy_on_logits, x, y)
    assert_allclose(trace.loss, np.log1p(np.exp(-function(x @ np.ones((2, 1)) / 9))).mean())


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((np.ones((4, 3)), np.ones((4, 1))), "validation must be .*: x must have 2 features"),
        ((None, None), "validation must be a pair that fits the network: x must hold numbers"),
        ((np.ones((4, 2)), [[np.nan]] * 4), "validation must be a pair .*: y must be finite"),
    ],
)
def test_a_fault_in_the_validation_data_is_not_told_of_x_and_y(validation, message):
    with pytest.raises((TypeError, ValueError), match=message):
        train(mlp((2, 1), rng=np.random.default_rng(0)), squared_error, *xor_columns(),
              optimizer=Adam(), epochs=1, validation=validation)
