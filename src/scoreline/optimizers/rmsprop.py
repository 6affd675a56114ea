"""Gradients divided by their recent size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.optimizers.base import ElementwiseOptimizer

__all__ = ["RMSProp"]


class RMSPropState(NamedTuple):
    """The running mean of squared gradients; the shape of the parameters, K first."""

    squares: FloatArray


@dataclass(frozen=True)
class RMSProp(ElementwiseOptimizer):
    r"""RMSProp: Adagrad that forgets.

    .. math:: G \leftarrow \alpha G + (1 - \alpha) g^2, \qquad \Delta = -\eta\, g / (\sqrt{G} + \epsilon)

    Parameters
    ----------
    decay : float, default 0.99
        :math:`\alpha` in [0, 1), torch's ``alpha``.
    eps : float, default 1e-8
        :math:`\epsilon > 0`.

    References
    ----------
    Tieleman & Hinton (2012), Lecture 6.5, Neural Networks for Machine Learning, Coursera.
    """

    decay: float = 0.99
    eps: float = 1e-8

    State: ClassVar[type[Any]] = RMSPropState

    def __post_init__(self) -> None:
        check_field(self, "decay", 0, 1)
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """0.001; torch's 0.01 overshoots on image features."""
        return 1e-3

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        """Return the rescaled step."""
        decay, rest, eps = numbers
        squares = decay * memory[0] + rest * gradient * gradient
        rate = lr / (np.sqrt(squares) + eps)
        return -rate * gradient, rate, (squares,)

    def numbers(self) -> tuple[float, ...]:
        """Return decay, what it lacks to 1, and eps."""
        return self.decay, 1 - self.decay, self.eps
