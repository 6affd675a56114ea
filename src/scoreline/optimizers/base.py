"""What every optimiser offers: one update rule, its state, and nothing of the loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["Optimizer", "Update", "per_configuration"]


class Update(NamedTuple):
    """What one step of an optimiser gives."""

    #: To be added to the parameters; the shape of the gradient.
    step: FloatArray
    #: The optimiser's state after the step.
    state: Any
    #: How far the parameters go, all told, for a gradient that stays as it is: step -> -rate * gradient. It
    #: broadcasts to the parameters; a proximal step of ``rate * lam`` then has the right fixed point.
    rate: Array


@dataclass(frozen=True)
class Optimizer(ABC):
    """An update rule: gradients in, steps out.

    Parameters have shape ``(K, ...)``: K configurations first. The state is a named tuple of arrays with the same
    leading axis, made by `init`; `update` returns new arrays and changes none.
    """

    @property
    def default_lr(self) -> float | None:
        """The customary learning rate where the rule rescales gradients; None where the data must set it."""
        return None

    @abstractmethod
    def init(self, params: FloatArray) -> Any:
        """Return the state before the first step."""

    @abstractmethod
    def update(self, gradient: FloatArray, state: Any, lr: Array) -> Update:
        """Return the step for `gradient` at learning rates `lr`, shape ``(K,)``."""


def per_configuration(values: Array, like: Array) -> Array:
    """Shape K values so that they broadcast against an array ``(K, ...)``, in its dtype."""
    values = np.asarray(values, dtype=like.dtype)
    return values.reshape(-1, *[1] * (like.ndim - 1))
