"""Different update rules side by side in one stack of configurations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.optimizers import Optimizer, Update

__all__ = ["Stacked", "keep_state", "stack"]


@dataclass(frozen=True)
class Stacked(Optimizer):
    """Every configuration by its own update rule.

    Its state is a tuple of the rules' states, one for each stretch of neighbours with the same rule.

    Parameters
    ----------
    rules : tuple of K Optimizer
        The configurations' rules. Equal ones should be neighbours: a stretch of them is one update.
    """

    rules: tuple[Optimizer, ...]

    def init(self, params: FloatArray) -> Any:
        """Return the states before the first step."""
        return tuple(rule.init(params[part]) for rule, part in stretches(self.rules))

    def update(self, gradient: FloatArray, state: Any, lr: Array) -> Update:
        """Return the steps of all rules, one under the other."""
        updates = [
            rule.update(gradient[part], own, lr[part])
            for (rule, part), own in zip(stretches(self.rules), state, strict=True)
        ]
        parts = [part for _, part in stretches(self.rules)]
        rates = [
            np.broadcast_to(update.rate, gradient[part].shape) for update, part in zip(updates, parts, strict=True)
        ]
        return Update(
            np.concatenate([update.step for update in updates]),
            tuple(update.state for update in updates),
            np.concatenate(rates),
        )


def stack(rules: Sequence[Optimizer]) -> Optimizer:
    """Return one rule for K configurations: their common one, or a `Stacked`."""
    return rules[0] if all(rule == rules[0] for rule in rules) else Stacked(tuple(rules))


def keep_state(rules: Sequence[Optimizer], state: Any, columns: Array) -> Any:
    """Return the state of ``stack`` for the configurations at `columns` alone.

    Parameters
    ----------
    rules : sequence of K Optimizer
        As they were given to `stack`; equal ones are neighbours.
    state : tuple
        What the stack has made of them.
    columns : array of integers
        Places of the configurations that stay, rising.
    """
    runs = list(stretches(rules))
    states = state if len(runs) > 1 else (state,)
    left = []
    for (_, part), own in zip(runs, states, strict=True):
        inside = columns[(columns >= part.start) & (columns < part.stop)] - part.start
        if len(inside):
            left.append(type(own)(*(array[inside] for array in own)))
    return tuple(left) if len(left) > 1 else left[0]


def stretches(rules: Sequence[Optimizer]) -> Iterator[tuple[Optimizer, slice]]:
    """Yield each stretch of equal neighbours: their rule, and where they stand."""
    first = 0
    for rule, same in groupby(rules):
        last = first + len(list(same))
        yield rule, slice(first, last)
        first = last
