"""Settings of labs are changed by name, and refused in one sentence."""

import pytest

from jaxcnn.labs import LABS
from tests.jaxcnn.labs._tiny import Config


def test_settings_are_changed_by_name_and_keep_their_kinds():
    changed = Config().changed(["epochs=3", "rate=1e-3", "shuffled=no", "most=7", "name=a=b"])
    assert changed == Config(epochs=3, rate=1e-3, shuffled=False, most=7, name="a=b")
    assert Config(most=7).changed(["most=none"]) == Config()


def test_the_last_of_equal_names_counts():
    assert Config().changed(["epochs=3", "epochs=5"]).epochs == 5


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs", "`--set` must be like name=value, with a name among epochs, rate, .*; got 'epochs'"),
        ("epoch=3", "with a name among epochs, rate, shuffled, most, name; got 'epoch=3'"),
        ("seed=3", "with a name among epochs, .*; got 'seed=3'"),
        ("epochs=2.5", "`--set epochs` must be a whole number; got '2.5'"),
        ("rate=fast", "`--set rate` must be a number; got 'fast'"),
        ("rate=nan", "`--set rate` must be finite; got 'nan'"),
        ("shuffled=maybe", "`--set shuffled` must be true or false; got 'maybe'"),
        ("most=all", "`--set most` must be a whole number or none; got 'all'"),
        ("epochs=none", "`--set epochs` must be a whole number; got 'none'"),
    ],
)
def test_what_is_no_setting_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Config().changed([setting])


@pytest.mark.parametrize("name", LABS)
def test_the_quick_form_of_every_lab_is_on_the_embedded_digits_and_its_settings_can_be_written_and_read(name):
    config = LABS[name].config()
    assert (config.quick, config.quickened().quick, config.quickened().data) == (False, True, "digits")
    told = [
        f"{key}={'none' if value is None else value}" for key in config.settable() for value in [getattr(config, key)]
    ]
    assert config.changed(told) == config
