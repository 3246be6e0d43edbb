"""LeCun's tanh, 1.7159 tanh(2 x / 3) + 0.01 x, which Keras does not have, as a small graph of layers that it has."""

from typing import Any

from jaxcnn.models.errors import ModelError
from jaxcnn.ops.activation import LECUN_AMPLITUDE, LECUN_FREQUENCY, LECUN_SLOPE

# Name, class, options and predecessors of each layer.
_GRAPH: tuple[tuple[str, str, dict[str, Any], tuple[str, ...]], ...] = (
    ("frequency", "Rescaling", {"scale": LECUN_FREQUENCY, "offset": 0.0}, ("inputs",)),
    ("tanh", "Activation", {"activation": "tanh"}, ("frequency",)),
    ("amplitude", "Rescaling", {"scale": LECUN_AMPLITUDE, "offset": 0.0}, ("tanh",)),
    ("slope", "Rescaling", {"scale": LECUN_SLOPE, "offset": 0.0}, ("inputs",)),
    ("sum", "Add", {}, ("amplitude", "slope")),
)


def lecun_graph(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return Keras's configuration of a model that stands as one layer in another; `shape` is without the batch."""
    layers = [_layer("inputs", "InputLayer", {"batch_shape": [None, *shape]}, ())]
    layers += [_layer(*entry) for entry in _GRAPH]
    ends = {"input_layers": ["inputs", 0, 0], "output_layers": ["sum", 0, 0]}
    return {"class_name": "Functional", "config": {"name": name, "layers": layers, **ends}}


def is_lecun_graph(layers: list[dict[str, Any]]) -> bool:
    """Return whether the layers of a Keras model are that graph, whatever their names."""
    if len(layers) != 1 + len(_GRAPH) or layers[0].get("class_name") != "InputLayer":
        return False
    names = dict(zip(("inputs", *(entry[0] for entry in _GRAPH)), (layer.get("name") for layer in layers), strict=True))
    for layer, (_, kind, options, before) in zip(layers[1:], _GRAPH, strict=True):
        config = layer.get("config", {})
        same = isinstance(config, dict) and all(config.get(key) == value for key, value in options.items())
        if layer.get("class_name") != kind or not same or inbound(layer) != [names[name] for name in before]:
            return False
    return True


def inbound(layer: dict[str, Any]) -> list[str]:
    """Return the names of the layers that a layer of a Keras graph takes its inputs from.

    Raises:
        ModelError: if they are spelled in a way that is not known.
    """
    return _sources(layer.get("inbound_nodes", []))


def _sources(node: Any) -> list[str]:
    """Return all sources in a nest of lists: as Keras 2 writes them, [name, 0, 0, {}], or as Keras 3 does."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            return _sources(node.get("config", {}).get("keras_history", []))
        return _sources(node.get("args", []))
    if not isinstance(node, list):
        raise ModelError(f"a graph is written in a way that is not read, {node!r}")
    if len(node) in (3, 4) and isinstance(node[0], str):
        return [node[0]]
    return [name for part in node for name in _sources(part)]


def _layer(name: str, kind: str, options: dict[str, Any], before: tuple[str, ...]) -> dict[str, Any]:
    nodes = [[[source, 0, 0, {}] for source in before]] if before else []
    return {"class_name": kind, "name": name, "config": {"name": name, **options}, "inbound_nodes": nodes}
