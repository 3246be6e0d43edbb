"""Checkpoints: what is saved comes back bit for bit, what was damaged is passed over, and a kill harms nothing."""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxcnn import MLP, init_parameters
from jaxcnn.checkpoints import CheckpointError, load_checkpoint, save_checkpoint

PARAMS = init_parameters(MLP, jax.random.key(0), (1, 2, 2, 1))


def state(number=0):
    """Return a state with whatever a run may have in it; another one for every number."""
    params = jax.tree.map(lambda values: values + number, PARAMS)
    return {
        "params": params,
        "optimizer": optax.adam(1e-3).init(params),
        "key": jax.random.key(number, impl="rbg"),
        "step": number,
        "half": jnp.full(3, 1 / 3, jnp.bfloat16),
        "double": np.float64(1 / 3),
        "nan": np.array([np.nan, -0.0], np.float32),
        "none": np.zeros((0, 3), np.float32),
    }


def bits(tree):
    """Return every leaf as bytes, with its type."""

    def of(leaf):
        if isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return str(jax.random.key_impl(leaf)), of(jax.random.key_data(leaf))
        array = np.asarray(leaf)
        return array.dtype, array.shape, array.tobytes()

    return [of(leaf) for leaf in jax.tree.leaves(tree)]


def test_what_is_saved_comes_back_bit_for_bit(tmp_path):
    about = {"history": [1 / 3, 2.0**-1074], "name": "σ"}
    save_checkpoint(tmp_path / "new" / "folder", 7, state(7), about)
    found = load_checkpoint(tmp_path / "new" / "folder", state())
    assert (found.number, found.about, found.refused) == (7, about, ())
    assert bits(found.state) == bits(state(7)) != bits(state())
    assert jax.tree.structure(found.state) == jax.tree.structure(state())
    assert jax.random.bits(found.state["key"]) == jax.random.bits(state(7)["key"])


def test_the_newest_are_kept_and_the_others_removed(tmp_path):
    for number in (1, 2, 9, 10):
        save_checkpoint(tmp_path, number, state(number), {})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["10", "10.json", "9", "9.json"]
    assert load_checkpoint(tmp_path, state()).number == 10


def test_a_checkpoint_may_be_saved_anew(tmp_path):
    for number in (3, 4):
        save_checkpoint(tmp_path, 1, state(number), {})
    assert bits(load_checkpoint(tmp_path, state()).state) == bits(state(4))


def test_without_any_there_is_none(tmp_path):
    assert load_checkpoint(tmp_path / "missing", state()) is None


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def alter(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    for number in (1, 2):
        save_checkpoint(folder, number, state(number), {"number": number})
    return folder


@pytest.mark.parametrize("damage", [cut, alter, Path.unlink])
def test_a_damaged_checkpoint_is_passed_over_whichever_of_its_files_it_is(damage, saved):
    files = [file for file in saved.rglob("*") if file.is_file() and file.relative_to(saved).parts[0] == "2"]
    assert len(files) > 3
    for file in files:
        content = file.read_bytes()
        if not content and damage is not Path.unlink:
            continue
        damage(file)
        found = load_checkpoint(saved, state())
        file.write_bytes(content)
        assert (found.number, found.about) == (1, {"number": 1})
        assert bits(found.state) == bits(state(1))
        (sentence,) = found.refused
        assert sentence.startswith(f"checkpoint 2 in {saved} is not used: 1 of its files are missing, cut short or alt")
    assert load_checkpoint(saved, state()).number == 2


@pytest.mark.parametrize("damage", [cut, alter])
def test_a_damaged_manifest_is_as_bad_as_a_damaged_file(damage, saved):
    manifest = saved / "2.json"
    content = manifest.read_bytes()
    damage(manifest)
    found = load_checkpoint(saved, state())
    manifest.write_bytes(content)
    if damage is cut:  # the last line feed, without which nothing is lost
        assert found.number == 2
    else:
        assert (found.number, found.refused) == (
            1,
            (f"checkpoint 2 in {saved} is not used: 2.json is cut short or was altered",),
        )


def test_a_file_more_than_there_was_is_damage(saved):
    extra = saved / "2" / "extra"
    extra.write_text("")
    found = load_checkpoint(saved, state())
    extra.unlink()
    assert found.number == 1


def test_where_none_can_be_used_it_is_an_error(tmp_path):
    save_checkpoint(tmp_path, 1, state(1), {})
    alter(tmp_path / "1.json")
    with pytest.raises(CheckpointError, match=r"^checkpoint 1 in .* is not used: .*: there is no other; remove"):
        load_checkpoint(tmp_path, state())


OTHER_WIDTH = jax.tree.map(lambda leaf: leaf, state()) | {"params": {"dense_0": {"kernel": np.zeros((4, 3))}}}
OTHER_TYPE = state() | {"double": np.float32(1 / 3)}


@pytest.mark.parametrize(
    ("like", "message"),
    [
        (state() | {"optimizer": optax.sgd(1e-3).init(PARAMS)}, r"unknown \['optimizer'\]\[0\]\.count, "),
        (state() | {"more": np.ones(2)}, r"missing \['more'\], unknown nothing\.$"),
        (OTHER_WIDTH, r"missing nothing, unknown \['params'\]\['dense_0'\]\['bias'\], "),
        (OTHER_TYPE, r"\['double'\] is \(\) float64 instead of \(\) float32\.$"),
    ],
)
def test_a_state_of_another_run_is_refused(like, message, saved):
    with pytest.raises(
        CheckpointError, match=r"^checkpoint 2 in .* cannot be used: it is of another network or opt"
    ) as e:
        load_checkpoint(saved, like)
    assert e.match(message)


def test_without_orbax_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(ImportError, match=r"pip install 'jaxcnn\[checkpoints\]'"):
        save_checkpoint(tmp_path, 1, state(), {})


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def kill(*_, **__):
    raise Killed


# Every call that changes something on disk, in the order in which they come.
STEPS = {
    "before orbax begins": "jaxcnn.checkpoints.store.to_arrays",
    "before orbax has finished": "orbax.checkpoint.StandardCheckpointer.wait_until_finished",
    "before the manifest": "jaxcnn.checkpoints.store.write_manifest",
    "before the manifest has its name": "os.replace",
    "before an older one is removed": "pathlib.Path.unlink",
    "while an older one is removed": "shutil.rmtree",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_ends_in_the_midst_of_saving_goes_on_from_a_whole_checkpoint(step, tmp_path, monkeypatch):
    for number in (1, 2):
        save_checkpoint(tmp_path, number, state(number), {}, keep=2)
    with monkeypatch.context() as patch:
        if step == "before an older one is removed":
            first = iter([lambda *_, **__: None])  # that call is about the new one, which is not there
            patch.setattr(STEPS[step], lambda *_, **__: next(first, kill)())
        else:
            patch.setattr(STEPS[step], kill)
        with pytest.raises(Killed):
            save_checkpoint(tmp_path, 3, state(3), {}, keep=2)
    found = load_checkpoint(tmp_path, state())
    assert found.refused == ()
    assert found.number == (3 if "older" in step else 2)
    assert bits(found.state) == bits(state(found.number))
    for number in (3, 4):
        save_checkpoint(tmp_path, number, state(number), {}, keep=2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["3", "3.json", "4", "4.json"]
    assert bits(load_checkpoint(tmp_path, state()).state) == bits(state(4))
