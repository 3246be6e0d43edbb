"""Small valid model files, changed by chance: each is refused with `ModelError` or loaded, and nothing else happens.

A file of ours carries a sum, so that what is loaded must be what was saved. One that Keras wrote has none: there what
is loaded must be what h5py reads, except where h5py refuses the file for something that we need not look at.
"""

import random
import tracemalloc

import h5py
import jax
import numpy as np
import pytest

from jaxcnn.models import ModelError, load_model, save_model
from tests.jaxcnn._mutants import mutated
from tests.jaxcnn.models._models import make, same

MUTANTS = 250  # of each kind of file
MEMORY = 2**24  # the files have less than 32 KiB
KINDS = ("ours.h5", "keras.h5", "ours.safetensors")


def valid(name, folder):
    """Write a valid file, without a sum if it is to be like one of Keras's own."""
    file = folder / name
    save_model(file, make("tiny"))
    if name == "keras.h5":
        with h5py.File(file, "r+") as opened:
            del opened.attrs["jaxcnn"]
    return file.read_bytes()


@pytest.mark.parametrize("name", KINDS)
def test_a_mutant_is_refused_in_one_sentence_or_loaded_as_it_is(name, tmp_path):
    content, chance, messages = valid(name, tmp_path), random.Random(name), []
    file = tmp_path / name
    expected = load_model(file)
    compared = 0
    tracemalloc.start()
    for _ in range(MUTANTS):
        file.write_bytes(mutated(content, chance))
        try:
            found = load_model(file)
        except ModelError as error:
            messages.append(str(error))
            continue
        if name.startswith("ours"):
            same(found, expected)
        elif (theirs := by_h5py(file, found.params)) is not None:
            compared += 1
            jax.tree.map(np.testing.assert_array_equal, found.params, theirs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert MUTANTS // 4 < len(messages) <= MUTANTS
    assert [text for text in messages if not text.startswith(f"{file} cannot be used: ") or "\n" in text] == []
    assert peak < MEMORY
    assert compared > MUTANTS // 10 or name != "keras.h5"


def by_h5py(file, params):
    """Return the same parameters as h5py reads them, or None where it refuses the file."""
    try:
        with h5py.File(file) as opened:
            weights = opened["model_weights"]
            return {name: {part: weights[f"{name}/{name}/{part}"][()] for part in params[name]} for name in params}
    except (OSError, KeyError):
        return None
