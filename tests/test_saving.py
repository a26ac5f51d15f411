"""Saving and loading: an exact round trip, and a clear refusal of any other file."""

import io
import json
import os
import pickle
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from conftest import small_disk
from lecture_utils import Dense, Network, get_activation, mlp, relu, sigmoid, squared_error, train
from lecture_utils.activations import ACTIVATIONS, Activation
from lecture_utils.convolution import Conv2D, Flatten, MaxPool2D, Reshape
from lecture_utils.optimizers import GradientDescent
from lecture_utils.recurrent import LastStep, Recurrent
from lecture_utils.saving import FORMAT, VERSION, load_network, save_network


def convolutional(seed=0):
    rng = np.random.default_rng(seed)
    return Network(
        [
            Reshape((6, 5, 2)),
            Conv2D(rng.normal(size=(3, 2, 2, 3)), rng.normal(size=3), stride=2, padding=1),
            relu,
            MaxPool2D(2),
            Flatten(),
            Dense.random(3, 4, bias=False, rng=rng),
        ]
    )


def recurrent(seed=0):
    rng = np.random.default_rng(seed)
    layers = [Reshape((4, 3)), Recurrent.random(3, 5, rng=rng), LastStep()]
    return Network([*layers, Dense.random(5, 1, rng=rng), sigmoid])


def dense(seed=0, **others):
    return mlp((3, 4, 2), output="softmax", rng=np.random.default_rng(seed), **others)


def in_float32(network):
    for layer in network.layers:
        for name, array in layer.params.items():
            layer.params[name] = array.astype(np.float32)
    return network


NETWORKS = {
    "dense": (dense(), 3),
    "without biases": (dense(bias=False), 3),
    "in float32": (in_float32(dense()), 3),
    "convolutional": (convolutional(), 60),
    "recurrent": (recurrent(), 12),
    "of every activation": (Network([Dense(np.eye(3)), *ACTIVATIONS.values()]), 3),
    "of activations alone": (Network([relu]), 3),
    "unpickled": (pickle.loads(pickle.dumps(dense())), 3),
}


def same(first, second):
    """Whether two networks have the same layers, settings and parameters, bit for bit."""
    return repr(first) == repr(second) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(first.parameters, second.parameters, strict=True)
    )


@pytest.fixture
def saved(tmp_path):
    """A saved network: the path of its file, and its arrays by name to be changed at will."""
    path = tmp_path / "network.npz"
    save_network(dense(), path)
    with np.load(path) as file:
        return path, dict(file)


def described(arrays):
    return json.loads(str(arrays["description"]))


def with_description(arrays, **changes):
    return {**arrays, "description": np.array(json.dumps({**described(arrays), **changes}))}


def assert_refused(path, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))} can't be .*{message}"):
        load_network(path)


# The round trip


@pytest.mark.parametrize("name", NETWORKS)
def test_loaded_network_is_the_saved_one_bit_for_bit(name, tmp_path):
    network, n_in = NETWORKS[name]
    save_network(network, tmp_path / "network.npz")
    loaded = load_network(tmp_path / "network.npz")
    assert same(loaded, network)
    x = np.random.default_rng(1).normal(size=(7, n_in))
    assert loaded(x).tobytes() == network(x).tobytes()


def test_settings_of_layers_come_back(tmp_path):
    save_network(convolutional(), tmp_path / "network.npz")
    reshape, convolution, _, pool, _, _ = load_network(tmp_path / "network.npz").layers
    assert tuple(reshape.shape) == (6, 5, 2) and pool.size == 2
    assert (convolution.stride, convolution.padding) == (2, 1)


def test_extreme_numbers_come_back(tmp_path):
    tiny = np.nextafter(0, 1)
    W = np.array([[-0.0, tiny, np.finfo(float).max], [np.pi, -1e-300, 1 / 3]])
    save_network(Network([Dense(W)]), tmp_path / "network.npz")
    assert load_network(tmp_path / "network.npz").parameters[0].tobytes() == W.tobytes()


