"""Threads that work on one problem together: how they start, and where they wait for one another.

Neither OpenMP nor Numba's own threads are used: their pools spin against that of the BLAS library when the two
alternate. Compiled code here gives up Python's lock, so that plain Python threads run it side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from scoreline.kernels.compiling import compiled

__all__ = ["barrier", "new_sync", "run_together"]

#: Entries of the array of a barrier; its two counters lie on cache lines of their own.
_SYNC_SIZE = 32
_ARRIVED, _ROUND = 0, 16
#: Readings of the other threads' progress before a waiting thread offers its core to others.
_SPINS = 2000

_WORD = ir.IntType(64)


def run_together(pool: ThreadPoolExecutor | None, n_threads: int, work: Callable[..., Any], *args: Any) -> Any:
    """Call ``work(thread, n_threads, *args)`` for every thread at once; return what thread 0 returns."""
    others = [pool.submit(work, thread, n_threads, *args) for thread in range(1, n_threads)] if pool else []
    result = work(0, n_threads, *args)
    for other in others:
        other.result()
    return result


def new_sync() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the counters of a barrier."""
    return np.zeros(_SYNC_SIZE, np.int64)


@intrinsic
def _atomic_add(typing: Any, array: Any, index: Any, amount: Any) -> Any:
    """Add to an int64 entry that other threads use too; return what it was."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        index64 = context.cast(builder, args[1], signature.args[1], types.intp)
        amount64 = context.cast(builder, args[2], signature.args[2], types.int64)
        return builder.atomic_rmw("add", builder.gep(data, [index64]), amount64, "seq_cst")

    return types.int64(array, index, amount), build


@intrinsic
def _offer_core(typing: Any) -> Any:
    """Let another thread or program have the core."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.IntType(32), []), "sched_yield"
        )
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), build


@compiled
def barrier(sync, n_threads):
    """Wait until all threads have come here; what any wrote before, all see after."""
    if n_threads == 1:
        return
    this_round = _atomic_add(sync, _ROUND, 0)
    if _atomic_add(sync, _ARRIVED, 1) == n_threads - 1:
        _atomic_add(sync, _ARRIVED, -n_threads)
        _atomic_add(sync, _ROUND, 1)
        return
    spins = 0
    while _atomic_add(sync, _ROUND, 0) == this_round:
        spins += 1
        if spins % _SPINS == 0:
            _offer_core()
