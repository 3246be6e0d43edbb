"""A network from Keras's words: the configuration of a model that is a chain of layers which we have too.

The activation that a layer of Keras carries becomes a layer of its own, zero padding and cropping become those of the
convolution that follows, `Rescaling` in the first place becomes the scaling of the pixels, and what does nothing when a
network is applied (`Dropout`) is left out.
"""

from typing import Any

from jaxcnn.models.errors import ModelError
from jaxcnn.models.keras_layers import READERS, activation
from jaxcnn.models.keras_reading import NO_PADDING, Options, Reading
from jaxcnn.models.lecun_graph import inbound

_IDLE = ("Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization")
_PADDED = ("Conv2D", "ZeroPadding2D", "Cropping2D")
_CARRIERS = ("Conv2D", "Dense")  # whose option `activation` is applied to what they give


def from_keras(config: Any) -> Reading:
    """Read the configuration of a `Sequential` or `Functional` model.

    Raises:
        ModelError: if it is no chain, or has a layer or an option that we do not have; the sentence names no file.
    """
    body = config.get("config") if isinstance(config, dict) else None
    chain = body.get("layers") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(chain, list) or not all(isinstance(one, dict) for one in chain):
        raise ModelError("it does not describe a chain of layers")
    if config.get("class_name") != "Sequential":
        _check_chain(chain)
    reading = Reading()
    reading.note_input_shape(body.get("build_input_shape"))
    for entry in chain:
        kind, options = entry.get("class_name"), entry.get("config")
        if not isinstance(kind, str) or not isinstance(options, dict):
            raise ModelError("a layer of it has no class or no options")
        try:
            _read(reading, kind, options)
        except (ValueError, TypeError, OverflowError) as error:
            raise ModelError(f"{kind} {options.get('name')!r}: {str(error).rstrip('.')}") from error
    return reading


def _check_chain(chain: list[Options]) -> None:
    for layer, before in zip(chain[1:], chain, strict=False):
        if (found := inbound(layer)) != [before.get("name")]:
            raise ModelError(f"its layers are no chain: {layer.get('name')!r} takes its inputs from {found}")


def _read(reading: Reading, kind: str, options: Options) -> None:
    reading.note_input_shape(options.get("batch_shape", options.get("batch_input_shape")))
    if kind == "InputLayer" or kind in _IDLE:
        return
    if kind not in READERS:
        raise ModelError(f"there is no such layer here; there are {', '.join(READERS)}")
    if reading.padding != NO_PADDING and kind not in _PADDED:
        raise ModelError("padding and cropping are taken over by a Conv2D that follows, and by nothing else")
    _check_plain(options)
    READERS[kind](reading, options)
    if kind in _CARRIERS and options.get("activation") is not None:
        activation(reading, options)


def _check_plain(options: Options) -> None:
    """Refuse what would make Keras compute something else than we do."""
    if options.get("data_format") not in (None, "channels_last"):
        raise ModelError("only data_format 'channels_last' is read")
    dtype = options.get("dtype")
    policy = dtype.get("config") if isinstance(dtype, dict) else None
    if isinstance(policy, dict):
        dtype = policy.get("name")
    if dtype not in (None, "float32"):
        raise ModelError(f"only layers that compute in float32 are read; got {dtype!r}")
