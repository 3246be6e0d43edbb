"""Convolutional networks with every derivative derived by hand, and read in several ways that must agree."""

import importlib.metadata as _metadata

from jaxcnn._types import Parameters as Parameters
from jaxcnn.apply import apply as apply
from jaxcnn.apply import apply_with_rules as apply_with_rules
from jaxcnn.by_hand import backward as backward
from jaxcnn.by_hand import forward as forward
from jaxcnn.by_hand import loss_and_gradients_by_hand as loss_and_gradients_by_hand
from jaxcnn.datasets import load_digits as load_digits
from jaxcnn.datasets import scaled as scaled
from jaxcnn.faults import FAULTS as FAULTS
from jaxcnn.faults import Fault as Fault
from jaxcnn.faults import plant as plant
from jaxcnn.flax_reading import FlaxReading as FlaxReading
from jaxcnn.layers import AvgPool as AvgPool
from jaxcnn.layers import Conv as Conv
from jaxcnn.layers import Dense as Dense
from jaxcnn.layers import Flatten as Flatten
from jaxcnn.layers import Layer as Layer
from jaxcnn.layers import LeCunTanh as LeCunTanh
from jaxcnn.layers import LogSoftmax as LogSoftmax
from jaxcnn.layers import MaxPool as MaxPool
from jaxcnn.layers import Relu as Relu
from jaxcnn.layers import Sigmoid as Sigmoid
from jaxcnn.layers import Softmax as Softmax
from jaxcnn.layers import Tanh as Tanh
from jaxcnn.models import Model as Model
from jaxcnn.models import ModelError as ModelError
from jaxcnn.models import load_model as load_model
from jaxcnn.models import save_model as save_model
from jaxcnn.network import Network as Network
from jaxcnn.parameters import init_parameters as init_parameters
from jaxcnn.python_loop import Epoch as Epoch
from jaxcnn.python_loop import accuracy as accuracy
from jaxcnn.python_loop import train_by_hand as train_by_hand
from jaxcnn.rules import RULES as RULES
from jaxcnn.rules import Rule as Rule
from jaxcnn.rules import Rules as Rules
from jaxcnn.zoo import LENET as LENET
from jaxcnn.zoo import MLP as MLP

try:
    __version__ = _metadata.version("jaxcnn")
except _metadata.PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
