"""Images to learn from, as NumPy arrays: images (N, H, W, C) uint8, labels (N,) int32."""

from jaxcnn.datasets.dataset import SPLITS as SPLITS
from jaxcnn.datasets.dataset import Dataset as Dataset
from jaxcnn.datasets.dataset import Provenance as Provenance
from jaxcnn.datasets.digits import load_digits as load_digits
from jaxcnn.datasets.digits import load_scans as load_scans
from jaxcnn.datasets.errors import DataError as DataError
from jaxcnn.datasets.loading import load as load
from jaxcnn.datasets.loading import prepare as prepare
from jaxcnn.datasets.locations import data_directory as data_directory
from jaxcnn.datasets.picture import read_grey as read_grey
from jaxcnn.datasets.picture import read_picture as read_picture
from jaxcnn.datasets.scaling import scaled as scaled
from jaxcnn.datasets.splits import hold_out as hold_out
from jaxcnn.datasets.splits import per_class as per_class
from jaxcnn.datasets.summary import Statistics as Statistics
from jaxcnn.datasets.summary import statistics as statistics
