"""skglm's LinearSVC."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["SkglmSVC"]

BIAS_FEATURE = 10.0


class SkglmSVC(Peer):
    """skglm's ``LinearSVC`` at one tolerance after the other; it has no bias, so it gets a constant feature."""

    name: ClassVar[str] = "skglm LinearSVC"
    modules: ClassVar[tuple[str, ...]] = ("skglm",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield the answer at each tolerance, each with the time that it alone took, until the limit is spent."""
        import skglm

        whole = stopwatch()
        X = np.hstack([rows.X, np.full((len(rows.X), 1), BIAS_FEATURE)]).astype(np.float64)
        for tol in (1e-1, 1e-2, 1e-3, 1e-4):
            seconds = stopwatch()
            classes = []
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for label in range(rows.n_classes):
                    classifier = skglm.LinearSVC(C=1 / (2 * task.lam * len(X)), tol=tol)
                    classes.append(classifier.fit(X, rows.y == label).coef_.ravel())
            table = np.stack(classes)
            yield [Point(seconds(), (table[:, :-1], BIAS_FEATURE * table[:, -1]), note=f"tol {tol:g}")]
            if whole() > task.limit:
                break
