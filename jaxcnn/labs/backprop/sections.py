"""The images, the network, and where its derivatives come from."""

from jaxcnn.analysis import layer_table
from jaxcnn.labs.backprop.training import Run
from jaxcnn.labs.blocks import network_table
from jaxcnn.labs.data import data_numbers, data_table
from jaxcnn.labs.report import Equation, Paragraph, Section
from jaxcnn.labs.verification import verified
from jaxcnn.zoo import LENET


def data(run: Run) -> Section:
    """Say which images were chosen."""
    train, test, seed = run.data.train, run.data.test, run.config.seed
    told = Paragraph(
        f"{run.config.train_per_class} images of each class to learn from and {run.config.test_per_class} of each to "
        f"be scored on, drawn without replacement by seed {seed}; pixels are scaled from 0 … 255 to 0 … 1."
    )
    return Section(
        "The images", (told, data_table(("training", train), ("test", test))), data_numbers(train=train, test=test)
    )


def network(run: Run) -> Section:
    """Describe the network, and how its gradient is computed."""
    shape = run.data.train.images.shape[1:]
    rows = layer_table(LENET, shape)
    blocks = (
        network_table(rows),
        Paragraph(
            "Forward, every layer keeps what its derivative needs; backward, from the loss to the first layer, each "
            "turns the gradient by its outputs into that by its inputs and its parameters. With g for the gradient "
            "by the outputs y of a layer with inputs x:"
        ),
        Equation(
            r"E = -\frac{1}{N}\sum_n \log p_{n,t_n},\quad p = \mathrm{softmax}(z)"
            r"\quad\Rightarrow\quad \frac{\partial E}{\partial z} = \frac{p - t}{N}",
            "softmax and cross-entropy together, t being the labels as one-hot rows.",
        ),
        Equation(
            r"y = x W + b\quad\Rightarrow\quad \frac{\partial E}{\partial x} = g W^T,\quad"
            r"\frac{\partial E}{\partial W} = x^T g,\quad \frac{\partial E}{\partial b} = \sum_n g_n",
            "dense.",
        ),
        Equation(
            r"y_{pqo} = b_o + \sum_{ijc} K_{ijco}\, x_{p+i,q+j,c}\quad\Rightarrow\quad"
            r"\frac{\partial E}{\partial K_{ijco}} = \sum_{npq} x_{p+i,q+j,c}\, g_{pqo}"
        ),
        Equation(
            r"\frac{\partial E}{\partial b_o} = \sum_{npq} g_{pqo},\quad"
            r"\frac{\partial E}{\partial x_{hwc}} = \sum_{ijo} K_{ijco}\, g_{h-i,w-j,o}",
            "convolution of the padded image, with stride 1; what falls into the padding is dropped.",
        ),
        Equation(
            r"y_p = \max_{k \in p} x_k\quad\Rightarrow\quad \frac{\partial E}{\partial x_k} = g_p\ "
            r"\mathrm{for\ the\ first\ largest\ }k\mathrm{\ of\ window\ }p,\ \mathrm{else}\ 0",
            "max pooling; relu passes g on where x > 0, and flatten only gives it its shape back.",
        ),
    )
    return Section("The network and its derivatives", blocks, {"parameters": sum(row.parameters for row in rows)})


def derivatives_verified(run: Run) -> Section:
    """Say which hand rules were used, and what `verify` found."""
    return verified(LENET, input_shape=run.data.train.images.shape[1:], quick=run.config.quick)
