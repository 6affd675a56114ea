"""scoreline's path of strengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["ScorelinePath", "fit_path", "strengths"]


def strengths(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return values of ``lam`` from 1 down to 1e-6."""
    return np.geomspace(1, 1e-6, count)


class ScorelinePath(Peer):
    """Exact fits to `Task.tol` for each strength, the strongest first, each begun where the last one ended."""

    name: ClassVar[str] = "scoreline path"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.estimators",)
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point; past the limit the rest is extrapolated, too favourably: weak penalties are slowest."""
        seconds = stopwatch()
        gaps = fit_path(rows, task, lambda: seconds() > task.limit)
        share = task.count / len(gaps)
        note = f"{len(gaps)} of {task.count} fitted, largest gap {max(gaps):.1e}"
        yield [Point(seconds() * share, extrapolated=share, note=note)]


def fit_path(rows: Rows, task: Task, enough: Callable[[], bool]) -> list[float]:
    """Fit every strength until `enough` says so; return the proved gaps. All that knows the path's interface."""
    from scoreline.data.memory import MemorySource
    from scoreline.engine.exact.path import fit_path as fit
    from scoreline.engine.problem.events import Event, Reason, RunEnded
    from scoreline.engine.problem.objective import Objective, Standardization
    from scoreline.engine.problem.params import zero_params
    from scoreline.losses import LOSSES
    from scoreline.penalties import PENALTIES

    n_classes = int(rows.y.max()) + 1
    source = MemorySource(rows.X, rows.y, n_classes)
    scale = Standardization.of(source) if rows.raw else None
    objective = Objective(
        LOSSES.build(task.loss), PENALTIES.build("l2"), strengths(task.count), n_classes, standardization=scale
    )
    gaps: list[float] = []

    def note(event: Event) -> Reason | None:
        if isinstance(event, RunEnded) and event.duality_gap is not None:
            gaps.append(event.duality_gap)
        return Reason.TIME_LIMIT if enough() else None

    start = zero_params(1, objective.n_rows, source.n_features, np.dtype(np.float32))
    fit(objective, source, start, tol=task.tol, max_iter=1000, listeners=[note])
    return gaps
