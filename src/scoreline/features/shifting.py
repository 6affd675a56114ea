"""Images shifted by a few pixels, and the cells of patches in all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["ShiftedCells", "n_shifts", "padded", "shifted_images"]


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


class ShiftedCells:
    """The means over the cells of every shifted image, from those over pieces of cells of the padded one.

    A patch of a shifted image is a patch of the padded image, so that each is coded once for all shifts. The
    pieces are what no border of a cell goes through, however the image is shifted. Means over the pieces, weighted
    by their shares, are those over the cells.

    Parameters
    ----------
    rows, columns : int
        The grid of patches of an image that is not padded.
    grid : int
        An image is cut into grid x grid cells.
    pixels : int
        The largest shift; patches are at every pixel.
    """

    def __init__(self, rows: int, columns: int, grid: int, pixels: int) -> None:
        down, self._down = _pieces(rows, grid, pixels, mirrored=False)
        across, self._across = _pieces(columns, grid, pixels, mirrored=True)
        rows, columns = self._down.shares.shape[3], self._across.shares.shape[3]
        #: The grid of pieces.
        self.shape = rows, columns
        piece = (down[:, None] * columns + across).ravel()
        #: An order of the patches of the padded image by their pieces.
        self.order = np.argsort(piece, kind="stable")
        ends = np.cumsum(np.bincount(piece, minlength=rows * columns))
        own = np.arange(rows * columns)
        #: First place, end, piece of the patches, and number of the same piece for their mirror images.
        self.groups = np.column_stack([np.r_[0, ends[:-1]], ends, own, own + rows * columns])

    def write_roots(self, pieces: FloatArray, out: FloatArray) -> None:
        """Write both halves of the roots of the means over the cells of every shifted image; see `take_roots`.

        Parameters
        ----------
        pieces : array (n, 2 * pieces, k)
            Means over the pieces, of patches and then of their mirror images.
        out : array (n, shifts * 2 * grid * grid * k)
            In the order of `shifted_images`.
        """
        from scoreline.features.kernels.shifted_cells import shifted_roots

        (down, down_ends), (across, across_ends) = self._down, self._across
        (n, _, k), (T, _, grid, _) = pieces.shape, down.shape
        shaped = pieces.reshape(n, 2, *self.shape, k)
        shifted_roots(shaped, down, across, down_ends, across_ends, out.reshape(n, T, T, 2, grid, grid, k))


class _Axis(NamedTuple):
    """The shares of pieces in the cells along an axis, and the first piece and the end of each cell."""

    shares: FloatArray
    ends: Array


def _pieces(side: int, grid: int, pixels: int, mirrored: bool) -> tuple[Array, _Axis]:
    """Return the piece of each place of a padded axis, and the shares of pieces in the cells.

    The shares are ``(shifts, 2, grid, n)``, in the cells of places and in those of their mirror images if they are
    `mirrored`; a mirror image may lie in another cell than the one opposite, where cells differ in size.
    """
    inside = np.arange(side + 2 * pixels) - np.arange(2 * pixels + 1)[:, None]
    views = np.stack([inside, side - 1 - inside if mirrored else inside], axis=1)
    cell = np.where((views >= 0) & (views < side), views * grid // side, -1)
    piece = np.cumsum(np.r_[False, np.any(np.diff(cell, axis=2), axis=(0, 1))])
    at, view, place = np.nonzero(cell >= 0)
    shares = np.zeros((*cell.shape[:2], grid, piece[-1] + 1), np.float32)
    np.add.at(shares, (at, view, cell[at, view, place], piece[place]), 1)
    used = shares > 0
    ends = np.stack([used.argmax(axis=3), used.shape[3] - used[..., ::-1].argmax(axis=3)], axis=3)
    return piece, _Axis(shares / shares.sum(axis=3, keepdims=True), ends)
