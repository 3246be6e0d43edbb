"""Random networks that fit together by construction, for Hypothesis; and how far their numbers may go.

Layers are drawn one after the other for the shape that the layer before gives, so every draw is a valid network and
none is thrown away. Sizes are Hypothesis's, which shrinks them; entries come from NumPy by a drawn seed, because
drawing some hundred of them one by one would take longer than using them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from hypothesis import strategies as st

from jaxcnn import (
    AvgPool,
    Conv,
    Dense,
    Flatten,
    Layer,
    LeCunTanh,
    LogSoftmax,
    MaxPool,
    Network,
    Parameters,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)

Shape = tuple[int, ...]

ACTIVATIONS: dict[str, type[Layer]] = {
    "relu": Relu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "lecun_tanh": LeCunTanh,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}
# What a layer may be, where the values are images and where they are rows; repeated is more often.
ON_IMAGES = ("conv", "max_pool", "avg_pool", "flatten", "conv", "max_pool", *ACTIVATIONS)
ON_ROWS = ("dense", "dense", "dense", *ACTIVATIONS)
# On whole numbers these give whole numbers, backwards too.
WHOLE = ("conv", "max_pool", "relu", "flatten", "dense")


@dataclass(frozen=True)
class Case:
    """A network and arrays for it: whole numbers, or short binary fractions that hardly ever tie.

    Attributes:
        network: the network.
        input_shape: of its inputs, batch first.
        seed: of all entries.
        whole: whether they are whole numbers.
    """

    network: Network
    input_shape: Shape
    seed: int
    whole: bool

    @property
    def largest(self) -> dict[str, float]:
        """The largest absolute entry of inputs, kernels, biases and cotangents."""
        names = ("inputs", "kernel", "bias", "cotangent")
        return dict(zip(names, (3.0, 2.0, 2.0, 3.0) if self.whole else (2.0, 1.0, 1.0, 2.0), strict=True))

    @property
    def output_shape(self) -> Shape:
        """The shape of the outputs."""
        return self.network.shapes(self.input_shape)[-1]

    def arrays(self, dtype: Any) -> tuple[Parameters, np.ndarray, np.ndarray]:
        """Return parameters, inputs and a cotangent of the outputs."""
        random, step = np.random.default_rng(self.seed), 1 if self.whole else 1 / 64

        def entries(kind: str, shape: Shape) -> np.ndarray:
            top = round(self.largest[kind] / step)
            return (random.integers(-top, top + 1, shape) * step).astype(dtype)

        params = {
            name: {kind: entries(kind, shape) for kind, shape in layer.items()}
            for name, layer in self.network.parameter_shapes(self.input_shape).items()
        }
        return params, entries("inputs", self.input_shape), entries("cotangent", self.output_shape)

    def soft_labels(self) -> np.ndarray:
        """Return positive weights of the classes, float64, whose rows do not add up to 1."""
        return np.random.default_rng(self.seed + 1).integers(1, 65, self.output_shape) / 64


@st.composite
def cases(draw: Callable[..., Any], *, whole: bool = False, containing: str | None = None, layers: int = 6) -> Case:
    """Draw a network of two layers or more and what goes into it.

    Args:
        draw: supplied by Hypothesis.
        whole: only layers and entries that stay whole numbers.
        containing: the op of a layer that must be there; None or "cross_entropy", which is no layer, for any.
        layers: the largest number of layers.
    """
    sizes = st.integers(1, 6)
    on_rows = containing not in ("conv", "max_pool", "avg_pool", "flatten") and draw(st.integers(0, 4)) == 4
    batch = draw(st.integers(1, 3))
    shape: Shape = (batch, draw(sizes)) if on_rows else (batch, draw(sizes), draw(sizes), draw(st.integers(1, 4)))
    input_shape, chain = shape, []
    count = draw(st.integers(2, layers))
    wanted = draw(st.integers(0, count - 1)) if containing not in (None, "cross_entropy") else None
    if containing == "dense" and not on_rows and wanted == 0:
        wanted = 1  # the first layer makes rows of the images
    for position in range(count):
        kinds = ON_ROWS if len(shape) == 2 else ON_IMAGES
        if position == wanted:
            kinds = (containing,)
        elif wanted is not None and position < wanted and len(shape) == 4:
            # Images until the wanted layer has them, or rows just before it needs them.
            kinds = ("flatten",) if containing == "dense" and position == wanted - 1 else _without(kinds, "flatten")
        if whole:
            kinds = tuple(kind for kind in kinds if kind in WHOLE)
        layer = draw(_layer(draw(st.sampled_from(kinds)), shape))
        chain.append(layer)
        shape = layer.output_shape(shape)
    return Case(Network(*chain), input_shape, draw(st.integers(0, 2**32 - 1)), whole)


def _without(kinds: tuple[str, ...], kind: str) -> tuple[str, ...]:
    return tuple(other for other in kinds if other != kind)


@st.composite
def _layer(draw: Callable[..., Any], kind: str, shape: Shape) -> Layer:
    """Draw a layer of one kind that fits inputs of `shape`."""
    few = st.integers(1, 3)
    if kind in ACTIVATIONS:
        return ACTIVATIONS[kind]()
    if kind == "flatten":
        return Flatten()
    if kind == "dense":
        return Dense(draw(st.integers(1, 5)))
    strides = (draw(few), draw(few))
    how = draw(st.sampled_from(["VALID", "SAME", "explicit"]))
    axes = [draw((_conv_axis if kind == "conv" else _pool_axis)(n, how)) for n in shape[1:3]]
    window = tuple(k for k, _, _ in axes)
    padding = tuple(amounts for _, amounts, _ in axes) if how == "explicit" else how
    if kind != "conv":
        return (MaxPool if kind == "max_pool" else AvgPool)(window, strides, padding)
    groups = draw(st.sampled_from([g for g in range(1, shape[3] + 1) if shape[3] % g == 0]))
    features = groups * draw(st.integers(1, 3 if groups == 1 else 2))
    return Conv(features, window, strides, padding, tuple(d for _, _, d in axes), groups)


@st.composite
def _conv_axis(draw: Callable[..., Any], n: int, how: str) -> tuple[int, tuple[int, int], int]:
    """Draw (kernel size, padding, dilation) of one axis so that a window fits; negative padding crops."""
    low = draw(st.integers(-1 if n > 2 else 0, 2)) if how == "explicit" else 0
    high = draw(st.integers(-1 if n > 2 else 0, 2)) if how == "explicit" else 0
    dilation = draw(st.integers(1, 2))
    room = 3 if how == "SAME" else min(3, (n + low + high - 1) // dilation + 1)
    return draw(st.integers(1, room)), (low, high), dilation


@st.composite
def _pool_axis(draw: Callable[..., Any], n: int, how: str) -> tuple[int, tuple[int, int], int]:
    """Draw (window, padding, 1) of one axis so that every window holds a real entry."""
    window = draw(st.integers(1, min(3, n) if how == "VALID" else 3))
    if how != "explicit":
        return window, (0, 0), 1
    low = draw(st.integers(0, window - 1))
    return window, (low, draw(st.integers(max(0, window - n - low), window - 1))), 1


@dataclass(frozen=True)
class Reach:
    """How far values go.

    Attributes:
        size: no value, and no partial sum of one, is larger.
        error: rounding moves no value by more.
    """

    size: float
    error: float

    def summed(self, terms: float, factor: "Reach", unit: float) -> "Reach":
        """Return the reach of a sum of `terms` products with factors of another reach."""
        size = terms * self.size * factor.size
        moved = terms * (self.error * factor.size + self.size * factor.error + self.error * factor.error)
        return Reach(size, moved + (terms + 1) * unit * size)


# Of an activation: the largest size for inputs of any size (None: that of the inputs), the steepest slope and the
# steepest slope of the slope, in the largest norm. LeCun's tanh adds 0.01 x, a hundredth of the inputs' size.
_CURVES = {
    "relu": (None, 1, 0),
    "tanh": (1, 1, 1),
    "sigmoid": (1, 1, 1),
    "lecun_tanh": (1.72, 1.16, 1),
    "softmax": (1, 2, 4),
}


def reach(case: Case, dtype: Any, d_outputs: Reach | None = None) -> tuple[float, float, Reach]:
    """Bound the forward pass and the reverse pass by hand or by autodiff, rounding included.

    The bound is the running error analysis of sums of products (Higham, Accuracy and Stability of Numerical
    Algorithms, 2nd edition, section 3.1) with the largest entry for every entry: a sum of L terms is off by at most
    L u times the sum of their sizes. It supposes that rounding decides no maximum and no sign: ties are exact.

    Args:
        case: the network and its entries.
        dtype: what it is computed in.
        d_outputs: the reach of the cotangent of the outputs; by default that of the case's cotangent.

    Returns:
        The largest size and the largest error of any output, cotangent or parameter gradient, and the outputs' reach.
    """
    unit, top = float(np.finfo(dtype).eps) / 2, case.largest
    kernel = Reach(top["kernel"], 0)
    shapes = case.network.shapes(case.input_shape)
    values = [Reach(top["inputs"], 0)]
    for layer, shape in zip(case.network, shapes, strict=False):
        values.append(_forward(layer, shape, values[-1], kernel, top["bias"], unit))
    grad = Reach(top["cotangent"], 0) if d_outputs is None else d_outputs
    reached = [*values, grad]
    for layer, shape, outputs, inputs in reversed(list(zip(case.network, shapes, shapes[1:], values, strict=False))):
        if layer.parameters:
            positions = outputs[0] * int(np.prod(outputs[1:-1]))
            reached += [grad.summed(positions, inputs, unit), grad.summed(positions, Reach(1, 0), unit)]
        grad = _backward(layer, shape, inputs, grad, kernel, unit)
        reached.append(grad)
    return max(r.size for r in reached), max(r.error for r in reached), values[-1]


def _forward(layer: Layer, shape: Shape, x: Reach, kernel: Reach, bias: float, unit: float) -> Reach:
    if layer.parameters:
        y = x.summed(int(np.prod(layer.parameter_shapes(shape)["kernel"][:-1])), kernel, unit)
        return Reach(y.size + bias, y.error + unit * (y.size + bias))
    if layer.op == "avg_pool":  # the sum is as large as its terms together, the mean is not
        return Reach(x.size, x.error + (int(np.prod(layer.window)) + 1) * unit * x.size)
    if layer.op == "log_softmax":  # |log p| <= 2 |z| + log K
        classes = shape[-1]
        size = 2 * x.size + np.log(classes)
        return Reach(size, 2 * x.error + (classes + 16) * unit * (size + 1))
    if layer.op in _CURVES:
        limit, slope, _ = _CURVES[layer.op]
        size = x.size if limit is None else limit + 0.01 * x.size
        return Reach(size, slope * x.error + 8 * unit * size)  # exp and tanh are right to a few units in the last place
    return x


def _backward(layer: Layer, shape: Shape, x: Reach, g: Reach, kernel: Reach, unit: float) -> Reach:
    if layer.parameters:
        *window, _, outs = layer.parameter_shapes(shape)["kernel"]
        return g.summed(int(np.prod(window)) * outs // getattr(layer, "groups", 1), kernel, unit)
    if layer.op in ("max_pool", "avg_pool"):  # an entry lies in at most as many windows as a window has entries
        return g.summed(int(np.prod(layer.window)), Reach(1, 2 * unit), unit)
    if layer.op == "log_softmax":  # g - p sum(g): one and K times p, whose slope is at most 1 / 2 in the largest norm
        classes = shape[-1]
        return g.summed(1, Reach(1 + classes, classes * (x.error / 2 + (16 + classes) * unit)), unit)
    if layer.op in _CURVES:
        _, slope, bend = _CURVES[layer.op]
        # Softmax sums over its classes, of which no layer here has more than a row has entries.
        terms = shape[-1] if layer.op == "softmax" else 1
        return g.summed(1, Reach(slope, bend * x.error + (16 + terms) * unit), unit)
    return g


def differences(found: Any, expected: Any, allowed: float) -> list[str]:
    """Return the paths of the leaves that differ in shape, dtype, or anywhere by more than `allowed` or by a NaN."""
    wrong = []
    pairs = zip(jax.tree_util.tree_leaves_with_path(found), jax.tree.leaves(expected), strict=True)
    for (path, ours), theirs in pairs:
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        same = ours.shape == theirs.shape and ours.dtype == theirs.dtype
        if not same or not np.all(np.abs(ours - theirs) <= allowed):
            wrong.append(jax.tree_util.keystr(path))
    return wrong
