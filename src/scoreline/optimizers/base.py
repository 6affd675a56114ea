"""What every optimiser offers: one update rule, its state, and nothing of the loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.kernels.form import CompiledForm

__all__ = ["ElementwiseOptimizer", "Optimizer", "Update", "per_configuration"]


class Update(NamedTuple):
    """What one step of an optimiser gives."""

    #: To be added to the parameters; the shape of the gradient.
    step: FloatArray
    #: The optimiser's state after the step.
    state: Any
    #: How far the parameters go in total for a gradient that stays as it is: step -> -rate * gradient. It
    #: broadcasts to the parameters; a proximal step of ``rate * lam`` then has the right fixed point.
    rate: Array


@dataclass(frozen=True)
class Optimizer(ABC):
    """An update rule: gradients in, steps out.

    Parameters have shape ``(K, ...)``: K configurations first. The state is a named tuple of arrays with the same
    leading axis, made by `init`; `update` returns new arrays and changes none.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "update" in vars(cls) and "compiled_form" not in vars(cls):  # another rule than its base class's
            cls.compiled_form = Optimizer.compiled_form  # type: ignore[method-assign]

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

    def factors(self, t: Array) -> tuple[FloatArray, ...]:
        """Return numbers of the rule that change with the step `t`, 1 being the first, in arrays like `t`."""
        return ()

    def compiled_form(self) -> CompiledForm | None:
        """Return the rule of one weight for compiled code, or None; who overrides `update` does not inherit it.

        Its function is called as ``function(gradient, memory, lr, numbers)``: of float32, the gradient, a tuple of
        what the float arrays of the state hold for this weight, the learning rate, and the form's numbers with
        those of `factors` after them; it returns step, rate and new memory. Integers in the state count steps. A
        rule that has no form runs in NumPy.
        """
        return None


@dataclass(frozen=True)
class ElementwiseOptimizer(Optimizer):
    """A rule that treats each weight by itself: one formula, for arrays in NumPy and for numbers in compiled code.

    Subclasses give `State` and `formula`, and `numbers` and `factors` where the formula has any.
    """

    #: A named tuple of the arrays that are remembered: each is like the parameters and 0 at first, but for ``t``,
    #: the steps taken so far, ``(K,)``, which a rule with `factors` has as its last.
    State: ClassVar[type[Any]]
    #: Takes gradient, memory, lr and numbers, as the function of `compiled_form` does, and returns the step to
    #: add, the `Update.rate` and the new memory. What it uses of numbers it is given: see `CompiledForm`.
    formula: ClassVar[Callable[..., tuple[Any, Any, tuple[Any, ...]]]]

    def numbers(self) -> tuple[float, ...]:
        """Return the numbers of `formula` that stay the same."""
        return ()

    def init(self, params: FloatArray) -> Any:
        """Return a state of 0."""
        counts = np.zeros(len(params), np.int64)
        return self.State(*(counts if name == "t" else np.zeros_like(params) for name in self.State._fields))

    def update(self, gradient: FloatArray, state: Any, lr: Array) -> Update:
        """Return the step by the formula."""
        counted = [state.t + 1] if "t" in state._fields else []
        factors = (per_configuration(factor, gradient) for t in counted for factor in self.factors(t))
        memory = tuple(state[: len(state) - len(counted)])
        rates = per_configuration(lr, gradient)
        step, rate, memory = self.formula(gradient, memory, rates, (*self.numbers(), *factors))
        return Update(step, self.State(*memory, *counted), rate)

    def compiled_form(self) -> CompiledForm | None:
        """Return the formula."""
        return CompiledForm(self.formula, self.numbers())


def per_configuration(values: Array, like: Array) -> Array:
    """Shape K values so that they broadcast against an array ``(K, ...)``, in its dtype."""
    values = np.asarray(values, dtype=like.dtype)
    return values.reshape(-1, *[1] * (like.ndim - 1))
