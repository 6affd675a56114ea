"""What a part says of its compiled form. Nothing here loads a compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["CompiledForm"]


class CompiledForm(NamedTuple):
    """A plain Python function that compiled code calls for one row or one weight, and the numbers of one part.

    The function takes the numbers last, as a tuple, in which floats are float32. Numba compiles it, and with it
    every plain function that it calls by its name; those of `scoreline.kernels.plain` have fast forms. A literal
    such as ``1`` or ``0.5`` makes float64 of what it meets, which is slow: write ``np.float32(1)``, or pass it as
    a number. Sums may be taken in any order.
    """

    function: Callable[..., Any]
    #: The part's floats, integers and booleans.
    numbers: tuple[float, ...] = ()
