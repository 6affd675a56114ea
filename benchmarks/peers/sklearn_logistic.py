"""scikit-learn's LogisticRegression, with a look at every iterate."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["SklearnLBFGS", "SklearnLBFGS64", "SklearnNewtonCholesky"]


class SklearnLBFGS(Peer):
    """``LogisticRegression(solver="lbfgs")`` in float32.

    Every iterate of scipy's minimiser is written down. The moment the first of them is good enough is what the
    best tolerance and the best ``max_iter`` could give: nobody knows that moment before.
    """

    name: ClassVar[str] = "scikit-learn lbfgs"
    modules: ClassVar[tuple[str, ...]] = ("sklearn.linear_model", "scipy.optimize")
    dtype: ClassVar[type[np.floating[Any]]] = np.float32

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield every iterate."""
        seconds = stopwatch()
        X = rows.X.astype(self.dtype, copy=False)
        points: list[Point] = []

        def watch(vector: np.ndarray[Any, Any]) -> None:
            table = vector.reshape(rows.n_classes, -1, order="F")
            points.append(Point(seconds(), (table[:, :-1].astype(X.dtype), table[:, -1].copy())))
            if seconds() > task.limit:
                raise StopIteration

        classifier = self.classifier()(
            C=1 / (2 * task.lam * len(X)), solver="lbfgs", tol=1e-12, max_iter=1_000_000
        )
        with _watched(watch), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            classifier.fit(X, rows.y)
        yield [*points, Point(seconds(), (classifier.coef_, classifier.intercept_))]

    def classifier(self) -> Any:
        """Return the class to be fitted."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression


class SklearnLBFGS64(SklearnLBFGS):
    """The same in float64, which float32's rounding does not stop early."""

    name: ClassVar[str] = "scikit-learn lbfgs, float64"
    dtype: ClassVar[type[np.floating[Any]]] = np.float64


class SklearnNewtonCholesky(Peer):
    """``LogisticRegression(solver="newton-cholesky")``, tolerance after tolerance; for few features only."""

    name: ClassVar[str] = "scikit-learn newton-cholesky"
    modules: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield the answer at each tolerance."""
        from sklearn.linear_model import LogisticRegression

        X = rows.X.astype(np.float64)
        for tol in (1e-1, 1e-2, 1e-3, 1e-4):
            seconds = stopwatch()
            classifier = LogisticRegression(C=1 / (2 * task.lam * len(X)), solver="newton-cholesky", tol=tol)
            classifier.fit(X, rows.y)
            yield [Point(seconds(), (classifier.coef_, classifier.intercept_), note=f"tol {tol:g}")]
            if seconds() > task.limit:
                break


class _watched:  # noqa: N801 - reads as what it does
    """Let `watch` see the iterates of scipy's minimiser, which scikit-learn calls, while the block runs."""

    def __init__(self, watch: Callable[[np.ndarray[Any, Any]], None]) -> None:
        self.watch = watch

    def __enter__(self) -> None:
        import scipy.optimize

        self.minimize = scipy.optimize.minimize

        def minimize(*args: Any, **options: Any) -> Any:
            # scipy looks at the name of the parameter to tell what to hand over.
            return self.minimize(*args, **{**options, "callback": lambda xk: self.watch(xk)})

        scipy.optimize.minimize = minimize

    def __exit__(self, *_: object) -> None:
        import scipy.optimize

        scipy.optimize.minimize = self.minimize
