"""scoreline's path of strengths through its public interface, which other versions of it have too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.peers.scoreline_path import strengths
from benchmarks.tasks import Point, Task

__all__ = ["ScorelineCV"]


class ScorelineCV(Peer):
    """``LinearClassifierCV(solver="exact")`` on one split, nine tenths of the rows against the others."""

    name: ClassVar[str] = "scoreline CV"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.estimators",)
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, with the best accuracy on the held-out rows."""
        from scoreline import LinearClassifierCV

        order = np.random.default_rng(0).permutation(len(rows.X))
        held_out, others = np.split(order, [len(order) // 10])
        seconds = stopwatch()
        classifier = LinearClassifierCV(
            strengths(task.count),
            cv=[(others, held_out)],
            refit=False,
            loss=task.loss,
            solver="exact",
            standardize=rows.raw,
            tol=task.tol,
            random_state=0,
        ).fit(rows.X, rows.y)
        yield [Point(seconds(), facts={"accuracy": float(classifier.best_score_)})]
