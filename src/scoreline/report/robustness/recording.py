"""A worse recording: blur, noise and compression."""

from __future__ import annotations

import io

import numpy as np

from scoreline._typing import Array
from scoreline.report.robustness.base import Challenge, as_bytes

__all__ = ["Blur", "Compression", "Noise"]


class Blur(Challenge):
    """The image is out of focus."""

    kind = "recording"
    measure = "deviation of the Gaussian as a share of the shorter side"
    grades = (0, 0.01, 0.02, 0.04, 0.08)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Convolve each image with a Gaussian; see `Challenge.apply`."""
        from scipy.ndimage import gaussian_filter

        deviation = grade * min(images.shape[1:3])
        return as_bytes(gaussian_filter(images.astype(np.float32), (0, deviation, deviation, 0), mode="reflect"))

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"


class Noise(Challenge):
    """There is noise, as in little light."""

    kind = "recording"
    measure = "deviation of the noise as a share of the range of pixels"
    grades = (0, 0.04, 0.08, 0.16, 0.32)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Add normal noise to each pixel and channel; see `Challenge.apply`."""
        return as_bytes(images + np.float32(255 * grade) * rng.standard_normal(images.shape, np.float32))

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"{grade:.0%}"


class Compression(Challenge):
    """The image is compressed as JPEG once more."""

    kind = "recording"
    measure = "quality of JPEG, 100 standing for no further compression"
    grades = (100, 60, 30, 15, 5)

    def apply(self, images: Array, grade: float, rng: np.random.Generator) -> Array:
        """Encode and decode each image; see `Challenge.apply`."""
        return np.stack([_recoded(image, round(grade)) for image in images])

    def label(self, grade: float) -> str:
        """Return a grade as a short text."""
        return f"q{grade:g}"


def _recoded(image: Array, quality: int) -> Array:
    from PIL import Image

    file = io.BytesIO()
    plane = image[:, :, 0] if image.shape[2] == 1 else image
    Image.fromarray(np.ascontiguousarray(plane)).save(file, "JPEG", quality=quality)
    with Image.open(file) as decoded:
        return np.asarray(decoded).reshape(image.shape)
