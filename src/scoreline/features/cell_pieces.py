"""Means over weighted or shifted cells of patches, from those over pieces that all cells have in common."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["CellPieces"]

#: Pieces along the side of a cell, within which the weights of patches are their mean there.
_STRIPS = 3


class _Axis(NamedTuple):
    """How the cells along an axis are made of pieces."""

    #: The piece of each place.
    piece: Array
    #: ``(T, 2, grid, n)``: the shares of n pieces in the cells of T images, of patches and of their mirror images.
    shares: FloatArray
    #: ``(T, 2, grid, 2)``: the first piece of each cell, and the end.
    ends: Array

    @classmethod
    def of(cls, piece: Array, shares: FloatArray) -> Self:
        """Return an axis whose shares add up to 1."""
        used = shares > 0
        ends = np.stack([used.argmax(axis=3), used.shape[3] - used[..., ::-1].argmax(axis=3)], axis=3)
        return cls(piece, (shares / shares.sum(axis=3, keepdims=True)).astype(np.float32), ends)


class CellPieces:
    """The pieces that the patches of an image are pooled in, and the features of cells that follow from them.

    Each patch is coded and pooled once, whatever number of cells has a share in it. Means over the pieces,
    weighted by these shares, are those over the cells.
    """

    def __init__(self, down: _Axis, across: _Axis) -> None:
        self._down, self._across = down, across
        rows, columns = (axis.shares.shape[3] for axis in (down, across))
        self._grid = rows, columns
        #: Number of pieces.
        self.n = rows * columns
        piece = (down.piece[:, None] * columns + across.piece).ravel()
        #: An order of the patches by their pieces.
        self.order = np.argsort(piece, kind="stable")
        ends = np.cumsum(np.bincount(piece, minlength=self.n))
        own = np.arange(self.n)
        #: First place, end, piece of the patches, and number of the same piece for their mirror images.
        self.groups = np.column_stack([np.r_[0, ends[:-1]], ends, own, own + self.n])

    @classmethod
    def of_shifted(cls, rows: int, columns: int, grid: int, pixels: int) -> Self:
        """Return the pieces of a padded image that no border of a cell goes through, however the image is shifted.

        A patch of a shifted image is a patch of the padded image.

        Parameters
        ----------
        rows, columns : int
            The grid of patches of an image that is not padded.
        grid : int
            An image is cut into grid x grid cells.
        pixels : int
            The largest shift; patches are at every pixel.
        """
        down, across = (
            _shifted(side, grid, pixels, mirrored) for side, mirrored in ((rows, False), (columns, True))
        )
        return cls(down, across)

    @classmethod
    def of_gaussian(cls, rows: int, columns: int, grid: int, spread: float, *, mirror: bool) -> Self:
        """Return strips of patches, and cells in which a Gaussian about their middles weights all of them.

        Parameters
        ----------
        rows, columns : int
            The grid of patches.
        grid : int
            Cells of a row and of a column.
        spread : float
            The Gaussian's deviation as a share of the distance between cells.
        mirror : bool
            Whether the mirror image of a patch is in the cell on the other side, or in the patch's own.
        """
        return cls(_gaussian(rows, grid, spread, False), _gaussian(columns, grid, spread, mirror))

    def write_roots(self, pieces: FloatArray, out: FloatArray) -> None:
        """Write both halves of the roots of the means over the cells of every image; see `take_roots`.

        Parameters
        ----------
        pieces : array (n, 2 * pieces, k)
            Means over the pieces, of patches and then of their mirror images.
        out : array (n, T * T * 2 * grid * grid * k)
            For T x T shifted images in the order of `shifted_images`; for one where nothing is shifted.
        """
        from scoreline.features.kernels.pieces import write_roots

        (_, down, down_ends), (_, across, across_ends) = self._down, self._across
        (n, _, k), (T, _, grid, _) = pieces.shape, down.shape
        shaped = pieces.reshape(n, 2, *self._grid, k)
        write_roots(shaped, down, across, down_ends, across_ends, out.reshape(n, T, T, 2, grid, grid, k))


def _shifted(side: int, grid: int, pixels: int, mirrored: bool) -> _Axis:
    """Return the cells of shifted images; mirror images may lie in others than opposite ones, if sizes differ."""
    inside = np.arange(side + 2 * pixels) - np.arange(2 * pixels + 1)[:, None]
    views = np.stack([inside, side - 1 - inside if mirrored else inside], axis=1)
    cell = np.where((views >= 0) & (views < side), views * grid // side, -1)
    piece = np.cumsum(np.r_[False, np.any(np.diff(cell, axis=2), axis=(0, 1))])
    at, view, place = np.nonzero(cell >= 0)
    shares = np.zeros((*cell.shape[:2], grid, piece[-1] + 1), np.float32)
    np.add.at(shares, (at, view, cell[at, view, place], piece[place]), 1)
    return _Axis.of(piece, shares)


def _gaussian(side: int, grid: int, spread: float, mirrored: bool) -> _Axis:
    """Return cells of weighted places; those of mirror images lie on the other side if they are `mirrored`."""
    place = (np.arange(side) + 0.5) * grid / side
    middles = np.arange(grid)[:, None] + 0.5
    weights = np.exp(-np.square((place - middles) / spread) / 2)
    n = min(_STRIPS * grid, side)
    n -= side % 2 > n % 2  # a place in the middle lies in one strip
    piece = np.arange(side) * n // side
    piece = np.where(np.arange(side) < side / 2, piece, n - 1 - piece[::-1])  # the same from the other side
    own: FloatArray = np.stack([np.bincount(piece, weight, n) for weight in weights]).astype(np.float64)
    return _Axis.of(piece, np.stack([own, own[::-1] if mirrored else own])[None])
