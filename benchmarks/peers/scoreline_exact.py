"""scoreline's exact solver."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["ScorelineExact"]


class ScorelineExact(Peer):
    """``LinearClassifier(solver="exact")`` to a proved gap of `Task.tol`, raw rows in, standardised on the way."""

    name: ClassVar[str] = "scoreline exact"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.estimators",)
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, the answer; its note is the gap that the fit has proved."""
        from sklearn.exceptions import ConvergenceWarning

        from scoreline import LinearClassifier

        seconds = stopwatch()
        classifier = LinearClassifier(
            loss=task.loss, lam=task.lam, solver="exact", standardize=rows.raw, tol=task.tol
        )
        with warnings.catch_warnings():
            # A tolerance out of reach of float32 shows in the gap.
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier.fit(rows.X, rows.y)
        weights = (classifier.coef_, classifier.intercept_)
        yield [Point(seconds(), weights, note=f"gap {classifier.duality_gap_:.1e}")]
