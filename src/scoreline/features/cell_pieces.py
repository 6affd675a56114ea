"""Means over weighted or shifted cells of patches, from those over pieces that all cells have in common."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol, Self

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.features.patch_cells import cell_groups, pixel_weights, take_roots

__all__ = ["CellPieces", "Cells", "cells_of", "check_spread"]

#: Pieces along the side of a cell, within which the weights of patches are their mean there.
_STRIPS = 3
#: Deviations of Gaussian weights as shares of a cell: where it sees its middle alone, and where all see the same.
_LEAST_SPREAD, _LARGEST_SPREAD = 0.2, 10.0


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


class Cells(Protocol):
    """Where the codes of patches are pooled, and how the features of cells follow."""

    #: An order of the patches; first place, end, and where patches and mirror images are pooled, of each group.
    order: Array
    groups: Array

    def room(self, rows: FloatArray, k: int) -> FloatArray:
        """Return an array ``(n, ., k)`` for means that `rows` are made of: a view where that is possible."""

    def write(self, means: FloatArray, rows: FloatArray) -> None:
        """Write roots of means over cells to rows ``(n, D)``, or both halves ``(n, 2 D)``; see `take_roots`."""

    def weights(self) -> FloatArray:
        """Return the weights of patches in cells, and of their mirror images, ``(2, grid * grid, patches)``."""


@lru_cache(maxsize=4)  # a server asks for the same ones at every image, of which they would take a quarter
def cells_of(rows: int, columns: int, grid: int, spread: float, *, mirror: bool = True, halves: bool) -> Cells:
    """Return the cells of a grid of patches: with borders, or Gaussian ones where `spread` is above 0.

    They are kept for the next call, and are not to be changed.
    """
    if spread:
        return CellPieces.of_gaussian(rows, columns, grid, spread, mirror=mirror)
    return _BorderedCells(rows, columns, grid, mirror, halves)


def check_spread(spread: float) -> None:
    """Raise UsageError unless `spread` is 0 or makes cells that differ."""
    if spread:
        check_number("spread", spread, _LEAST_SPREAD, _LARGEST_SPREAD)


class _BorderedCells:
    """Cells each patch of which is in no other."""

    def __init__(self, rows: int, columns: int, grid: int, mirror: bool, halves: bool) -> None:
        self._halves = halves
        self._size = rows, columns, grid, mirror
        self.order, self.groups = cell_groups(rows, columns, grid, mirror, apart=halves)

    def room(self, rows: FloatArray, k: int) -> FloatArray:
        """Return the rows themselves; see `Cells.room`."""
        return rows.reshape(len(rows), -1, k)

    def write(self, means: FloatArray, rows: FloatArray) -> None:
        """Take roots; see `Cells.write`."""
        del means
        take_roots(rows, self._halves)

    def weights(self) -> FloatArray:
        """Return weights that are alike in a cell; see `Cells.weights`."""
        rows, columns, grid, mirror = self._size
        own = pixel_weights(rows, columns, grid)
        there = own.reshape(-1, rows, columns)[:, :, ::-1].reshape(own.shape) if mirror else own
        return np.stack([own, there])


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

    def room(self, rows: FloatArray, k: int) -> FloatArray:
        """Return an array for the means over pieces, of patches and then of mirror images; see `Cells.room`."""
        return np.empty((len(rows), 2 * self.n, k), np.float32)

    def weights(self) -> FloatArray:
        """Return each patch's share in its piece, times that of the piece in the cells; see `Cells.weights`."""
        (down, of_down, _), (across, of_across, _) = self._down, self._across
        on_rows, on_columns = (
            shares[0][..., piece] / np.bincount(piece)[piece]
            for shares, piece in ((of_down, down), (of_across, across))
        )
        found = np.einsum("vir,vjc->vijrc", on_rows, on_columns)
        return found.reshape(2, -1, len(down) * len(across))

    def write(self, means: FloatArray, rows: FloatArray) -> None:
        """Write features of cells; see `Cells.write`.

        Where images are shifted, those of T x T of them, in the order of `shifted_images`, each with both halves.
        """
        from scoreline.features.kernels.pieces import write_roots

        (_, down, down_ends), (_, across, across_ends) = self._down, self._across
        (n, _, k), (T, _, grid, _) = means.shape, down.shape
        both = 2 * (T * grid) ** 2 * k
        out = rows if rows.shape[1] == both else np.empty((n, both), np.float32)
        shaped, cells = means.reshape(n, 2, *self._grid, k), out.reshape(n, T, T, 2, grid, grid, k)
        write_roots(shaped, down, across, down_ends, across_ends, cells)
        if out is not rows:  # the even half is asked for
            rows[:] = out[:, : rows.shape[1]]


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
