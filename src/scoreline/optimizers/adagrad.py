"""A learning rate for each weight, that shrinks with the gradients it has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.optimizers.base import ElementwiseOptimizer

__all__ = ["Adagrad"]


class AdagradState(NamedTuple):
    """The sums of squared gradients; the shape of the parameters, K first."""

    squares: FloatArray


@dataclass(frozen=True)
class Adagrad(ElementwiseOptimizer):
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

    State: ClassVar[type[Any]] = AdagradState

    def __post_init__(self) -> None:
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """0.01, as in torch."""
        return 0.01

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        """Return the rescaled step."""
        (eps,) = numbers
        squares = memory[0] + gradient * gradient
        rate = lr / (np.sqrt(squares) + eps)
        return -rate * gradient, rate, (squares,)

    def numbers(self) -> tuple[float, ...]:
        """Return eps."""
        return (self.eps,)
