"""scikit-learn one row at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["SklearnSGD"]


class SklearnSGD(Peer):
    """``SGDClassifier(loss="log_loss")``: another algorithm, one step a row and one classifier a class."""

    name: ClassVar[str] = "scikit-learn SGDClassifier"
    modules: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point after so many epochs."""
        from sklearn.linear_model import SGDClassifier

        seconds = stopwatch()
        threads = int(os.environ["OMP_NUM_THREADS"])
        classifier = SGDClassifier(
            loss="log_loss", alpha=2 * task.lam, max_iter=task.epochs, tol=None, n_jobs=threads, random_state=0
        ).fit(rows.X, rows.y)
        yield [Point(seconds(), (classifier.coef_, classifier.intercept_))]
