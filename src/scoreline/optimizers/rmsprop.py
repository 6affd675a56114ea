"""Gradients divided by their recent size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import Optimizer, Update, per_configuration

__all__ = ["RMSProp"]


class RMSPropState(NamedTuple):
    """The running mean of squared gradients; the shape of the parameters, K first."""

    squares: FloatArray


@dataclass(frozen=True)
class RMSProp(Optimizer):
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

    def __post_init__(self) -> None:
        check_field(self, "decay", 0, 1)
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """0.001; torch's 0.01 overshoots on image features."""
        return 1e-3

    def init(self, params: FloatArray) -> RMSPropState:
        """Return a running mean of 0."""
        return RMSPropState(np.zeros_like(params))

    def update(self, gradient: FloatArray, state: RMSPropState, lr: Array) -> Update:
        """Return the rescaled step."""
        squares = self.decay * state.squares + (1 - self.decay) * gradient * gradient
        rate = per_configuration(lr, gradient) / (np.sqrt(squares) + self.eps)
        return Update(-rate * gradient, RMSPropState(squares), rate)
