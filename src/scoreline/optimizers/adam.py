"""Momentum and RMSProp together, with the bias of their first steps taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import Optimizer, Update, per_configuration

__all__ = ["Adam"]


class AdamState(NamedTuple):
    """Running means of gradients and their squares, the shape of the parameters, and the steps taken ``(K,)``."""

    means: FloatArray
    squares: FloatArray
    t: NDArray[np.int64]


@dataclass(frozen=True)
class Adam(Optimizer):
    r"""Adam.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
       \Delta = -\eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Parameters
    ----------
    beta1 : float, default 0.9
        Decay :math:`\beta_1` of the mean of the gradients, in [0, 1).
    beta2 : float, default 0.999
        Decay :math:`\beta_2` of the mean of their squares, in [0, 1).
    eps : float, default 1e-8
        :math:`\epsilon > 0`.

    References
    ----------
    Kingma & Ba (2015), Adam: a method for stochastic optimization, ICLR, arXiv:1412.6980.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        check_field(self, "beta1", 0, 1)
        check_field(self, "beta2", 0, 1)
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """0.001, as in the paper and in torch."""
        return 1e-3

    def init(self, params: FloatArray) -> AdamState:
        """Return running means of 0 and no steps."""
        return AdamState(np.zeros_like(params), np.zeros_like(params), np.zeros(len(params), np.int64))

    def update(self, gradient: FloatArray, state: AdamState, lr: Array) -> Update:
        """Return the rescaled step."""
        t = state.t + 1
        means = self.beta1 * state.means + (1 - self.beta1) * gradient
        squares = self.beta2 * state.squares + (1 - self.beta2) * gradient * gradient
        root = np.sqrt(squares / per_configuration(1 - self.beta2**t, gradient))
        rate = per_configuration(lr, gradient) / (root + self.eps)
        step = -rate * (means / per_configuration(1 - self.beta1**t, gradient))
        return Update(step, AdamState(means, squares, t), rate)
