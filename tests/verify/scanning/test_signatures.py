"""The table of signatures: what it says, and what it may not say."""

import numpy as np
import pytest

from verify.scanning import exact, kinds, signatures
from verify.scanning.functions import public_functions

MODULES = "jax.numpy jax.scipy.special jax.scipy.stats jax.nn jax.numpy.linalg jax.lax optax.losses".split()


@pytest.fixture(scope="module")
def public():
    return {function.name for function in public_functions(*MODULES)}


def test_every_entry_of_the_table_is_a_call_of_a_public_function(public):
    table = signatures.table()
    assert set(table.calls) - public == set()
    for name, texts in table.calls.items():
        for text in texts:
            assert signatures.parse(name, text).kinds or name == "jax.scipy.special.bernoulli"


def test_every_formula_is_that_of_a_public_function(public):
    assert set(exact.formulas().text) - public == set()


def test_more_than_550_functions_have_a_signature_in_the_table_or_are_probed(public):
    assert len(public - set(signatures.table().left_out)) >= 550


def test_a_call_binds_the_parameters_of_the_function_and_is_spelled_as_python():
    call = signatures.parse("jax.scipy.special.polygamma", "(1, p)")
    assert call.bind(2.5) == {"n": 1, "x": 2.5}
    assert signatures.expression(call, {0: "x"}) == "jax.scipy.special.polygamma(1, x)"
    stacked = signatures.parse("jax.numpy.concatenate", "([x2, xb3], axis=0)")
    assert (stacked.words, stacked.shapes) == (("x2", "xb3"), ((2,), (3,)))
    assert stacked.run(np.ones(2), np.zeros(3)).tolist() == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(x3, axis=", r"must be a call such as '\(x3, axis=0\)'; got '\(x3, axis='"),
        ("x3", r"must be a call such as '\(x3, axis=0\)'; got 'x3'"),
        ("(x3, nonsense)", r"must name kinds of arguments; 'nonsense' in '\(x3, nonsense\)' is none"),
    ],
)
def test_an_entry_that_is_no_call_is_one_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        signatures.parse("jax.numpy.sum", text)


@pytest.mark.parametrize("letter", kinds.KINDS)
def test_every_kind_draws_what_it_says(letter):
    kind, shape = kinds.parse(f"{letter}33")
    drawn = kind.draw(np.random.default_rng(0), shape)
    assert drawn.shape == (3, 3)
    assert drawn.dtype == (np.float32 if kind.floating else drawn.dtype)
    assert np.all((drawn >= kind.low) & (drawn <= kind.high))


def test_matrices_are_what_their_kinds_promise():
    rng = np.random.default_rng(1)
    made = {letter: kinds.KINDS[letter].draw(rng, (3, 3)).astype(float) for letter in "dholq"}
    assert np.linalg.eigvalsh(made["d"]).min() > 0
    assert np.array_equal(made["h"], made["h"].T)
    assert np.allclose(made["o"] @ made["o"].T, np.eye(3), atol=1e-6)
    assert np.array_equal(made["l"], np.tril(made["l"]))
    assert np.allclose(made["q"].sum(axis=-1), 1)
