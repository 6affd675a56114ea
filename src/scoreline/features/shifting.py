"""Images shifted by a few pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoreline._typing import Array

__all__ = ["n_shifts", "padded", "shifted_images"]


def n_shifts(pixels: int) -> int:
    """Return the number of shifts by up to so many pixels, down and across, none included."""
    return (2 * pixels + 1) ** 2


def padded(images: Array, pixels: int) -> Array:
    """Return images ``(n, H, W, ch)`` whose border is repeated for so many pixels on each side."""
    around = (pixels, pixels)
    return np.pad(images, ((0, 0), around, around, (0, 0)), mode="edge")


def shifted_images(images: Array, pixels: int) -> Iterator[Array]:
    """Yield images ``(n, H, W, ch)`` shifted by up to so many pixels, down and across, the border repeated.

    The first are shifted down and right by all, the last up and left.
    """
    H, W = images.shape[1:3]
    wide = padded(images, pixels)
    for row in range(2 * pixels + 1):
        for column in range(2 * pixels + 1):
            yield np.ascontiguousarray(wide[:, row : row + H, column : column + W])
