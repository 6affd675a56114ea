"""Training runs that continue from their last step and keep every step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data import MemorySource
from scoreline.engine.minibatch.loop import Loop
from scoreline.engine.problem.events import Diverged, Evaluated, StepDone
from scoreline.engine.problem.method import run
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.search.random import RandomLocalSearch, RandomSearch, Search
from scoreline.schedules import Schedule

__all__ = [
    "MOST_STEPS",
    "OneByOneLocalSearch",
    "OneByOneSearch",
    "Rates",
    "StepwiseRun",
    "flat",
    "full_objective",
    "gradient_steps",
    "search_steps",
]

#: Most steps of a run.
MOST_STEPS = 2000


@dataclass(frozen=True)
class Rates(Schedule):
    """Learning rates that are changed during the run: (first step, rate), by step."""

    rates: tuple[tuple[int, float], ...]
    steps_per_epoch: int

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return the rate itself: the base rate is 1."""
        step = round(epoch * self.steps_per_epoch)
        return next(rate for first, rate in reversed(self.rates) if first <= step)


@dataclass(frozen=True)
class OneByOneSearch(RandomSearch):
    """Random search that reports every trial."""

    side_by_side: ClassVar[int] = 1


@dataclass(frozen=True)
class OneByOneLocalSearch(RandomLocalSearch):
    """Random local search that reports every trial."""

    side_by_side: ClassVar[int] = 1


class StepwiseRun:
    """A run with the library's own loop: weights after each step, and the measurements.

    Parameters
    ----------
    steps : iterator of (StepDone or Evaluated, str)
        Of `gradient_steps` or `search_steps`.
    start : Params, optional
        Where it begins; a search chooses its own start, which is the first that it reports.
    """

    def __init__(self, steps: Iterator[tuple[StepDone | Evaluated, str]], start: Params | None = None) -> None:
        #: Weights and biases side by side, ``(C, D + 1)``, of the start and after each step.
        self.weights: list[FloatArray] = [] if start is None else [flat(start)]
        #: The objective as the method evaluates it: on each step's rows before it, or the best so far.
        self.seen: list[float] = []
        self.lr: list[float] = []
        self.diverged = ""
        self._steps = steps

    def until(self, step: int) -> int:
        """Continue to a step, or to the end of the run; return the number of steps."""
        while len(self.seen) < min(step, MOST_STEPS) and not self.diverged:
            done, self.diverged = next(self._steps, (None, ""))
            if done is None:
                break
            if not self.diverged:
                self._note(done)
        return min(step, len(self.seen))

    def _note(self, event: StepDone | Evaluated) -> None:
        if not self.weights:
            self.weights.append(flat(event.params))
        self.weights.append(flat(event.params))
        self.seen.append(float(event.objective[0]))
        self.lr.append(float(event.lr[0]))


def gradient_steps(loop: Loop) -> Iterator[tuple[StepDone, str]]:
    """Yield each step of a run with an empty text; a last one that diverged with the reason."""
    why = ""
    for event in run(loop):
        match event:
            case Diverged():
                why = f"step {event.step}: {event.reason}"
            case StepDone():
                yield event, why


def search_steps(
    search: Search, objective: Objective, source: MemorySource, like: Params, seed: int
) -> Iterator[tuple[Evaluated, str]]:
    """Yield each trial of a search, with an empty text: none diverges."""
    for event in search.run(objective, source, like, seed):
        match event:
            case Evaluated():
                yield event, ""


def flat(params: Params) -> FloatArray:
    """Return ``(C, D + 1)``: the weights of the first configuration with the bias as the last column."""
    return np.column_stack([params.W[0], params.b[0]])


def full_objective(objective: Objective, source: MemorySource, weights: FloatArray) -> FloatArray:
    """Return the objective over all rows for many weights ``(K, C, D + 1)`` at once, ``(K,)``."""
    many = replace(objective, lam=np.full(len(weights), objective.lam[0]))
    with np.errstate(over="ignore", invalid="ignore"):
        return many.value(Params(weights[:, :, :-1], weights[:, :, -1]), source)
