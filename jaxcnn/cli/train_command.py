"""`jaxcnn train`: a network of the zoo on a data set, with live progress; results go to a folder."""

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from jaxcnn.cli.cores import use_cores
from jaxcnn.cli.joined import joined, place_of
from jaxcnn.cli.output import console
from jaxcnn.layers import Conv, Dense, Layer, MaxPool

if TYPE_CHECKING:
    from jaxcnn.datasets import Dataset
    from jaxcnn.training import Augmentation, EpochRecord
    from jaxcnn.training import Progress as Seen

_VARIED = (
    "Such as shift=2,rotate=10; also zoom, slant, stretch, elastic, stroke, coarse, gamma, fade, noise and invert."
)
_SOURCES = "digits, mnist, fashion_mnist, svhn, or the path of a folder."


def train(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="A name that `jaxcnn networks` lists.")],
    out: Annotated[Path, typer.Option(help="Folder for history.json, curves.png, model.h5 and checkpoints.")],
    data: Annotated[str, typer.Option(help=_SOURCES)] = "digits",
    optimizer: Annotated[str, typer.Option(help="sgd, momentum, rmsprop (also -by-hand), adam or adamw.")] = "adam",
    lr: Annotated[float, typer.Option(help="Learning rate.")] = 1e-3,
    batch: Annotated[int, typer.Option(help="Examples of one update.")] = 64,
    epochs: Annotated[int, typer.Option(help="Passes over the training data.")] = 5,
    seed: Annotated[int, typer.Option(help="Of first parameters, order, augmentation and splits.", min=0)] = 0,
    schedule: Annotated[str, typer.Option(help="constant, cosine, linear or one-cycle.")] = "constant",
    momentum: Annotated[float, typer.Option(help="Of the optimiser 'momentum'.")] = 0.9,
    weight_decay: Annotated[float, typer.Option(help="Times the parameters is added to the gradient.")] = 0.0,
    init: Annotated[str, typer.Option(help="lecun_normal, he_normal, glorot_uniform or normal_0.1.")] = "lecun_normal",
    low: Annotated[float, typer.Option(help="What the network takes for a pixel of 0.")] = 0.0,
    high: Annotated[float, typer.Option(help="What the network takes for a pixel of 255.")] = 1.0,
    augment: Annotated[str, typer.Option(help=_VARIED)] = "",
    dropout: Annotated[float, typer.Option(help="Share of what dense layers read that is left out in training.")] = 0.0,
    label_smoothing: Annotated[float, typer.Option(help="How much of each label all classes share.")] = 0.0,
    average: Annotated[
        float | None, typer.Option(help="Keep a running mean of the parameters, of which an update leaves so much.")
    ] = None,
    per_class: Annotated[int | None, typer.Option(help="Train on so many images of each class.", min=1)] = None,
    validation: Annotated[float, typer.Option(help="Share (or number) of training images to hold out.", min=0)] = 0.0,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without a lower validation loss.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where data lie; else $JAXCNN_DATA, else the user's cache folder.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --out.")] = False,
    save_every: Annotated[int, typer.Option(help="Epochs between checkpoints.", min=1)] = 1,
    save_minutes: Annotated[float | None, typer.Option(help="Minutes after which to save one as well.")] = None,
    devices: Annotated[int | None, typer.Option(help="That share a batch; on a CPU, cores.", min=1)] = None,
    coordinator: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where process 0 runs, if several share each batch.")
    ] = None,
    processes: Annotated[int, typer.Option(help="How many, each started with this same command.", min=1)] = 1,
    process_id: Annotated[int, typer.Option(help="Which of them this is, from 0.", min=0)] = 0,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the other processes to start.")] = 120.0,
    plain: Annotated[bool, typer.Option("--plain", help="Every layer by its plain rule, none in a fast form.")] = False,
    plot: Annotated[bool, typer.Option(help="Draw learning curves (needs matplotlib).")] = True,
) -> None:
    """Train a network with hand-derived gradients, and keep what comes of it."""
    place = place_of(coordinator, processes, process_id, wait)
    use_cores(devices, processes)
    from jaxcnn.fast import choose_form, choose_plain
    from jaxcnn.training import TrainConfig, Training
    from jaxcnn.training.driver import Keeping, run
    from jaxcnn.zoo import named

    config = TrainConfig(
        optimizer=optimizer,
        learning_rate=lr,
        batch_size=batch,
        epochs=epochs,
        seed=seed,
        schedule=schedule,
        momentum=momentum,
        weight_decay=weight_decay,
        init=init,
        low=low,
        high=high,
        augmentation=_parsed(augment),
        dropout=dropout,
        label_smoothing=label_smoothing,
        average=average,
        patience=patience,
        devices=devices,
    )
    chosen = named(network)
    train_data, evaluated = _splits(data, data_dir, per_class, validation, seed)
    splits = {"train": train_data, **evaluated}
    told = {
        "network": network,
        "layers": repr(chosen),
        "data": data,
        "images": {name: len(one) for name, one in splits.items()},
        "sha256": {name: one.sha256 for name, one in splits.items()},
    }
    with joined(place, {**told, **dataclasses.asdict(config), "plain": plain}) as first:
        training = Training(chosen, config, train_data, evaluated, choose=choose_plain if plain else choose_form)
        told["forms"] = str(training.plan)
        with _Display(console(stderr=True), epochs, len(train_data), shown=first) as display:
            outcome = run(
                training,
                Keeping(out, resume, save_every, save_minutes, plot),
                told,
                train_data.classes,
                on_epoch=display.epoch,
                on_progress=display.progress,
            )
    if not first:
        return
    for note in outcome.notes:
        console(stderr=True).print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    console().print(_table(outcome.history))
    console().print(f"\nkept in {out}", markup=False, highlight=False, soft_wrap=True)


