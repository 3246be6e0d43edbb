"""Which hand rules a lab trains with, and what `verify` says of each, before anything is trained.

Every stage of a network's plan (`jaxcnn.fast.plan`) is put on trial in the form that the training uses, with its own
options, at an example of its own that is small and not square. What has been on trial once is not tried again in the
same process.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaxcnn._types import Options, Shape
from jaxcnn.fast import Choose, Form, Plan, Stage, choose_form, plan
from jaxcnn.fast.dropout import DROPOUT
from jaxcnn.fast.forms import DENSE_OF_ROWS
from jaxcnn.fast.loss import weighted_cross_entropy_rule
from jaxcnn.labs.report import Paragraph, Section, Table
from jaxcnn.layers import Conv
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rule
from jaxcnn.training import TrainingError
from verify import Domain, Report, check_rule

# Seconds after which no further law is begun (agreement with autodiff always is): none, and none left out.
QUICK, FULL = 1e-9, 3600.0
# Training takes pixels of -1 .. 1 and keeps values far below this. Winograd's form, whose sums cancel, overflows sooner
# than the plain one, from 1e23 on, which the law of magnitudes would rightly say.
LARGEST = 1e3
DOMAIN = Domain(-LARGEST, LARGEST, vary_shape=False)

Shapes = tuple[Any, ...]
_USUAL = (False, True, 1, (1, 1))


@dataclass(frozen=True)
class Trial:
    """One rule with its options, and the shapes of an example; hashable, so that it is tried once.

    Attributes:
        name: of the rule; whatever has the same name is the same rule.
        rule: the rule.
        options: of the rule, as pairs.
        shapes: of its arguments; ("labels", N, classes) and ("weights", N) for those of the loss.
    """

    name: str
    rule: Rule = field(compare=False)
    options: tuple[tuple[str, Any], ...]
    shapes: tuple[Shapes, ...]

    @property
    def label(self) -> str:
        """What the table calls it: name, size of the kernel, and options that are not the usual ones."""
        kernel = _short(self.shapes[1][:2]) if len(self.shapes) == 3 and len(self.shapes[1]) == 4 else ""
        flags = [key for key, value in self.options if value is True]
        told = flags + [f"{key} {_short(value)}" for key, value in self.options if value not in _USUAL]
        return f"{self.name} {kernel}".strip() + (f" ({', '.join(told)})" if told else "")


def check(
    *networks: Network,
    input_shape: Shape,
    quick: bool,
    choose: Choose = choose_form,
    dropout: bool = False,
    smoothing: float = 0.0,
) -> tuple[tuple[str, Report], ...]:
    """Put every rule that training these networks uses on trial, and return name and report of each.

    Args:
        *networks: that will be trained.
        input_shape: (H, W, C), of one image.
        quick: only the law of agreement with autodiff.
        choose: the form of each operation that has fast ones, as the training is told.
        dropout: whether some of the training leaves out what dense layers read.
        smoothing: of the labels, as well.

    Raises:
        TrainingError: if a rule fails: nothing must be trained with it.
    """
    trials = _trials(networks, input_shape, choose, smoothing)
    if dropout:
        trials += (_of(DROPOUT, (), (3, 4), (3, 4)),)
    found = tuple((trial.label, _report(trial, quick)) for trial in trials)
    for name, report in found:
        if not report.ok:
            raise TrainingError(f"The hand rule {name} is wrong, so nothing is trained with it: {report.failures[0]}")
    return found


def verified(
    *networks: Network,
    input_shape: Shape,
    quick: bool,
    choose: Choose = choose_form,
    dropout: bool = False,
    smoothing: float = 0.0,
) -> Section:
    """Return the section that says which hand rules a lab trained with and what was found; arguments as for `check`."""
    found = check(*networks, input_shape=input_shape, quick=quick, choose=choose, dropout=dropout, smoothing=smoothing)
    held = sum(len(report.passed) for _, report in found)
    depth = "agreement with autodiff at one example each (the quick form)" if quick else "every law that it knows"
    told = Paragraph(
        "The gradients come from rules that were derived by hand; autodiff takes no part in the training. Before it "
        f"began, each was put on trial by `verify`, which is independent of them: {depth}, with values up to "
        f"{LARGEST:,.0f} in size. Other shapes and values are varied by the tests and by `jaxcnn verify`. "
        f"**{held:,} findings held, none failed.**"
    )
    rows = tuple((name, *map(len, (r.passed, r.failures, r.inconclusive)), r.worst, r.seconds) for name, r in found)
    columns = ("rule", "held", "failed", "undecided", "largest error / tolerance", "seconds")
    numbers = {
        name: {"held": len(r.passed), "failed": len(r.failures), "undecided": len(r.inconclusive), "worst": r.worst}
        for name, r in found
    }
    return Section("The derivatives, verified", (told, Table("Hand rules on trial.", columns, rows)), numbers)


@functools.cache
def _report(trial: Trial, quick: bool) -> Report:
    return check_rule(
        trial.rule.with_custom_vjp(**dict(trial.options)),
        *(_example(shape, number) for number, shape in enumerate(trial.shapes)),
        domain=DOMAIN,
        budget=QUICK if quick else FULL,
    )


def _trials(
    networks: tuple[Network, ...], input_shape: Shape, choose: Choose, smoothing: float = 0.0
) -> tuple[Trial, ...]:
    """Return one trial of each rule with its options, in the order of their first use, and that of the loss."""
    plans = [plan(network, (1, *input_shape), choose=choose) for network in networks]
    found: list[Trial] = []
    for network, planned in zip(networks, plans, strict=True):
        layers = dict(network.named_layers())
        found += (_trial(planned, stage, layers[stage.layers[0]]) for stage in planned.stages)
    options = (("smoothing", smoothing),) if smoothing else ()
    for classes in sorted({planned.classes for planned in plans}):
        found.append(_of(weighted_cross_entropy_rule(classes), options, (4, 5), ("labels", 4, 5), ("weights", 4)))
    return tuple(dict.fromkeys(found))


def _trial(planned: Plan, stage: Stage, layer: Any) -> Trial:
    return _of(_rule(planned, stage.form), stage.options, *_shapes(layer, dict(stage.options), stage))


def _of(rule: Rule, options: tuple[tuple[str, Any], ...], *shapes: Shapes) -> Trial:
    return Trial(rule.name, rule, options, shapes)


def _rule(planned: Plan, form: Form) -> Rule:
    """Return a form as a rule that takes and gives the batch first."""
    if form is DENSE_OF_ROWS:
        return _dense_of_rows()
    plain = RULES[form.name] if form.name in RULES else None
    as_it_is = plain is not None and form.forward is plain.forward
    return plain if plain is not None and (as_it_is or not planned.batch_minor) else form.rule()


@functools.cache
def _dense_of_rows() -> Rule:
    def forward(inputs: Any, kernel: Any, bias: Any) -> Any:
        outputs, residuals = DENSE_OF_ROWS.forward(inputs, kernel, bias)
        return outputs.T, residuals

    def backward(residuals: Any, cotangent: Any) -> Any:
        return DENSE_OF_ROWS.backward(residuals, cotangent.T)

    return Rule(DENSE_OF_ROWS.name, DENSE_OF_ROWS.primal, forward, backward)


def _shapes(layer: Any, options: Options, stage: Stage) -> Iterator[Shapes]:
    """Give the shapes of the arguments of one example: not square, with a remainder in every window."""
    if isinstance(layer, Conv):
        window = options.get("window", (1, 1))
        channels, features = 2 * layer.groups, 3 * layer.groups
        height, width = (k + 2 * p - 1 for k, p in zip(layer.kernel_size, window, strict=True))
        yield from ((2, height + 1, width, channels), (*layer.kernel_size, 2, features), (features,))
    elif "window" in options:
        height, width = options["window"]
        yield (2, 2 * height + 1, 2 * width, 2)
    elif stage.parameters:
        yield from ((3, 4), (4, 5), (5,))
    else:
        yield (2, 3, 2, 2) if stage.layers[0].startswith("flatten") else (3, 4)


def _example(shape: Shapes, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if shape[0] == "labels":
        return np.asarray(random.integers(0, shape[2], shape[1]), np.int32)
    if shape[0] == "weights":
        return np.full(shape[1], 1 / shape[1], np.float32)
    return np.asarray(np.round(random.standard_normal(shape), 2), np.float32)


def _short(value: Any) -> str:
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)
