"""Images shifted by a few pixels, and the cells of patches in all of them at once."""

from __future__ import annotations

from collections.abc import Iterator

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
        n_across = self._across.shape[3]
        piece = (down[:, None] * n_across + across).ravel()
        self.n_pieces = self._down.shape[3] * n_across
        #: An order of the patches of the padded image by their pieces.
        self.order = np.argsort(piece, kind="stable")
        ends = np.cumsum(np.bincount(piece, minlength=self.n_pieces))
        own = np.arange(self.n_pieces)
        #: First place, end, piece of the patches, and number of the same piece for their mirror images.
        self.groups = np.column_stack([np.r_[0, ends[:-1]], ends, own, own + self.n_pieces])

    def means(self, pieces: FloatArray) -> Iterator[FloatArray]:
        """Yield the means over the cells of each shifted image, and of its mirror image.

        Parameters
        ----------
        pieces : array (n, 2, n_pieces, k)
            Means over the pieces, of patches and of their mirror images.

        Yields
        ------
        array (n, 2, grid, grid, k)
            In the order of `shifted_images`.
        """
        n, _, _, k = pieces.shape
        grid, n_down = self._down.shape[2:]
        flat = pieces.reshape(n, 2, n_down, -1)
        for down in self._down[:, 0]:
            bands = np.matmul(down, flat).reshape(n, 2, grid, -1, k)
            for across in self._across:
                yield np.matmul(across[:, None], bands)


def _pieces(side: int, grid: int, pixels: int, mirrored: bool) -> tuple[Array, FloatArray]:
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
    return piece, shares / shares.sum(axis=3, keepdims=True)
