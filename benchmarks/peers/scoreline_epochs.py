"""scoreline's mini-batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["ScorelineEpochs"]


class ScorelineEpochs(Peer):
    """``LinearClassifier(solver="momentum")`` with batches of 256, raw rows in, standardised on the way."""

    name: ClassVar[str] = "scoreline momentum"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.estimators",)
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point after so many epochs."""
        from scoreline import LinearClassifier

        seconds = stopwatch()
        classifier = LinearClassifier(
            loss=task.loss,
            lam=task.lam,
            solver="momentum",
            standardize=rows.raw,
            tol=0.0,
            max_epochs=task.epochs,
            random_state=0,
        ).fit(rows.X, rows.y)
        yield [Point(seconds(), (classifier.coef_, classifier.intercept_))]
