"""The plain step along the negative gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from scoreline.optimizers.base import ElementwiseOptimizer

__all__ = ["SGD"]


class SGDState(NamedTuple):
    """Plain steps remember nothing."""


@dataclass(frozen=True)
class SGD(ElementwiseOptimizer):
    r"""Gradient descent: on the whole data it is the lecture's vanilla method, on mini-batches it is SGD.

    .. math:: \Delta = -\eta g

    References
    ----------
    Robbins & Monro (1951), A stochastic approximation method, Ann. Math. Statist. 22.
    """

    State: ClassVar[type[Any]] = SGDState

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, _: Any) -> Any:
        """Return ``-lr * gradient``."""
        return -lr * gradient, lr, memory
