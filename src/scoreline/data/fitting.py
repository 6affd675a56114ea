"""What fitting pictures to a size multiplies them by, for programs without Pillow."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array
from scoreline.data.images import resize_images

__all__ = ["WEIGHT_BITS", "FittingStep", "fitted", "fitting_steps"]

#: Bits behind the point of the weights by which Pillow resizes pictures of bytes.
WEIGHT_BITS = 22
#: Pixels by which the order of the axes is found, and pictures at the most.
_TRIED, _MOST_TRIALS = 1_000, 64
#: An axis of a picture, 0 down and 1 across, and the weights of its places, ``(from, to)`` int64.
FittingStep = tuple[int, Array]


def fitting_steps(shape: tuple[int, int], size: tuple[int, int]) -> list[FittingStep]:
    """Return what `resize_images` does to pictures of a shape, in its order; see `fitted`.

    Parameters
    ----------
    shape, size : (height, width)
        Of a picture, and what it is to be fitted to.
    """
    (height, width), ratio = shape, size[1] / size[0]
    covered = (height, ratio * height) if width / height >= ratio else (width / ratio, width)
    steps = [
        (axis, _weights(n, to, part)) for axis, (n, to, part) in enumerate(zip(shape, size, covered, strict=True))
    ]
    # Pillow decides by the shape which axis comes first, and few pixels may not tell which it was.
    n = min(_MOST_TRIALS, 1 + _TRIED // (size[0] * size[1]))
    noise = np.random.default_rng(0).integers(0, 256, (n, *shape, 1), dtype=np.uint8)
    across_first = steps[::-1]
    return across_first if (fitted(noise, across_first) == resize_images(noise, size)).all() else steps


def fitted(pictures: Array, steps: list[FittingStep]) -> Array:
    """Return pictures ``(N, H, W, ch)`` of bytes fitted to a size.

    Each step is a product of whole numbers, which float64 holds; of the sums, in units of 2 to the power of
    -`WEIGHT_BITS`, the nearest whole numbers from 0 to 255 remain.
    """
    values = pictures.astype(np.float64)
    for axis, weights in steps:
        sums = np.moveaxis(np.tensordot(values, weights * 2.0**-WEIGHT_BITS, axes=(axis + 1, 0)), -1, axis + 1)
        values = np.clip(np.floor(sums + 0.5), 0, 255)
    return values.astype(np.uint8)


def _weights(n: int, size: int, covered: float) -> Array:
    """Return the weights of n places, of which a length about the middle is resized."""
    from PIL import Image

    first = (n - covered) * 0.5
    ones = Image.fromarray(np.eye(n, dtype=np.int32) << WEIGHT_BITS)  # each row has one place alone
    found = ones.resize((size, n), Image.Resampling.BICUBIC, box=(first, 0, first + covered, n))
    return np.asarray(found).astype(np.int64)
