"""Local self-similarities: the correlation of a patch with its surroundings."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array
from scoreline.features.descriptor import MOST_PIXELS, Describe, ImageDescriptor
from scoreline.features.specs import FEATURES

__all__ = ["SelfSimilarity"]


class SelfSimilarity(ImageDescriptor):
    r"""Similarity of patches on a grid to their surroundings: D = places * radii * angles.

    A patch of p x p pixels about a place is compared with the patches at every offset within `radius`:
    :math:`S = \exp(-SSD / \max(noise, SSD_1))`, with the sum of squared differences over pixels and channels, and
    :math:`SSD_1` the largest within one pixel of the place (so that a sharp place may move a little). In polar
    coordinates, the logarithm of the distance cut into `radii` rings and the angle into `angles` sectors, the
    greatest S of each bin counts; a descriptor is stretched to [0, 1].

    Not to be confused with the structural similarity of two images, which is called SSIM too.

    Parameters
    ----------
    step : int
        Pixels from place to place; the first is ``radius`` pixels from the border, or in the middle of images too
        small for that. Patches beyond the border are left out.
    patch : int
        p, odd.
    radius : int
        Of the surroundings in pixels: 8 for images of 32 x 32, 20 for photographs.
    radii, angles : int
        Bins of the polar coordinates.
    noise : float
        Difference of colours, in squared grey levels a channel, that counts as none.

    References
    ----------
    Shechtman, E. & Irani, M. (2007). Matching local self-similarities across images and videos. CVPR.
    """

    def __init__(
        self,
        step: int = 4,
        *,
        patch: int = 3,
        radius: int = 8,
        radii: int = 3,
        angles: int = 12,
        noise: float = 300.0,
    ) -> None:
        self.step = step
        self.patch = patch
        self.radius = radius
        self.radii = radii
        self.angles = angles
        self.noise = noise

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``place_{row}_{column}_ring_{i}_sector_{j}``, with the place's pixel."""
        del input_features
        check_is_fitted(self)
        rows, columns = self._places(self.image_shape_)
        bins = list(np.ndindex(self.radii, self.angles))
        return np.array(
            [f"place_{r}_{c}_ring_{i}_sector_{j}" for r in rows for c in columns for i, j in bins], dtype=object
        )

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        from scoreline.features.kernels.self_similarity import similarities

        rows, columns = self._places(shape)
        offsets = self.offsets()
        noise = float(self.noise * self.patch**2 * shape[2])
        count = self.radii * self.angles

        def describe(images: Array, out: Array) -> None:
            similarities(images, rows, columns, self.patch // 2, offsets, noise, count, out)

        return len(rows) * len(columns) * count, describe

    def _places(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        margin = self.patch // 2

        def along(side: int) -> Array:
            if side <= 2 * self.radius + 1:
                return np.array([side // 2])
            first = max(self.radius, margin)
            return np.arange(first, side - first, self.step)

        return along(shape[0]), along(shape[1])

    def offsets(self) -> Array:
        """Return the offsets within the radius with their bins, ``(m, 3)`` int64; the place itself is in none."""
        down, right = np.mgrid[-self.radius : self.radius + 1, -self.radius : self.radius + 1].reshape(2, -1)
        distance = np.hypot(down, right)
        inside = (distance >= 1) & (distance <= self.radius)
        down, right, distance = down[inside], right[inside], distance[inside]
        ring = np.minimum(
            (np.log(distance) / np.log(self.radius + 1) * self.radii).astype(np.int64), self.radii - 1
        )
        turn = np.arctan2(-down, right) % (2 * np.pi) / (2 * np.pi)
        sector = np.minimum((turn * self.angles).astype(np.int64), self.angles - 1)
        return np.column_stack([down, right, ring * self.angles + sector])

    def _least_side(self) -> int:
        for name in ("step", "radii", "angles"):
            check_number(name, getattr(self, name), 1)
        check_number("radius", self.radius, 2, MOST_PIXELS)
        check_number("patch", self.patch, 1, MOST_PIXELS)
        check_number("noise", self.noise, 0, above=True)
        return int(self.patch + 2)


FEATURES.register("ssim", SelfSimilarity)
