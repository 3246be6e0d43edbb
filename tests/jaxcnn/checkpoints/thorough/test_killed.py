"""The same at ten random moments."""

from tests.jaxcnn.checkpoints.test_killed import killed


def test_a_run_killed_at_ten_random_moments_ends_with_the_same_parameters_and_history(tmp_path):
    undisturbed, runs = killed(tmp_path, 10)
    for run in runs:
        assert (run["params"], run["history"]) == (undisturbed["params"], undisturbed["history"])
    # Most were really killed, and some of those went on from a checkpoint.
    assert sum(run["killed"] for run in runs) >= 7
    assert sum(run["done"] > 0 for run in runs) >= 3
