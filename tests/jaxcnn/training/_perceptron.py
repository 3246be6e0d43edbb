"""The perceptron 784-64-10 in NumPy alone, as a student writes it: one example after the other, state changed in place.

The independent witness of the four calls; it shares nothing with the package. W1 is (64, 784) and W2 (10, 64).
"""

import numpy as np


class Perceptron:
    """W2 sigmoid(W1 x + b1) + b2, trained on the cross-entropy of its softmax."""

    def __init__(self, random):
        self.w1, self.b1 = random.normal(0, 0.1, (64, 784)), np.zeros(64)
        self.w2, self.b2 = random.normal(0, 0.1, (10, 64)), np.zeros(10)
        self.reset_grad()

    def reset_grad(self):
        self.d_w1, self.d_b1 = np.zeros_like(self.w1), np.zeros_like(self.b1)
        self.d_w2, self.d_b2 = np.zeros_like(self.w2), np.zeros_like(self.b2)
        self.examples = 0

    def forward(self, x):
        self.x = x
        self.f = 1 / (1 + np.exp(-(self.w1 @ x + self.b1)))
        z = self.w2 @ self.f + self.b2
        p = np.exp(z - z.max())
        self.p = p / p.sum()
        return self.p

    def update_grad(self, label):
        d_z = self.p.copy()
        d_z[label] -= 1
        d_a = self.w2.T @ d_z * self.f * (1 - self.f)
        self.d_w2 += np.outer(d_z, self.f)
        self.d_b2 += d_z
        self.d_w1 += np.outer(d_a, self.x)
        self.d_b1 += d_a
        self.examples += 1

    def update_params(self, rate, over="mean"):
        rate = rate / self.examples if over == "mean" else rate
        self.w1 -= rate * self.d_w1
        self.b1 -= rate * self.d_b1
        self.w2 -= rate * self.d_w2
        self.b2 -= rate * self.d_b2

    def params(self):
        """Return the parameters as the package has them: kernels (inputs, outputs)."""
        return {
            "dense_0": {"kernel": self.w1.T.copy(), "bias": self.b1.copy()},
            "dense_1": {"kernel": self.w2.T.copy(), "bias": self.b2.copy()},
        }
