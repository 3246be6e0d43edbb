"""The strokes of the digit among all ink: the largest group, without specks and without shadows at the edge."""

import numpy as np

_EDGE = 0.2  # what ink counts for that belongs to something which runs out of the picture
_GAP = 0.08  # of the longer side: strokes of one digit are no farther apart
_EIGHT = np.ones((3, 3))  # neighbours at the corners touch


def strokes(ink: np.ndarray, *, everything: bool = False) -> np.ndarray:
    """Return the ink of the digit alone, (H, W), cut out with the soft edges around it.

    Args:
        ink: (H, W), from 0 to 1.
        everything: there is nothing else in the picture.
    """
    from scipy import ndimage

    mask = ink > 0.5
    if not everything:
        mask = _largest(mask)
    # Soft edges are one or two pixels wide at the sizes that are worked on.
    return np.where(ndimage.binary_dilation(mask, _EIGHT, iterations=2), ink, 0.0)


def _largest(mask: np.ndarray) -> np.ndarray:
    """Return the part of the mask that belongs to the largest group of strokes."""
    from scipy import ndimage

    reach = max(1, round(_GAP * max(mask.shape) / 2))
    near = ndimage.binary_dilation(mask, _EIGHT, iterations=reach)
    groups, count = ndimage.label(near, _EIGHT)
    sizes = ndimage.sum_labels(mask, groups, range(1, count + 1))
    edge = np.concatenate([np.where(side, group, 0) for side, group in zip(_sides(mask), _sides(groups), strict=True)])
    sizes = sizes * np.where(np.isin(np.arange(1, count + 1), edge), _EDGE, 1.0)
    return mask & (groups == 1 + int(np.argmax(sizes)))


def _sides(values: np.ndarray) -> list[np.ndarray]:
    return [values[0], values[-1], values[:, 0], values[:, -1]]
