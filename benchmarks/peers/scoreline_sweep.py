"""scoreline's sweeps, and the single runs that they replace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["ScorelineSingles", "ScorelineSweep", "train_singly", "train_together"]

#: Single runs that are timed.
TIMED = 4
RATE, BATCH = 1e-3, 256


class ScorelineSweep(Peer):
    """All configurations in one pass over the data."""

    name: ClassVar[str] = "scoreline sweep"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.estimators", "scoreline.engine.minibatch.sweep")
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point."""
        seconds = stopwatch()
        train_together(rows, task)
        yield [Point(seconds())]


class ScorelineSingles(Peer):
    """One configuration after the other; a few are timed, and the rest is extrapolated."""

    name: ClassVar[str] = "scoreline single runs"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.estimators",)
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, extrapolated."""
        seconds = stopwatch()
        train_singly(rows, task)
        share = task.count / TIMED
        yield [Point(seconds() * share, extrapolated=share, note=f"{TIMED} of {task.count} runs")]


def train_together(rows: Rows, task: Task) -> None:
    """Train all configurations of a task in one pass. All that knows the interface of sweeps."""
    from scoreline.engine.minibatch.sweep import Candidate, Rules, sweep

    objective, source, start, plan = _problem(rows, task, 1.0)
    candidates = [Candidate(float(lam), plan) for lam in _strengths(task)]
    sweep(objective, source, candidates, start, rules=Rules())


def train_singly(rows: Rows, task: Task) -> None:
    """Train a few of them, one run each. The data are standardised once for all, as in a sweep."""
    from scoreline.engine.minibatch.training import train
    from scoreline.engine.problem.stopping import drive

    objective, source, start, plan = _problem(rows, task, 1.0)
    for lam in _strengths(task)[np.linspace(0, task.count - 1, TIMED).round().astype(int)]:
        drive(train(replace(objective, lam=np.array([lam])), source, plan, start), [])


def _strengths(task: Task) -> np.ndarray[Any, Any]:
    return np.geomspace(1e-6, 1, task.count)


def _problem(rows: Rows, task: Task, lam: float) -> tuple[Any, Any, Any, Any]:
    """Return the objective with one strength, the data, zeros to begin at and a plan."""
    from scoreline.data.memory import MemorySource
    from scoreline.engine.minibatch.training import Plan
    from scoreline.engine.problem.objective import Objective, Standardization
    from scoreline.engine.problem.params import zero_params
    from scoreline.losses import LOSSES
    from scoreline.optimizers import Momentum
    from scoreline.penalties import L2
    from scoreline.schedules import Cosine

    source = MemorySource(rows.X, rows.y, rows.n_classes)
    standardization = Standardization.of(source) if rows.raw else None
    objective = Objective(
        LOSSES.build(task.loss), L2(), np.array([lam]), rows.n_classes, standardization=standardization
    )
    start = zero_params(1, objective.n_rows, source.n_features, np.dtype(np.float32))
    return objective, source, start, Plan(Momentum(), Cosine(), np.array([RATE]), BATCH, task.epochs, 0)
