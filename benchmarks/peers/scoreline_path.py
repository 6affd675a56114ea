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
    from scoreline import LinearClassifier

    classifier = LinearClassifier(
        loss=task.loss, solver="exact", standardize=rows.raw, tol=task.tol, warm_start=True
    )
    gaps: list[float] = []
    for lam in strengths(task.count):
        classifier.set_params(lam=float(lam)).fit(rows.X, rows.y)
        gaps.append(float(classifier.duality_gap_))
        if enough():
            break
    return gaps
