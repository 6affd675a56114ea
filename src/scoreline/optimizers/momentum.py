"""A ball that rolls: steps gather speed along a steady slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import Optimizer, Update, per_configuration

__all__ = ["Momentum"]


class MomentumState(NamedTuple):
    """The velocity; the shape of the parameters, K first."""

    velocity: FloatArray


@dataclass(frozen=True)
class Momentum(Optimizer):
    r"""Gradient descent with momentum ("heavy ball").

    .. math:: v \leftarrow \mu v + g, \qquad \Delta = -\eta v

    as in ``torch.optim.SGD(momentum=...)``; the velocity starts at 0.

    Parameters
    ----------
    momentum : float, default 0.9
        :math:`\mu` in [0, 1).

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods, USSR Comp. Math. 4.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_field(self, "momentum", 0, 1)

    def init(self, params: FloatArray) -> MomentumState:
        """Return a velocity of 0."""
        return MomentumState(np.zeros_like(params))

    def update(self, gradient: FloatArray, state: MomentumState, lr: Array) -> Update:
        """Return ``-lr * v`` with the velocity brought up to date."""
        velocity = self.momentum * state.velocity + gradient
        rate = per_configuration(lr, gradient)
        return Update(-rate * velocity, MomentumState(velocity), rate / (1 - self.momentum))
