"""What README.md quotes of times and sizes, of which file, and how the words are made from it."""

import math


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
    ours = [times(saved, f"{case}, batch", "jax scan") for case in ("mlp", "nine depths", "depth 5", "depth 20")]
    return "**{:.2f} on `mlp`, {:.2f} on the nine**, {:.2f} and {:.2f} at 5 and 20 layers".format(*ours)


def twice(saved):
    return f"{times(saved, '72', '1 Dask'):.2f} times as much in a second"


def processes(saved):
    alone, together = (measured(saved, what) for what in ("1 process", "2 processes"))
    return f"takes {alone:.2f} s there, two at once take {together:.2f} s"


def all_right(saved):
    right, wrong = (
        sum(row["value"] for row in saved["rows"] if row["what"] == what)
        for what in ("right rules accepted", "planted faults rejected")
    )
    return f"{right:.0f} of 600 right rules accepted, {wrong:.0f} of 120 planted faults rejected"


QUOTED = [
    ("600 of 600 right rules accepted, 120 of 120 planted faults rejected", "false_alarms", all_right),
    ("1.97 times as much in a second", "campaign", twice),
    ("takes 2.15 s there, two at once take 2.17 s", "campaign", processes),
    (
        "2.5 s at 16 entries of a softplus and **49 s at a million, 60 times as long as `check_grads`**",
        "scaling",
        checked,
    ),
    ("64 different rules 16.9 s, of one rule at 64 places 1.3 s", "scaling", audits),
    ("60 rules a minute in a transformer, in 3.4 times the time", "auditing", rules_a_minute),
    ("69 functions a minute in one process, 86 in two", "auditing", scanned),
    ("**0.89 on `mlp`, 0.96 on the nine**, 1.10 and 1.17 at 5 and 20 layers", "training", beside_scan),
    ("`filters` 1.18, where", "training", lambda s: "`filters` {:.2f}, where".format(*beside_torch(s, "filters"))),
    (
        "`backprop` 5.0 and 2.8",
        "training",
        lambda s: "`backprop` {:.1f} and {:.1f}".format(*beside_torch(s, "backprop 10", "backprop 32")),
    ),
    (
        "`depth` 3.2, 3.9 and 3.7",
        "training",
        lambda s: "`depth` {:.1f}, {:.1f} and {:.1f}".format(*beside_torch(s, "depth 5", "depth 20", "depth 40")),
    ),
    ("in one sweep 5.5", "training", lambda s: "in one sweep {:.1f}".format(*beside_torch(s, "nine depths"))),
    ("`mlp` 1.95 (", "training", lambda s: "`mlp` {:.2f} (".format(*beside_torch(s, "mlp"))),
    ("(49 times a NumPy loop)", "training", lambda s: f"({times(s, 'mlp: claims', 'numpy'):.0f} times a NumPy loop)"),
    (
        "`conv-as-matrix` 0.92, where",
        "training",
        lambda s: "`conv-as-matrix` {:.2f}, where".format(*beside_torch(s, "conv-as-matrix")),
    ),
    (
        "AMD EPYC, `filters` 1.73 and **`conv-as-matrix` 1.24**",
        "training-epyc",
        lambda s: "{}, `filters` {:.2f} and **`conv-as-matrix` {:.2f}**".format(
            s["machine"]["processor"], *beside_torch(s, "filters", "conv-as-matrix")
        ),
    ),
    ("`house-numbers` 1.52", "training", lambda s: "`house-numbers` {:.2f}".format(*beside_torch(s, "house-numbers"))),
    ("5.0 to 5.1 times a Flax loop", "training", flax_loop),
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
]
