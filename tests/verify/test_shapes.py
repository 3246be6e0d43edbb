"""Which dimensions belong together is found by tracing; other shapes are then ones that the function accepts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import problem, shapes, ties


def conv(x, w):
    if x.shape[3] != w.shape[2]:
        raise ValueError("channels differ")
    return jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def loss(logits, labels):
    if labels.shape != logits.shape[:1]:
        raise ValueError("one label per row")
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)[:, 0]


def add(x, y):
    if x.shape != y.shape:
        raise ValueError("shapes differ")
    return x + y


def ones(*shape):
    return np.ones(shape, np.float32)


LABELS = np.asarray([0, 2, 1, 2], np.int32)
CASES = {
    "elementwise": (jnp.sin, (ones(2, 2),), {((0, 0),), ((0, 1),)}),
    "pair": (add, (ones(2, 3), ones(2, 3)), {((0, 0), (1, 0)), ((0, 1), (1, 1))}),
    "dense": (jnp.matmul, (ones(2, 3), ones(3, 4)), {((0, 0),), ((1, 1),), ((0, 1), (1, 0))}),
    "square dense": (jnp.matmul, (ones(3, 3), ones(3, 3)), {((0, 0),), ((1, 1),), ((0, 1), (1, 0))}),
    "conv": (
        conv,
        (ones(1, 6, 6, 2), ones(3, 3, 2, 2)),
        {((0, 0),), ((0, 1),), ((0, 2),), ((1, 0),), ((1, 1),), ((1, 3),), ((0, 3), (1, 2))},
    ),
    "loss": (loss, (ones(4, 3), LABELS), {((0, 1),), ((0, 0), (1, 0))}),
    "fixed": (lambda x: x.reshape(2, 3), (ones(6),), set()),
}


def everything(made):
    return [True] * (len(made.floats) + len(made.others))


@pytest.mark.parametrize(("function", "args", "groups"), CASES.values(), ids=CASES)
def test_dimensions_that_only_grow_together_are_tied(function, args, groups):
    made = problem.make(function, args)
    assert set(ties.tied_dimensions(made, everything(made))) == groups


@pytest.fixture(scope="module", params=[name for name in CASES if name != "fixed"])
def varied(request):
    function, args, groups = CASES[request.param]
    made = problem.make(function, args)
    return made, groups, shapes.variations(made, everything(made), np.random.default_rng(0))


def test_every_variation_is_accepted_by_the_function(varied):
    made, _, found = varied
    for _, floats, others in found:
        assert all(0 not in out.shape for out in made.outputs(floats, others))


def test_no_dimension_of_the_first_variation_equals_another_and_no_variation_repeats(varied):
    made, groups, found = varied
    (label, floats, others), *_ = found
    sizes = {(*floats, *others)[group[0][0]].shape[group[0][1]] for group in groups}
    assert label == "all dimensions different"
    assert len(sizes) == len(groups)
    every = [tuple(np.shape(a) for a in (*floats, *others)) for _, floats, others in found]
    assert len({*every, tuple(np.shape(a) for a in (*made.floats, *made.others))}) == len(found) + 1


def test_a_batch_of_one_and_other_batches_are_tried(varied):
    made, _, found = varied
    batches = {floats[0].shape[0] for _, floats, _ in found} | {made.floats[0].shape[0]}
    assert 1 in batches
    assert len(batches) >= 2


def test_values_and_dtypes_are_those_of_the_example(varied):
    made, _, found = varied
    for _, floats, others in found:
        for new, old in zip((*floats, *others), (*made.floats, *made.others), strict=True):
            assert new.dtype == old.dtype
            assert set(new.reshape(-1).tolist()) <= set(old.reshape(-1).tolist())


def test_integer_indices_stay_in_range_and_classes_are_never_fewer_than_the_labels_need():
    made = problem.make(loss, (ones(4, 3), LABELS))
    found = shapes.variations(made, everything(made), np.random.default_rng(0))
    assert len(found) >= 2
    for _, (logits,), (labels,) in found:
        assert labels.max() < logits.shape[1]
        assert labels.shape == logits.shape[:1]


def test_an_argument_that_may_not_be_moved_keeps_its_shape():
    made = problem.make(jnp.matmul, (ones(2, 3), ones(3, 4)))
    found = shapes.variations(made, [True, False], np.random.default_rng(0))
    assert found
    assert {w.shape for _, (_, w), _ in found} == {(3, 4)}
    assert {x.shape[0] for _, (x, _), _ in found} - {2}


def test_a_function_of_one_shape_has_no_variations():
    made = problem.make(*CASES["fixed"][:2])
    assert shapes.variations(made, [True], np.random.default_rng(0)) == []


def test_a_large_example_is_tried_small_and_then_varied_in_its_batch():
    made = problem.make(jnp.matmul, (ones(8, 100), ones(100, 50)))
    found = shapes.variations(made, everything(made), np.random.default_rng(0))
    assert [(label, x.shape, w.shape) for label, (x, w), _ in found] == [
        ("small odd dimensions", (3, 7), (7, 5)),
        ("batch of 1", (1, 100), (100, 50)),
        ("batch of 3", (3, 100), (100, 50)),
    ]


def test_a_key_is_no_dimension():
    made = problem.make(lambda x, key: x + jax.random.normal(key, x.shape), (ones(2), jax.random.key(0)))
    assert ties.tied_dimensions(made, [True, True]) == [((0, 0),)]
    for _, _, (key,) in shapes.variations(made, [True, True], np.random.default_rng(0)):
        np.testing.assert_array_equal(key, made.others[0])


def test_labels_and_the_rows_they_belong_to_grow_together():
    def picked(logits, labels):
        return logits[jnp.arange(labels.size), labels]

    made = problem.make(picked, (np.ones((3, 5), np.float32), np.asarray([0, 4, 2], np.int32)))
    assert ((0, 0), (1, 0)) in ties.tied_dimensions(made, [True, True])
    for _, (logits,), (labels,) in shapes.variations(made, [True, True], np.random.default_rng(0)):
        assert logits.shape[:1] == labels.shape
