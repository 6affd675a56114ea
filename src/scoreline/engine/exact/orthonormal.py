"""Columns that are nearly orthonormal made so."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray

__all__ = ["orthonormal"]


def orthonormal(vectors: FloatArray) -> FloatArray:
    """Take out of each column, the last one being the surest, what rounding has left in it of those behind.

    A trace of the strongest direction in a weak one would make the inverse indefinite.
    """
    from scipy.linalg import qr

    basis, triangle = qr(vectors[:, ::-1], mode="economic", check_finite=False)
    return np.asarray((basis * np.sign(np.diag(triangle)))[:, ::-1])
