"""Where a rule is examined: the special points are there, in the right dtype and inside the domain."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import Domain, items, points, problem
from verify.domain import per_leaf, unlimited

X = np.asarray([[0.5, -1.25, 2.0, 1.5, -0.75, 3.0, 0.25, -1.5]], np.float32)


def lattice(*args, thresholds=(), domains=None, seed=0):
    made = problem.make(lambda *x: sum(jnp.sum(a) for a in x), args)
    outputs = made.outputs(made.floats, made.others)
    spread = per_leaf(made, domains, len(args))
    return items.lattice(made, outputs, thresholds, spread, np.random.default_rng(seed))


def values(found, leaf=0):
    return np.concatenate([np.ravel(item.floats[leaf]) for item in found]).astype(np.float64)


def test_the_example_comes_first_with_two_cotangents_and_their_sum():
    first, second, both = lattice(X)[:3]
    for item in (first, second, both):
        np.testing.assert_array_equal(item.floats[0], X)
    np.testing.assert_allclose(both.cotangents[0], 2 * first.cotangents[0] + second.cotangents[0])


def test_zeros_of_both_signs_ones_ties_and_saturation_are_tried():
    found = lattice(X, X)
    zeros = [item.floats[0] for item in found if not np.any(item.floats[0])]
    assert {bool(np.signbit(z).all()) for z in zeros} == {True, False}
    assert {-1.0, 1.0, 30.0} <= set(values(found))
    assert any(set(np.abs(np.ravel(item.floats[0]))) <= {20.0, 40.0} for item in found)
    assert any(np.sum(item.floats[0] == item.floats[0].max()) == 2 for item in found)
    assert np.abs(values(found)[values(found) != 0]).min() < 1e-6


def test_thresholds_and_points_to_both_sides_of_them_are_tried():
    found = values(lattice(X, X, thresholds=(7.25,)))
    assert 7.25 in found
    assert ((found > 7.25) & (found < 7.5)).any()
    assert ((found < 7.25) & (found > 7.0)).any()


def test_a_scalar_beside_a_larger_array_meets_every_threshold_and_both_sides_of_it():
    marks = np.arange(4, 20) + 0.25
    found = set(values(lattice(np.float32(0.5), X, thresholds=tuple(marks))))
    assert {*marks, *(63 / 64 * marks), *(65 / 64 * marks)} <= found


def test_the_special_values_of_a_domain_are_tried():
    assert 2.75 in values(lattice(X, domains=[Domain(special=(2.75,))]))
    assert 2.75 not in values(lattice(X))


def test_no_item_leaves_the_domain():
    found = values(lattice(np.abs(X), domains=[Domain(low=0.25, high=3)]))
    assert found.min() == 0.25
    assert found.max() == 3


def test_values_that_may_not_vary_are_those_of_the_example():
    found = lattice(X, X + 1, domains=[Domain(vary_values=False), None])
    assert all(np.array_equal(item.floats[0], X) for item in found)
    assert not all(np.array_equal(item.floats[1], X + 1) for item in found)
    alone = lattice(X, domains=[Domain(vary_values=False)])
    assert {item.label.split(",")[0] for item in alone} == {"the example"}


@pytest.mark.parametrize("dtype", [jnp.bfloat16, np.float16, np.float32])
def test_points_and_cotangents_have_the_dtype_of_the_example(dtype):
    for item in lattice(X.astype(dtype)):
        assert item.floats[0].dtype == dtype
        assert item.cotangents[0].dtype == dtype


def test_arguments_of_one_shape_are_once_equal():
    assert any(item.label == "arguments equal" for item in lattice(X, X + 1))
    (equal,) = [item for item in lattice(X, X + 1) if item.label == "arguments equal"]
    np.testing.assert_array_equal(*equal.floats)


def test_cotangents_that_are_zero_one_hot_large_and_small_are_tried_at_the_example():
    found = {item.label: item.cotangents[0] for item in lattice(X)}
    assert found["the example, cotangent zero"] == 0
    assert found["the example, cotangent one-hot"] == 1
    first = lattice(X)[0].cotangents[0]
    scale = items.cotangent_scale([first])
    assert scale == 2.0**38
    assert found["the example, cotangent large"] == scale * first
    assert found["the example, cotangent small"] == first / scale


def test_the_scale_of_cotangents_stays_in_the_range_of_the_narrowest_dtype():
    assert items.cotangent_scale([np.ones(2, np.float16), np.ones(2, np.float32)]) == 2.0**4


def test_indices_and_masks_take_other_values_that_the_example_shows_to_be_valid():
    labels, mask = np.array([2, 0, 5], np.int32), np.array([True, False, True])
    made = problem.make(lambda x, labels, mask: x, (X, labels, mask))
    found = items.lattice(made, made.outputs(made.floats, made.others), (), unlimited(made), np.random.default_rng(0))
    indices = [item.others[0].tolist() for item in found]
    masks = [item.others[1].tolist() for item in found]
    assert [2, 2, 2] in indices
    assert [5, 0, 2] in indices
    assert [0, 0, 0] in indices
    assert all(set(row) <= {0, 2, 5} for row in indices)
    assert [True] * 3 in masks
    assert [False] * 3 in masks


def test_integers_that_may_not_vary_do_not_and_others_stay_in_their_domain():
    labels = np.array([2, 1, 5], np.int32)
    made = problem.make(lambda x, labels: x, (X, labels))

    def found(domain):
        spread = per_leaf(made, [None, domain], 2)
        drawn = items.lattice(made, made.outputs(made.floats, made.others), (), spread, np.random.default_rng(0))
        return {tuple(item.others[0].tolist()) for item in drawn}

    assert found(Domain(vary_values=False)) == {(2, 1, 5)}
    assert (0, 0, 0) in found(None)
    assert (1, 1, 1) in found(Domain(low=1))
    assert min(map(min, found(Domain(low=1)))) == 1


@pytest.mark.parametrize(
    ("example", "inside"),
    [([0.2, 0.9], lambda v: (0 < v) & (v < 1)), ([3.0, 900.0], lambda v: v > 0)],
    ids=["unit interval", "positive"],
)
def test_random_values_keep_the_signs_and_the_interval_of_the_example(example, inside):
    found = [item for item in lattice(np.asarray(example, np.float32)) if item.label.startswith("random")]
    assert len(found) == 9
    assert inside(values(found)).all()


def test_equal_seeds_give_equal_items_and_others_do_not():
    assert np.array_equal(values(lattice(X)), values(lattice(X)))
    assert not np.array_equal(values(lattice(X)), values(lattice(X, seed=1)))


def test_a_scalar_has_items_too():
    assert all(np.shape(item.floats[0]) == () for item in lattice(0.5))


def test_random_numbers_are_short_and_never_zero():
    drawn = points.short_normal(np.random.default_rng(0), (10_000,), np.float64)
    np.testing.assert_array_equal(drawn, np.round(drawn, 2))
    assert np.all(drawn)


def test_stacking_keeps_leaves_apart():
    rows = [(np.zeros(2), np.ones(())), (np.ones(2), np.zeros(()))]
    assert jax.tree.map(np.shape, items.stack(rows)) == ((2, 2), (2,))


def test_sizes_are_also_tried_with_the_sign_that_all_of_the_example_has():
    found = [item.floats[0] for item in lattice(-np.abs(X)) if "signs as in the example" in item.label]
    assert len(found) == 10
    assert all((x < 0).all() for x in found)
    assert not [item for item in lattice(X) if "signs as in the example" in item.label]


def test_a_probability_is_also_tried_close_to_one():
    (close,) = [item.floats[0] for item in lattice(np.abs(X) / 4) if item.label == "close to one"]
    assert ((close > 0.999) & (close < 1)).all()


def test_a_small_problem_keeps_all_its_points():
    found = lattice(X, X)
    assert items.affordable(found) == (found, [])


def test_a_large_problem_keeps_the_example_and_the_most_telling_points_in_their_order(monkeypatch):
    found = lattice(X, X)
    monkeypatch.setattr(items, "_AFFORDABLE", 1)
    kept, left_out = items.affordable(found)
    labels = [item.label for item in kept]
    assert labels[:4] == ["the example"] * 3 + ["random values 0"]
    assert {items.ZERO, items.LARGE, items.SMALL, "thresholds 0", "far out"} < set(labels)
    assert labels == [item.label for item in found if any(item is one for one in kept)]
    assert len(kept) == 13
    assert len(kept) + len(left_out) == len(found)


def test_what_there_is_memory_for_counts_the_outputs_too(monkeypatch):
    found = lattice(X, X)
    monkeypatch.setattr(items, "_AFFORDABLE", 15 * (2 * X.size + 1))  # two arguments, and a sum of them
    assert len(items.affordable(found)[0]) == 15
