"""A run of a lab gives every section, and numbers that say what they depend on."""

import json

import jax
import pytest

from jaxcnn.labs import LABS, named
from jaxcnn.labs.render.numbers import numbers_json, plain
from tests.jaxcnn.labs._tiny import LAB, Config


def test_a_report_has_a_section_for_every_step_and_one_that_says_how(report):
    assert [section.title for section in report.sections] == ["Introduction", "Curves", "How this was computed"]
    assert report.caution == ""  # this is not the quick form


def test_the_numbers_say_what_they_depend_on_and_nothing_of_whose_machine_it_was(report):
    told = json.loads(numbers_json(report))
    assert told["settings"] == {"seed": 0, "quick": False, "data": "mnist", "epochs": 4, "rate": 0.05} | {
        "shuffled": True,
        "most": None,
        "name": "tiny",
    }
    assert told["versions"]["jax"] == jax.__version__
    assert told["seconds"]["training"] > 0
    assert "private" not in numbers_json(report)


def test_the_numbers_of_the_sections_are_there_by_title(report):
    losses = json.loads(numbers_json(report))["results"]["Curves"]["losses"]
    assert len(losses) == 4
    assert losses[-1] < losses[0]


def test_equal_settings_give_equal_numbers(report):
    again = LAB.run(Config())
    assert plain(again.numbers["results"]) == plain(report.numbers["results"])


def test_a_number_that_json_cannot_hold_is_refused_and_what_is_not_finite_is_written_in_words():
    with pytest.raises(TypeError, match="must be something that JSON can hold; got <object"):
        plain({"a": [object()]})
    assert plain({1: (float("nan"), float("-inf"), None, True)}) == {"1": ["nan", "-inf", None, True]}


def test_a_lab_that_there_is_not_is_refused_with_the_names_of_those_that_there_are():
    with pytest.raises(ValueError, match=r"There is no lab called 'filter'; the labs are .*filters"):
        named("filter")


def test_every_lab_is_found_by_its_name_and_its_steps_can_be_imported_by_a_notebook():
    for name, lab in LABS.items():
        assert named(name) is lab
        for part in (lab.config, lab.train, *lab.steps):
            module = __import__(part.__module__, fromlist=[part.__name__])
            assert getattr(module, part.__name__) is part
