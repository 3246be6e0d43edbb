"""The lab `best-digits`: its settings, and its scores against counts that share no code with it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from jaxcnn import MLP
from jaxcnn.analysis import DISTURBANCES
from jaxcnn.datasets import hold_out, load, load_digits, load_scans
from jaxcnn.labs.best_digits.robustness import other_writers, robustness
from jaxcnn.labs.best_digits.scores import test_images as scores
from jaxcnn.labs.best_digits.sections import data as images
from jaxcnn.labs.best_digits.sections import learning_curves
from jaxcnn.labs.best_digits.training import MILD, VARIATIONS, Config
from jaxcnn.labs.data import LabData
from jaxcnn.models import Model
from jaxcnn.photographs import digit_of
from jaxcnn.training import Augmentation, EpochRecord, Score


@pytest.fixture(scope="module")
def run():
    """Return a run whose model takes each image for the class whose mean is nearest: no training is needed."""
    data = LabData(load("digits", "train"), load("digits", "test"))
    rows = data.train.images.reshape(len(data.train), -1) / 255
    means = np.stack([rows[data.train.labels == label].mean(0) for label in range(10)])
    # The nearest mean has the largest m.x - |m|²/2; the hidden sigmoid of the MLP is used where it is nearly a line.
    hidden = {"kernel": np.zeros((784, 64)), "bias": np.zeros(64)}
    hidden["kernel"][:, :10] = 0.001 * means.T
    last = {"kernel": np.zeros((64, 10)), "bias": -((means**2).sum(1)) / 2 - 2000}
    last["kernel"][:10] = 4000 * np.eye(10)
    model = Model(MLP, {"dense_0": hidden, "dense_1": last}, (28, 28, 1), data.test.classes)
    config = dataclasses.replace(Config().quickened(), disturbed=60, searched=2)
    return SimpleNamespace(config=config, data=data, model=model, means=means, ended=None)


def nearest(run, images):
    rows = images.reshape(len(images), -1) / 255
    return ((rows[:, None] - run.means) ** 2).sum(-1).argmin(1)


def table(section, number=0):
    return [block for block in section.blocks if hasattr(block, "rows")][number]


def test_the_test_images_are_counted_and_the_hardest_are_those_with_the_least_probability(run):
    section, test = scores(run), run.data.test
    found = nearest(run, test.images)
    wrong = found != test.labels
    assert section.numbers["wrong"] == wrong.sum() > 5
    assert section.numbers["accuracy"] == pytest.approx(1 - wrong.mean())
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (test.labels, found), 1)
    np.testing.assert_array_equal(section.numbers["confusion"], expected)
    off = expected + expected.T - 2 * np.diag(np.diag(expected))
    assert table(section).rows[0][1] == off.max()
    right = run.model.probabilities(test.images)[np.arange(len(test)), test.labels]
    titles = [axes.get_title() for axes in section.blocks[-1].figure.axes]
    assert titles[0].startswith(f"{test.labels[right.argmin()]}: {found[right.argmin()]} (")
    assert len([title for title in titles if title]) == 24


def test_disturbed_images_are_counted_at_every_strength(run):
    section = robustness(run)
    assert len(table(section).rows) == sum(len(kind.strengths) for kind in DISTURBANCES.values())
    chosen = np.random.default_rng(0).permutation(len(run.data.test))[:60]
    images, labels = run.data.test.images[chosen], run.data.test.labels[chosen]
    assert section.numbers["undisturbed"] == pytest.approx((nearest(run, images) == labels).mean())
    inverted = (nearest(run, 255 - images) == labels).mean()
    assert section.numbers["inverted"]["1"]["as it is"] == pytest.approx(inverted)
    first = np.stack([digit_of(255 - image[..., 0]) for image in images[:2]])
    expected = (nearest(run, first) == labels[:2]).mean()
    assert section.numbers["inverted"]["1"]["digit found first"] == pytest.approx(expected)
    assert inverted < 0.3 < 0.8 < section.numbers["undisturbed"]


def test_scans_of_other_writers_are_those_that_were_held_out(run):
    section = other_writers(run)
    assert (section.numbers["images"], section.numbers["writers known"]) == (24, True)
    images, labels = run.data.test.images[:24], run.data.test.labels[:24]
    framed = section.numbers["enlarged to 20 × 20 in a frame of 28 × 28"]
    assert framed == pytest.approx((nearest(run, images) == labels).mean())
    stretched = np.stack([np.asarray(Image.fromarray(image[4:24, 4:24, 0]).resize((28, 28), 2)) for image in images])
    # A scan of 8 x 8 enlarged twice is nearly one that was enlarged once.
    assert section.numbers["stretched to 28 × 28"] == pytest.approx((nearest(run, stretched) == labels).mean(), abs=0.2)
    mnist = dataclasses.replace(run.data.train.provenance, name="mnist")
    other = LabData(dataclasses.replace(run.data.train, provenance=mnist), run.data.test)
    section = other_writers(SimpleNamespace(config=run.config, data=other, model=run.model, ended=None))
    assert section.numbers["writers known"] is False
    assert section.blocks[0].text.endswith("No scan of theirs was learned from.")


def test_the_report_says_what_was_learned_from_and_only_what_is_known(run, monkeypatch):
    names = other_writers.__globals__  # the package has a function of its module's name
    for name, loads in (("load_scans", load_scans), ("load_digits", load_digits)):
        few = tuple(part[:4] for part in loads("test"))
        monkeypatch.setitem(names, name, lambda split, few=few: few)
    monkeypatch.setitem(names, "samples", lambda *_, **__: None)

    def other(last_epochs=0, **told):
        train = run.data.train.take(np.arange(10), "ten")
        train = dataclasses.replace(train, provenance=dataclasses.replace(train.provenance, **told))
        config = dataclasses.replace(run.config, last_epochs=last_epochs)
        ended = object() if last_epochs else None
        parts = {"trained": None, "ended": ended, "model_of": lambda _: run.model}
        made = SimpleNamespace(config=config, data=LabData(train, run.data.test), model=run.model, **parts)
        return other_writers(made)

    learned = "Other scans of the same people were learned from."
    section = other(name="kmnist", last_epochs=1)
    assert section.blocks[0].text.endswith(learned)
    assert "which had learned from `kmnist` alone: of 8 scans" in section.blocks[1].text
    assert "writers unknown: images" not in other(name="digits", last_epochs=1).numbers
    assert other(name="own", route="folder").blocks[0].text.endswith("is not known here.")


@pytest.mark.parametrize("varied", [True, False])
def test_the_accuracy_on_training_images_is_told_as_it_was_counted(run, varied):
    history = [EpochRecord(1, Score(1.0, 0.75), {"validation": Score(1.0, 0.875)}, 1.0)]
    config = dataclasses.replace(run.config, varied=varied)
    part = SimpleNamespace(training=SimpleNamespace(config=config.training()), history=history)
    section = learning_curves(SimpleNamespace(config=config, trained=part, ended=part))
    told = section.blocks[0].text
    assert "epoch **87.50 %** of the validation images are recognised" in told
    assert f"of the training images{', varied' if varied else ''} it was 75.00 % over" in told
    assert ("vary" in told) == varied
    assert "training images" + varied * ", varied" in section.blocks[1].figure.axes[0].get_legend_handles_labels()[1]


def test_where_images_are_not_varied_the_report_shows_no_variations(run):
    kept, held = hold_out(run.data.train, 142, seed=0)
    config = dataclasses.replace(run.config, varied=False, last_epochs=1)
    section = images(SimpleNamespace(config=config, data=run.data, kept=kept, held=held))
    assert section.blocks[0].text.endswith("to be scored on in the end.")
    assert len(section.blocks) == 2
    assert config.last_training().augmentation == Augmentation()


def test_the_quick_form_varies_by_what_compiles_quickly_and_the_full_one_by_everything():
    assert Config().training().augmentation == VARIATIONS
    assert all(dataclasses.asdict(VARIATIONS).values())
    assert all(getattr(MILD, name) <= most for name, most in dataclasses.asdict(VARIATIONS).items())
    assert Config().last_training().augmentation == MILD
    quick = Config().quickened().training().augmentation
    assert quick.moves
    assert quick.elastic == quick.coarse == 0
    assert Config().changed(["varied=no"]).training().augmentation == Augmentation()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("average=1", "`average` must be above 0 and below 1, or None; got 1.0"),
        ("label_smoothing=-1", "`label_smoothing` must be at least 0 and below 1; got -1.0"),
        ("validation=0", "`validation` must be .*; got 0"),
        ("last_epochs=-1", "`epochs` must be .*; got -1"),
        ("searched=0", "`searched` must be .*; got 0"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Config().changed([setting])
