"""Hand-written backward passes: plain NumPy, JAX with NumPy, trees of parameters."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 1, (2, 5)).round(2)
PARAMS = {
    "b1": RNG.standard_normal(4).round(2),
    "b2": RNG.standard_normal(3).round(2),
    "w1": RNG.standard_normal((5, 4)).round(2),
    "w2": RNG.standard_normal((4, 3)).round(2),
}
LABELS = np.asarray([2, 0])


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def loss(params, x, labels):
    """Mean cross-entropy of a perceptron with one hidden layer."""
    h = sigmoid(x @ params["w1"] + params["b1"])
    z = h @ params["w2"] + params["b2"]
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(x)), labels])


def backward(params, x, labels, cotangent, fault=None):
    """Backpropagation, with one fault on demand."""
    z1 = x @ params["w1"] + params["b1"]
    h = sigmoid(z1)
    y = softmax(h @ params["w2"] + params["b2"])
    d2 = y.copy()
    d2[np.arange(len(x)), labels] -= 1
    d2 = d2 * cotangent / (1 if fault == "missing 1/N" else len(x))
    if fault == "labels ignored":
        d2 = y * cotangent / len(x)
    slope = {"slope at the wrong value": sigmoid(h) * (1 - sigmoid(h)), "slope forgotten": 1.0}
    d1 = (d2 @ params["w2"].T) * slope.get(fault, h * (1 - h))
    grads = {"b1": d1.sum(axis=0), "b2": d2.sum(axis=0), "w1": x.T @ d1, "w2": h.T @ d2}
    if fault == "mean instead of sum":
        grads["b1"] = d1.mean(axis=0)
    if fault == "first row instead of sum":
        grads["b2"] = d2[0]
    if fault == "sign":
        grads["w2"] = -grads["w2"]
    if fault == "input in place of hidden":
        grads["w2"] = x[:, :4].T @ d2
    if fault == "overwritten":
        x *= 0
    if fault == "bias not summed":
        grads["b1"] = d1
    if fault == "parameter missing":
        del grads["b2"]
    dx = d1 @ params["w1"].T
    return (grads, dx) if fault == "argument missing" else (grads, dx, None)


WEIGHTS = {"params['w1']", "params['b1']", "params['w2']", "params['b2']", "x"}
FAULTS = {
    "missing 1/N": WEIGHTS,
    "labels ignored": WEIGHTS,
    "slope at the wrong value": {"params['w1']", "params['b1']", "x"},
    "slope forgotten": {"params['w1']", "params['b1']", "x"},
    "mean instead of sum": {"params['b1']"},
    "first row instead of sum": {"params['b2']"},
    "sign": {"params['w2']"},
    "input in place of hidden": {"params['w2']"},
}


def check(fault=None, budget=1e-9):  # agreement, which all these faults need, is checked in any time
    def backward_with_fault(params, x, labels, cotangent):
        return backward(params, x, labels, cotangent, fault)

    domain = verify.Domain(vary_shape=fault is None)  # every fault shows at the example
    return verify.check_backward(loss, backward_with_fault, PARAMS, X, LABELS, domain=domain, budget=budget)


def test_a_right_numpy_perceptron_passes():
    report = check(budget=60)
    assert report.ok, str(report)
    assert {finding.argument for finding in report.passed if finding.law == "agreement"} == WEIGHTS
    assert any("numerical differences are the only witness" in note for note in report.notes)


@pytest.mark.parametrize(("fault", "arguments"), FAULTS.items(), ids=FAULTS)
def test_a_fault_is_rejected_and_its_arguments_named(failed, fault, arguments):
    assert failed(check(fault)) == {("agreement", argument) for argument in arguments}


def test_a_backward_pass_that_overwrites_its_input_is_rejected(failed):
    report = check("overwritten", budget=60)
    assert ("repeatable", "x") in failed(report)
    assert "overwritten by the backward pass" in str(report)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("argument missing", "the backward pass must return 3 cotangents, one per argument; got 2."),
        ("bias not summed", "the cotangent of `params['b1']` must have shape (4,); got (2, 4)."),
        ("parameter missing", "the cotangent of `params` must have the tree PyTreeDef"),
    ],
    ids=["number", "shape", "tree"],
)
def test_a_wrong_number_shape_or_tree_is_told_in_a_sentence(failed, fault, told):
    report = check(fault)
    assert failed(report) == {("structure", None)}
    assert told in report.failures[0].actual


def test_an_exception_of_the_backward_pass_is_a_finding():
    def broken(x, cotangent):
        raise KeyError("weights")

    report = verify.check_backward(lambda x: np.asarray(x * x), broken, np.ones(2))
    assert report.failures[0].law == "structure"
    assert report.failures[0].actual == "KeyError: 'weights'"


@pytest.mark.parametrize(("factor", "ok"), [(2, True), (-2, False)], ids=["right", "wrong"])
def test_a_jax_forward_with_a_numpy_backward(factor, ok, failed):
    report = verify.check_backward(lambda x: jnp.sum(x * x), lambda x, g: factor * np.asarray(x) * g, X[0])
    assert report.ok is ok, str(report)
    assert failed(report) >= (set() if ok else {("agreement", "x")})


@pytest.mark.parametrize(("sign", "ok"), [(1, True), (-1, False)], ids=["right", "wrong"])
def test_a_traceable_pair_with_trees_of_outputs(sign, ok, failed):
    def forward(p):
        return {"sum": p["a"] + p["b"], "product": p["a"] * p["b"]}

    def pull(p, g):
        return {"a": g["sum"] + p["b"] * g["product"], "b": g["sum"] + sign * p["a"] * g["product"]}

    report = verify.check_backward(forward, pull, {"a": X[0], "b": X[1]})
    assert report.ok is ok, str(report)
    assert {argument for _, argument in failed(report)} <= {"p['b']"}


def test_the_only_cotangent_may_come_alone_or_in_a_tuple():
    for wrap in (lambda g: g, lambda g: (g,)):
        assert verify.check_backward(np.sin, lambda x, g, wrap=wrap: wrap(g * np.cos(x)), X[0]).ok


def test_cotangents_of_integers_are_ignored():
    def pick(x, i):
        return x[i]

    def back(x, i, g):
        d = np.zeros_like(x)
        d[i] = g
        return d, "nothing"

    assert verify.check_backward(pick, back, X[0], np.asarray(2)).ok


def test_the_forward_pass_is_never_evaluated_below_its_domain():
    seen = []

    def root(x):
        seen.append(float(np.min(x)))
        return np.asarray(np.sqrt(x))

    report = verify.check_backward(
        root, lambda x, g: 0.5 * g / np.sqrt(x), np.asarray([1.0, 4.0]), domain=verify.Domain(low=0.5)
    )
    assert report.ok, str(report)
    # difference steps may reach a sixteenth beyond
    assert min(seen) >= 0.5 - 1 / 16


@pytest.mark.parametrize(
    ("forward", "back", "message"),
    [
        (np.sin, None, r"^`backward` must be callable; got NoneType\.$"),
        (None, np.sin, r"^`forward` must be callable; got NoneType\.$"),
        (lambda x: 1.0, lambda x, g: g, r"must return floating-point arrays only; got \['float'\]"),
        (lambda x: {}, lambda x, g: g, r"must return floating-point arrays only; got \[\]"),
        (lambda x: np.argmax(x), lambda x, g: g, r"must return floating-point arrays only; got \['int64 array'\]"),
    ],
    ids=["backward", "forward", "Python number", "nothing", "integers"],
)
def test_what_cannot_be_checked_is_refused(forward, back, message):
    with pytest.raises(TypeError, match=message):
        verify.check_backward(forward, back, X[0])


def test_an_exception_of_the_forward_pass_at_the_example_passes_through():
    def forward(x):
        raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        verify.check_backward(forward, lambda x, g: g, X[0])


@pytest.mark.parametrize("factor", [1, 1.001], ids=["right", "wrong"])
def test_a_backward_pass_in_single_precision_is_held_to_single_precision(failed, factor):
    report = verify.check_backward(np.sin, lambda x, g: jax.device_put(np.asarray(factor * g * np.cos(x))), X[0])
    assert report.ok is (factor == 1), str(report)
    assert (("agreement", "x") in failed(report)) is (factor != 1)
