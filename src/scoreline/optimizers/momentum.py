"""A ball that rolls: steps gather speed along a steady slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.optimizers.base import ElementwiseOptimizer

__all__ = ["Momentum"]


class MomentumState(NamedTuple):
    """The velocity; the shape of the parameters, K first."""

    velocity: FloatArray


@dataclass(frozen=True)
class Momentum(ElementwiseOptimizer):
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

    State: ClassVar[type[Any]] = MomentumState

    def __post_init__(self) -> None:
        check_field(self, "momentum", 0, 1)

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        """Return ``-lr * v`` with the velocity brought up to date."""
        momentum, rest = numbers
        velocity = momentum * memory[0] + gradient
        return -lr * velocity, lr / rest, (velocity,)

    def numbers(self) -> tuple[float, ...]:
        """Return momentum, and what it lacks to 1."""
        return self.momentum, 1 - self.momentum
