"""How many threads a piece of work may use, those of the BLAS libraries included.

Threads that wait for one another spin, and on a busy machine they wait for whole time slices of the scheduler: a
fit of 50 ms on one thread takes seconds on two threads beside other processes. Work that is too small to gain from
threads therefore runs on one.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["WORTH_THREADS", "one_blas_thread", "thread_count", "threads_for"]

#: Seconds of work on one thread below which more threads cost more than they save: a product of matrices in a fit
#: of this length takes a few milliseconds, and loses more to a thread that has to wait than it can gain.
WORTH_THREADS = 0.5

#: The most threads that work in this context may use; None where nothing has been said.
_MOST: ContextVar[int | None] = ContextVar("scoreline_threads", default=None)
_HAS_YIELD = sys.platform != "win32" and hasattr(os, "sched_yield")


class _BlasThreads:
    """The thread numbers of the BLAS libraries, held to one while any Python thread asks for that.

    Most libraries have one number for the process. Whoever comes first writes it down, and whoever leaves last
    restores it: were each to restore what it has found, two Python threads that leave in the order in which they
    came would leave 1 behind. Libraries over OpenMP have a number for each Python thread, which restores its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._controller: ThreadpoolController | None = None
        self._before: list[int] = []

    def count(self) -> int | None:
        """Return the least number of threads that the libraries may use, None where there is no library."""
        with self._lock:
            return min(self._before if self._holders else self._numbers(), default=None)

    def hold(self) -> list[int]:
        """Hold the libraries to one thread; return the numbers found, for `release`."""
        with self._lock:
            found = self._numbers()
            if not self._holders:
                self._before = found
            self._holders += 1
            self._set([1] * len(found), every=True)
            return found

    def release(self, found: list[int]) -> None:
        """Undo one `hold`."""
        with self._lock:
            self._holders -= 1
            self._set(found if self._holders else self._before, every=not self._holders)

    def _numbers(self) -> list[int]:
        return [library.num_threads for library in self._libraries()]

    def _set(self, numbers: list[int], *, every: bool) -> None:
        """Set the numbers of every library, or of those that have one for each Python thread."""
        for library, number in zip(self._libraries(), numbers, strict=True):
            if every or getattr(library, "threading_layer", "") == "openmp":
                library.set_num_threads(number)
            # Where threadpoolctl lets but one Python thread set the process's number, this one is done.
            if clear := getattr(library, "clear_controlling_thread", None):
                clear(force=True)

    def _libraries(self) -> list[Any]:
        # To look for libraries takes milliseconds, which is much beside a small fit.
        if self._controller is None:
            import scipy.linalg  # noqa: F401 - it brings a library of its own

            self._controller = ThreadpoolController().select(user_api="blas")
        return list(self._controller.lib_controllers)


_BLAS = _BlasThreads()


def thread_count() -> int:
    """Return how many threads to use: as many as the BLAS libraries may, and as this process has cores.

    ``OMP_NUM_THREADS``, ``OPENBLAS_NUM_THREADS`` and threadpoolctl's limits hold for scoreline's own threads too,
    and so does `threads_for`.
    """
    most = _MOST.get()
    if most is not None:
        return most
    if not _HAS_YIELD:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    limits = [int(asked)] if asked.isdigit() and int(asked) > 0 else []
    blas = _BLAS.count()
    return max(1, min([cores, *limits, *([] if blas is None else [blas])]))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS libraries to one thread; any number of Python threads may do so at the same time."""
    found = _BLAS.hold()
    try:
        yield
    finally:
        _BLAS.release(found)


@contextmanager
def threads_for(seconds: float) -> Iterator[None]:
    """Give work that takes so many seconds on one thread as many threads as pay off.

    Work below `WORTH_THREADS` runs on one, with every pool of threads untouched: the BLAS libraries are held to
    one thread meanwhile. Other work has whatever `thread_count` says. The limit is the calling Python thread's.
    """
    if seconds >= WORTH_THREADS:
        yield
        return
    token = _MOST.set(1)
    try:
        with one_blas_thread():
            yield
    finally:
        _MOST.reset(token)
