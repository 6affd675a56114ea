"""scikit-learn's LinearSVC, which is LIBLINEAR."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["LinearSVC"]

#: What LIBLINEAR is told for each loss; the squared hinge has a faster solver where rows outnumber features.
SETTINGS: dict[str, dict[str, Any]] = {
    "crammer-singer": {"multi_class": "crammer_singer"},
    "one-vs-all": {"loss": "hinge", "dual": True},
    "one-vs-all:squared": {"loss": "squared_hinge", "dual": False},
}
#: LIBLINEAR penalises the bias; a constant feature of 10 makes that a hundredth as strong, and more would slow it.
BIAS_FEATURE = 10.0


class LinearSVC(Peer):
    """``LinearSVC``, from scratch at one tolerance after the other, since it shows no iterates."""

    name: ClassVar[str] = "scikit-learn LinearSVC"
    modules: ClassVar[tuple[str, ...]] = ("sklearn.svm",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield the answer at each tolerance, each with the time that it alone took, until the limit is spent."""
        from sklearn import svm

        whole = stopwatch()
        for tol in (1e-1, 1e-2, 1e-3, 1e-4):
            seconds = stopwatch()
            classifier = svm.LinearSVC(
                C=1 / (2 * task.lam * len(rows.X)),
                tol=tol,
                max_iter=1_000_000,
                intercept_scaling=BIAS_FEATURE,
                random_state=0,
                **SETTINGS[task.loss],
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                classifier.fit(rows.X, rows.y)
            yield [Point(seconds(), (classifier.coef_, classifier.intercept_), note=f"tol {tol:g}")]
            if whole() > task.limit:
                break
