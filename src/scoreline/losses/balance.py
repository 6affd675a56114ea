"""Flows between classes, scaled until each class receives what it gives."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.losses.base import put_true

__all__ = ["balance_flows", "class_flows", "scaled_flows"]

#: What may be left of a class's imbalance, relative to all that flows.
TOLERANCE = 1e-15
MAX_SWEEPS = 2000


def class_flows(wrong: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
    """Return what flows from each true class to each wrong one, ``(C, C)``: the sums of their slopes.

    Parameters
    ----------
    wrong : array (B, C) of floats >= 0
        Slopes of the wrong classes; those of the true one count for nothing.
    y : array (B,)
        Labels.
    weight : array (B,)
        The examples' weights.
    """
    n_classes = wrong.shape[-1]
    flows = np.zeros((n_classes, n_classes))
    np.add.at(flows, y, wrong * weight[:, None])
    np.fill_diagonal(flows, 0)
    return flows


def scaled_flows(wrong: FloatArray, y: Labels, factors: FloatArray) -> FloatArray:
    """Return slopes scaled down from those of the wrong classes; the true class takes what the wrong ones give.

    Parameters
    ----------
    wrong : array (B, C) of floats >= 0
        Slopes of the wrong classes; those of the true one count for nothing.
    y : array (B,)
        Labels.
    factors : array (C, C)
        Of `balance_flows`: with them the slopes of all examples sum to 0.
    """
    scaled = wrong * (factors[y] / max(1.0, float(factors.max(initial=0.0))))  # slopes may only shrink
    put_true(scaled, y, 0)
    put_true(scaled, y, -scaled.sum(axis=-1, keepdims=True))
    return scaled


def balance_flows(flows: FloatArray) -> FloatArray:
    r"""Return factors :math:`f_{ab} = d_a / d_b` that make the row sums of ``f * flows`` equal its column sums.

    Each class in turn is given the :math:`d` that balances it, until all are. A class that only gives or only
    receives can never be balanced: its flows get the factor 0.

    Parameters
    ----------
    flows : array (C, C) of floats >= 0
        What flows from a to b; the diagonal is 0.

    References
    ----------
    Osborne (1960), On pre-conditioning of matrices, JACM 7.
    """
    alive = _circulating(flows > 0)
    out, into = np.where(alive, flows, 0.0), np.where(alive, flows, 0.0).T.copy()
    d, inverse = np.ones(len(flows)), np.ones(len(flows))
    for _ in range(MAX_SWEEPS):
        given, received = d * (out @ inverse), inverse * (into @ d)
        if np.abs(given - received).max(initial=0.0) <= TOLERANCE * given.sum():
            break
        for c in range(len(d)):
            gives, receives = d[c] * (out[c] @ inverse), inverse[c] * (into[c] @ d)
            if gives > 0 and receives > 0:
                d[c] *= np.sqrt(receives / gives)
                inverse[c] = 1 / d[c]
    return np.where(alive, d[:, None] * inverse, 0.0)


def _circulating(there: Array) -> Array:
    """Return which flows lie on a cycle: those whose end leads back to their start."""
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(there, connection="strong")
    return there & (part[:, None] == part)
