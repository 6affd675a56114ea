"""Update rules for compiled code: one weight's gradient and memory in, its step and memory out.

Each optimiser of `scoreline.optimizers` has a named tuple of its numbers here and the code for one weight; Numba
picks the code by the tuple's type. `scoreline.optimizers` stays the reference, which every rule is tested against.
A rule has two numbers of memory a weight, of which it may use fewer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from scoreline._typing import FloatArray
from scoreline.optimizers import SGD, Adadelta, Adagrad, Adam, Momentum, Nesterov, Optimizer, RMSProp

__all__ = ["MEMORIES", "CompiledUpdate", "advance", "compiled_update", "corrections"]

#: Numbers that a rule may remember of a weight.
MEMORIES = 2


class PlainUpdate(NamedTuple):
    """See `scoreline.optimizers.SGD`."""

    sign: np.float32


class MomentumUpdate(NamedTuple):
    """See `scoreline.optimizers.Momentum`."""

    momentum: np.float32


class NesterovUpdate(NamedTuple):
    """See `scoreline.optimizers.Nesterov`."""

    momentum: np.float32


class AdagradUpdate(NamedTuple):
    """See `scoreline.optimizers.Adagrad`."""

    eps: np.float32


class AdadeltaUpdate(NamedTuple):
    """See `scoreline.optimizers.Adadelta`."""

    rho: np.float32
    eps: np.float32


class RMSPropUpdate(NamedTuple):
    """See `scoreline.optimizers.RMSProp`."""

    decay: np.float32
    eps: np.float32


class AdamUpdate(NamedTuple):
    """See `scoreline.optimizers.Adam`."""

    beta1: np.float32
    beta2: np.float32
    eps: np.float32


#: Any of the above.
CompiledUpdate: TypeAlias = (
    PlainUpdate | MomentumUpdate | NesterovUpdate | AdagradUpdate | AdadeltaUpdate | RMSPropUpdate | AdamUpdate
)

_COMPILED: dict[type[Optimizer], Callable[[Any], CompiledUpdate]] = {
    SGD: lambda rule: PlainUpdate(np.float32(-1)),
    Momentum: lambda rule: MomentumUpdate(np.float32(rule.momentum)),
    Nesterov: lambda rule: NesterovUpdate(np.float32(rule.momentum)),
    Adagrad: lambda rule: AdagradUpdate(np.float32(rule.eps)),
    Adadelta: lambda rule: AdadeltaUpdate(np.float32(rule.rho), np.float32(rule.eps)),
    RMSProp: lambda rule: RMSPropUpdate(np.float32(rule.decay), np.float32(rule.eps)),
    Adam: lambda rule: AdamUpdate(np.float32(rule.beta1), np.float32(rule.beta2), np.float32(rule.eps)),
}


def compiled_update(rule: Optimizer) -> CompiledUpdate | None:
    """Return the compiled form of an update rule, or None where it has none."""
    make = _COMPILED.get(type(rule))
    return None if make is None else make(rule)


def corrections(rule: Optimizer, first: int, steps: int) -> FloatArray:
    """Return, for steps counted from `first` (the first ever is 1), what Adam divides its means by; else ones."""
    if not isinstance(rule, Adam):
        return np.ones((steps, MEMORIES), np.float32)
    t = first + np.arange(steps, dtype=np.float64)
    return np.stack([1 - rule.beta1**t, 1 - rule.beta2**t], axis=1).astype(np.float32)


def advance(rule, gradient, first, second, lr, correction):
    """Return step, rate and the two memories of one weight after a step. For compiled code alone."""
    raise NotImplementedError


@overload(advance, inline="always")
def _pick(rule, gradient, first, second, lr, correction):
    kind = rule.instance_class if isinstance(rule, types.BaseNamedTuple) else None
    return _RULES.get(kind)


_ONE = np.float32(1)


@register_jitable
def _root(number):
    return np.float32(math.sqrt(number))


def _plain(rule, gradient, first, second, lr, correction):
    return rule.sign * lr * gradient, lr, first, second


def _momentum(rule, gradient, first, second, lr, correction):
    velocity = rule.momentum * first + gradient
    return -lr * velocity, lr / (_ONE - rule.momentum), velocity, second


def _nesterov(rule, gradient, first, second, lr, correction):
    velocity = rule.momentum * first + gradient
    return -lr * (gradient + rule.momentum * velocity), lr / (_ONE - rule.momentum), velocity, second


def _adagrad(rule, gradient, first, second, lr, correction):
    squares = first + gradient * gradient
    rate = lr / (_root(squares) + rule.eps)
    return -rate * gradient, rate, squares, second


def _adadelta(rule, gradient, first, second, lr, correction):
    squares = rule.rho * first + (_ONE - rule.rho) * gradient * gradient
    scale = _root((second + rule.eps) / (squares + rule.eps))
    unit = scale * gradient
    steps = rule.rho * second + (_ONE - rule.rho) * unit * unit
    rate = lr * scale
    return -rate * gradient, rate, squares, steps


def _rmsprop(rule, gradient, first, second, lr, correction):
    squares = rule.decay * first + (_ONE - rule.decay) * gradient * gradient
    rate = lr / (_root(squares) + rule.eps)
    return -rate * gradient, rate, squares, second


def _adam(rule, gradient, first, second, lr, correction):
    means = rule.beta1 * first + (_ONE - rule.beta1) * gradient
    squares = rule.beta2 * second + (_ONE - rule.beta2) * gradient * gradient
    rate = lr / (_root(squares / correction[1]) + rule.eps)
    return -rate * (means / correction[0]), rate, means, squares


_RULES: dict[Any, Callable[..., Any]] = {
    PlainUpdate: _plain,
    MomentumUpdate: _momentum,
    NesterovUpdate: _nesterov,
    AdagradUpdate: _adagrad,
    AdadeltaUpdate: _adadelta,
    RMSPropUpdate: _rmsprop,
    AdamUpdate: _adam,
}
