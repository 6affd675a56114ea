"""How small fits stand up to other processes: ``python -m benchmarks.busy``.

Softmax fits alone, and beside one and two processes that keep a core busy each, by scoreline as it comes and by
scikit-learn's lbfgs as it comes (all threads) and held to one thread. Fits are to a relative accuracy of 1e-4, or
to the tolerance of lbfgs; medians, with the least and the most. Peers follow one another in every round.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from scoreline import LinearClassifier

ROUNDS, LAM = 7, 1e-3
Data = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def main() -> None:
    """Measure and print a row for each problem and number of busy processes."""
    warnings.simplefilter("ignore")
    print(f"{'rows':>14} {'busy':>4} {'scoreline':>22} {'lbfgs':>22} {'lbfgs, one thread':>22}   (ms)")
    for name, (X, y) in _problems().items():
        peers = _peers(X, y)
        for peer in peers:
            peer()
        for busy in range(3):
            with _busy_processes(busy):
                times = np.array([[_milliseconds(peer) for peer in peers] for _ in range(ROUNDS)])
            cells = [f"{np.median(t):.0f} ({t.min():.0f} to {t.max():.0f})" for t in times.T]
            print(f"{name:>14} {busy:>4} " + " ".join(f"{cell:>22}" for cell in cells), flush=True)


def _problems() -> dict[str, Data]:
    digits: Data = load_digits(return_X_y=True)
    return {"1,797 x 64": digits, "100 x 512": _drawn(100, 512, 5), "5,000 x 192": _drawn(5000, 192, 10)}


def _drawn(n: int, d: int, classes: int) -> Data:
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=n)
    return (rng.normal(size=(n, d)) + 0.3 * rng.normal(size=(classes, d))[y]).astype(np.float32), y


def _peers(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> list[Callable[[], None]]:
    def ours() -> None:
        LinearClassifier(lam=LAM, standardize=True, solver="exact").fit(X, y)

    def theirs(limit: Callable[[], AbstractContextManager[Any]]) -> None:
        model = LogisticRegression(C=1 / (2 * LAM * len(X)), max_iter=10_000)
        with limit():
            make_pipeline(StandardScaler(), model).fit(X, y)

    return [ours, partial(theirs, nullcontext), partial(theirs, partial(threadpool_limits, 1))]


def _milliseconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - begun)


@contextmanager
def _busy_processes(count: int) -> Iterator[None]:
    words = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(words) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
