"""Every operator, on a program in which it applies, and on one in which it must not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify import mutation

X = np.asarray([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5], [0.25, 3.0, 1.0]], np.float32)
V = np.asarray([0.5, -1.25, 2.0, 0.75], np.float32)
IMAGES, KERNEL = (np.arange(n, dtype=np.float32) / 8 for n in (36, 4))
INDEX = np.asarray([0, 1, 2])


def conv(x, k):
    shape = ("NHWC", "HWIO", "NHWC")
    image, kernel = x.reshape(1, 6, 6, 1), k.reshape(2, 2, 1, 1)
    return lax.conv_general_dilated(image, kernel, (2, 1), ((1, 1), (0, 1)), (1, 2), (1, 2), shape)


def within(x):
    return jnp.where((x > 0) & (x < 1), x, 0.0)


def two_from(x, start):
    return lax.dynamic_slice(x, (start,), (2,))


# fmt: off
APPLIES = {
    "negated":             ("result negated",                   lambda x: x * x,                    (V,)),
    "scaled":              ("result times 1.001",               lambda x: x * x,                    (V,)),
    "one entry scaled":    ("last entry times 1.001",           lambda x: x * x,                    (V,)),
    "zeroed":              ("result zero",                      lambda x: x * x,                    (V,)),
    "rounded":             ("result rounded to 8 bits",         lambda x: x * x,                    (V / 3,)),
    "operator replaced":   ("sub replaced by add",              lambda x, y: x - y,                 (V, V + 1)),
    "operands exchanged":  ("operands exchanged",               lambda x, y: x @ y,                 (X, X + 1)),
    "operand dropped":     ("second operand dropped",           lambda x, y: x * y,                 (V, V + 1)),
    "term doubled":        ("first operand counted twice",      lambda x, y: x + y,                 (V, V + 1)),
    "function replaced":   ("exp replaced by expm1",            lambda x: jnp.exp(x),               (V,)),
    "exponent changed":    ("exponent -1",                      lambda x: x**3,                     (V,)),
    "constant changed":    ("constant 0.25 doubled",            lambda x: 0.25 * x,                 (V,)),
    "comparison replaced": ("gt replaced by lt",                lambda x: jnp.where(x > 1, x, 0.0), (V,)),
    "branches exchanged":  ("branches exchanged",               lambda x: jnp.where(x > 1, x, 0.0), (V,)),
    "logic replaced":      ("and replaced by bitwise_or",       within,                             (V,)),
    "mask shifted":        ("mask shifted along axis 0",        lambda x: jnp.where(x > 1, x, 0.0), (V,)),
    "axis reversed":       ("rev dropped",                      lambda x: x[::-1],                  (V,)),
    "rolled":              ("rolled by 1 along axis 0",         lambda x: x.reshape(4, 1),          (V,)),
    "transposed":          ("axes 0 and 1 exchanged",           lambda x, y: x @ y,                 (X, X + 1)),
    "sum dropped":         ("only the first entry taken",       lambda x: jnp.sum(x, axis=0),       (X,)),
    "sum cut short":       ("first entry of axis 0 left out",   lambda x: jnp.sum(x, axis=0),       (X,)),
    "cumulation changed":  ("other direction",                  lambda x: lax.cumsum(x),            (V,)),
    "padding moved":       ("padding of axis 0 moved by +1",    lambda x: jnp.pad(x, (1, 0)),       (V,)),
    "stride ignored":      ("window_strides of axis 0 ignored", conv,                               (IMAGES, KERNEL)),
    "slice moved":         ("slice of axis 0 moved by +1",      lambda x: x[1:3],                   (V,)),
    "index moved":         ("index -1",                         two_from,                           (V, np.asarray(1))),
    "output forgotten":    ("output 1 zero",                    lambda x, y: (x, y),                (V, V + 1)),
    "outputs exchanged":   ("outputs 0 and 1 exchanged",        lambda x, y: (x, y),                (V, V + 1)),
    "argument returned":   ("argument 1 returned as output 0",  lambda x, y: (x, y),                (V, V + 1)),
}
# fmt: on


@pytest.mark.parametrize(("name", "row"), APPLIES.items(), ids=APPLIES)
def test_an_operator_plants_its_fault(name, row):
    edit, backward, example = row
    found = mutation.mutants(backward, *example)
    (mutant, *_) = [m for m in found.different if (m.operator, m.edit) == (name, edit)]
    right, wrong = (jax.tree.leaves(jax.jit(f)(*example)) for f in (backward, mutant.backward))
    assert [(y.shape, y.dtype) for y in right] == [(y.shape, y.dtype) for y in wrong]
    assert any(not np.array_equal(y, z) for y, z in zip(right, wrong, strict=True))


def test_every_operator_has_a_program_here_and_a_sentence():
    names = {operator.name for operator in mutation.OPERATORS}
    assert names <= set(APPLIES)
    assert len(names) >= 12
    assert all(operator.sentence for operator in mutation.OPERATORS)


@pytest.mark.parametrize("name", [operator.name for operator in mutation.OPERATORS])
def test_an_operator_leaves_alone_what_it_does_not_understand(name):
    (operator,) = (o for o in mutation.OPERATORS if o.name == name)
    (eqn,) = jax.make_jaxpr(lambda i: lax.population_count(i))(INDEX).eqns
    assert list(operator.edits(eqn)) == []


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("key", ["window_strides", "lhs_dilation", "rhs_dilation"])
def test_a_stride_that_is_ignored_keeps_the_shape_of_the_convolution(key, axis):
    found = mutation.mutants(conv, IMAGES, KERNEL)
    edits = {m.edit for m in found.different if m.operator == "stride ignored"}
    has_stretch = {"window_strides": (2, 1), "lhs_dilation": (1, 2), "rhs_dilation": (1, 2)}[key][axis] > 1
    assert (f"{key} of axis {axis} ignored" in edits) == has_stretch
    assert not [m for m in found.invalid if m.operator == "stride ignored"]
