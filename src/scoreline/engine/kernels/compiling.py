"""How the kernels are compiled: without Python's lock, kept on disk, and divided as NumPy divides."""

from __future__ import annotations

from functools import partial
from typing import Any

from numba import njit

__all__ = ["LOOSE", "compiled", "compiled_loosely"]

#: Sums may be taken in any order, the same in each run, so that vectors can be used.
LOOSE = {"reassoc", "contract", "nsz"}

#: Compiles a function. Its sums keep the order in which they are written, whoever calls it: were that not said,
#: Numba would compile it as its first caller is compiled, and keep that on disk for all others.
compiled: Any = partial(njit, nogil=True, error_model="numpy", cache=True, no_cfunc_wrapper=True, fastmath=False)

#: Compiles a function whose sums are `LOOSE`.
compiled_loosely: Any = partial(compiled, fastmath=LOOSE)
