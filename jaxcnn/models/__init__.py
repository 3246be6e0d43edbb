"""Trained networks that can be used, and the files that hold them."""

from jaxcnn.models.errors import ModelError as ModelError
from jaxcnn.models.evaluation import Evaluation as Evaluation
from jaxcnn.models.evaluation import evaluate as evaluate
from jaxcnn.models.files import load_model as load_model
from jaxcnn.models.files import save_model as save_model
from jaxcnn.models.model import Model as Model
