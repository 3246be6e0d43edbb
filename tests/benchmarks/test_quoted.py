"""What README.md quotes of benchmarks and labs stands in the committed results.

A row says which words are quoted, of which file, and how they are made from it. What is quoted from runs without
committed results is not among them.
"""

import json
import math
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import scores
from benchmarks.checkers import OURS
from benchmarks.scores import Row

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
RESULTS = ROOT / "benchmarks" / "results"


def answers(saved, checker=OURS, dtype=None):
    return [r for r in map(Row.load, saved["answers"]) if r.checker == checker and dtype in (None, r.dtype)]


def netted(saved, checker, dtype):
    return scores.score(answers(saved, checker, dtype)).netted


def named_of_100(saved):
    score = scores.score(answers(saved))
    return round(100 * score.diagnosed_any / score.killed)


def total(saved, key, fair="mutants"):
    return sum(row[key] for row in saved["configurations"] if row[fair] is not None)


def last(epochs):
    return 100 * epochs[-1]["scores"]["test"]["accuracy"]


def at_rate(saved, seed, rate):
    runs = saved["results"]["What the learning rate does"]
    return f"{100 * runs[f'seed {seed}, rate {rate}']['test accuracy per epoch'][-1]:.1f}"


def derivatives(saved):
    found = saved["results"]["Which derivatives they are"]
    first, second = (sum(f["order"] == order for f in found["qualified"].values()) for order in (1, 2))
    return f"{second} of {len(found['explained by order'])} filters are second derivatives, {first or 'none'} a first"


def optimisers(saved):
    scored = [f"{last(epochs):.0f}" for epochs in saved["results"]["Three optimisers"].values()]
    return f"{', '.join(scored)} % of {saved['results']['The images']['test']['images']} images"


def equal_updates(saved):
    apart = saved["results"]["Updates by hand and by Optax"]
    exact = not any(apart["sgd"]) and not any(apart["momentum"]) and any(apart["rmsprop"])
    return f"bit for bit, RMSProp's to {'rounding' if exact and max(apart['rmsprop']) < 1e-5 else 'more'}"


def images(saved, *parts):
    return sum(saved["results"]["The images"][part]["images"] for part in parts)


def on_test(saved, part="Training, stopped early"):
    return 100 * saved["results"][part]["test accuracy"]


def perceptron(saved):
    mean = 100 * saved["results"]["The perceptron on the test images"]["accuracy"]["as given, mean"]["test"]
    best = on_test(saved, "The perceptron on the test images")
    return f"{best:.1f} % with all options ({mean:.0f} % at the rate asked for, by the mean)"


def strangers(saved):
    found = saved["results"]["Other writers"]
    share, count = (found[f"writers unknown: {key}"] for key in ("the digit found", "images"))
    return f"{100 * share:.1f} % of {count:,} small scans"


def free(saved):
    found = saved["results"]["How well it does"]
    return f"{100 * found['test accuracy']:.2f} % by a free design after {len(found['test accuracy per epoch'])} epochs"


def as_matrices(saved):
    epochs = saved["results"]["The network to be read as matrices"]["test accuracy per epoch"]
    return f"({100 * epochs[-1]:.1f} % after {len(epochs)})"


def same(saved):
    found = saved["results"]["All test images"]
    return f"{found['relu']['same']:,} of {found['images']:,} predictions are the same"


def smallest(saved):
    return f"with sigmoids {saved['results']['Gradients after training']['sigmoid, 40 hidden layers']['dense_0']:.0e}"


def times(saved, section, beside, what=""):
    """How many times as good as something a row is."""
    found = (
        row["ratio"]
        for row in saved["rows"]
        if row["section"].startswith(section) and row["what"].startswith(what) and row["beside"].startswith(beside)
    )
    return next(found, math.nan)


def beside_torch(saved, *cases):
    return [times(saved, f"{case}: claims", "torch") for case in cases]


def flax_loop(saved):
    found = [times(saved, f"{case}: claims", "flax") for case in ("filters", "backprop 10", "backprop 32")]
    return f"{min(found):.1f} to {max(found):.1f} times a Flax loop"


