"""Features in the plane: t-SNE by scikit-learn (extra `digits`), and how well classes are apart before and after.

Source: L. van der Maaten and G. Hinton, Visualizing Data using t-SNE, JMLR 9 (2008).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Embedding:
    """Examples as points of the plane.

    Attributes:
        points: (N, 2).
        perplexity: about how many neighbours of a point count as near.
        divergence: Kullback-Leibler, of the neighbourhoods in the plane from those of the features.
    """

    points: np.ndarray
    perplexity: float
    divergence: float


def embed(features: np.ndarray, *, perplexity: float = 30.0, seed: int = 0) -> Embedding:
    """Return the features of N examples as points of the plane; equal seeds give equal points.

    Args:
        features: (N, F).
        perplexity: is taken as N / 4 where that is less.
        seed: of t-SNE, which begins with the two main components.

    Raises:
        ValueError: if there are fewer than 4 examples, or the features are not finite rows.
        ImportError: if scikit-learn is missing; names the extra.
    """
    features = _checked(features)
    perplexity = min(perplexity, len(features) / 4)
    made = _manifold().TSNE(2, perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed)
    with _one_thread():  # which is faster for some hundred examples, and sums in one order
        points = made.fit_transform(features)
    return Embedding(points, perplexity, float(made.kl_divergence_))


def nearest_agree(features: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of examples whose nearest other example is of their class: 1 where the classes are apart.

    Raises:
        ValueError: if there are fewer than 4 examples, or the features are not finite rows.
    """
    features = _checked(features)
    # As differences, not as x² - 2 x y + y², whose rounding would decide between near neighbours.
    squares = np.array([np.sum((features - one) ** 2, axis=1) for one in features])
    np.fill_diagonal(squares, np.inf)
    return float(np.mean(np.asarray(labels)[np.argmin(squares, axis=1)] == np.asarray(labels)))


def _checked(features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 4 or not np.isfinite(features).all():
        raise ValueError(f"`features` must be at least 4 rows of finite numbers; got shape {features.shape}.")
    return features


def _manifold() -> Any:
    try:
        from sklearn import manifold
    except ImportError as error:
        raise ImportError(
            "t-SNE is computed by scikit-learn, which is not installed: pip install 'jaxcnn[digits]'."
        ) from error
    return manifold


def _one_thread() -> Any:
    from threadpoolctl import threadpool_limits  # which scikit-learn needs itself

    return threadpool_limits(1)
