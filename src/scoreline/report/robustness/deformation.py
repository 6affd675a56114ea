"""Deformed objects."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.report.robustness.base import Challenge, Sampling, pixel_grid, resampled

__all__ = ["Deformation"]

#: Different deformations of so many images, and the width of their bumps, as a share of the shorter side.
FIELDS, WIDTH = 4, 0.12


class Deformation(Challenge):
    """The object is deformed: a smooth random field displaces its pixels.

    References
    ----------
    Simard, Steinkraus & Platt (2003), Best practices for convolutional neural networks, section 2.
    """

    kind = "deformation"
    measure = "root mean square displacement as a share of the shorter side"
    grades = (0, 0.02, 0.04, 0.06, 0.1)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Displace the pixels of each image by a smooth random field; see `Challenge.apply`."""
        rows, columns = pixel_grid(images)
        side = min(rows.shape)
        fields = [(_smooth(rows.shape, side, rng), _smooth(rows.shape, side, rng)) for _ in range(FIELDS)]
        size = grade * side
        variants = [Sampling(rows + size * down, columns + size * right) for down, right in fields]
        return resampled(images, variants, rng)

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"


def _smooth(shape: tuple[int, ...], side: int, rng: np.random.Generator) -> FloatArray:
    """Return a smooth random field with a root mean square of 1."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(rng.standard_normal(shape), WIDTH * side, mode="reflect")
    return np.asarray(field / max(np.sqrt(np.mean(field**2)), np.finfo(float).tiny))
