"""What arrives at a rule is what the program computes there, step by step; the program itself does not change."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify.auditing.capture import capture


@jax.custom_vjp
def doubled(x):
    return 2 * x


doubled.defvjp(lambda x: (2 * x, ()), lambda _, g: (2 * g,))


def arrivals(fun, *args):
    found = capture(fun, args)
    return {a.told.split(" / custom")[0]: a.values for s in found.sites for a in found.arrivals[s.address]}, found


def scanned(length, reverse=False):
    def run(x):
        return lax.scan(lambda c, a: (doubled(c + a), c), x, jnp.arange(1.0 * length), reverse=reverse)

    return run


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reversed"])
def test_every_step_of_a_short_scan_is_recorded_with_its_values(reverse):
    found, _ = arrivals(scanned(4, reverse), np.float32(1))
    carry, expected = 1.0, {}
    for t in reversed(range(4)) if reverse else range(4):
        expected[f"scan[t={t}]"] = carry + t
        carry = 2 * (carry + t)
    assert {told: float(values[0]) for told, values in found.items()} == expected


def test_of_a_long_scan_first_middle_and_last_steps_are_recorded_and_it_is_said_so():
    found, captured = arrivals(scanned(20), np.float32(0))
    assert list(found) == [f"scan[t={t}]" for t in (0, 1, 2, 10, 11, 17, 18, 19)]
    carry = np.float32(0)
    for t in range(19):
        carry = np.float32(2) * (carry + np.float32(t))
    assert found["scan[t=19]"][0] == carry + 19
    assert "scan takes 20 steps: recorded were [0, 1, 2, 10, 11, 17, 18, 19]" in captured.notes


def counted(x, n):
    return lax.while_loop(lambda s: s[1] < n, lambda s: (doubled(s[0]), s[1] + 1), (x, 0))[0]


@pytest.mark.parametrize(("n", "steps"), [(0, []), (3, [0, 1, 2]), (30, [*range(7), 29])])
def test_of_a_while_loop_the_first_steps_and_the_last_are_recorded(n, steps):
    found, captured = arrivals(counted, np.float32(1), n)
    assert {told: float(values[0]) for told, values in found.items()} == {f"while[t={t}]": 2.0**t for t in steps}
    assert any("its loop takes no step" in note for note in captured.notes) == (n == 0)
    assert any("the first 7 and the last are recorded" in note for note in captured.notes) == (n > 8)


def test_loops_inside_loops_keep_both_steps():
    def run(x):
        return lax.scan(lambda c, n: (counted(c, n), ()), x, jnp.arange(3))[0]

    found, _ = arrivals(run, np.float32(1))
    assert list(found) == ["scan[t=1] / while[t=0]", "scan[t=2] / while[t=0]", "scan[t=2] / while[t=1]"]
    assert [float(values[0]) for values in found.values()] == [1, 2, 4]


def test_both_branches_are_entered_and_the_one_not_taken_is_told():
    def run(x):
        return lax.cond(x > 0, doubled, lambda z: -doubled(z), x)

    captured = capture(run, (np.float32(3),))
    told = [a.told.split(" / ")[0] + a.told[-32:] for s in captured.sites for a in captured.arrivals[s.address]]
    untaken = [t.endswith("in a branch that was not taken") for t in told]
    assert untaken == [True, False]


def test_the_program_gives_the_same_bits_after_it_was_captured():
    def run(x):
        y = jax.jit(scanned(5))(jnp.sin(x))[0]
        return jnp.sum(jnp.tanh(y) / 3)

    x = np.linspace(-1, 1, 7, dtype=np.float32)
    before = np.asarray(run(x)).tobytes(), np.asarray(jax.jit(run)(x)).tobytes(), x.tobytes()
    capture(run, (x,))
    assert (np.asarray(run(x)).tobytes(), np.asarray(jax.jit(run)(x)).tobytes(), x.tobytes()) == before


def test_what_arrives_in_a_whole_numbered_program_is_exact():
    found, _ = arrivals(lambda x: doubled(jax.jit(doubled)(x @ x)), np.float32([[1, 2], [3, 4]]))
    first, second = (values[0] for values in found.values())
    assert np.array_equal(first, [[7, 10], [15, 22]])
    assert np.array_equal(second, 2 * first)


def test_calls_out_of_the_program_are_listed():
    def run(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    captured = capture(run, (np.ones(3, np.float32),))
    (note,) = captured.notes
    assert note.startswith("not entered: pure_callback (1 time): a rule inside it would not be seen")


def test_rules_under_the_new_custom_vjp_are_found_or_said_not_to_have_been():
    with switched("jax_custom_vjp3"):
        hidden = jax.custom_vjp(lambda x: 3 * x)
        hidden.defvjp(lambda x: (3 * x, ()), lambda _, g: (g,))
        captured = capture(lambda x: hidden(x), (np.float32(1),))
    assert captured.sites or any("it hides a rule" in note for note in captured.notes)


class switched:
    """An option of JAX that has no context manager of its own."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.before = getattr(jax.config, self.name)
        jax.config.update(self.name, True)

    def __exit__(self, *_):
        jax.config.update(self.name, self.before)
