"""Momentum that looks ahead."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import Update, per_configuration
from scoreline.optimizers.momentum import Momentum, MomentumState

__all__ = ["Nesterov"]


@dataclass(frozen=True)
class Nesterov(Momentum):
    r"""Nesterov's accelerated gradient, in the form that takes the gradient where the parameters are.

    .. math:: v \leftarrow \mu v + g, \qquad \Delta = -\eta (g + \mu v)

    as in ``torch.optim.SGD(momentum=..., nesterov=True)``.

    Parameters
    ----------
    momentum : float, default 0.9
        :math:`\mu` in [0, 1).

    References
    ----------
    Nesterov (1983), Soviet Math. Doklady 27; Sutskever et al. (2013), ICML, for this form.
    """

    def update(self, gradient: FloatArray, state: MomentumState, lr: Array) -> Update:
        """Return ``-lr * (g + momentum * v)`` with the velocity brought up to date."""
        velocity = self.momentum * state.velocity + gradient
        rate = per_configuration(lr, gradient)
        step = -rate * (gradient + self.momentum * velocity)
        return Update(step, MomentumState(velocity), rate / (1 - self.momentum))
