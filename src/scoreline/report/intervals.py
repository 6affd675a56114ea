"""Intervals for shares: how far an accuracy on so many examples may be from that on all."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["wilson_interval", "wilson_intervals"]

#: The 97.5 % quantile of the normal distribution.
_Z = 1.959963984540054


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval for a share of `right` in `n`; see `wilson_intervals`."""
    low, high = wilson_intervals(np.array([right]), np.array([n]))[0].tolist()
    return low, high


def wilson_intervals(right: Array, n: Array) -> FloatArray:
    """Return the 95 % score intervals ``(m, 2)`` for shares of `right` in `n`, ``(m,)`` each; NaN where n is 0.

    Unlike ``a ± 1.96 s.e.`` they stay inside [0, 1] and keep their coverage for small `n` and extreme shares.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    n = np.where(n > 0, n, np.nan)
    share = right / n
    centre = share + _Z**2 / (2 * n)
    half = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.clip(np.stack([centre - half, centre + half], axis=1) / (1 + _Z**2 / n)[:, None], 0, 1)
