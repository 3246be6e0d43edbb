"""The lab itself: what it trains, and the sections of its report in order."""

from jaxcnn.labs.conv_as_matrix.compared import all_images, one_image
from jaxcnn.labs.conv_as_matrix.free import data, first_gradient_updates, free_design, free_network_scores
from jaxcnn.labs.conv_as_matrix.matrices import as_matrices, derivatives_verified, exact_network
from jaxcnn.labs.conv_as_matrix.run import Run, run
from jaxcnn.labs.conv_as_matrix.settings import FREE, Config
from jaxcnn.labs.data import LabData
from jaxcnn.labs.lab import Lab
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.verification import check
from jaxcnn.zoo import CONV_AS_MATRIX


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train both networks, by rules that have been verified before.

    Raises:
        ValueError: if there is no test image of the number that is asked for.
    """
    if config.image is not None and config.image >= len(data.test):
        raise ValueError(f"`image` must be below {len(data.test):,}, the number of test images; got {config.image:,}.")
    check(FREE, CONV_AS_MATRIX, input_shape=data.train.images.shape[1:], quick=config.quick, dropout=config.dropout > 0)
    return run(config, data, progress)


LAB = Lab(
    "conv-as-matrix",
    "A convolutional network as a fully connected one",
    "Does a convolutional network, written as matrices and nothing else, give the same answers, to what rounding "
    "allows?",
    Config,
    train,
    (
        data,
        free_design,
        derivatives_verified,
        first_gradient_updates,
        free_network_scores,
        exact_network,
        as_matrices,
        one_image,
        all_images,
    ),
)
