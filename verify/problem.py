"""A function and one example of its arguments, flattened to float leaves, other leaves, and fixed values.

The laws see a function `call(floats, others) -> floats`: a tuple of floating arrays in, the non-differentiable arrays
(labels, masks, keys) beside them, a tuple of floating arrays out. Names lead back to the user's own arguments.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import jax
import numpy as np

from verify import _precision, complexes, placement

Arrays = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Problem:
    """`fun` at an example. `kinds[i]` says what leaf i is: "float", "complex", "array", "key" or "fixed".

    A complex array is two floats, its parts; an "array" is not differentiated; a PRNG key is an array of its data,
    which NumPy can hold, and the name of its generator, which is fixed. `shardings` has one entry per array, floats
    first, None for what lies on one device; it is empty where nothing lies on several.
    """

    fun: Callable[..., Any]
    name: str
    where: str | None
    treedef: Any
    kinds: tuple[str, ...]
    fixed: tuple[Any, ...]
    paths: tuple[str, ...]
    owners: tuple[int, ...]
    floats: Arrays
    others: Arrays
    shardings: tuple[Any, ...] = ()

    def arguments(self, floats: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
        """Put leaves back into the tree of the user's arguments."""
        sources = {"float": iter(floats), "array": iter(others), "fixed": iter(self.fixed)}

        def leaf(kind: str) -> Any:
            if kind == "key":
                return jax.random.wrap_key_data(next(sources["array"]), impl=next(sources["fixed"]))
            if kind == "complex":
                return complexes.join(next(sources["float"]), next(sources["float"]))
            return next(sources[kind])

        return jax.tree.unflatten(self.treedef, [leaf(kind) for kind in self.kinds])

    def call(self, floats: Sequence[Any], others: Sequence[Any]) -> Arrays:
        """The floating leaves of `fun(*arguments)`, as a tuple; complex ones as their two parts."""
        leaves = _differentiated(self._output(floats, others))
        return placement.plain([part for leaf in leaves for part in complexes.parts(leaf)], self.shardings)

    def _output(self, floats: Sequence[Any], others: Sequence[Any]) -> Any:
        if self.shardings:
            cut = len(floats)
            floats, others = (
                placement.typed(floats, self.shardings[:cut]),
                placement.typed(others, self.shardings[cut:]),
            )
        return self.fun(*self.arguments(floats, others))

    def unplaced(self) -> Problem:
        """The same problem, whose function gets its arrays as they come."""
        return dataclasses.replace(self, shardings=())

    @cached_property
    def complex_outputs(self) -> tuple[bool, ...]:
        """For every floating output of `fun`, whether it is complex."""
        try:
            out = jax.eval_shape(self._output, self.floats, self.others)
        except Exception:  # not traceable: plain NumPy answers itself
            out = self._output(self.floats, self.others)
        return tuple(complexes.is_complex(leaf) for leaf in _differentiated(out))

    @property
    def float_paths(self) -> tuple[str, ...]:
        """The names of the differentiated leaves, such as `params['conv_0']['kernel']` or `z.real`."""
        ends: dict[str, tuple[str, ...]] = {"float": ("",), "complex": (".real", ".imag")}
        return tuple(
            path + end for path, kind in zip(self.paths, self.kinds, strict=True) for end in ends.get(kind, ())
        )

    @property
    def float_owners(self) -> tuple[int, ...]:
        """For every differentiated leaf, the position of the argument it belongs to."""
        many = {"float": 1, "complex": 2}
        kinds = zip(self.owners, self.kinds, strict=True)
        return tuple(owner for owner, kind in kinds for _ in range(many.get(kind, 0)))

    @property
    def other_owners(self) -> tuple[int, ...]:
        """For every array that is not differentiated, the position of the argument it belongs to."""
        return tuple(owner for owner, kind in zip(self.owners, self.kinds, strict=True) if kind in ("array", "key"))

    @property
    def other_kinds(self) -> tuple[str, ...]:
        """For every array that is not differentiated, "array" or "key" (the data of a random key)."""
        return tuple(kind for kind in self.kinds if kind in ("array", "key"))

    def at(self, floats: Sequence[Any], others: Sequence[Any]) -> Problem:
        """The same problem at another example (other shapes or dtypes allowed)."""
        return dataclasses.replace(self, floats=tuple(floats), others=tuple(others))

    def outputs(self, floats: Sequence[Any], others: Sequence[Any]) -> tuple[jax.ShapeDtypeStruct, ...]:
        """Shapes and dtypes of the floating outputs, by abstract evaluation."""
        return jax.eval_shape(self.call, tuple(floats), tuple(others))


