"""Another pose of the camera: rotation, scale and perspective."""

from __future__ import annotations

import math

import numpy as np

from scoreline._typing import Array
from scoreline.report.robustness.base import Challenge, Sampling, pixel_grid, resampled

__all__ = ["Perspective", "Rotation", "Scale"]


class Rotation(Challenge):
    """The camera is rolled to the left or to the right."""

    kind = "camera pose"
    measure = "degrees"
    grades = (0, 5, 10, 20, 40)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Rotate each image about its centre; see `Challenge.apply`."""
        rows, columns = pixel_grid(images)
        variants = []
        for angle in (math.radians(grade), -math.radians(grade)):
            sine, cosine = math.sin(angle), math.cos(angle)
            variants.append(Sampling(cosine * rows - sine * columns, sine * rows + cosine * columns))
        return resampled(images, variants, rng)

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:g}°"


class Scale(Challenge):
    """The camera is nearer or farther away."""

    kind = "camera pose"
    measure = "times larger or smaller"
    grades = (1, 1.1, 1.25, 1.5, 2)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Enlarge or reduce each image about its centre; see `Challenge.apply`."""
        rows, columns = pixel_grid(images)
        variants = [Sampling(rows * factor, columns * factor) for factor in (grade, 1 / grade)]
        return resampled(images, variants, rng)

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"x{grade:g}"


class Perspective(Challenge):
    """The camera looks from the side: one edge of the image is farther away than the opposite one."""

    kind = "camera pose"
    measure = "share by which the far edge is shorter"
    grades = (0, 0.1, 0.2, 0.35, 0.5)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Turn each image away about one of its edges; see `Challenge.apply`."""
        rows, columns = pixel_grid(images)
        height, width = (max(side / 2, 0.5) for side in images.shape[1:3])
        variants = []
        for side in (1, -1):
            depth = 1 - grade * (1 + side * columns / width) / 2
            across = side * width * (((1 - grade / 2) * side * columns / width) - grade / 2) / depth
            variants.append(Sampling(rows / depth, across))
            depth = 1 - grade * (1 + side * rows / height) / 2
            along = side * height * (((1 - grade / 2) * side * rows / height) - grade / 2) / depth
            variants.append(Sampling(along, columns / depth))
        return resampled(images, variants, rng)

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"
