"""Support vector machines for two classes, one for each class against the others: skglm and snapml."""

from __future__ import annotations

import os
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["OneByOne", "SkglmSVC", "SnapMLSVM"]

#: A constant feature stands for the bias, so that the penalty on it is a hundredth as strong.
BIAS_FEATURE = 10.0


class OneByOne(Peer):
    """A machine of two classes, fitted for each class at one tolerance after the other."""

    tolerances: ClassVar[tuple[float, ...]]

    @abstractmethod
    def direction(self, X: np.ndarray[Any, Any], own: np.ndarray[Any, Any], task: Task, tol: float) -> Any:
        """Return the weights ``(D,)`` for labels ``own`` of True and False."""

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield the answer at each tolerance, each with the time that it alone took, until the limit is spent."""
        whole = stopwatch()
        X = np.hstack([rows.X, np.full((len(rows.X), 1), BIAS_FEATURE, np.float32)])
        for tol in self.tolerances:
            seconds = stopwatch()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                table = np.stack([self.direction(X, rows.y == c, task, tol) for c in range(rows.n_classes)])
            yield [Point(seconds(), (table[:, :-1], BIAS_FEATURE * table[:, -1]), note=f"tol {tol:g}")]
            if whole() > task.limit:
                break


class SkglmSVC(OneByOne):
    """skglm's ``LinearSVC``, the plain hinge."""

    name: ClassVar[str] = "skglm LinearSVC"
    modules: ClassVar[tuple[str, ...]] = ("skglm",)
    tolerances: ClassVar[tuple[float, ...]] = (1e-1, 1e-2, 1e-3, 1e-4)

    def direction(self, X: np.ndarray[Any, Any], own: np.ndarray[Any, Any], task: Task, tol: float) -> Any:
        """Return the weights of a fit."""
        import skglm

        fitted = skglm.LinearSVC(C=1 / (2 * task.lam * len(X)), tol=tol).fit(X.astype(np.float64), own)
        return fitted.coef_.ravel()


class SnapMLSVM(OneByOne):
    """snapml's ``SupportVectorMachine``, the plain hinge or the squared one."""

    name: ClassVar[str] = "snapml SVM"
    modules: ClassVar[tuple[str, ...]] = ("snapml",)
    tolerances: ClassVar[tuple[float, ...]] = (1e-2, 1e-3, 1e-4, 1e-5)

    def direction(self, X: np.ndarray[Any, Any], own: np.ndarray[Any, Any], task: Task, tol: float) -> Any:
        """Return the weights of a fit."""
        import snapml

        fitted = snapml.SupportVectorMachine(
            loss="squared_hinge" if task.loss.endswith("squared") else "hinge",
            regularizer=2 * task.lam * len(X),
            tol=tol,
            max_iter=10_000,
            n_jobs=int(os.environ["OMP_NUM_THREADS"]),
            random_state=0,
        ).fit(X, np.where(own, 1.0, -1.0))
        return np.ravel(fitted.coef_)
