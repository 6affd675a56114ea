"""Momentum that looks ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scoreline.optimizers.momentum import Momentum

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

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        """Return ``-lr * (g + momentum * v)`` with the velocity brought up to date."""
        momentum, rest = numbers
        velocity = momentum * memory[0] + gradient
        return -lr * (gradient + momentum * velocity), lr / rest, (velocity,)
