"""How a network is computed: its layers in stages, each in the form that was chosen for it.

A convolution, the relu and the max pooling behind it make one stage where a fast form covers them; any other layer is a
stage by itself. If anything is in a fast form, all of it is batch-minor; else nothing is, and every layer is plain.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax

from jaxcnn._types import Shape
from jaxcnn.fast.block import block_windows
from jaxcnn.fast.choose import PLAIN, Choose, Site, choose_form
from jaxcnn.fast.form import Form, as_it_is, between_layouts
from jaxcnn.fast.forms import DENSE_OF_ROWS, FLATTEN, FORMS
from jaxcnn.layers import Conv, Dense, Layer, MaxPool, Relu
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rules

Layers = Sequence[tuple[str, Layer]]

ENTRY_BY_ENTRY = ("relu", "tanh", "sigmoid", "lecun_tanh")  # these know no layout


@dataclass(frozen=True)
class Stage:
    """One step of a plan.

    Attributes:
        form: how it is computed.
        layers: the names of the layers it stands for; its parameters are those of the first.
        parameters: their names, in the order the form takes them.
        options: of the form, as pairs, so that a stage can be hashed.
    """

    form: Form
    layers: tuple[str, ...]
    parameters: tuple[str, ...]
    options: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Plan:
    """All stages of a network; hashable, to be a static argument of `jax.jit`.

    Attributes:
        stages: first to last.
        batch_minor: whether values are (C, H, W, N) and (F, N), or (N, H, W, C) and (N, F).
        rows_first: whether the inputs are batch first all the same.
    """

    stages: tuple[Stage, ...]
    batch_minor: bool
    rows_first: bool = False

    @property
    def minor_inputs(self) -> bool:
        """Whether the inputs are (C, H, W, N) or (F, N)."""
        return self.batch_minor and not self.rows_first

    @property
    def classes(self) -> int:
        """The axis of the logits' classes: (K, N), or (N, K)."""
        return 0 if self.batch_minor else 1

    def __str__(self) -> str:
        """Return one line per stage: its layers and its form."""
        return "\n".join(f"{' + '.join(stage.layers)}: {stage.form.name}" for stage in self.stages)


def plan(
    network: Network,
    input_shape: Shape,
    *,
    backend: str | None = None,
    choose: Choose = choose_form,
    rules: Rules = RULES,
) -> Plan:
    """Return the plan of a network up to its logits; a softmax in the last place is left to the loss.

    Args:
        network: the network.
        input_shape: of the inputs, batch first; the batch size does not matter.
        backend: "cpu", "gpu" or "tpu"; JAX's default backend if None.
        choose: the form of each operation that has fast ones.
        rules: the rules of everything else.

    Raises:
        ValueError: if the layers do not fit together, or `choose` names a form that there is not.
    """
    network = network.without_softmax()
    backend = jax.default_backend() if backend is None else backend
    steps = tuple(_steps(network.named_layers(), network.shapes(input_shape), choose, backend))
    batch_minor = any(step.name != PLAIN for step in steps)
    stages = tuple(_stage(step, batch_minor, rules) for step in steps)
    # Where a network begins with dense layers, the pixels stay in rows up to the first of them: no transposing of all.
    if [step.op for step in steps[:2]] == ["flatten", "dense"] and steps[1].name != PLAIN:
        first = (replace(stages[0], form=as_it_is(rules["flatten"])), replace(stages[1], form=DENSE_OF_ROWS))
        return Plan((*first, *stages[2:]), batch_minor=True, rows_first=True)
    return Plan(stages, batch_minor)


@dataclass(frozen=True)
class _Step:
    """Some layers and the name of the form they take together."""

    layers: Layers
    op: str
    name: str
    options: Mapping[str, Any]


def _steps(layers: Layers, shapes: tuple[Shape, ...], choose: Choose, backend: str) -> Iterator[_Step]:
    at = 0
    while at < len(layers):
        step = _block(layers[at:], shapes[at], choose, backend) or _single(layers[at], shapes[at], choose, backend)
        at += len(step.layers)
        yield step


def _block(layers: Layers, shape: Shape, choose: Choose, backend: str) -> _Step | None:
    """Return the longest block at the head of `layers`, if there is one and it is to be fast."""
    conv, *others = (layer for _, layer in layers[:3])
    if not isinstance(conv, Conv) or (conv.strides, conv.dilation, conv.groups) != ((1, 1), (1, 1), 1):
        return None
    relu, window, count = False, (1, 1), 1
    for layer in others:  # a relu, a pooling, or both in either order
        if isinstance(layer, Relu) and not relu:
            relu = True
        elif isinstance(layer, MaxPool) and window == (1, 1) and _is_tiling(layer):
            window = layer.window
        else:
            break
        count += 1
    kernel = conv.parameter_shapes(shape)["kernel"]
    site = Site("conv_block", kernel, block_windows(shape, kernel, kernel[3:], padding=conv.padding, window=window))
    name = _chosen(choose, site, backend)
    options = {"padding": conv.padding, "relu": relu, "window": window}
    return None if name == PLAIN else _Step(layers[:count], site.op, name, options)


def _single(named: tuple[str, Layer], shape: Shape, choose: Choose, backend: str) -> _Step:
    layer, name = named[1], PLAIN
    if isinstance(layer, Dense):
        name = _chosen(choose, Site("dense", layer.parameter_shapes(shape)["kernel"]), backend)
    if isinstance(layer, MaxPool) and _is_tiling(layer):
        name = _chosen(choose, Site("max_pool", ()), backend)
    options = layer.options() if name == PLAIN else {k: v for k, v in layer.options().items() if k == "window"}
    return _Step([named], layer.op, name, options)


def _is_tiling(layer: MaxPool) -> bool:
    return layer.strides == layer.window and layer.padding == "VALID"


def _chosen(choose: Choose, site: Site, backend: str) -> str:
    name = choose(site, backend)
    if name != PLAIN and name not in FORMS[site.op]:
        names = ", ".join(FORMS[site.op])
        raise ValueError(f"`choose` must return {PLAIN} or one of {names} for {site}; got {name!r}.")
    return name


def _stage(step: _Step, batch_minor: bool, rules: Rules) -> Stage:
    if step.name != PLAIN:
        form = FORMS[step.op][step.name]
    elif not batch_minor or step.op in ENTRY_BY_ENTRY:
        form = as_it_is(rules[step.op])
    else:
        form = FLATTEN if step.op == "flatten" else between_layouts(rules[step.op])
    names = tuple(name for name, _ in step.layers)
    return Stage(form, names, step.layers[0][1].parameters, tuple(step.options.items()))
