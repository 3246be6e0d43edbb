"""Those who train: each module has `make(case) -> run`, and `run(updates)` returns when that many are done."""
