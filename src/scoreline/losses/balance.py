"""Flows between classes, scaled until each class receives what it gives."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray, Labels

__all__ = ["balance_flows", "balance_slopes"]

#: What may be left of a class's imbalance, relative to all that flows.
TOLERANCE = 1e-15
MAX_SWEEPS = 2000


def balance_slopes(wrong: FloatArray, y: Labels, weight: FloatArray | None) -> FloatArray:
    """Return slopes that sum to 0 over the examples, scaled down from those of the wrong classes.

    What flows from each true class to each wrong one is scaled until as much flows in as out everywhere; the true
    class takes what the wrong ones give.

    Parameters
    ----------
    wrong : array (B, C) of floats >= 0
        Slopes of the wrong classes; 0 for the true one.
    y : array (B,)
        Labels.
    weight : array (B,) or None
        The examples' weights.
    """
    weighted = wrong if weight is None else wrong * weight[:, None]
    n_classes = wrong.shape[-1]
    flows = np.zeros((n_classes, n_classes))
    np.add.at(flows, y, weighted)
    factors = balance_flows(flows)
    scaled = wrong * (factors[y] / max(1.0, float(factors.max(initial=0.0))))  # slopes may only shrink
    scaled[np.arange(len(y)), y] = -scaled.sum(axis=-1)
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
    scaled = np.where(alive, flows, 0.0)
    d = np.ones(len(flows))
    for _ in range(MAX_SWEEPS):
        worst = np.abs(scaled.sum(axis=1) - scaled.sum(axis=0)).max(initial=0.0)
        if worst <= TOLERANCE * scaled.sum():
            break
        for c in range(len(d)):
            out, into = scaled[c].sum(), scaled[:, c].sum()
            if out > 0 and into > 0:
                step = np.sqrt(into / out)
                d[c] *= step
                scaled[c] *= step
                scaled[:, c] /= step
    return np.where(alive, d[:, None] / d, 0.0)


def _circulating(there: Array) -> Array:
    """Return which flows lie on a cycle: those whose end leads back to their start."""
    reach = there.copy()
    for c in range(len(there)):
        reach |= reach[:, c, None] & reach[c]
    return there & reach.T
