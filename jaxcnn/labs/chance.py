"""How far a score may be off by chance, because it was counted on some images and not on all."""

import math


def standard_error(share: float, images: int) -> float:
    """Return the binomial standard error of a share, from 0 to 1, that was counted on so many images."""
    return math.sqrt(max(share * (1 - share), 0.0) / images)
