"""The gist of a scene: the energy of Gabor filters in each cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.features.descriptor import Describe, ImageDescriptor
from scoreline.features.grey import grey_values

__all__ = ["GIST", "gabor_bank", "local_contrast"]

#: Frequency (cycles an image) above which contrast is kept, and the deviation that counts as contrast.
_CUT_OFF, _FAINT = 4.0, 0.2


class GIST(ImageDescriptor):
    r"""How strongly each scale and orientation is there in each cell: D = grid^2 * scales * orientations.

    The logarithm of the grey values is divided by its local contrast (`local_contrast`), filtered by Gabor filters
    in the Fourier domain (`gabor_bank`; edges are continued by mirroring), and the absolute values are averaged
    over a grid of cells.

    Parameters
    ----------
    scales : int
        Each 1.85 times coarser than the one before, from a third of a cycle a pixel on.
    orientations : int
        Directions over 180 degrees.
    grid : int
        The image is cut into grid x grid cells.

    References
    ----------
    Oliva, A. & Torralba, A. (2001). Modeling the shape of the scene: a holistic representation of the spatial
    envelope. IJCV 42; the constants are those of the authors' program.
    """

    def __init__(self, scales: int = 4, orientations: int = 8, *, grid: int = 4) -> None:
        self.scales = scales
        self.orientations = orientations
        self.grid = grid

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``scale_{s}_orientation_{degrees}_cell_{row}_{column}``."""
        del input_features
        check_is_fitted(self)
        degrees = [f"{180 * k / self.orientations:g}" for k in range(self.orientations)]
        cells = list(np.ndindex(self.grid, self.grid))
        return np.array(
            [
                f"scale_{s}_orientation_{d}_cell_{r}_{c}"
                for s in range(self.scales)
                for d in degrees
                for r, c in cells
            ],
            dtype=object,
        )

    def energies(self, images: Array) -> FloatArray:
        """Return the filters' absolute responses, ``(n, scales * orientations, H, W)`` float32."""
        from scipy import fft

        images = self._check(images)
        H, W = images.shape[1:3]
        down, right = H // 4, W // 4
        wide = np.pad(local_contrast(images), ((0, 0), (down, down), (right, right)), mode="symmetric")
        bank = gabor_bank(wide.shape[1:], self.scales, self.orientations)
        spectra = fft.fft2(wide.astype(np.float32))
        out = np.empty((len(images), len(bank), H, W), np.float32)
        for k, gabor in enumerate(bank):
            out[:, k] = np.abs(fft.ifft2(spectra * gabor))[:, down : down + H, right : right + W]
        return out

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        H, W = shape[:2]
        rows, columns = (np.arange(self.grid + 1) * side // self.grid for side in (H, W))
        sizes = np.outer(np.diff(rows), np.diff(columns))
        length = self.scales * self.orientations * self.grid**2

        def describe(images: Array, out: Array) -> None:
            sums = np.add.reduceat(np.add.reduceat(self.energies(images), rows[:-1], axis=2), columns[:-1], axis=3)
            out[:] = (sums / sizes).reshape(len(images), length)

        return length, describe

    def _least_side(self) -> int:
        for name in ("scales", "orientations", "grid"):
            check_number(name, getattr(self, name), 1)
        return max(4, int(self.grid))


def local_contrast(images: Array) -> FloatArray:
    """Return log grey values less their low frequencies, divided by their local deviation, ``(n, H, W)``."""
    from scipy import fft

    margin = 5
    x = np.pad(np.log1p(grey_values(images)), ((0, 0), (margin, margin), (margin, margin)), mode="symmetric")
    down, right = (np.fft.fftfreq(side) * side for side in x.shape[1:])
    low = np.exp(-(down[:, None] ** 2 + right**2) * np.log(2) / _CUT_OFF**2)

    def blurred(x: FloatArray) -> FloatArray:
        return np.asarray(fft.ifft2(fft.fft2(x) * low).real)

    high = x - blurred(x)
    deviation = np.sqrt(np.abs(blurred(high * high)))
    return (high / (_FAINT + deviation))[:, margin:-margin, margin:-margin]


def gabor_bank(shape: tuple[int, ...], scales: int, orientations: int) -> FloatArray:
    r"""Return the filters' transfer functions ``(scales * orientations, H, W)``, float32.

    .. math:: \exp\left(-3.5 (f / f_s - 1)^2 - 2 \pi \frac{16\, n^2}{32^2} \theta^2\right), \qquad
       f_s = 0.3 / 1.85^s

    for a frequency of f cycles a pixel, an angle :math:`\theta` from the filter's own, and n orientations.
    """
    down, right = (np.fft.fftfreq(side) for side in shape)
    f = np.hypot(down[:, None], right)
    angle = np.arctan2(down[:, None], right)
    bank = []
    for s in range(scales):
        for k in range(orientations):
            turned = (angle + np.pi * k / orientations + np.pi) % (2 * np.pi) - np.pi
            near = 10 * 0.35 * (f / (0.3 / 1.85**s) - 1) ** 2
            bank.append(np.exp(-near - 2 * np.pi * 16 * orientations**2 / 32**2 * turned**2))
    return np.array(bank, np.float32)
