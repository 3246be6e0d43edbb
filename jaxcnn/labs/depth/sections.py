"""The images, the activations with the ranges of their derivatives, and the test scores."""

from collections.abc import Sequence

from jaxcnn.analysis import EXACT, found_range
from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.depth.training import Run, named
from jaxcnn.labs.report import Chart, Equation, Paragraph, Section, Table
from jaxcnn.labs.verification import verified
from jaxcnn.plots.panels import panels
from jaxcnn.zoo import ACTIVATIONS

CHANCE = 0.15  # accuracy below which a network of ten classes has learned next to nothing


def data(run: Run) -> Section:
    """Say what the data are."""
    train, test = run.data.train, run.data.test
    told = Paragraph("Each image is one row of pixels, scaled from 0 … 255 to 0 … 1.")
    return Section(
        "The images", (told, data_table(("training", train), ("test", test))), data_numbers(train=train, test=test)
    )


def activations(run: Run) -> Section:
    """Give the backward equations of the activations, and the ranges of their derivatives."""
    del run  # the same for every run
    found = {name: found_range(name) for name in EXACT}
    for name, exact in EXACT.items():
        if not found[name].agrees_with(exact):
            raise AssertionError(f"The derivative of {name} has the range {found[name]}, and not {exact}.")
    rows = tuple(
        (name, str(exact), *found[name].by_differences, *found[name].by_rule, found[name].error)
        for name, exact in EXACT.items()
    )
    told = Paragraph(
        "An activation acts entry by entry, y = f(x); backward, the gradient g by its outputs becomes f′(x) g. Through "
        "many layers such factors multiply, together with the weights: where f′ is far below 1, little is left of a "
        "gradient after a few layers."
    )
    found_told = Paragraph(
        "The ranges were found numerically as well, at 8,001 points from −40 to 40 in float64: by difference quotients "
        "of the activation itself, and by the hand-derived rule. Both agree with the formulas, to the error that the "
        "quotients can have. A round bracket is an end that is approached and not reached; to rounding it is."
    )
    columns = (
        *("activation", "range of f′", "least quotient", "largest quotient"),
        *("least by rule", "largest by rule", "error of a quotient, at most"),
    )
    blocks = (
        told,
        Equation(r"f(x) = \max(x, 0)\quad\Rightarrow\quad g\,[x > 0]", "relu; at 0 the derivative is taken as 0."),
        Equation(r"f(x) = \tanh x\quad\Rightarrow\quad (1 - \tanh^2 x)\, g = \frac{4\, g}{(e^x + e^{-x})^2}", "tanh."),
        Equation(
            r"f(x) = \sigma(x) = \frac{1}{1 + e^{-x}}\quad\Rightarrow\quad \sigma(x)\,(1 - \sigma(x))\, g", "sigmoid."
        ),
        Equation(
            r"f(x) = 1.7159\,\tanh(\frac{2}{3} x) + 0.01\, x\quad\Rightarrow\quad "
            r"(1.7159 \cdot \frac{2}{3}\,(1 - \tanh^2(\frac{2}{3} x)) + 0.01)\, g",
            "LeCun's.",
        ),
        found_told,
        Table("Ranges of the derivatives.", columns, rows),
    )
    numbers = {row[0]: {"exact": row[1], "by differences": list(row[2:4]), "by rule": list(row[4:6])} for row in rows}
    return Section("The activations and their derivatives", blocks, numbers)


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    shape = run.data.train.images.shape[1:]
    return verified(*run.config.networks().values(), input_shape=shape, quick=run.config.quick)


def scores(run: Run) -> Section:
    """Give the test scores of all networks."""
    config, histories = run.config, run.networks.histories
    last = {name: own[-1].scores["test"] for name, own in histories.items()}
    rows = tuple((depth, *(100 * last[named(name, depth)].accuracy for name in ACTIVATIONS)) for depth in config.hidden)
    losses = tuple((depth, *(last[named(name, depth)].loss for name in ACTIVATIONS)) for depth in config.hidden)
    nothing = [name for name, score in last.items() if score.accuracy < CHANCE]
    seconds = sum(record.seconds for record in next(iter(histories.values())))
    told = Paragraph(
        f"Hidden layers of 32 units, {len(last)} networks trained side by side in one program for {config.epochs} "
        f"epochs with SGD, learning rate {config.learning_rate:g}, batches of {config.batch_size}, `{config.init}` "
        f"kernels: {seconds:.0f} s for all of them. Best on the test images: "
        f"{max(last, key=lambda name: last[name].accuracy)}. At most {100 * CHANCE:.0f} % of the test images, next "
        f"to nothing of ten classes, were recognised by: {'; '.join(nothing) or 'none of them'}."
    )
    columns = ("hidden layers", *ACTIVATIONS)
    numbers = {name: [record.to_json() for record in own] for name, own in histories.items()}
    blocks = (
        told,
        Table("Test accuracy (%) after the last epoch.", columns, rows),
        Table("Test loss (nats) after the last epoch; guessing is ln 10 = 2.303.", columns, losses),
    )
    return Section("Test scores", blocks, numbers)


def lecun_curves(run: Run) -> Section:
    """Compare the learning curves of LeCun's activation with those of tanh."""
    histories, depths = run.networks.histories, run.config.hidden
    pairs = {f"{depth} hidden layers": depth for depth in depths}

    def curves(quantity: str, factor: float) -> dict[str, dict[str, list[float]]]:
        return {
            title: {
                f"{name}, {split}": [
                    factor * getattr(record.running if split == "training" else record.scores["test"], quantity)
                    for record in histories[named(name, depth)]
                ]
                for name in ("tanh", "lecun")
                for split in ("training", "test")
            }
            for title, depth in pairs.items()
        }

    last = {
        depth: tuple(histories[named(name, depth)][-1].scores["test"].loss for name in ("lecun", "tanh"))
        for depth in depths
    }
    ahead = [depth for depth, (lecun, tanh) in last.items() if lecun < tanh]
    behind = [depth for depth, (lecun, tanh) in last.items() if lecun > tanh]
    undecided = [depth for depth in depths if depth not in (*ahead, *behind)]  # equal, or one is not a number
    told = Paragraph(
        "LeCun's activation is a tanh that is stretched so that f(±1) is close to ±1, and that never becomes flat: its "
        "derivative stays above 0.01 and reaches 1.15. After the last epoch it has the lower test loss with "
        f"{_listed(ahead)} hidden layers, tanh with {_listed(behind)}."
        + (f" Neither loss is the lower one with {_listed(undecided)}." if undecided else "")
    )
    blocks = (
        told,
        Chart(
            "Loss against the epoch. Training: over the batches of the epoch as they went by.",
            "lecun-loss",
            panels(curves("loss", 1.0), x="epoch", y="loss (nats)"),
        ),
        Chart(
            "Accuracy against the epoch.",
            "lecun-accuracy",
            panels(curves("accuracy", 100.0), x="epoch", y="accuracy (%)"),
        ),
    )
    return Section(
        "LeCun's activation against tanh", blocks, {"lower test loss with LeCun's": ahead, "with tanh": behind}
    )


def _listed(depths: Sequence[int]) -> str:
    return ", ".join(map(str, depths)) or "no number of"
