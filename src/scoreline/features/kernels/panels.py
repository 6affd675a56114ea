"""Small matrices laid out for products of compiled code: panels of rows, each column by column."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.kernels.products import line_zeros, padded
from scoreline.kernels.vectors import LANES

__all__ = ["PANEL", "Words", "packed"]

#: Rows of a packed matrix that lie side by side.
PANEL = 2 * LANES


class Words(NamedTuple):
    """Linear answers ``weights @ code + bias``: weights (k, d) as `packed`, bias (k,), both float32."""

    weights: Array
    bias: Array


def packed(matrix: Array) -> Array:
    """Return a matrix ``(m, d)`` as flat float32 panels of `PANEL` rows, each panel column by column."""
    m, d = matrix.shape
    rows = np.zeros((padded(m, PANEL), d), np.float32)
    rows[:m] = matrix
    panels = line_zeros((len(rows) // PANEL, d, PANEL))
    panels[:] = rows.reshape(-1, PANEL, d).transpose(0, 2, 1)
    return panels.reshape(-1)
