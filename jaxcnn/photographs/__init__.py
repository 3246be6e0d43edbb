"""From a photograph, scan or drawing of one handwritten digit to the form that MNIST's digits have."""

from jaxcnn.photographs.digit import digit_of as digit_of
from jaxcnn.photographs.errors import PhotographError as PhotographError
