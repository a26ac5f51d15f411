"""Networks that learn the handwritten digits: for the tests, and over more seeds for the bench.

Each ``fit`` below takes samples in 0 to 1, their classes and a seed, trains, and returns the
function that predicts.
"""

from time import process_time

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from lecture_utils import Dense, Network, cross_entropy_on_logits, relu, train
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D, Reshape
from lecture_utils.datasets import digits, one_hot, split
from lecture_utils.estimators import NetworkClassifier
from lecture_utils.optimizers import Adam

SEEDS = range(5)


def measured(fit, seeds=SEEDS):
    """Return the accuracy on a held-out third and the seconds of training, both by seed.

    They are seconds of one core at work, which other work on the machine changes little.
    """
    accuracies, seconds = [], []
    for seed in seeds:
        data = split(*digits(), test_share=1 / 3, rng=np.random.default_rng(seed))
        with threadpool_limits(1):
            start = process_time()
            predict = fit(data.X_train, data.y_train, seed)
            seconds.append(process_time() - start)
        accuracies.append(np.mean(predict(data.X_test) == data.y_test))
    return np.array(accuracies), np.array(seconds)


def fit_one_hidden_layer(X, y, seed):
    return NetworkClassifier((64,), random_state=seed).fit(X, y).predict


def fit_that_of_scikit_learn(X, y, seed):
    # With its own 200 epochs it warns that it has not converged.
    return MLPClassifier((64,), max_iter=1000, random_state=seed).fit(X, y).predict


def convolutional_network(rng):
    layers = [
        Reshape((8, 8, 1)),
        Conv2D.random(3, 1, 16, padding=1, init="he", rng=rng),
        relu,
        MaxPool2D(2),
        Conv2D.random(3, 16, 32, padding=1, init="he", rng=rng),
        relu,
        MaxPool2D(2),
        Flatten(),
        Dense.random(128, 10, rng=rng),
    ]
    return Network(layers)


def fit_convolutional(X, y, seed):
    rng = np.random.default_rng(seed)
    network, _ = train(
        convolutional_network(rng),
        cross_entropy_on_logits,
        X,
        one_hot(y),
        optimizer=Adam(0.01),
        epochs=30,
        batch_size=64,
        rng=rng,
    )
    return lambda X: network(X).argmax(axis=1)
