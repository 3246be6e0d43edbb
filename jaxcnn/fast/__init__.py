"""Fast forms of the layers, hand-derived like the plain rules and verified in the same way, and how they are chosen.

`plan(network, input_shape)` says which form each layer takes; `loss_and_gradients(plan, ...)` carries it out.
"""

from jaxcnn.fast.block import BlockWindows as BlockWindows
from jaxcnn.fast.block import conv_block as conv_block
from jaxcnn.fast.chain import logits as logits
from jaxcnn.fast.chain import loss_and_gradients as loss_and_gradients
from jaxcnn.fast.choose import PLAIN as PLAIN
from jaxcnn.fast.choose import Choose as Choose
from jaxcnn.fast.choose import Site as Site
from jaxcnn.fast.choose import choose_form as choose_form
from jaxcnn.fast.choose import choose_plain as choose_plain
from jaxcnn.fast.dropout import factors as factors
from jaxcnn.fast.dropout import with_dropout as with_dropout
from jaxcnn.fast.form import Form as Form
from jaxcnn.fast.form import batch_first as batch_first
from jaxcnn.fast.form import batch_minor as batch_minor
from jaxcnn.fast.forms import FORMS as FORMS
from jaxcnn.fast.loss import weighted_cross_entropy_fwd as weighted_cross_entropy_fwd
from jaxcnn.fast.mixed import mixed as mixed
from jaxcnn.fast.plan import ENTRY_BY_ENTRY as ENTRY_BY_ENTRY
from jaxcnn.fast.plan import Plan as Plan
from jaxcnn.fast.plan import Stage as Stage
from jaxcnn.fast.plan import plan as plan
