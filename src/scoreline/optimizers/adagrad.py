"""A learning rate for each weight, that shrinks with the gradients it has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import Optimizer, Update, per_configuration

__all__ = ["Adagrad"]


class AdagradState(NamedTuple):
    """The sums of squared gradients; the shape of the parameters, K first."""

    squares: FloatArray


@dataclass(frozen=True)
class Adagrad(Optimizer):
    r"""Adagrad: each weight's rate falls with the root of its summed squared gradients.

    .. math:: G \leftarrow G + g^2, \qquad \Delta = -\eta\, g / (\sqrt{G} + \epsilon)

    Parameters
    ----------
    eps : float, default 1e-10
        :math:`\epsilon > 0`, torch's default.

    References
    ----------
    Duchi, Hazan & Singer (2011), Adaptive subgradient methods, JMLR 12.
    """

    eps: float = 1e-10

    def __post_init__(self) -> None:
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """0.01, as in torch."""
        return 0.01

    def init(self, params: FloatArray) -> AdagradState:
        """Return sums of 0."""
        return AdagradState(np.zeros_like(params))

    def update(self, gradient: FloatArray, state: AdagradState, lr: Array) -> Update:
        """Return the rescaled step."""
        squares = state.squares + gradient * gradient
        rate = per_configuration(lr, gradient) / (np.sqrt(squares) + self.eps)
        return Update(-rate * gradient, AdagradState(squares), rate)
