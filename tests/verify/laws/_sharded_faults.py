"""What is wrong with the rules of `_sharded`: the law and argument that must fail, the code, words of the sentence."""

LAW = "sharded = unsharded"
FAULTS = {
    "not summed": (LAW, "w", "mesh-sum", "not summed over mesh axis 'd': each of the 4 devices"),
    "not summed, of NumPy arrays": (LAW, "w", "mesh-sum", "not summed over mesh axis 'd': each of the 4 devices"),
    "averaged": ("agreement", "w", "mesh-sum", "divided by 4: a mean over mesh axis 'd'"),
    "not summed, on a grid": (LAW, "w", "mesh-sum", "not summed over mesh axis 'd': each of the 2 devices"),
    "not scattered": ("agreement", "w", "mesh-sum", "its own part of the cotangent gives"),
    "partitioned, not summed": (LAW, "w", "mesh-sum", "not summed over mesh axis 'd': each of the 4 devices"),
    "partitioned, summed twice": (LAW, "w", "mesh-sum", "times 4: summed over mesh axis 'd' once too often"),
    "partitioned, not scattered": (LAW, "w", "mesh-sum", "its own part of the cotangent gives"),
    "partitioned, in disorder": (LAW, "w", None, None),
    "inside, checked, not summed": ("structure", None, "mesh-sum", "cotangent 1 differs along mesh axis 'd'"),
    "inside, unchecked, summed twice": ("agreement", "w", "mesh-sum", "times 4: summed over mesh axis 'd'"),
    "inside, explicit, tripled": ("agreement", "x", "constant-factor", "times 3"),
    "halo, the wrong way": ("agreement", "x", None, None),
    "gathered": (
        LAW,
        "x",
        "sharding",
        "d_x is laid out as P(), its argument and plain autodiff's cotangent as P('d',)",
    ),
    "everything, tripled": ("agreement", "z.real", "constant-factor", "times 3/2"),
}
ACCEPTED = (
    "summed by hand",
    "summed by hand, of NumPy arrays",
    "summed by hand, on a grid",
    "summed around the ring",
    "scattered",
    "partitioned",
    "inside, checked",
    "inside, unchecked",
    "inside, explicit",
    "halo",
    "laid out as its argument",
    "everything",
    "autodiff",
)
# the others run with --thorough
USUAL = (
    "not summed",
    "not scattered",
    "partitioned, not summed",
    "partitioned, summed twice",
    "partitioned, not scattered",
    "inside, checked, not summed",
    "gathered",
    "summed by hand, of NumPy arrays",
    "partitioned",
    "inside, explicit",
    "laid out as its argument",
)
