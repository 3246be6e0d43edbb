"""Hypothesis strategies for arrays and for whole problems of the layers that people write rules for.

All of them build what they draw from the bottom up: nothing drawn is thrown away, and all shrink to small whole numbers
in small arrays. Needs Hypothesis; `import verify` alone does not.
"""

try:
    import hypothesis as hypothesis
except ImportError as error:
    raise ImportError(
        "verify.search and verify.strategies need Hypothesis: install the extra, `pip install jaxcnn[search]`."
    ) from error

from verify.searching.drawn import Drawn as Drawn
from verify.strategies.arrays import arrays as arrays
from verify.strategies.arrays import shapes as shapes
from verify.strategies.convolution import conv_problems as conv_problems
from verify.strategies.dense import dense_problems as dense_problems
from verify.strategies.matrices import MatrixProblem as MatrixProblem
from verify.strategies.matrices import conv_matrix_problems as conv_matrix_problems
from verify.strategies.matrices import pool_matrix_problems as pool_matrix_problems
from verify.strategies.networks import networks as networks
from verify.strategies.pooling import pool_problems as pool_problems
from verify.strategies.trees import pytrees as pytrees