def make(fun: Callable[..., Any], args: Sequence[Any], *, keep_float64: bool = False) -> Problem:
    """Flatten `fun` and its example.

    Python numbers that are not floats, strings and None stay fixed (static options), and so do numbers at the
    `nondiff_argnums` of a rule; NumPy and JAX arrays of integers or booleans are passed as arrays and not
    differentiated.

    Raises:
        TypeError: `fun` is not callable, no argument holds a float, or an argument has a dtype no check covers.
        ValueError: an argument holds NaN, has no entries at all, or lies on devices of other processes.
    """
    if not callable(fun):
        raise TypeError(f"`fun` must be callable; got {type(fun).__name__}.")
    names = argument_names(fun, len(args))
    # float32 unless x64 is on: what JAX itself does to float64; plain NumPy knows no such mode
    widest = np.dtype(np.float64) if keep_float64 else jax.dtypes.canonicalize_dtype(np.float64)
    static = frozenset(getattr(fun, "nondiff_argnums", ()))
    entries, treedef = jax.tree_util.tree_flatten_with_path(tuple(args))
    kinds, fixed, paths, owners, floats, others, places, other_places = [], [], [], [], [], [], [], []
    for path, leaf in entries:
        owner = path[0].idx
        name = names[owner] + jax.tree_util.keystr(path[1:])
        where = placement.of(leaf, name)
        number = isinstance(leaf, float | np.generic)
        if isinstance(leaf, float) and owner not in static:
            leaf = np.asarray(leaf, widest)
        if (number and owner in static) or not isinstance(leaf, np.ndarray | np.generic | jax.Array):
            kinds.append("fixed")
            fixed.append(leaf)
        elif jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            kinds.append("key")
            key: Any = leaf
            data = jax.random.key_data(key)
            others.append(np.asarray(data))
            other_places.append(placement.of(data, name))
            fixed.append(jax.random.key_impl(key))
        elif _precision.is_float(leaf):
            leaf = np.asarray(leaf)
            if leaf.dtype == np.float64:
                leaf = leaf.astype(widest)
            if np.isnan(leaf.astype(np.float64)).any():
                raise ValueError(f"`{name}` holds NaN: pass an example at which `{describe(fun)[0]}` is defined.")
            kinds.append("float")
            floats.append(leaf)
            places.append(where)
        elif complexes.is_complex(leaf):
            leaf = np.asarray(leaf)
            if np.isnan(leaf).any():
                raise ValueError(f"`{name}` holds NaN: pass an example at which `{describe(fun)[0]}` is defined.")
            kinds.append("complex")
            narrow = leaf.dtype == np.complex128 and widest == np.float32
            floats.extend(np.array(part, widest if narrow else None) for part in complexes.parts(leaf))
            places.extend((where, where))
        else:
            kinds.append("array")
            others.append(np.asarray(leaf))
            other_places.append(where)
        paths.append(name)
        owners.append(owner)
    name, line = describe(fun)
    if not floats:
        got = ", ".join(f"`{p}` {leaf_type(leaf)}" for p, (_, leaf) in zip(paths, entries, strict=True))
        raise TypeError(f"`{name}` needs at least one floating-point array to differentiate; got {got or 'nothing'}.")
    shardings = (*places, *other_places)
    made = Problem(
        fun,
        name,
        line,
        treedef,
        tuple(kinds),
        tuple(fixed),
        tuple(paths),
        tuple(owners),
        tuple(floats),
        tuple(others),
        shardings if any(shardings) else (),
    )
    for float_path, x in zip(made.float_paths, floats, strict=True):
        if x.size == 0:
            raise ValueError(f"`{float_path}` has shape {x.shape}, no entries: pass an example with at least one.")
    return made


def _differentiated(out: Any) -> list[Any]:
    """The leaves of an output that have a derivative."""
    leaves = [leaf for leaf in jax.tree.leaves(out) if hasattr(leaf, "dtype")]
    return [leaf for leaf in leaves if _precision.is_float(leaf) or complexes.is_complex(leaf)]


def leaf_type(leaf: Any) -> str:
    """How an error names what came: `int32 array` or `str`."""
    return f"{leaf.dtype} array" if hasattr(leaf, "dtype") else type(leaf).__name__


def argument_names(fun: Callable[..., Any], count: int) -> list[str]:
    """The names in `fun`'s signature where they are plain, else `args[i]`."""
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):  # builtins and ufuncs have no signature
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [plain[i] if i < len(plain) else f"args[{i}]" for i in range(count)]


def describe(fun: Callable[..., Any]) -> tuple[str, str | None]:
    """A function's name, and `file:line` where Python knows it."""
    inner = fun
    while not inspect.isfunction(inner) or (hasattr(inner, "__wrapped__") and _of_jax(inner)):
        following = getattr(inner, "__wrapped__", None) or getattr(inner, "func", None) or getattr(inner, "fun", None)
        if following is None:
            return getattr(fun, "__name__", type(fun).__name__), None
        inner = following
    code = inner.__code__
    return getattr(fun, "__name__", inner.__name__), f"{code.co_filename.rsplit('/', 1)[-1]}:{code.co_firstlineno}"


def _of_jax(function: Any) -> bool:
    """Whether a function is a wrapper that JAX has made: `jax.shard_map` returns one."""
    return function.__code__.co_filename.startswith(jax.__file__.rsplit("/", 1)[0] + "/")  # not jaxlib, nor jaxtyping
