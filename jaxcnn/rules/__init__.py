"""The hand-derived derivative of every op: `<op>_fwd` keeps residuals, `<op>_bwd` maps a cotangent back.

`RULES` is the table of all of them. Nothing in here calls autodiff: each backward is ordinary arithmetic with its
derivation above it, and may itself be differentiated again, because its residuals are computed from the primals and not
cut loose from them.
"""

from jaxcnn import ops
from jaxcnn.rules.activation import lecun_tanh_bwd as lecun_tanh_bwd
from jaxcnn.rules.activation import lecun_tanh_fwd as lecun_tanh_fwd
from jaxcnn.rules.activation import relu_bwd as relu_bwd
from jaxcnn.rules.activation import relu_fwd as relu_fwd
from jaxcnn.rules.activation import sigmoid_bwd as sigmoid_bwd
from jaxcnn.rules.activation import sigmoid_fwd as sigmoid_fwd
from jaxcnn.rules.activation import tanh_bwd as tanh_bwd
from jaxcnn.rules.activation import tanh_fwd as tanh_fwd
from jaxcnn.rules.conv import conv_bwd as conv_bwd
from jaxcnn.rules.conv import conv_fwd as conv_fwd
from jaxcnn.rules.dense import dense_bwd as dense_bwd
from jaxcnn.rules.dense import dense_fwd as dense_fwd
from jaxcnn.rules.dense import flatten_bwd as flatten_bwd
from jaxcnn.rules.dense import flatten_fwd as flatten_fwd
from jaxcnn.rules.loss import cross_entropy_bwd as cross_entropy_bwd
from jaxcnn.rules.loss import cross_entropy_fwd as cross_entropy_fwd
from jaxcnn.rules.pool import avg_pool_bwd as avg_pool_bwd
from jaxcnn.rules.pool import avg_pool_fwd as avg_pool_fwd
from jaxcnn.rules.pool import max_pool_bwd as max_pool_bwd
from jaxcnn.rules.pool import max_pool_fwd as max_pool_fwd
from jaxcnn.rules.rule import Rule as Rule
from jaxcnn.rules.rule import Rules as Rules
from jaxcnn.rules.softmax import log_softmax_bwd as log_softmax_bwd
from jaxcnn.rules.softmax import log_softmax_fwd as log_softmax_fwd
from jaxcnn.rules.softmax import softmax_bwd as softmax_bwd
from jaxcnn.rules.softmax import softmax_fwd as softmax_fwd

# fmt: off
RULES = Rules(
    Rule("conv",          ops.conv,          conv_fwd,          conv_bwd),
    Rule("max_pool",      ops.max_pool,      max_pool_fwd,      max_pool_bwd),
    Rule("avg_pool",      ops.avg_pool,      avg_pool_fwd,      avg_pool_bwd),
    Rule("relu",          ops.relu,          relu_fwd,          relu_bwd),
    Rule("tanh",          ops.tanh,          tanh_fwd,          tanh_bwd),
    Rule("sigmoid",       ops.sigmoid,       sigmoid_fwd,       sigmoid_bwd),
    Rule("lecun_tanh",    ops.lecun_tanh,    lecun_tanh_fwd,    lecun_tanh_bwd),
    Rule("flatten",       ops.flatten,       flatten_fwd,       flatten_bwd),
    Rule("dense",         ops.dense,         dense_fwd,         dense_bwd),
    Rule("softmax",       ops.softmax,       softmax_fwd,       softmax_bwd),
    Rule("log_softmax",   ops.log_softmax,   log_softmax_fwd,   log_softmax_bwd),
    Rule("cross_entropy", ops.cross_entropy, cross_entropy_fwd, cross_entropy_bwd),
)
# fmt: on
