"""A network as what JSON can hold, and back: [{"op": "conv", "features": 4, ...}, ...]."""

import dataclasses
from typing import Any

from jaxcnn import layers
from jaxcnn.models.errors import ModelError
from jaxcnn.network import Network

_KINDS: dict[str, type[layers.Layer]] = {
    kind.op: kind
    for kind in vars(layers).values()
    if isinstance(kind, type) and issubclass(kind, layers.Layer) and hasattr(kind, "op")
}


def to_plain(network: Network) -> list[dict[str, Any]]:
    """Return one object a layer: its op, and the options that its class takes."""
    return [{"op": layer.op, **dataclasses.asdict(layer)} for layer in network]


def from_plain(found: Any) -> Network:
    """Return the network.

    Raises:
        ModelError: if it is none.
    """
    if not isinstance(found, list) or not all(isinstance(layer, dict) for layer in found):
        raise ModelError("A network must be a list of layers.")
    made = []
    for position, options in enumerate(found):
        op = options.get("op")
        kind = _KINDS.get(op) if isinstance(op, str) else None
        if kind is None:
            raise ModelError(f"Layer {position} must be one of {', '.join(_KINDS)}; got {op!r}.")
        given = {name: value for name, value in options.items() if name != "op"}
        if unknown := given.keys() - {field.name for field in dataclasses.fields(kind)}:
            raise ModelError(f"Layer {position}, {op}, has no option {min(unknown)}.")
        try:
            made.append(kind(**given))
        except (ValueError, TypeError) as error:
            raise ModelError(f"Layer {position}, {op}: {error}") from error
    try:
        return Network(*made)
    except ValueError as error:
        raise ModelError(str(error)) from error