def test_trained_network_comes_back_and_trains_on_alike(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
    way = {"optimizer": GradientDescent(0.1), "epochs": 5}
    trained, _ = train(dense(), squared_error, x, y, **way)
    save_network(trained, tmp_path / "network.npz")
    loaded = load_network(tmp_path / "network.npz")
    further, _ = train(trained, squared_error, x, y, **way)
    assert same(train(loaded, squared_error, x, y, **way)[0], further)


def test_same_network_gives_the_same_file(tmp_path):
    for name in "ab":
        save_network(dense(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_file_is_readable_with_numpy_alone(saved):
    _, arrays = saved
    assert described(arrays)["layers"][0] == {
        "layer": "Dense",
        "settings": {},
        "shapes": {"W": [3, 4], "b": [4]},
    }
    assert_array_equal(arrays["0.W"], dense().parameters[0])


@pytest.mark.parametrize("name", ["network", "network.npz", "network.v2", "Netz für 5"])
def test_file_has_the_name_it_is_given(name, tmp_path):
    save_network(dense(), str(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    assert same(load_network(str(tmp_path / name)), dense())


# Saving is all or nothing


def test_new_network_replaces_the_old(saved):
    path, _ = saved
    save_network(dense(1), path)
    assert same(load_network(path), dense(1))
    assert os.listdir(path.parent) == [path.name]


def test_network_that_does_not_fit_on_the_disk_leaves_the_old_file_and_no_rest(saved):
    path, _ = saved
    with small_disk(), pytest.raises(OSError, match=f"File too large: .*{path.name}"):
        save_network(mlp((64, 64), rng=np.random.default_rng(0)), path)
    assert same(load_network(path), dense())
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_file_may_be_read_by_those_who_may_read_other_new_files(saved):
    path, _ = saved
    (path.parent / "other").touch()
    assert path.stat().st_mode == (path.parent / "other").stat().st_mode


class Doubling(Dense):
    """A layer that lecture_utils does not know."""

    def forward(self, x):
        return 2 * x, x


def spoilt(value):
    network = dense()
    network.parameters[0][1, 2] = value
    return network


def of_dtype(dtype):
    network = dense()
    network.layers[0].params["W"] = network.parameters[0].astype(dtype)
    return network


UNSAVEABLE = {
    "a layer of one's own": (Network([relu, Doubling(np.eye(2))]), r"layers\[1\] can't be saved"),
    "an activation of one's own": (
        Network([Activation("relu", np.sin, np.cos)]),
        r"layers\[0\] can't be saved: relu is not a layer of lecture_utils",
    ),
    "not a number": (spoilt(np.nan), "0.W must be finite"),
    "infinity": (spoilt(-np.inf), "0.W must be finite"),
    "complex numbers": (of_dtype(complex), "0.W must hold float32 or float64, got complex128"),
    "half floats": (of_dtype(np.float16), "0.W must hold float32 or float64, got float16"),
    "objects": (of_dtype(object), "0.W must hold float32 or float64, got object"),
}


@pytest.mark.parametrize("name", UNSAVEABLE)
def test_network_that_could_not_be_loaded_is_not_saved(name, saved):
    network, message = UNSAVEABLE[name]
    path, _ = saved
    with pytest.raises(ValueError, match=message):
        save_network(network, path)
    assert same(load_network(path), dense())


def test_only_a_network_is_saved(tmp_path):
    with pytest.raises(TypeError, match="network must be a Network, got Dense"):
        save_network(Dense(np.eye(2)), tmp_path / "network.npz")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("place", ["nowhere/network.npz", "file/network.npz", "folder"])
def test_place_where_no_file_can_be_is_named_as_it_was_given(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    for call in (lambda: save_network(dense(), place), lambda: load_network(place)):
        with pytest.raises(OSError) as raised:
            call()
        assert raised.value.filename == place
    assert sorted(os.listdir()) == ["file", "folder"] and not os.listdir("folder")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nobody would be kept out")
def test_folder_that_is_read_only_is_named(tmp_path):
    (tmp_path / "folder").mkdir(mode=0o500)
    with pytest.raises(PermissionError, match="folder/network.npz"):
        save_network(dense(), tmp_path / "folder/network.npz")


@pytest.mark.parametrize("path", [None, 5, b"network.npz", dense()])
def test_only_a_path_names_a_file(path):
    for call in (lambda: save_network(dense(), path), lambda: load_network(path)):
        with pytest.raises(TypeError, match="^path must be a str or Path, got "):
            call()


# Loading refuses all else


def test_missing_file_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.npz"):
        load_network(tmp_path / "nothing.npz")


@pytest.fixture
def load_bytes(monkeypatch):
    """A function that loads a network from bytes as if a file held them: no disk is as fast."""

    def load_bytes(content):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda path: content)
            return load_network("network.npz")

    return load_bytes


def saved_bytes(network, folder):
    save_network(network, folder / "network.npz")
    return (folder / "network.npz").read_bytes()


def test_file_that_is_cut_off_anywhere_is_refused(load_bytes, tmp_path):
    whole = saved_bytes(dense(), tmp_path)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match="network.npz can't be loaded"):
            load_bytes(whole[:length])


@pytest.mark.parametrize("name", NETWORKS)
def test_damaged_byte_is_refused_or_changes_nothing(name, load_bytes, tmp_path):
    network, _ = NETWORKS[name]
    whole = saved_bytes(network, tmp_path)
    rng = np.random.default_rng(0)
    n_refused = 0
    for place, bits in zip(rng.integers(0, len(whole), 800), rng.integers(1, 256, 800)):
        damaged = bytearray(whole)
        damaged[place] ^= bits
        try:
            assert same(load_bytes(bytes(damaged)), network)
        except ValueError as error:
            assert str(error).startswith("network.npz can't be loaded")
            n_refused += 1
    assert n_refused > 600


@pytest.mark.parametrize("name", ["description", "0.W", "2.b"])
def test_damaged_byte_within_an_array_is_always_refused(name, load_bytes, tmp_path):
    whole = saved_bytes(dense(), tmp_path)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        content = archive.read(f"{name}.npy")
    start = whole.index(content)
    for place in range(start, start + len(content)):
        with pytest.raises(ValueError, match="Bad CRC-32"):
            load_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def numpy_file(save=np.savez, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


class Trap:
    """Pickled, it makes a folder when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


FOREIGN = {
    "empty": (b"", "not a zip file"),
    "text": (b"W = [[1, 2], [3, 4]]\n", "not a zip file"),
    "a single array": (numpy_file(lambda file: np.save(file, np.eye(2))), "not a zip file"),
    "a zip of other things": (zipped(letter="Dear reader"), "magic string"),
    "an empty zip": (zipped(), "no description"),
    "arrays of someone else": (numpy_file(W=np.eye(2)), "no description, so save_network did not"),
    "a description of another thing": (numpy_file(description="a summer day"), "Expecting value"),
    "a description in numbers": (numpy_file(description=np.eye(2)), "."),
    "JSON of another thing": (numpy_file(description='{"layers": []}'), "not that of a network"),
    "JSON that is no object": (numpy_file(description="[1]"), "not that of a network"),
    "compressed arrays": (numpy_file(np.savez_compressed, W=np.zeros(999)), "are compressed"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_file_is_refused(name, tmp_path):
    content, message = FOREIGN[name]
    path = tmp_path / "network.npz"
    path.write_bytes(content)
    assert_refused(path, message)


@pytest.mark.parametrize("wrapped", [False, True])
def test_pickle_is_refused_and_not_run(wrapped, saved, tmp_path):
    path, arrays = saved
    sprung = tmp_path / "sprung"
    trap = Trap(str(sprung))
    if wrapped:
        path.write_bytes(numpy_file(**{**arrays, "0.W": np.array([trap], dtype=object)}))
    else:
        path.write_bytes(pickle.dumps(trap))
    assert_refused(path, "Object arrays cannot be loaded" if wrapped else "not a zip file")
    assert not sprung.exists()


def without(arrays, name):
    return {key: array for key, array in arrays.items() if key != name}


def with_entry(arrays, i, **changes):
    """Return the arrays with another description of layer `i`."""
    entries = described(arrays)["layers"]
    entries[i] |= changes
    return with_description(arrays, layers=entries)


WRONG = {
    "a later version": (
        lambda a: with_description(a, version=VERSION + 1),
        f"of version {VERSION + 1} of the format, and this lecture_utils reads {VERSION}",
    ),
    "no version": (lambda a: with_description(a, version=None), "of version None"),
    "another format": (lambda a: with_description(a, format="photos"), "not that of a network"),
    "a missing array": (lambda a: without(a, "2.W"), r"missing \['2.W'\], not used \[\]"),
    "an extra array": (
        lambda a: {**a, "7.W": np.eye(2)},
        r"missing \[\], not used \['7.W'\]",
    ),
    "another shape": (
        lambda a: {**a, "0.W": a["0.W"].T},
        r"0.W must have shape \(3, 4\), got \(4, 3\)",
    ),
    "layers that don't fit": (
        lambda a: with_entry(
            {**a, "2.W": np.eye(3), "2.b": np.ones(3)}, 2, shapes={"W": [3, 3], "b": [3]}
        ),
        r"layers\[2\] takes 3 inputs but layers\[0\] gives 4",
    ),
    "not a number": (lambda a: {**a, "0.b": np.full(4, np.nan)}, "0.b must be finite"),
    "whole numbers": (
        lambda a: {**a, "0.b": np.arange(4)},
        "0.b must hold float32 or float64, got int64",
    ),
    "text for numbers": (lambda a: {**a, "0.b": np.array("1")}, "0.b must hold float32"),
    "an unknown layer": (
        lambda a: with_entry(a, 0, layer="Attention"),
        "layer 0 is unknown: 'Attention'",
    ),
    "an unknown activation": (lambda a: with_entry(a, 1, layer="swish"), "layer 1 is unknown"),
    "a layer that is no name": (lambda a: with_entry(a, 1, layer=["tanh"]), "unhashable"),
    "an unknown setting": (
        lambda a: with_entry(a, 0, settings={"stride": 2}),
        "layer 0 is unknown: 'Dense' with the settings {'stride': 2}",
    ),
    "an activation with settings": (
        lambda a: with_entry(a, 1, settings={"slope": 2}),
        "layer 1 is unknown",
    ),
    "a parameter that the layer does not have": (
        lambda a: with_entry(
            {**without(a, "0.b"), "0.c": a["0.b"]}, 0, shapes={"W": [3, 4], "c": [4]}
        ),
        "unexpected keyword argument 'c'",
    ),
    "no layers": (lambda a: with_description(a, layers=None), "does not tell the layers"),
    "layers told half": (
        lambda a: with_description(a, layers=[{"layer": "relu"}]),
        "does not tell the layers",
    ),
    "an empty network": (
        lambda a: {"description": with_description(a, layers=[])["description"]},
        "at least one layer",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_file_with_something_wrong_is_refused_and_says_what(name, saved):
    path, arrays = saved
    change, message = WRONG[name]
    path.write_bytes(numpy_file(**change(arrays)))
    assert_refused(path, message)


def test_settings_out_of_range_are_refused(tmp_path):
    path = tmp_path / "network.npz"
    save_network(convolutional(), path)
    with np.load(path) as file:
        arrays = dict(file)
    settings = {"stride": 0, "padding": 1}
    path.write_bytes(numpy_file(**with_entry(arrays, 1, settings=settings)))
    assert_refused(path, "stride")


def test_array_of_a_huge_shape_is_refused(saved):
    path, _ = saved
    header = io.BytesIO()
    content = {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    np.lib.format.write_array_header_1_0(header, content)
    path.write_bytes(zipped(**{"description.npy": header.getvalue()}))
    assert_refused(path, ".")


def test_array_longer_than_it_says_is_refused(saved):
    path, _ = saved
    array = numpy_file(lambda file: np.save(file, np.eye(2)))
    path.write_bytes(zipped(**{"0.W.npy": array + b"more"}))
    assert_refused(path, "0.W is longer than its shape")


def test_two_arrays_of_one_name_are_refused(saved):
    path, _ = saved
    array = numpy_file(lambda file: np.save(file, np.eye(2)))
    path.write_bytes(zipped(**{"0.W.npy": array, "0.W": array}))
    assert_refused(path, "the same name")


def test_description_holds_format_and_version(saved):
    _, arrays = saved
    assert described(arrays)["format"] == FORMAT and described(arrays)["version"] == VERSION == 1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_loaded_activation_is_the_one_of_the_package(name, tmp_path):
    save_network(Network([get_activation(name)]), tmp_path / "network.npz")
    assert load_network(tmp_path / "network.npz").layers[0] is ACTIVATIONS[name]
