"""What every penalty offers: a value, and a way to make it small."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["Penalty"]


@dataclass(frozen=True)
class Penalty(ABC):
    """A preference ``R(W)`` among weights; the objective adds ``lam * R(W)``. It never sees the bias.

    Weights have shape ``(K, C, D)``: K configurations, a row a class. A penalty splits into a smooth part
    (`gradient`), a part with a proximal step (`prox`) and a constraint (`project`); each does nothing unless
    the penalty has such a part.
    """

    @property
    def coefficients(self) -> tuple[float, float] | None:
        r"""Return (a, b) where :math:`R(W) = a \sum W^2 + b \sum |W|`; None for a penalty of another form."""
        return None

    @abstractmethod
    def value(self, W: FloatArray) -> FloatArray:
        """Return ``R(W)`` for each configuration, shape ``(K,)``, summed in float64."""

    def smooth_value(self, W: FloatArray) -> FloatArray:
        """Return the smooth part of ``R(W)``, which `gradient` differentiates, float64 ``(K,)``."""
        return np.zeros(W.shape[0])

    def gradient(self, W: FloatArray) -> FloatArray | None:
        """Return the gradient ``(K, C, D)`` of the smooth part, or None if there is none."""
        del W
        return None

    def prox(self, W: FloatArray, step: Array) -> FloatArray:
        """Return ``argmin_V  sum (V - W)^2 / (2 step) + R_nonsmooth(V)``, elementwise in `step`.

        Parameters
        ----------
        W : array (K, C, D)
        step : array that broadcasts to (K, C, D)
            Step size times ``lam``.
        """
        del step
        return W

    def project(self, W: FloatArray) -> FloatArray:
        """Return the point nearest to `W` that the constraint allows."""
        return W
