"""Flows between classes, scaled until each class receives what it gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.losses.base import put_true

__all__ = ["balance_flows", "both_slopes", "class_flows", "flow_balancing"]

#: What may be left of a class's imbalance, relative to all that flows.
TOLERANCE = 1e-15
MAX_SWEEPS = 2000


def class_flows(slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
    """Return what flows from each true class to each wrong one, ``(C, C)``: the weighted sums of its slopes.

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
    flows = np.asarray(labels @ both)
    np.fill_diagonal(flows, 0)
    return flows


def flow_balancing(flows: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
    """Return what scales slopes down until each class receives what it gives; see `CertifiedLoss.balancing`.

    The true class takes what the wrong ones give.

    Parameters
    ----------
    flows : array (C, C)
        The `class_flows` of all examples.
    """
    factors = balance_flows(flows)
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