def fills(saved, section, beside):
    return 1 / times(saved, section, beside)


def measured(saved, what, section=""):
    rows = (row for row in saved["rows"] if row["what"] == what and row["section"].startswith(section))
    return next((row["value"] for row in rows), math.nan)


def of_rows(saved, section, unit):
    """The first two numbers of that unit; nan, which is quoted nowhere, for what is missing."""
    rows = [row["value"] for row in saved["rows"] if row["section"].startswith(section) and row["unit"] == unit]
    return [*rows, math.nan, math.nan][:2]


def checked(saved):
    section, sizes = "check_rule of a softplus", ("16", "1,048,576")
    few, many = (measured(saved, f"check_rule, {size} entries", section) for size in sizes)
    longer = 1 / times(saved, section, "check_grads", f"check_rule, {sizes[1]} ")
    told = f"{few:.1f} s at 16 entries of a softplus and **{many:.0f} s at a million"
    return f"{told}, {longer:.0f} times as long as `check_grads`**"


def audits(saved):
    kinds = ("audit of n different rules", "audit of one rule at n places")
    different, one = (measured(saved, "n = 64", kind) for kind in kinds)
    return f"64 different rules {different:.1f} s, of one rule at 64 places {one:.1f} s"


def rules_a_minute(saved):
    section = "audit of a transformer, 1 "
    rate, longer = of_rows(saved, section, "rules/min")[0], 1 / times(saved, section, "compiling")
    return f"{rate:.0f} rules a minute in a transformer, in {longer:.1f} times the time"


def scanned(saved):
    return "{:.0f} functions a minute in one process, {:.0f} in two".format(*of_rows(saved, "scan", "functions/min"))


def beside_scan(saved):
    ours = [times(saved, f"{case}, batch", "jax scan") for case in ("mlp", "depth 5", "depth 20")]
    return "**{:.2f} on `mlp`, {:.2f} and {:.2f} at 5 and 20 layers**".format(*ours)


