"""Momentum and RMSProp together, with the bias of their first steps taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.optimizers.base import ElementwiseOptimizer

__all__ = ["Adam"]


class AdamState(NamedTuple):
    """Running means of gradients and their squares, the shape of the parameters, and the steps taken ``(K,)``."""

    means: FloatArray
    squares: FloatArray
    t: NDArray[np.int64]


@dataclass(frozen=True)
class Adam(ElementwiseOptimizer):
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

    State: ClassVar[type[Any]] = AdamState

    def __post_init__(self) -> None:
        check_field(self, "beta1", 0, 1)
        check_field(self, "beta2", 0, 1)
        check_field(self, "eps", 0, above=True)

    @property
    def default_lr(self) -> float:
        """0.001, as in the paper and in torch."""
        return 1e-3

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        """Return the rescaled step."""
        beta1, rest1, beta2, rest2, eps, weight1, weight2 = numbers
        means = beta1 * memory[0] + rest1 * gradient
        squares = beta2 * memory[1] + rest2 * gradient * gradient
        rate = lr / (np.sqrt(squares / weight2) + eps)
        return -rate * (means / weight1), rate, (means, squares)

    def numbers(self) -> tuple[float, ...]:
        """Return each decay with what it lacks to 1, and eps."""
        return self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, self.eps

    def factors(self, t: Array) -> tuple[FloatArray, ...]:
        """Return the weight that each mean has gathered by step `t`, which it is divided by."""
        return 1 - self.beta1**t, 1 - self.beta2**t
