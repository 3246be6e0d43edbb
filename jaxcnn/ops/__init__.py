"""The layers' primal functions: pure, built on `jax.numpy` and `jax.lax`, with no derivative rule of their own."""

from jaxcnn.ops.activation import lecun_tanh as lecun_tanh
from jaxcnn.ops.activation import relu as relu
from jaxcnn.ops.activation import sigmoid as sigmoid
from jaxcnn.ops.activation import tanh as tanh
from jaxcnn.ops.conv import conv as conv
from jaxcnn.ops.dense import dense as dense
from jaxcnn.ops.dense import flatten as flatten
from jaxcnn.ops.loss import cross_entropy as cross_entropy
from jaxcnn.ops.pool import avg_pool as avg_pool
from jaxcnn.ops.pool import max_pool as max_pool
from jaxcnn.ops.softmax import log_softmax as log_softmax
from jaxcnn.ops.softmax import softmax as softmax
