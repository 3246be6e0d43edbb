"""Training: a plain loop over batches, and whole epochs as one compiled program."""

from jaxcnn.training.python_loop import Epoch as Epoch
from jaxcnn.training.python_loop import accuracy as accuracy
from jaxcnn.training.python_loop import train_by_hand as train_by_hand
