"""Rows that no array holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import Array
from scoreline.rows.base import SparseMatrix

if TYPE_CHECKING:
    from scoreline.rows.base import Rows

__all__ = ["UnstoredRows"]


class UnstoredRows:
    """Rows of float32 that are computed when they are read; subclasses say of what shape, and how."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Always float32."""
        return np.dtype(np.float32)

    @property
    def array(self) -> Array | None:
        """None: the rows have yet to be computed."""
        return None

    @property
    def matrix(self) -> SparseMatrix | None:
        """None: the rows are not sparse."""
        return None

    def parts(self: Rows) -> Sequence[Rows]:
        """Return these rows alone: blocks in order are read as they are asked for; see `Rows.parts`."""
        return (self,)
