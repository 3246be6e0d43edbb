"""A run that is killed at any moment and resumed ends where an undisturbed one ends, bit for bit."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_run_killed_at_ten_random_moments_ends_with_the_same_parameters_and_history(tmp_path):
    command = [sys.executable, "-W", "ignore", "-m", "tests.jaxcnn.checkpoints._killed", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    undisturbed, runs = told["undisturbed"], told["runs"]
    assert len(undisturbed["history"]) == 8
    assert len(runs) == 10
    for run in runs:
        assert (run["params"], run["history"]) == (undisturbed["params"], undisturbed["history"])
    # Most were really killed, and some of those went on from a checkpoint.
    assert sum(run["killed"] for run in runs) >= 7
    assert sum(run["done"] > 0 for run in runs) >= 3
