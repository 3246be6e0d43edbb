"""The network that is read as matrices: its training, and what it is made of."""

from jaxcnn.analysis import layer_table
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.conv_as_matrix.run import Run
from jaxcnn.labs.conv_as_matrix.settings import FREE
from jaxcnn.labs.report import Chart, Equation, Paragraph, Section, Table
from jaxcnn.labs.verification import verified
from jaxcnn.matrices.steps import RELU, Linear
from jaxcnn.plots.lines import lines
from jaxcnn.zoo import CONV_AS_MATRIX


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    config, shape = run.config, run.data.train.images.shape[1:]
    return verified(FREE, CONV_AS_MATRIX, input_shape=shape, quick=config.quick, dropout=config.dropout > 0)


def exact_network(run: Run) -> Section:
    """Describe the network exactly, and its training."""
    settings, shape, history = run.config.exact(), run.data.train.images.shape[1:], run.exact.history
    total = sum(values.size for layer in run.exact.params.values() for values in layer.values())
    values = {
        "training images, as they went by": [100 * record.running.accuracy for record in history],
        "test images": [100 * record.scores["test"].accuracy for record in history],
    }
    return Section(
        "The network to be read as matrices",
        (
            Paragraph(
                f"Exactly as the assignment gives it, {total:,} numbers; the pooling comes before the relu. "
                f"{len(history)} epochs of Adam, rate {settings.learning_rate:g}, batches of {settings.batch_size}. "
                f"Its accuracy on the test images is {values['test images'][-1]:.2f} %."
            ),
            network_table(layer_table(CONV_AS_MATRIX, shape)),
            Chart("Accuracy against the epoch.", "exact-accuracy", lines(values, x="epoch", y="accuracy (%)")),
        ),
        {
            "parameters": total,
            "test accuracy per epoch": [record.scores["test"].accuracy for record in history],
            "seconds per epoch": [record.seconds for record in history],
        },
    )


def as_matrices(run: Run) -> Section:
    """Say what the matrices are, and how many neurons each layer has, and why."""
    reading = run.matrices
    rows = [
        (
            row.layer,
            " × ".join(map(str, row.shape)),
            row.neurons,
            "" if row.matrix is None else " × ".join(f"{size:,}" for size in row.matrix),
            "" if row.nonzero is None else f"{row.nonzero:,}",
            row.why.replace(" x ", " × "),
        )
        for row in reading.table().rows
    ]
    maps = [link for link in reading.relu_form if link is not RELU]
    first, *_ = (step.affine.matrix for step in reading.steps if isinstance(step, Linear))
    whole = first.shape[0] * first.shape[1]
    return Section(
        "The same network as matrices",
        (
            Paragraph(
                "An image is a column of its pixels, row by row. The convolution is a matrix that holds the kernel "
                "once for every position, shifted: entry (p, q, k; h, w) is the kernel's at (h − p, w − q) for map "
                f"k, and 0 elsewhere. It is {first.shape[0]:,} × {first.shape[1]:,} (its transpose is the "
                f"assignment's {first.shape[1]:,} × {first.shape[0]:,}, which multiplies rows), with {first.nnz:,} "
                f"entries that need not be zero, {100 * first.nnz / whole:.2g} % of all; the bias of each map is "
                "added at each of its positions."
            ),
            Table(
                "How many neurons each layer has, and why; matrices are (outputs × inputs).",
                ("layer", "shape", "neurons", "matrix", "entries not zero", "why"),
                tuple(rows),
            ),
            Paragraph(
                "**Selection form.** Max pooling is a matrix with a single 1 in every row, at the largest entry of "
                "the window. Which one that is depends on the image, so every image has a pooling matrix of its own; "
                "for one image the whole network between two kinks is then a product of matrices."
            ),
            Equation(
                r"\max(a, b) = b + \mathrm{relu}(a - b)",
                "With this the maximum of four numbers is three relus, in two stages (rows, then columns) of a "
                "matrix, relu, and a matrix.",
            ),
            Paragraph(
                f"**Relu form.** So written, the whole network is {len(maps)} matrices with "
                f"{len(reading.relu_form) - len(maps)} relus between them, the same for every image: a fully "
                "connected network in the strict sense. In both forms no convolution or pooling function is called; "
                "NumPy's and SciPy's matrix product does all the work."
            ),
        ),
        {
            "neurons": {row.layer: row.neurons for row in reading.table().rows},
            "convolution matrix": {"shape": list(first.shape), "not zero": int(first.nnz)},
            "matrices of the relu form": len(maps),
        },
    )