QUOTED = [
    (
        "2.9 s at 16 entries of a softplus and **72 s at a million, 83 times as long as `check_grads`**",
        "scaling",
        checked,
    ),
    ("64 different rules 18.2 s, of one rule at 64 places 1.5 s", "scaling", audits),
    ("60 rules a minute in a transformer, in 3.4 times the time", "auditing", rules_a_minute),
    ("69 functions a minute in one process, 86 in two", "auditing", scanned),
    ("**0.76 on `mlp`, 0.86 and 0.99 at 5 and 20 layers**", "training", beside_scan),
    ("`filters` 1.19, where", "training", lambda s: "`filters` {:.2f}, where".format(*beside_torch(s, "filters"))),
    (
        "`backprop` 4.5 and 2.5",
        "training",
        lambda s: "`backprop` {:.1f} and {:.1f}".format(*beside_torch(s, "backprop 10", "backprop 32")),
    ),
    (
        "`depth` 1.8, 2.7 and 3.1",
        "training",
        lambda s: "`depth` {:.1f}, {:.1f} and {:.1f}".format(*beside_torch(s, "depth 5", "depth 20", "depth 40")),
    ),
    ("in one sweep 4.4", "training", lambda s: "in one sweep {:.1f}".format(*beside_torch(s, "nine depths"))),
    ("`mlp` 1.45, where", "training", lambda s: "`mlp` {:.2f}, where".format(*beside_torch(s, "mlp"))),
    ("(34 times a NumPy loop)", "training", lambda s: f"({times(s, 'mlp: claims', 'numpy'):.0f} times a NumPy loop)"),
    (
        "`conv-as-matrix` 0.91, where",
        "training",
        lambda s: "`conv-as-matrix` {:.2f}, where".format(*beside_torch(s, "conv-as-matrix")),
    ),
    ("`house-numbers` 1.52", "training", lambda s: "`house-numbers` {:.2f}".format(*beside_torch(s, "house-numbers"))),
    ("5.2 to 5.6 times a Flax loop", "training", flax_loop),
    ("1.2 fresh fills", "matrices", lambda s: f"{fills(s, 'sparse', 'fresh'):.1f} fresh fills"),
    ("52 times faster than from", "matrices", lambda s: f"{times(s, 'sparse', 'COO'):.0f} times faster than from"),
    (
        "(12 times if these are put together with care)",
        "matrices",
        lambda s: f"({times(s, 'sparse', 'COO -> CSR, put'):.0f} times if these are put together with care)",
    ),
    ("1.21 warm fills", "matrices", lambda s: f"{fills(s, 'dense', 'warm'):.2f} warm fills"),
    (
        "14 times faster than `jax.jacfwd`",
        "matrices",
        lambda s: f"{times(s, 'dense', 'jax'):.0f} times faster than `jax.jacfwd`",
    ),
    (
        "to 0.13 % in 0.3 s",
        "matrices",
        lambda s: f"to {measured(s, 'width'):.2f} % in {measured(s, 'seconds'):.1f} s",
    ),
    ("1.18 fills", "jacobians", lambda s: f"{fills(s, 'gradients', 'compiled fill'):.2f} fills"),
    (
        "2.4 times faster than `vmap(grad)`, in factors 48 times",
        "jacobians",
        lambda s: (
            f"{times(s, 'gradients', 'vmap'):.1f} times faster than `vmap(grad)`, in factors "
            f"{times(s, 'gradients', 'vmap', 'in factors'):.0f} times"
        ),
    ),
    (
        "1.6 times faster than `jacrev` for one image, 3.6 times for 16",
        "jacobians",
        lambda s: (
            f"{times(s, 'logits by the inputs, 1 ', 'jacrev'):.1f} times faster than `jacrev` for one image, "
            f"{times(s, 'logits by the inputs, 16', 'jacrev'):.1f} times for 16"
        ),
    ),
    (
        "174 right and wrong twins",
        "power",
        lambda s: f"{scores.score(answers(s, OURS, 'float32')).pairs} right and wrong twins",
    ),
    (
        "73 of the faults invisible",
        "power",
        lambda s: f"{scores.score(answers(s, OURS, 'float32')).hidden} of the faults invisible",
    ),
    (
        "170 told apart in float32, 170 in float64",
        "power",
        lambda s: f"{netted(s, OURS, 'float32')} told apart in float32, {netted(s, OURS, 'float64')} in float64",
    ),
    ("`check_grads` 94 and", "power", lambda s: f"`check_grads` {netted(s, 'check_grads order 2', 'float32')} and"),
    (
        "chex 91 of 174 at order 2, in float32",
        "power",
        lambda s: (
            f"chex {netted(s, 'chex order 2', 'float32')} of "
            f"{scores.score(answers(s, 'chex order 2', 'float32')).pairs} at order 2, in float32"
        ),
    ),
    (
        "no right one accused",
        "power",
        lambda s: (
            f"{sum(r.which == 'right' and r.verdict != 'accepted' for r in answers(s)) or 'no'} right one accused"
        ),
    ),
    ("named in 91 of 100", "power", lambda s: f"named in {named_of_100(s)} of 100"),
    (
        "2.5 times the time of `check_grads(order=2)`",
        "power",
        lambda s: (
            f"{scores.time_ratio([Row.load(r) for r in s['answers']]):.1f} times the time of `check_grads(order=2)`"
        ),
    ),
    ("at 23 configurations", "mutation", lambda s: f"at {len(s['configurations'])} configurations"),
    (
        "all 1,383 noticed",
        "mutation",
        lambda s: (
            f"{'all' if total(s, 'mutants') == total(s, 'check_rule') else 'not all'} {total(s, 'mutants'):,} noticed"
        ),
    ),
    (
        "936 of 1,258 by `check_grads` (order 1)",
        "mutation",
        lambda s: (
            f"{total(s, 'check_grads 1', 'check_grads 1'):,} of {total(s, 'mutants', 'check_grads 1'):,} by "
            "`check_grads` (order 1)"
        ),
    ),
    (
        "98.1 and 96.4 % (two seeds) at Adam's 0.01, 99.2 % at 0.001",
        "labs/filters",
        lambda s: (
            f"{at_rate(s, 0, 0.01)} and {at_rate(s, 1, 0.01)} % (two seeds) at Adam's 0.01, "
            f"{at_rate(s, 0, 0.001)} % at 0.001"
        ),
    ),
    ("3 of 32 filters are second derivatives, none a first", "labs/filters", derivatives),
    ("1,000 of MNIST", "labs/backprop", lambda s: f"{images(s, 'train'):,} of MNIST"),
    ("66, 90, 90 % of 100 images", "labs/backprop", optimisers),
    ("bit for bit, RMSProp's to rounding", "labs/backprop", equal_updates),
    ("with sigmoids 7e-27", "labs/depth", smallest),
    (
        "LeCun's activation reaches 93.7 % there",
        "labs/depth",
        lambda s: (
            f"LeCun's activation reaches {last(s['results']['Test scores']['lecun, 40 hidden layers']):.1f} % there"
        ),
    ),
    (
        "1,083 training images at hand",
        "labs/house-numbers",
        lambda s: f"{images(s, 'training', 'validation'):,} training images at hand",
    ),
    (
        "55 % of 10,000",
        "labs/house-numbers",
        lambda s: f"{on_test(s):.0f} % of {images(s, 'test'):,}",
    ),
    (
        "82 % of the rest with 8,001 of these",
        "labs/house-numbers-borrowed",
        lambda s: f"{on_test(s):.0f} % of the rest with {s['settings']['borrowed']:,} of these",
    ),
    (
        "99.60 %, after last",
        "labs/best-digits",
        lambda s: f"{100 * s['results']['The test images']['accuracy']:.2f} %, after last",
    ),
    ("97.2 % of 1,797 small scans", "labs/best-digits", strangers),
    ("98.5 % with all options (73 % at the rate asked for, by the mean)", "labs/mlp-vs-cnn", perceptron),
    (
        "convolutional network 99.4 %",
        "labs/mlp-vs-cnn",
        lambda s: f"convolutional network {on_test(s, 'The convolutional network on the test images'):.1f} %",
    ),
    ("93.25 % by a free design after 20 epochs", "labs/conv-as-matrix", free),
    ("(90.6 % after 3)", "labs/conv-as-matrix", as_matrices),
    ("10,000 of 10,000 predictions are the same", "labs/conv-as-matrix", same),
]


