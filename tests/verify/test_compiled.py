"""Small programs do what they say, operation by operation; what cannot be compiled so is compiled as ever."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import compiled
from verify.compiled import Compiled


def test_a_quick_program_is_not_simplified():
    x = np.float32([1, 1000])
    np.testing.assert_array_equal(Compiled(lambda x: jnp.log(jnp.exp(x)), 2, quick=True)(x), [1, np.inf])


@pytest.mark.parametrize("quick", [False, True])
def test_a_cast_drops_the_bits_that_it_names(quick):
    x = np.float32([1.001, 2.002])
    expected = (x.astype(jnp.bfloat16) * jnp.bfloat16(3)).astype(np.float32)
    found = Compiled(lambda x: (x.astype(jnp.bfloat16) * jnp.bfloat16(3)).astype(np.float32), 2, quick=quick)(x)
    np.testing.assert_array_equal(found, expected)


def test_what_must_be_simplified_before_it_runs_is(capfd):
    x = np.float32([3, 6, 9])
    spread = Compiled(lambda x: jax.lax.pad(x, np.float32(0), [(-1, 1, 1)]), 3, quick=True)
    np.testing.assert_array_equal(spread(x), np.float32([0, 6, 0, 9, 0]))
    assert capfd.readouterr().err == ""  # nor does XLA complain


def test_a_program_that_cannot_be_compiled_literally_is_compiled_all_the_same(monkeypatch):
    monkeypatch.setattr(compiled, "_crops_between", lambda eqn: False)
    x = np.float32([3, 6, 9])
    spread = Compiled(lambda x: jax.lax.pad(x, np.float32(0), [(-1, 1, 1)]), 3, quick=True)
    np.testing.assert_array_equal(spread(x), np.float32([0, 6, 0, 9, 0]))


def test_every_set_of_shapes_is_compiled_once():
    shapes = []

    def twice(x):
        shapes.append(x.shape)
        return 2 * x

    program = Compiled(twice, 3, quick=True)
    for size in (2, 3, 2, 3):
        np.testing.assert_array_equal(program(np.ones(size)), np.full(size, 2))
    assert shapes == [(2,), (3,)]


def test_what_the_program_itself_raises_is_raised():
    with pytest.raises(TypeError, match=r"^dot_general requires"):
        Compiled(lambda x: x @ np.ones((2, 2), np.float32), 3, quick=True)(np.ones((1, 3), np.float32))
