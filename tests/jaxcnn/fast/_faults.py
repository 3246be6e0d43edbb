"""One fault for every fast form, in a place of its own: `planted(name, monkeypatch)` is the form that has it."""

import dataclasses
import importlib

import jax.numpy as jnp

from jaxcnn.fast import FORMS


def _transposed_kernel(right):
    return lambda patches, rows, shape: right(patches, rows[::-1], shape)


def _next_phase(right):
    return lambda d_weight, shape, windows: right(jnp.roll(d_weight, shape[3], axis=1), shape, windows)


def _one_sign(right):
    return lambda matrix: (*right(matrix)[:-1], tuple(-entry for entry in right(matrix)[-1]))


def _first_entry_wins(right):
    return lambda index, cotangent, windows: right(jnp.zeros_like(index), cotangent, windows)


# What is replaced, and by what instead of the right one.
INSIDE = {
    ("conv_block", "patches"): ("conv_by_patches.added_up", _transposed_kernel),
    ("conv_block", "windows"): ("conv_by_windows._from_phases", _next_phase),
    ("conv_block", "winograd"): ("conv_by_winograd._transposed", _one_sign),
    ("max_pool", "taps"): ("max_pool_by_taps.to_winners", _first_entry_wins),
}
EVERY = [(op, name) for op, forms in FORMS.items() for name in forms]


def planted(op, name, monkeypatch):
    """Return a form with its fault."""
    form = FORMS[op][name]
    if op == "dense":  # which has no inside

        def mean_bias(residuals, cotangent):
            d_inputs, d_kernel, _ = form.backward(residuals, cotangent)
            return d_inputs, d_kernel, jnp.mean(cotangent, axis=1)

        return dataclasses.replace(form, backward=mean_bias)
    where, change = INSIDE[op, name]
    module, attribute = where.split(".")
    found = importlib.import_module(f"jaxcnn.fast.{module}")
    monkeypatch.setattr(found, attribute, change(getattr(found, attribute)))
    return form
