"""Another light: brightness and contrast."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array
from scoreline.report.robustness.base import Challenge, as_bytes

__all__ = ["Brightness", "Contrast"]


class Brightness(Challenge):
    """There is more or less light; what is too bright is white."""

    kind = "illumination"
    measure = "stops of exposure, more or less"
    grades = (0, 0.25, 0.5, 1, 1.5)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Multiply the pixels of each image by 2 to the power of plus or minus the grade."""
        factors = np.exp2(np.where(rng.random(len(images)) < 0.5, -grade, grade)).astype(np.float32)
        return as_bytes(images * factors[:, None, None, None])

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"±{grade:g}" if grade else "0"


class Contrast(Challenge):
    """There is mist: all pixels come nearer to their mean."""

    kind = "illumination"
    measure = "share of the contrast that is lost"
    grades = (0, 0.2, 0.4, 0.6, 0.8)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Move the pixels of each image towards their mean; see `Challenge.apply`."""
        mean = images.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32)
        return as_bytes(mean + np.float32(1 - grade) * (images - mean))

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"
