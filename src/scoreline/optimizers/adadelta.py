"""Steps in the units of the weights themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.optimizers.base import ElementwiseOptimizer

__all__ = ["Adadelta"]


class AdadeltaState(NamedTuple):
    """Running means of squared gradients and squared steps; the shape of the parameters, K first."""

    squares: FloatArray
    steps: FloatArray


@dataclass(frozen=True)
class Adadelta(ElementwiseOptimizer):
    r"""Adadelta: the ratio of the typical step to the typical gradient is the rate.

    .. math:: G \leftarrow \rho G + (1 - \rho) g^2, \quad
       u = \sqrt{\frac{S + \epsilon}{G + \epsilon}}\, g, \quad
       S \leftarrow \rho S + (1 - \rho) u^2, \quad \Delta = -\eta u

    Parameters
    ----------
    rho : float, default 0.9
        Decay :math:`\rho` of the running means, in [0, 1).
    eps : float, default 1e-6
        :math:`\epsilon > 0`; it also sets the size of the first steps.

    References
    ----------
    Zeiler (2012), ADADELTA: an adaptive learning rate method, arXiv:1212.5701.
    """

    rho: float = 0.9
    eps: float = 1e-6

    State: ClassVar[type[Any]] = AdadeltaState

    def __post_init__(self) -> None:
        check_field(self, "rho", 0, 1)
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """1, as in the paper and in torch."""
        return 1.0

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        """Return the rescaled step."""
        rho, rest, eps = numbers
        squares = rho * memory[0] + rest * gradient * gradient
        scale = np.sqrt((memory[1] + eps) / (squares + eps))
        unit = scale * gradient
        steps = rho * memory[1] + rest * unit * unit
        rate = lr * scale
        return -rate * gradient, rate, (squares, steps)

    def numbers(self) -> tuple[float, ...]:
        """Return rho, what it lacks to 1, and eps."""
        return self.rho, 1 - self.rho, self.eps
