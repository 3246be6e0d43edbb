"""What a student writes first: the MLP in NumPy, one example after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.contenders.cases import RATES, Case


def make(case: Case) -> Callable[[int], None]:
    pixels, labels = case.data()
    images, random = pixels.reshape(len(pixels), -1) / 255, np.random.default_rng(0)
    w1, b1, w2, b2 = random.normal(0, 0.1, (64, 784)), np.zeros(64), random.normal(0, 0.1, (10, 64)), np.zeros(10)

    def run(count: int) -> None:
        for _ in range(count):
            sums = [np.zeros_like(one) for one in (w1, b1, w2, b2)]
            for row in random.integers(0, len(images), case.batch):
                x = images[row]
                f = 1 / (1 + np.exp(-(w1 @ x + b1)))
                z = w2 @ f + b2
                p = np.exp(z - z.max())
                d_z = p / p.sum()
                d_z[labels[row]] -= 1
                d_a = w2.T @ d_z * f * (1 - f)
                for total, one in zip(sums, (np.outer(d_a, x), d_a, np.outer(d_z, f), d_z), strict=True):
                    total += one
            for parameter, total in zip((w1, b1, w2, b2), sums, strict=True):
                parameter -= RATES["sgd"] / case.batch * total

    return run
