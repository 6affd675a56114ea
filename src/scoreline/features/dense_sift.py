"""SIFT descriptors on a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.features.descriptor import MOST_PIXELS, Describe, ImageDescriptor
from scoreline.features.grey import grey_values
from scoreline.features.specs import FEATURES

if TYPE_CHECKING:
    from scoreline.features.kernels.sift import Bands

__all__ = ["DenseSIFT"]

#: Length of a descriptor: 4 x 4 spatial bins of 8 directions.
LENGTH = 128
#: Blur in pixels that an image has from its camera.
CAMERA = 0.5


class DenseSIFT(ImageDescriptor):
    r"""Histograms of gradient directions in 4 x 4 bins around each point of a grid: D = scales * places * 128.

    Grey values are blurred. Gradients around a place, as far as the image goes, upright, weighted by a Gaussian
    of two bins' width, are shared among the two nearest of 8 directions and the four nearest spatial bins. The 128
    entries are normalised to length 1, clipped at 0.2 and normalised again. With a blur of 1.6 as OpenCV's
    SIFT for upright keypoints of size ``2 / 3 * bin``, but for the rounding of its numbers to bytes.

    Parameters
    ----------
    step : int
        Pixels from point to point.
    bin : float
        Side of a spatial bin in pixels at the finest scale; a descriptor covers about 5 x 5 of them.
    scales : int
        Sizes of bins, each larger than the one before by the root of 2, at the same points.
    blur : float
        Deviation in pixels to which grey values are blurred, of which 0.5 is attributed to the camera. A blur
        of a third of `bin` loses little of what the bins can hold; 1.6 is meant for keypoints of all scales.

    References
    ----------
    Lowe, D. G. (2004). Distinctive image features from scale-invariant keypoints. IJCV 60. Bosch, A., Zisserman,
    A. & Muñoz, X. (2007). Image classification using random forests and ferns. ICCV, for the grid.
    """

    def __init__(self, step: int = 4, *, bin: float = 3.0, scales: int = 1, blur: float = 0.9) -> None:
        self.step = step
        self.bin = bin
        self.scales = scales
        self.blur = blur

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``scale_{s}_place_{row}_{column}_bin_{row}_{column}_{direction}``."""
        del input_features
        check_is_fitted(self)
        rows, columns = self.places(self.image_shape_)
        bins = list(np.ndindex(4, 4, 8))
        return np.array(
            [
                f"scale_{s}_place_{r}_{c}_bin_{i}_{j}_{k}"
                for s in range(self.scales)
                for r in rows
                for c in columns
                for i, j, k in bins
            ],
            dtype=object,
        )

    def places(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Return the rows and columns of the grid, which is centred and goes to the border."""

        def along(side: int) -> Array:
            count = (side - 1) // self.step + 1
            return (side - 1 - (count - 1) * self.step) // 2 + self.step * np.arange(count)

        return along(shape[0]), along(shape[1])

    def describe(self, images: Array) -> FloatArray:
        """Return the descriptors, ``(n, scales * places, 128)`` float32."""
        from scoreline.features.kernels.sift import sift_rows

        images = self._check(images)
        rows, columns = self.places(images.shape[1:])
        each = len(rows) * len(columns)
        blurred = _blurred(grey_values(images), self.blur).astype(np.float32)
        out = np.empty((len(images), self.scales * each, LENGTH), np.float32)
        for s in range(self.scales):
            bin_ = self.bin * 2 ** (s / 2)
            down, right = (
                _bands(places, side, bin_) for places, side in zip((rows, columns), images.shape[1:3], strict=True)
            )
            sift_rows(blurred, down, right, out[:, s * each : (s + 1) * each])
        return out

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        rows, columns = self.places(shape)
        length = self.scales * len(rows) * len(columns) * LENGTH

        def describe(images: Array, out: Array) -> None:
            out[:] = self.describe(images).reshape(len(images), length)

        return length, describe

    def _least_side(self) -> int:
        for name in ("step", "scales"):
            check_number(name, getattr(self, name), 1)
        check_number("bin", self.bin, 0.5, MOST_PIXELS)
        check_number("blur", self.blur, CAMERA, MOST_PIXELS)
        return 8


FEATURES.register("sift", DenseSIFT)


def _blurred(grey: FloatArray, blur: float) -> FloatArray:
    """Blur as OpenCV does: by a sampled Gaussian, the image mirrored about its border pixels."""
    from scipy.ndimage import correlate1d

    rest = float(np.sqrt(blur**2 - CAMERA**2))
    if rest == 0:
        return grey
    reach = int(round(8 * rest + 1) | 1) // 2
    bell = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * rest**2))
    bell /= bell.sum()
    return np.asarray(correlate1d(correlate1d(grey, bell, axis=1, mode="mirror"), bell, axis=2, mode="mirror"))


def _bands(places: Array, side: int, bin_: float) -> Bands:
    """Return the weights of the pixels along a side for the four bins around each point, as a band matrix.

    At r bins from the point, less than 2.5, it is the value of a Gaussian of two bins' width, shared among the two
    bins whose centres are nearest. Gradients on the border are not known.
    """
    from scoreline.features.kernels.sift import Bands

    r = (np.arange(side) - places[:, None]) / bin_
    counts = np.where(np.abs(r) < 2.5, np.exp(-(r**2) / 8), 0)
    counts[:, [0, -1]] = 0
    near = np.maximum(1 - np.abs(r[:, None] + 1.5 - np.arange(4)[:, None]), 0)
    weights = (counts[:, None] * near).reshape(-1, side)
    width = int(np.count_nonzero(weights, axis=1).max())
    first = np.minimum((weights > 0).argmax(axis=1), side - width)
    return Bands(first, np.take_along_axis(weights, first[:, None] + np.arange(width), axis=1).astype(np.float32))
