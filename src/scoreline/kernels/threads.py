"""How many threads a piece of work may use, those of the BLAS libraries included.

Threads that wait for one another spin, and on a busy machine they wait for whole time slices of the scheduler: a
fit of 50 ms on one thread takes seconds on two threads beside other processes. Work that is too small to gain from
threads therefore runs on one.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from scoreline.kernels.cpu_quota import cpu_quota

__all__ = [
    "WORTH_THREADS",
    "limited_threads",
    "one_blas_thread",
    "own_cores",
    "separate_threads",
    "thread_count",
    "threads_for",
    "waiting_limited",
]

#: Seconds of work on one thread below which more threads cost more than they save: a product of matrices in a fit
#: of this length takes a few milliseconds, and loses more to a thread that has to wait than it can gain.
WORTH_THREADS = 0.5

#: The most threads that work in this context may use, and those of them that wait for one another; None where
#: nothing has been said.
_MOST: ContextVar[int | None] = ContextVar("scoreline_threads", default=None)
_MOST_WAITING: ContextVar[int | None] = ContextVar("scoreline_waiting_threads", default=None)
_HAS_YIELD = sys.platform != "win32" and hasattr(os, "sched_yield")


class _BlasThreads:
    """The thread numbers of the BLAS libraries, held to a limit while any Python thread asks for that.

    Most libraries have one number for the process. Whoever comes first writes it down, and whoever leaves last
    restores it: were each to restore what it has found, two Python threads that leave in the order in which they
    came would leave a limit behind. Libraries over OpenMP have a number for each Python thread, which restores its
    own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: list[int] = []
        self._controller: ThreadpoolController | None = None
        self._before: list[int] = []

    def count(self) -> int | None:
        """Return the least number of threads that the libraries may use, None where there is no library."""
        with self._lock:
            return min(self._before if self._limits else self._numbers(), default=None)

    def hold(self, most: int) -> list[int]:
        """Hold the libraries to so many threads; return the numbers found, for `release`."""
        with self._lock:
            found = self._numbers()
            if not self._limits:
                self._before = found
            self._limits.append(most)
            self._set([min(number, most) for number in found], every=True)
            return found

    def release(self, most: int, found: list[int]) -> None:
        """Undo one `hold`."""
        with self._lock:
            self._limits.remove(most)
            held = min(self._limits, default=None)
            if held is not None:
                self._set([min(number, held) for number in self._before], every=True)
            self._set(found if self._limits else self._before, every=not self._limits)

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


def own_cores() -> set[int]:
    """Return the numbers of the cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


@cache
def _quota() -> int | None:
    """Return the threads that the quota of a container or a service keeps at work, rounded up."""
    quota = cpu_quota()
    return None if math.isinf(quota) else max(1, math.ceil(quota))


def separate_threads() -> int:
    """Return how many threads to use for pieces of work of which none waits for another.

    As many as the BLAS libraries may, as this process has cores, and as the quota of its control group keeps at
    work. ``OMP_NUM_THREADS``, ``OPENBLAS_NUM_THREADS`` and threadpoolctl's limits hold for scoreline's own threads
    too, and so do `threads_for` and `limited_threads`.
    """
    most = _MOST.get()
    if not _HAS_YIELD:
        return 1
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    environment = int(asked) if asked.isdigit() and int(asked) > 0 else None
    limits = [limit for limit in (most, environment, _quota(), _BLAS.count()) if limit is not None]
    return max(1, min([len(own_cores()), *limits]))


def thread_count() -> int:
    """Return how many threads to use that wait for one another: `separate_threads`, fewer by `waiting_limited`."""
    waiting = _MOST_WAITING.get()
    found = separate_threads()
    return found if waiting is None else min(found, waiting)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold the BLAS libraries to one thread; any number of Python threads may do so at the same time."""
    with _blas_limited(1):
        yield


@contextmanager
def _blas_limited(most: int) -> Iterator[None]:
    found = _BLAS.hold(most)
    try:
        yield
    finally:
        _BLAS.release(most, found)


@contextmanager
def threads_for(seconds: float) -> Iterator[None]:
    """Give work that takes so many seconds on one thread as many threads as pay off.

    Work below `WORTH_THREADS` runs on one, with every pool of threads untouched: the BLAS libraries are held to
    one thread meanwhile. Other work has whatever `thread_count` says. The limit is the calling Python thread's.
    """
    with limited_threads(1 if seconds < WORTH_THREADS else None):
        yield


@contextmanager
def limited_threads(most: int | None) -> Iterator[None]:
    """Let work use so many threads at the most, and never more than `thread_count` says, the BLAS libraries too.

    Where a quota allows fewer threads than there are cores, the libraries, which do not know it, are held to it.
    """
    before = _MOST.get()
    token = _MOST.set(before if most is None else min(most, before or most))
    try:
        with _blas_limited(thread_count()):
            yield
    finally:
        _MOST.reset(token)


@contextmanager
def waiting_limited(most: int | None) -> Iterator[None]:
    """Let so many threads at the most wait for one another; pieces of work by themselves may use more."""
    token = _MOST_WAITING.set(most)
    try:
        with _blas_limited(thread_count()):
            yield
    finally:
        _MOST_WAITING.reset(token)
