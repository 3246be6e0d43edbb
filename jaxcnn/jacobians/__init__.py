"""Jacobians in closed form: of every layer by its inputs and parameters, and of whole networks.

Materialised, or in factors whose products never build them: per-example gradients, Gauss-Newton products.
"""

from jaxcnn.jacobians.gauss_newton import gauss_newton_product as gauss_newton_product
from jaxcnn.jacobians.input_jacobian import input_jacobian as input_jacobian
from jaxcnn.jacobians.jacobian import Jacobian as Jacobian
from jaxcnn.jacobians.linearised import Linearised as Linearised
from jaxcnn.jacobians.linearised import linearised as linearised
from jaxcnn.jacobians.loss import CrossEntropyHessian as CrossEntropyHessian
from jaxcnn.jacobians.loss import cross_entropy_gradients as cross_entropy_gradients
from jaxcnn.jacobians.loss import cross_entropy_hessian as cross_entropy_hessian
from jaxcnn.jacobians.per_example import FactoredGradients as FactoredGradients
from jaxcnn.jacobians.per_example import factored_gradients as factored_gradients
from jaxcnn.jacobians.per_example import per_example_gradients as per_example_gradients
from jaxcnn.jacobians.per_example import squared_norms as squared_norms
from jaxcnn.jacobians.seven import NamedJacobian as NamedJacobian
from jaxcnn.jacobians.seven import seven_jacobians as seven_jacobians
from jaxcnn.jacobians.table import JACOBIANS as JACOBIANS
from jaxcnn.jacobians.table import layer_jacobians as layer_jacobians
