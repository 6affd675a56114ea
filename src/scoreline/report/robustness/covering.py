"""Something in front of the object, and something else behind it."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array
from scoreline.report.robustness.base import Challenge, pixel_grid

__all__ = ["Clutter", "Occlusion"]

GREY = 128


class Occlusion(Challenge):
    """A grey rectangle with the proportions of the image is somewhere before it."""

    kind = "occlusion"
    measure = "share of the image that is covered"
    grades = (0, 0.05, 0.1, 0.2, 0.4)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Cover a part of each image, at a place that is drawn; see `Challenge.apply`."""
        covered = np.ones((len(images), 1, 1, 1), dtype=bool)
        for axis, side in enumerate(images.shape[1:3]):
            length = max(round(side * grade**0.5), 1)
            first = np.rint(rng.random(len(images)) * (side - length))[:, None]
            inside = (np.arange(side) >= first) & (np.arange(side) < first + length)
            covered = covered & np.expand_dims(inside, (2, 3) if axis == 0 else (1, 3))
        return np.where(covered, np.uint8(GREY), images)

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"


class Clutter(Challenge):
    """Another background: what is around the centre is from another image."""

    kind = "background clutter"
    measure = "share of the image, from its edges inwards, that is another one's"
    grades = (0, 0.2, 0.4, 0.6, 0.8)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Put the centre of each image on another one of them; see `Challenge.apply`."""
        others = np.roll(images, int(rng.integers(1, max(len(images), 2))), axis=0)
        # Turned upside down, so that its own object is less of an answer, and one image alone has clutter too.
        others = others[:, ::-1, ::-1]
        rows, columns = (np.abs(place) for place in pixel_grid(images))
        height, width = images.shape[1:3]
        kept = (1 - grade) ** 0.5 / 2
        outside = (rows > kept * height) | (columns > kept * width)
        return np.where(outside[:, :, None], others, images)

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"
