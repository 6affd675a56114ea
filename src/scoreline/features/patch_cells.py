"""The cells of patches and of their mirror images in a grid, and even and odd parts of both."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array

__all__ = ["cell_groups", "cell_numbers", "pixel_weights", "take_roots"]


def cell_groups(rows: int, columns: int, grid: int, mirror: bool, apart: bool = False) -> tuple[Array, Array]:
    """Return an order of patches by their cells, and the groups of those that share them.

    Parameters
    ----------
    rows, columns : int
        The grid of patches.
    grid : int
        The image is cut into grid x grid cells.
    mirror : bool
        Whether the mirror image of a patch is in the cell on the other side, or in the patch's own.
    apart : bool
        Whether mirror images have cells of their own, numbered after the others.

    Returns
    -------
    order : int64 array (rows * columns,)
    groups : int64 array (G, 4)
        First place in the order, end, cell of the patches and cell of their mirror images.
    """
    r, c = np.divmod(np.arange(rows * columns), columns)
    row = r * grid // rows * grid
    other = columns - 1 - c if mirror else c
    own, mirrored = row + c * grid // columns, row + other * grid // columns
    cells = np.stack([own, mirrored + apart * grid**2], axis=1)
    order = np.lexsort(cells.T)
    cells = cells[order]
    first = np.flatnonzero(np.r_[True, np.any(np.diff(cells, axis=0), axis=1)])
    return order, np.column_stack([first, np.r_[first[1:], rows * columns], cells[first]])


def cell_numbers(rows: int, columns: int, grid: int) -> Array:
    """Return the number of the cell of each of ``rows * columns`` places, of grid x grid cells, int64."""
    r, c = np.divmod(np.arange(rows * columns), columns)
    return np.asarray(r * grid // rows * grid + c * grid // columns)


def pixel_weights(rows: int, columns: int, grid: int) -> Array:
    """Return the weights of places in the means over grid x grid cells, ``(cells, rows * columns)`` float64."""
    inside = cell_numbers(rows, columns, grid) == np.arange(grid**2)[:, None]
    return np.asarray(inside / inside.sum(axis=1, keepdims=True))


def take_roots(rows: Array, halves: bool) -> None:
    r"""Turn means over the cells into features, in place: into their roots, or into the halves of those.

    Halves are made of means a over the cells of an image and b over those of its mirror image, ``(n, 2 D)``: the
    even one is :math:`\sqrt{(a + b) / 2}`, as long as the rows are, the odd one :math:`(\sqrt a - \sqrt b) / 2`.
    """
    if not halves:
        np.sqrt(rows, out=rows)
        return
    own, mirrored = np.split(rows, 2, axis=1)
    even = np.sqrt((own + mirrored) / 2)
    np.sqrt(rows, out=rows)
    np.subtract(own, mirrored, out=mirrored)
    mirrored /= 2
    own[:] = even
