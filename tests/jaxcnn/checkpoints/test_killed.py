"""A run that is killed at any moment and resumed ends where an undisturbed one ends, bit for bit."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def killed(folder, kills):
    """Return what a run without disturbance came to, and what those came to that were killed and resumed."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.jaxcnn.checkpoints._killed", str(folder), str(kills)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told["undisturbed"]["history"]) == 8
    assert len(told["runs"]) == kills
    return told["undisturbed"], told["runs"]


# At ten moments: thorough/test_killed.py.
def test_a_run_killed_at_random_moments_ends_with_the_same_parameters_and_history(tmp_path):
    undisturbed, runs = killed(tmp_path, 3)
    for run in runs:
        assert (run["params"], run["history"]) == (undisturbed["params"], undisturbed["history"])
    assert any(run["killed"] for run in runs)
