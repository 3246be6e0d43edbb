"""Problems for a chain of layers: plain data that `make(layers)` reads, parameters that fit it, and inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verify.searching.drawn import Drawn
from verify.strategies.arrays import arrays

_KINDS = ("relu", "tanh", "sigmoid", "dense", "flatten", "conv", "max_pool", "avg_pool")
_OF_IMAGES = ("conv", "max_pool", "avg_pool", "flatten")

Layer = dict[str, Any]
Shape = tuple[int, ...]


def networks(
    *,
    kinds: Sequence[str] = _KINDS,
    images: bool = True,
    max_layers: int = 4,
    max_batch: int = 2,
    max_size: int = 4,
    max_features: int = 2,
    dtype: Any = np.float32,
) -> st.SearchStrategy[Drawn]:
    """Arguments (parameters, inputs) and the option `layers`, a tuple of dicts, for `make(layers)`.

    `{"kind": "conv", "features": 2, "window": (2, 1), "strides": (1, 1), "padding": "SAME"}`; `max_pool` and `avg_pool`
    have window, strides and padding, `dense` has features, and the others nothing but their kind. Every layer fits what
    the one before it gives. Parameters are a tuple with a dict for every layer: kernel [h, w, C, O] and bias [O] of a
    convolution, kernel [in, out] and bias [out] of a dense layer, and nothing for the rest. Inputs are images
    [N, H, W, C] or rows [N, F]; only rows have dense layers, and only images those with windows.

    Args:
        kinds: the layers to choose among, simplest first: draws shrink towards the first that fits.
        images: whether inputs may be images.
        max_layers: the most layers.
        max_batch: the most rows or images.
        max_size: the largest side of an image, and the most features of a row.
        max_features: the most channels of an image and the most outputs of a layer.
        dtype: of all arrays.

    Raises:
        ValueError: a kind is unknown or none is left that fits; the message names it.
    """
    unknown = [kind for kind in kinds if kind not in _KINDS]
    if unknown:
        raise ValueError(f"`kinds` must be among {', '.join(_KINDS)}; got {', '.join(map(repr, unknown))}.")
    for what, fits in (("images", _fits((1, 1, 1, 1), kinds)), ("rows", _fits((1, 1), kinds))):
        if not fits and (images or what == "rows"):
            raise ValueError(f"`kinds` must hold a layer for {what}; got {', '.join(map(repr, kinds)) or 'none'}.")
    return _problems(tuple(kinds), images, max_layers, max_batch, max_size, max_features, dtype)


def _fits(shape: Shape, kinds: Sequence[str]) -> list[str]:
    """The layers that take an input of this shape."""
    return [kind for kind in kinds if kind not in (_OF_IMAGES if len(shape) == 2 else ("dense",))]


@st.composite
def _problems(
    draw: Callable[..., Any],
    kinds: tuple[str, ...],
    images: bool,
    max_layers: int,
    max_batch: int,
    max_size: int,
    max_features: int,
    dtype: Any,
) -> Drawn:
    side, features = st.integers(1, max_size), st.integers(1, max_features)
    batch = draw(st.integers(1, max_batch))
    of_images = images and draw(st.booleans())
    first: Shape = (batch, draw(side), draw(side), draw(features)) if of_images else (batch, draw(side))
    shape: Shape = first
    layers, shapes = [], []
    for _ in range(draw(st.integers(1, max_layers))):
        kind = draw(st.sampled_from(_fits(shape, kinds)))
        layer, parameters, shape = _layer(draw, kind, shape, features)
        layers.append(layer)
        shapes.append(parameters)
    params = tuple({name: draw(arrays(s, dtype)) for name, s in parameters.items()} for parameters in shapes)
    axes = ("batch", "image height", "image width", "channels") if of_images else ("batch", "features")
    return Drawn((params, draw(arrays(first, dtype))), {"layers": tuple(layers)}, ((), axes))


def _layer(draw: Any, kind: str, shape: Shape, features: Any) -> tuple[Layer, dict[str, Shape], Shape]:
    """One layer as data, the shapes of its parameters, and the shape of what it gives."""
    layer: Layer = {"kind": kind}
    if kind == "dense":
        layer["features"] = outputs = draw(features)
        return layer, {"kernel": (shape[-1], outputs), "bias": (outputs,)}, (shape[0], outputs)
    if kind == "flatten":
        return layer, {}, (shape[0], int(np.prod(shape[1:])))
    if kind not in _OF_IMAGES:
        return layer, {}, shape
    if kind == "conv":
        layer["features"] = draw(features)
    window = tuple(draw(st.integers(1, min(3, n))) for n in shape[1:3])
    strides = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    padding = draw(st.sampled_from(["VALID", "SAME"]))
    layer |= {"window": window, "strides": strides, "padding": padding}
    kept = shape[1:3] if padding == "SAME" else tuple(n - w + 1 for n, w in zip(shape[1:3], window, strict=True))
    sides = tuple(-(-n // s) for n, s in zip(kept, strides, strict=True))
    if kind != "conv":
        return layer, {}, (shape[0], *sides, shape[3])
    outputs = layer["features"]
    return layer, {"kernel": (*window, shape[3], outputs), "bias": (outputs,)}, (shape[0], *sides, outputs)
