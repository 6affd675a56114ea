"""How the kernels are compiled: without Python's lock, kept on disk, and divided as NumPy divides."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numba import njit

from scoreline.kernels.code_cache import CodeCache

__all__ = ["LOOSE", "compiled", "compiled_loosely"]

#: Sums may be taken in any order, the same in each run, so that vectors can be used.
LOOSE = {"reassoc", "contract", "nsz"}

#: How each function is compiled. Its sums keep the order in which they are written, whoever calls it: were that
#: not said, Numba would compile it as its first caller is compiled, and keep that on disk for all others.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
    "fastmath": False,
}


def compiled(function: Callable[..., Any] | None = None, *, cache: bool = True, **options: Any) -> Any:
    """Compile a function when it is first called; use it plain or with options, as a decorator.

    Parameters
    ----------
    function : callable, optional
    cache : bool, default True
        Keep the code on disk; see `CodeCache`.
    **options
        As `numba.njit` takes them, before those that all kernels have.
    """
    if function is None:
        return partial(compiled, cache=cache, **options)
    dispatcher = njit(**_OPTIONS | options)(function)
    if cache:
        # Numba's own `enable_caching` looks for a folder at once, and raises where there is none to write to.
        dispatcher._cache = CodeCache(function)
    return dispatcher


#: Compiles a function whose sums are `LOOSE`.
compiled_loosely: Any = partial(compiled, fastmath=LOOSE)
