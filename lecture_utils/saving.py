"""Saving and loading: a network in one ``.npz`` file of arrays and a description, no pickle."""

import json
from inspect import isclass
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import numpy as np

from lecture_utils import convolution, layers, recurrent, regularization
from lecture_utils._files import as_path, replace_file
from lecture_utils.activations import ACTIVATIONS
from lecture_utils.networks import Network

FORMAT = "lecture_utils network"
VERSION = 1  # of the format, not of the package

# All kinds of layers but the activations, by name: what is tested and can be saved. The `settings`
# of each name what it is made from beside its parameters.
LAYERS = {
    name: kind
    for module in (convolution, layers, recurrent, regularization)
    for name, kind in vars(module).items()
    if isclass(kind) and hasattr(kind, "backward")
}


def save_network(network, path):
    """Write a network to a file, from which `load_network` makes the same network, bit for bit.

    The file is a plain ``.npz``: the parameter ``W`` of layer 0 is the array ``0.W``, and the
    array ``description`` holds a JSON text that names the layers. An old file of that name is
    replaced only once the new one is complete.

    Parameters
    ----------
    network : Network
        Of the layers and activations of this package, with parameters in float32 or float64.
    path : str or Path
        Name of the file, used as it is: nothing is appended to it.

    Raises
    ------
    TypeError
        If `network` is not a network, or `path` neither a str nor a Path.
    ValueError
        If a layer can't be saved. Nothing is written then.
    OSError
        If the file can't be written; the error names `path`.
    """
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network, got {type(network).__name__}")
    entries = [_entry(i, layer) for i, layer in enumerate(network.layers)]
    arrays = {
        f"{i}.{name}": array
        for i, layer in enumerate(network.layers)
        for name, array in layer.params.items()
    }
    _network(entries, arrays)  # what would not load again is refused now
    text = json.dumps({"format": FORMAT, "version": VERSION, "layers": entries})
    file = BytesIO()
    np.savez(file, description=text, **arrays)
    replace_file(path, file.getvalue())


def load_network(path):
    """Return the network that `save_network` wrote.

    No code in the file is run: it holds none.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Network

    Raises
    ------
    TypeError
        If `path` is neither.
    OSError
        If there is no such file or it can't be read; the error names `path`.
    ValueError
        If the file is damaged, is not a saved network, or is of a later version of the format.
    """
    data = as_path(path).read_bytes()
    # Reading a damaged archive can end in about ten kinds of error, zlib's and struct's too.
    try:
        arrays = _arrays(data)
        return _network(_entries(arrays), arrays)
    except Exception as error:
        raise ValueError(f"{path} can't be loaded as a network: {error}") from error


def _entry(i, layer):
    """Return the description of a layer, of what JSON knows."""
    if layer in ACTIVATIONS.values():
        return {"layer": layer.name, "settings": {}, "shapes": {}}
    if type(layer) not in LAYERS.values():
        raise ValueError(f"layers[{i}] can't be saved: {layer!r} is not a layer of lecture_utils")
    settings = {name: np.asarray(getattr(layer, name)).tolist() for name in _settings(type(layer))}
    shapes = {name: list(array.shape) for name, array in layer.params.items()}
    return {"layer": type(layer).__name__, "settings": settings, "shapes": shapes}


def _arrays(data):
    """Return the arrays of an ``.npz`` file by name, each checked against its checksum."""
    with ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
        if any(member.compress_type != ZIP_STORED for member in members):
            raise ValueError("its arrays are compressed, as those of a saved network never are")
        arrays = {member.filename.removesuffix(".npy"): archive.read(member) for member in members}
    if len(arrays) < len(members):
        raise ValueError("two of its arrays have the same name")
    return {name: _array(name, content) for name, content in arrays.items()}


def _array(name, content):
    stream = BytesIO(content)
    array = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1):
        raise ValueError(f"{name} is longer than its shape {array.shape} says")
    return array


def _entries(arrays):
    """Take the description out of the arrays and return its entries, one per layer."""
    if "description" not in arrays:
        raise ValueError("it has no description, so save_network did not write it")
    description = json.loads(str(arrays.pop("description")))
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise ValueError("its description is not that of a network")
    version = description.get("version")
    if version != VERSION:
        raise ValueError(
            f"it is of version {version!r} of the format, and this lecture_utils reads {VERSION}"
        )
    entries = description.get("layers")
    keys = {"layer", "settings", "shapes"}
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and entry.keys() == keys for entry in entries
    ):
        raise ValueError("its description does not tell the layers")
    return entries


def _network(entries, arrays):
    """Return the network of layers that the entries describe, made from all of the arrays."""
    names = {f"{i}.{name}" for i, entry in enumerate(entries) for name in entry["shapes"]}
    if names != set(arrays):
        missing, extra = sorted(names - set(arrays)), sorted(set(arrays) - names)
        raise ValueError(f"its arrays don't fit its layers: missing {missing}, not used {extra}")
    return Network([_layer(i, entry, arrays) for i, entry in enumerate(entries)])


def _layer(i, entry, arrays):
    name, settings, shapes = entry["layer"], entry["settings"], entry["shapes"]
    params = {param: arrays[f"{i}.{param}"] for param in shapes}
    for param, array in params.items():
        _require_parameter(f"{i}.{param}", array, tuple(shapes[param]))
    if name in ACTIVATIONS and not settings and not params:
        return ACTIVATIONS[name]
    if name not in LAYERS or set(settings) != set(_settings(LAYERS[name])):
        raise ValueError(f"layer {i} is unknown: {name!r} with the settings {settings}")
    return LAYERS[name](**params, **settings)


def _settings(kind):
    return getattr(kind, "settings", ())


def _require_parameter(name, array, shape):
    if array.dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} must hold float32 or float64, got {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
