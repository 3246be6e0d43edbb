"""Training: a plain loop over batches, and whole epochs as one compiled program."""

from jaxcnn.python_loop import Epoch as Epoch
from jaxcnn.python_loop import accuracy as accuracy
from jaxcnn.python_loop import train_by_hand as train_by_hand
from jaxcnn.training.accumulation import Accumulator as Accumulator
from jaxcnn.training.accumulation import forward as forward
from jaxcnn.training.accumulation import reset_grad as reset_grad
from jaxcnn.training.accumulation import update_grad as update_grad
from jaxcnn.training.accumulation import update_params as update_params
from jaxcnn.training.augmentation import Augmentation as Augmentation
from jaxcnn.training.config import TrainConfig as TrainConfig
from jaxcnn.training.engine import Training as Training
from jaxcnn.training.engine import train as train
from jaxcnn.training.errors import TrainingError as TrainingError
from jaxcnn.training.history import EpochRecord as EpochRecord
from jaxcnn.training.history import Score as Score
from jaxcnn.training.run import Progress as Progress
from jaxcnn.training.state import TrainState as TrainState
from jaxcnn.training.sweep import Member as Member
from jaxcnn.training.sweep import Sweep as Sweep
