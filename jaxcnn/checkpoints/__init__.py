"""The whole state of a training run on disk, so that it can go on as if it had never stopped."""

from jaxcnn.checkpoints.errors import CheckpointError as CheckpointError
from jaxcnn.checkpoints.resuming import Start as Start
from jaxcnn.checkpoints.resuming import about as about
from jaxcnn.checkpoints.resuming import begin as begin
from jaxcnn.checkpoints.resuming import shared as shared
from jaxcnn.checkpoints.saver import Saver as Saver
from jaxcnn.checkpoints.store import Checkpoint as Checkpoint
from jaxcnn.checkpoints.store import has_checkpoints as has_checkpoints
from jaxcnn.checkpoints.store import load_checkpoint as load_checkpoint
from jaxcnn.checkpoints.store import save_checkpoint as save_checkpoint