def networks() -> None:
    """List the networks that `jaxcnn train` knows."""
    from jaxcnn.zoo import ZOO

    table = Table("network", "images", "parameters", "layers", box=None, header_style="bold", pad_edge=False)
    for name, entry in ZOO.items():
        shapes = entry.network.parameter_shapes((1, *entry.input_shape))
        size = sum(math.prod(shape) for layer in shapes.values() for shape in layer.values())
        layers = _in_words([_short(layer) for layer in entry.network if layer.op != "flatten"])
        table.add_row(name, "x".join(map(str, entry.input_shape)), f"{size:,}", layers)
    console().print(table)


def _splits(
    data: str, data_dir: Path | None, per_class: int | None, validation: float, seed: int
) -> "tuple[Dataset, dict[str, Dataset]]":
    """Return what to train on, and what to evaluate after every epoch."""
    from jaxcnn.datasets import hold_out, load
    from jaxcnn.datasets import per_class as of_each_class

    if not (validation < 1 or float(validation).is_integer()):
        raise ValueError(f"`--validation` must be a share below 1 or a whole number of images; got {validation}.")
    train, evaluated = load(data, "train", data_dir), {"test": load(data, "test", data_dir)}
    if validation:
        amount = int(validation) if validation >= 1 else validation
        train, held = hold_out(train, amount, seed=seed)
        evaluated = {"validation": held, **evaluated}
    return train if per_class is None else of_each_class(train, per_class, seed=seed), evaluated


def _parsed(text: str) -> "Augmentation":
    """Return the augmentation that "shift=2,rotate=10" describes.

    Raises:
        ValueError: if it is not of that form, or names something else.
    """
    from jaxcnn.training import Augmentation

    names = [field.name for field in dataclasses.fields(Augmentation)]
    given = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        try:
            given[name] = float(number)
        except ValueError:
            given[name] = math.nan
        if name not in names or math.isnan(given[name]):
            raise ValueError(
                f"`--augment` must be like shift=2,rotate=10, with names among {', '.join(names)}; got {part!r}."
            )
    return Augmentation(**given)


class _Display:
    """A bar with loss, accuracy, speed and the time that is left; without a terminal, a line for every epoch."""

    def __init__(self, to: Console, epochs: int, examples: int, *, shown: bool = True) -> None:
        columns = (BarColumn(), TextColumn("{task.description}"), TextColumn("left"), TimeRemainingColumn())
        self._bar = Progress(*columns, console=to, transient=True, disable=not (shown and to.is_terminal))
        self._shown = shown
        self._to, self._epochs, self._examples = to, epochs, examples
        self._task = self._bar.add_task("compiling", total=epochs * examples)

    def __enter__(self) -> "_Display":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def progress(self, seen: "Seen") -> None:
        told = (
            f"epoch {seen.epoch}/{self._epochs}  loss {seen.running.loss:.4f}  "
            f"accuracy {100 * seen.running.accuracy:.2f} %  {seen.rate:,.0f} samples/s"
        )
        self._bar.update(self._task, completed=(seen.epoch - 1) * self._examples + seen.examples, description=told)

    def epoch(self, record: "EpochRecord") -> None:
        if self._shown and not self._to.is_terminal:
            scores = "  ".join(f"{name} {100 * score.accuracy:.2f} %" for name, score in record.scores.items())
            start = f"epoch {record.number}/{self._epochs}  loss {record.running.loss:.4f}"
            told = f"{start}  {scores}  {record.seconds:.1f} s"
            self._to.print(told, markup=False, highlight=False, soft_wrap=True)


def _table(history: "tuple[EpochRecord, ...]") -> Table:
    """Return loss and accuracy of every split, one row per epoch."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    splits = list(history[0].scores) if history else []
    pairs = [f"{name} {of}" for name in ("training", *splits) for of in ("loss", "accuracy")]
    for title in ("epoch", *pairs, "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    for record in history:
        cells = [str(record.number)]
        for score in (record.running, *(record.scores[name] for name in splits)):
            cells += [f"{score.loss:.4f}", f"{100 * score.accuracy:.2f} %"]
        table.add_row(*cells, f"{record.seconds:.1f}")
    return table


def _in_words(layers: list[str]) -> str:
    """Return layers in a row, such as "20 x (dense32 relu) dense10": equal pairs at the start are counted."""
    pairs = 0
    while len(layers) >= 2 * pairs + 2 and layers[2 * pairs : 2 * pairs + 2] == layers[:2]:
        pairs += 1
    counted = [f"{pairs} x ({' '.join(layers[:2])})", *layers[2 * pairs :]] if pairs > 1 else layers
    return " ".join(counted)


def _short(layer: Layer) -> str:
    """Return a layer in a word, such as conv32@3x3."""
    if isinstance(layer, Conv):
        return f"conv{layer.features}@{layer.kernel_size[0]}x{layer.kernel_size[1]}"
    if isinstance(layer, Dense):
        return f"dense{layer.features}"
    return f"pool{layer.window[0]}" if isinstance(layer, MaxPool) else layer.op