def read(name):
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def wrong(readme, results):
    """Return the quoted words that the README lacks or that the results do not give."""
    return [text for text, file, told in QUOTED if text not in readme or told(results[file]) != text]


def damaged(saved):
    """Return the results with every number, verdict and count changed."""
    if isinstance(saved, dict):
        kept = list(saved.items())[1:] if all(key.isdecimal() for key in saved) else saved.items()
        return {key: damaged(value) for key, value in kept}
    if isinstance(saved, list):
        return [damaged(value) for value in (saved[1:] if len(saved) > 2 else saved)]
    if isinstance(saved, int | float) and not isinstance(saved, bool):
        return type(saved)(3 * saved + 1)
    return {"accepted": "rejected", "rejected": "accepted"}.get(saved, saved) if isinstance(saved, str) else saved


@pytest.fixture(scope="module")
def results():
    return {file: read(file) for file in {file for _, file, _ in QUOTED}}


def test_what_is_quoted_stands_in_the_results(results):
    assert wrong(README, results) == []


@pytest.mark.parametrize("text", [text for text, _, _ in QUOTED])
def test_a_quoted_figure_changed_in_the_readme_is_noticed(text):
    changed = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), text)
    changed = changed if changed != text else f"not {text[1:]}"
    assert text not in README.replace(text, changed)


def test_every_quoted_figure_changes_with_the_results(results):
    assert set(wrong(README, {name: damaged(saved) for name, saved in results.items()})) == {t for t, _, _ in QUOTED}
