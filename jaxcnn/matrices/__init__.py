"""A network read as matrices: the fully connected network that it is, with a bound of all that rounding may do."""

from jaxcnn.matrices.reading import MatrixReading as MatrixReading
from jaxcnn.matrices.reading import network_as_matrices as network_as_matrices
from jaxcnn.matrices.table import ShapeRow as ShapeRow
from jaxcnn.matrices.table import ShapeTable as ShapeTable
