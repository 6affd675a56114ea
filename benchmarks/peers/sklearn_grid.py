"""scikit-learn's search over strengths."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.peers.scoreline_path import strengths
from benchmarks.tasks import Point, Task

__all__ = ["SklearnGrid"]

#: Fits that are timed, spread evenly over the strengths.
TIMED = 3


class SklearnGrid(Peer):
    """``GridSearchCV(LogisticRegression())``, fitted on all rows once a strength, with the default settings.

    Its 100 iterations do not come within 1e-4 of the optimum: the time is in its favour.
    """

    name: ClassVar[str] = "scikit-learn GridSearchCV"
    modules: ClassVar[tuple[str, ...]] = ("sklearn.linear_model", "sklearn.model_selection")

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, extrapolated from a few strengths."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV

        seconds = stopwatch()
        places = np.linspace(0, task.count - 1, 2 * TIMED + 1).round().astype(int)[1::2]
        grid = {"C": [1 / (2 * lam * len(rows.X)) for lam in strengths(task.count)[places]]}
        everything = np.arange(len(rows.X))
        search = GridSearchCV(LogisticRegression(), grid, cv=[(everything, everything[:1000])], refit=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search.fit(rows.X, rows.y)
        share = task.count / TIMED
        yield [Point(seconds() * share, extrapolated=share, note=f"{TIMED} of {task.count} fitted, defaults")]
