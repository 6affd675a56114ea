"""The cells of a grid that patches lie in, and those that their mirror images lie in."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array

__all__ = ["cell_groups"]


def cell_groups(rows: int, columns: int, grid: int, mirror: bool) -> tuple[Array, Array]:
    """Return an order of patches by their cells, and the groups of those that share them.

    Parameters
    ----------
    rows, columns : int
        Patches lie at so many places.
    grid : int
        The image is cut into grid x grid cells.
    mirror : bool
        Whether the mirror image of a patch lies in the cell on the other side, or in the patch's own.

    Returns
    -------
    order : int64 array (rows * columns,)
    groups : int64 array (G, 4)
        First place in the order, end, cell of the patches and cell of their mirror images.
    """
    r, c = np.divmod(np.arange(rows * columns), columns)
    row = r * grid // rows * grid
    other = columns - 1 - c if mirror else c
    cells = np.stack([row + c * grid // columns, row + other * grid // columns], axis=1)
    order = np.lexsort(cells.T)
    cells = cells[order]
    first = np.flatnonzero(np.r_[True, np.any(np.diff(cells, axis=0), axis=1)])
    return order, np.column_stack([first, np.r_[first[1:], rows * columns], cells[first]])
