"""The gist of a scene: the energy of Gabor filters in each cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.features.descriptor import Describe, ImageDescriptor
from scoreline.features.grey import grey_values
from scoreline.features.specs import FEATURES

__all__ = ["GIST", "LocalContrast", "gabor_bank"]

#: Frequency (cycles an image) above which contrast is kept, and the deviation that counts as contrast.
_CUT_OFF, _FAINT = 4.0, 0.2
#: Pixels by which an image is continued for its local contrast.
_MARGIN = 5
#: Weight of a frequency that is negligible in float32.
_NOTHING = 1e-7


class GIST(ImageDescriptor):
    r"""The energy of each scale and orientation in each cell: D = grid^2 * scales * orientations.

    The logarithm of the grey values is divided by its local contrast (`LocalContrast`), filtered by Gabor filters
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
        images = self._check(images)
        respond = self._responses(images.shape[1:3])
        return np.stack(list(respond(images)), axis=1)

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        down, right = (_cell_means(side, self.grid) for side in shape[:2])
        respond = self._responses(shape[:2])

        def describe(images: Array, out: Array) -> None:
            rows = out.reshape(len(images), self.scales * self.orientations, -1)
            for k, energy in enumerate(respond(images)):
                rows[:, k] = (down @ energy @ right.T).reshape(len(images), -1)

        return self.scales * self.orientations * self.grid**2, describe

    def _responses(self, shape: tuple[int, ...]) -> Callable[[Array], Iterator[FloatArray]]:
        """Return a function for each filter's absolute responses ``(n, H, W)`` to images of a shape ``(H, W)``.

        The continuation by mirroring, the Fourier transforms and the cuts are products with small matrices, those
        back of the frequencies alone that a filter lets through: few of them, where a filter is coarse.
        """
        contrast = LocalContrast(shape)
        (down, up), (right, left) = (_fourier(side, side // 4) for side in shape)
        bank = [_passed(gabor) for gabor in gabor_bank((len(down), len(right)), self.scales, self.orientations)]

        def respond(images: Array) -> Iterator[FloatArray]:
            spectra = down @ contrast(images).astype(np.float32) @ right.T
            for rows, columns, gabor in bank:
                passed = spectra[:, rows[:, None], columns] * gabor
                half = passed.reshape(-1, len(columns)) @ left[:, columns].T
                yield np.abs(up[:, rows] @ half.reshape(len(images), len(rows), -1))

        return respond

    def _least_side(self) -> int:
        for name in ("scales", "orientations", "grid"):
            check_number(name, getattr(self, name), 1)
        return max(4, int(self.grid))


FEATURES.register("gist", GIST)


class LocalContrast:
    """Log grey values less their low frequencies, divided by their local deviation: ``(n, H, W)`` float64.

    Low frequencies are a Gaussian's share of those of the image continued by mirroring. The Gaussian is the
    product of one of rows and one of columns, and so is the blur: a matrix for each direction.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.blurs = [_blur(side + 2 * _MARGIN) for side in shape]

    def __call__(self, images: Array) -> FloatArray:
        """Return the contrast of images ``(n, H, W, ch)`` of the shape."""
        margins = ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN))
        x = np.pad(np.log1p(grey_values(images)), margins, mode="symmetric")
        down, right = self.blurs
        high = x - down @ x @ right
        inner = slice(_MARGIN, -_MARGIN)
        variance = down[inner] @ (high * high) @ right[:, inner]
        return high[:, inner, inner] / (_FAINT + np.sqrt(np.abs(variance)))


def _blur(side: int) -> FloatArray:
    """Return the symmetric matrix that keeps a Gaussian's share of the frequencies of a periodic signal."""
    cycles = np.fft.fftfreq(side) * side
    share = np.exp(-(cycles**2) * np.log(2) / _CUT_OFF**2)
    return np.asarray(np.fft.ifft(share[:, None] * np.fft.fft(np.eye(side), axis=0), axis=0).real)


def _fourier(side: int, margin: int) -> tuple[Array, Array]:
    """Return the Fourier transform of a signal continued by mirroring, and the way back to the signal's places.

    Matrices ``(side + 2 margin, side)`` and ``(side, side + 2 margin)`` complex64.
    """
    continued = np.pad(np.eye(side), ((margin, margin), (0, 0)), mode="symmetric")
    back = np.fft.ifft(np.eye(len(continued)), axis=0)[margin : margin + side]
    return np.fft.fft(continued, axis=0).astype(np.complex64), back.astype(np.complex64)


def _passed(gabor: FloatArray) -> tuple[Array, Array, FloatArray]:
    """Return the rows and columns of the frequencies that a filter lets through, and the filter there."""
    kept = gabor > _NOTHING
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    return rows, columns, gabor[rows[:, None], columns]


def _cell_means(side: int, grid: int) -> FloatArray:
    """Return the matrix ``(grid, side)`` float32 of means over the cells of one direction."""
    ends = np.arange(grid + 1) * side // grid
    inside = (ends[:-1, None] <= np.arange(side)) & (np.arange(side) < ends[1:, None])
    return (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)


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
