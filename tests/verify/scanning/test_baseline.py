"""A baseline is a sorted list of keys, one a line; other files are refused."""

import pytest

from verify.scanning import baseline


def test_keys_come_back_and_stand_sorted_one_a_line(tmp_path):
    path = tmp_path / "made" / "baseline.json"
    baseline.save(path, ["b | wrong", "a | nan", "b | wrong"])
    assert baseline.load(path) == {"a | nan", "b | wrong"}
    assert path.read_text().splitlines()[-4:-2] == ['  "a | nan",', '  "b | wrong"']
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", r"b\.json is no baseline of a scan: write one with --update-baseline"),
        ('{"known": []}', r"b\.json is no baseline"),
        ('{"format": "verify scan baseline 1", "known": [1]}', r"b\.json is no baseline"),
        ("{", r"the baseline .*b\.json is not JSON"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, text, message):
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        baseline.load(path)
