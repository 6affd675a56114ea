"""Matrix balancing: sums of slopes between classes, scaled until each row sum equals its column sum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.losses.base import put_true

__all__ = ["balance_matrix", "both_slopes", "class_sums", "matrix_balancing"]

#: What may be left of a class's imbalance, relative to the sum of all entries.
TOLERANCE = 1e-15
MAX_SWEEPS = 2000


def class_sums(slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
    """Return the weighted sums of wrong classes' slopes by true (rows) and wrong class (columns), ``(C, C)``.

    Parameters
    ----------
    slopes : array (B, C) of floats, or (B, 1)
        Those of wrong classes are at least 0; those of the true one count for nothing.
    y : array (B,)
        Labels.
    weight : array (B,)
        The examples' weights.
    """
    from scipy.sparse import csc_array

    both = both_slopes(slopes)
    # A matrix of labels: NumPy's own sums by label take ten times as long.
    labels = csc_array((weight, y, np.arange(len(y) + 1)), shape=(both.shape[-1], len(y)))
    sums = np.asarray(labels @ both)
    np.fill_diagonal(sums, 0)
    return sums


def matrix_balancing(sums: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
    """Return what scales slopes down until row sums equal column sums; see `CertifiedLoss.balancing`.

    The slope of the true class is minus the sum of the others.

    Parameters
    ----------
    sums : array (C, C)
        The `class_sums` of all examples.
    """
    factors = balance_matrix(sums)
    factors /= max(1.0, float(factors.max(initial=0.0)))  # slopes may only shrink

    def balanced(slopes: FloatArray, y: Labels) -> FloatArray:
        scaled = both_slopes(slopes) * factors[y]
        put_true(scaled, y, 0)
        put_true(scaled, y, -scaled.sum(axis=-1, keepdims=True))
        return scaled[:, 1:] if slopes.shape[-1] == 1 else scaled

    return balanced


def both_slopes(slopes: FloatArray) -> FloatArray:
    """Return one slope a class: two classes share one."""
    return np.concatenate([-slopes, slopes], axis=-1) if slopes.shape[-1] == 1 else slopes


def balance_matrix(sums: FloatArray) -> FloatArray:
    r"""Return factors :math:`f_{ab} = d_a / d_b` that make the row sums of ``f * sums`` equal its column sums.

    Each class in turn gets the :math:`d` that balances it, until all are balanced. A class with an empty row or
    column can never be balanced: its entries get the factor 0.

    Parameters
    ----------
    sums : array (C, C) of floats >= 0
        The sum of the slopes of class b over the examples of class a; the diagonal is 0.

    References
    ----------
    Osborne (1960), On pre-conditioning of matrices, JACM 7.
    """
    alive = _on_cycles(sums > 0)
    out, into = np.where(alive, sums, 0.0), np.where(alive, sums, 0.0).T.copy()
    d, inverse = np.ones(len(sums)), np.ones(len(sums))
    for _ in range(MAX_SWEEPS):
        row_sums, column_sums = d * (out @ inverse), inverse * (into @ d)
        if np.abs(row_sums - column_sums).max(initial=0.0) <= TOLERANCE * row_sums.sum():
            break
        for c in range(len(d)):
            row_sum, column_sum = d[c] * (out[c] @ inverse), inverse[c] * (into[c] @ d)
            if row_sum > 0 and column_sum > 0:
                d[c] *= np.sqrt(column_sum / row_sum)
                inverse[c] = 1 / d[c]
    return np.where(alive, d[:, None] * inverse, 0.0)


def _on_cycles(there: Array) -> Array:
    """Return which entries lie on a cycle of the graph whose edges are the entries above 0."""
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(there, connection="strong")
    return there & (part[:, None] == part)
