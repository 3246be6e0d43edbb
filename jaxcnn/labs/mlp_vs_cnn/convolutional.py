"""The convolutional half: the network described so that it can be built again, its over-fitting, and its scores."""

from jaxcnn.analysis import layer_table
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.mlp_vs_cnn.over_fitting import COLUMNS, Curve, chart, comment
from jaxcnn.labs.mlp_vs_cnn.run import Run, best
from jaxcnn.labs.mlp_vs_cnn.scores import numbers, table
from jaxcnn.labs.report import Paragraph, Section, Table
from jaxcnn.zoo import MLP, TUTORIAL


def convolutional_network(run: Run) -> Section:
    """Describe the network, from the network itself."""
    settings, shape = run.config.network(), run.splits.many.images.shape[1:]
    rows = layer_table(TUTORIAL, shape)
    total = sum(row.parameters for row in rows)
    return Section(
        "The convolutional network",
        (
            Paragraph(
                f"The small network of PyTorch's classification tutorial, for one channel of {shape[0]} × {shape[1]} "
                f"pixels. It learns {total:,} numbers by {settings.optimizer.capitalize()} with rate "
                f"{settings.learning_rate:g}, in batches of {settings.batch_size}. Convolutions are "
                "cross-correlations with a bias for every map; their kernels and those of dense layers begin with "
                "values from N(0, 2 / inputs of an output), cut off at two standard deviations, biases with 0. The "
                "last layer gives logits, whose softmax is part of the loss."
            ),
            network_table(rows),
        ),
        {"parameters": total, "layers": [{"name": row.name, "outputs": list(row.outputs)} for row in rows]},
    )


def network_over_fitting(run: Run) -> Section:
    """Compare few and many images, for the convolutional network."""
    updates = {name: one.training.run.step.batches.steps for name, one in run.network.items()}
    curves = {name: Curve.of(one.history, updates[name]) for name, one in run.network.items()}
    sizes = {name: len(getattr(run.splits, name)) for name in curves}
    optimizer = run.config.network().optimizer.capitalize()
    return Section(
        "Over-fitting of the convolutional network",
        (
            Paragraph(f"As for the perceptron: {sizes['few']:,} images and {sizes['many']:,}, for as many updates."),
            *(
                chart(f"network-{name}", f"the convolutional network, {sizes[name]:,} images", {"": curve})
                for name, curve in curves.items()
            ),
            Table("After the last update.", COLUMNS, tuple((sizes[n], optimizer, *c.row) for n, c in curves.items())),
            Paragraph(comment(f"By {optimizer}", sizes, curves["few"], curves["many"])),
        ),
        {name: curve.numbers() for name, curve in curves.items()},
    )


def network_scores(run: Run) -> Section:
    """Compare the convolutional network with its options, and with the perceptron."""
    found, settings = run.networks(), run.config.network()
    told = {"as given": f"{settings.optimizer.capitalize()}, rate {settings.learning_rate:g}"}
    told |= {option.name: option.told for option in run.network_options}
    chosen, perceptrons = best(found), run.perceptrons()
    ours, theirs = (scored[best(scored)][1].scores["test"].accuracy for scored in (found, perceptrons))
    sizes = [
        sum(row.parameters for row in layer_table(network, run.splits.many.images.shape[1:]))
        for network in (TUTORIAL, MLP)
    ]
    given = found["as given"][1].scores["test"].accuracy
    fewer = (1 - theirs) / max(1 - ours, 1 / len(run.splits.test))
    return Section(
        "The convolutional network on the test images",
        (
            Paragraph(
                f"As given it has **{100 * given:.2f} %** of the test images right; “{chosen}”, which the validation "
                f"images choose, **{100 * ours:.2f} %**. The best perceptron has {100 * theirs:.2f} %, {fewer:.1f} "
                f"times as many mistakes, with {sizes[1]:,} numbers to learn against {sizes[0]:,}."
            ),
            table(found, told),
        ),
        numbers(found, chosen),
    )
