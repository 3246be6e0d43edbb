"""What can be read from trained networks: analyses as functions, numbers in, numbers out."""

from jaxcnn.analysis.activation_maps import activations as activations
from jaxcnn.analysis.activation_ranges import EXACT as EXACT
from jaxcnn.analysis.activation_ranges import FoundRange as FoundRange
from jaxcnn.analysis.activation_ranges import Range as Range
from jaxcnn.analysis.activation_ranges import found_range as found_range
from jaxcnn.analysis.confusion import Confusion as Confusion
from jaxcnn.analysis.confusion import Pair as Pair
from jaxcnn.analysis.derivative_filters import Derivative as Derivative
from jaxcnn.analysis.derivative_filters import identify as identify
from jaxcnn.analysis.derivative_filters import moments as moments
from jaxcnn.analysis.derivative_filters import of_layer as of_layer
from jaxcnn.analysis.disturbances import DISTURBANCES as DISTURBANCES
from jaxcnn.analysis.disturbances import disturbed as disturbed
from jaxcnn.analysis.embedding import Embedding as Embedding
from jaxcnn.analysis.embedding import embed as embed
from jaxcnn.analysis.embedding import nearest_agree as nearest_agree
from jaxcnn.analysis.gradient_flow import gradient_flow as gradient_flow
from jaxcnn.analysis.gradient_flow import gradient_flows as gradient_flows
from jaxcnn.analysis.shapes import LayerRow as LayerRow
from jaxcnn.analysis.shapes import layer_table as layer_table
from jaxcnn.analysis.synthetic import answers as answers
from jaxcnn.analysis.synthetic import filtered as filtered
from jaxcnn.analysis.synthetic import parabola as parabola
from jaxcnn.analysis.synthetic import ramp as ramp
from jaxcnn.analysis.templates import templates as templates
