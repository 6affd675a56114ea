"""The plain step along the negative gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import Optimizer, Update, per_configuration

__all__ = ["SGD"]


class SGDState(NamedTuple):
    """Plain steps remember nothing."""


@dataclass(frozen=True)
class SGD(Optimizer):
    r"""Gradient descent: on the whole data it is the lecture's vanilla method, on mini-batches it is SGD.

    .. math:: \Delta = -\eta g

    References
    ----------
    Robbins & Monro (1951), A stochastic approximation method, Ann. Math. Statist. 22.
    """

    def init(self, params: FloatArray) -> SGDState:
        """Return the empty state."""
        del params
        return SGDState()

    def update(self, gradient: FloatArray, state: SGDState, lr: Array) -> Update:
        """Return ``-lr * gradient``."""
        rate = per_configuration(lr, gradient)
        return Update(-rate * gradient, state, rate)
