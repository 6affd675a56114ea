"""Gradients by differences: slow, approximate, and hard to get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.errors import UnknownNameError, UsageError

__all__ = [
    "SCHEMES",
    "Cell",
    "Cells",
    "Function",
    "Scheme",
    "as_point",
    "central_difference",
    "choose_cells",
    "forward_difference",
    "numerical_gradient",
    "scheme_named",
]

#: A function of an array that gives one number.
Function: TypeAlias = Callable[[Array], float]
#: The index of one entry of an array.
Cell: TypeAlias = tuple[int, ...]
#: Which entries: all (None), so many at random, or these.
Cells: TypeAlias = int | Iterable[Cell] | None
#: The slope of f along one entry of x by steps of h: ``scheme(f, x, f(x), cell, h)``.
Scheme: TypeAlias = Callable[[Function, FloatArray, float, Cell, float], float]


def as_point(x: Array) -> FloatArray:
    """Return `x` as an array of floats; what is neither float32 nor float64 becomes float64."""
    point = np.asarray(x)
    return point if point.dtype in (np.float32, np.float64) else point.astype(np.float64)


def _moved(x: FloatArray, cell: Cell, h: float) -> tuple[FloatArray, float]:
    """Return `x` with `h` added to one entry, and the step that its dtype really made of `h`."""
    moved = x.copy()
    moved[cell] += h
    return moved, float(moved[cell]) - float(x[cell])


def forward_difference(f: Function, x: FloatArray, fx: float, cell: Cell, h: float) -> float:
    """Return ``(f(x + h) - f(x)) / h`` along `cell`: an error of order h, one new evaluation."""
    ahead, step = _moved(x, cell, h)
    return (f(ahead) - fx) / step if step else np.nan


def central_difference(f: Function, x: FloatArray, fx: float, cell: Cell, h: float) -> float:  # noqa: ARG001
    """Return ``(f(x + h) - f(x - h)) / 2h`` along `cell`: an error of order h^2, two evaluations."""
    ahead, up = _moved(x, cell, h)
    behind, down = _moved(x, cell, -h)
    return (f(ahead) - f(behind)) / (up - down) if up > down else np.nan


#: The difference schemes by name.
SCHEMES: Mapping[str, Scheme] = MappingProxyType({"central": central_difference, "forward": forward_difference})


def scheme_named(name: str) -> Scheme:
    """Return the difference scheme called `name`, or raise UnknownNameError."""
    if name not in SCHEMES:
        raise UnknownNameError.of("difference scheme", name, SCHEMES)
    return SCHEMES[name]


def choose_cells(shape: tuple[int, ...], cells: Cells, seed: int = 0) -> list[Cell]:
    """Return the entries that `cells` names: all, a random sample of so many, or the ones listed.

    Raises
    ------
    UsageError
        The number is not positive, or an index is outside `shape`.
    """
    size = int(np.prod(shape))
    if cells is None or (isinstance(cells, int | np.integer) and int(cells) >= size):
        return [tuple(map(int, cell)) for cell in np.ndindex(*shape)]
    if isinstance(cells, int | np.integer):
        check_number("cells", int(cells), 1)
        flat = np.sort(np.random.default_rng(seed).choice(size, int(cells), replace=False))
        return [tuple(map(int, cell)) for cell in zip(*np.unravel_index(flat, shape), strict=True)]
    chosen = [tuple(map(int, cell)) for cell in cells]
    for cell in chosen:
        if len(cell) != len(shape) or not all(-n <= i < n for i, n in zip(cell, shape, strict=True)):
            raise UsageError(
                f"Cell {cell} is outside an array of shape {shape}",
                allowed=f"tuples of {len(shape)} indices, each below its axis",
                fix="leave cells out to take all of them",
            )
    return chosen


def numerical_gradient(
    f: Function,
    x: Array,
    *,
    h: float = 1e-5,
    scheme: str = "central",
    cells: Cells = None,
    seed: int = 0,
) -> FloatArray:
    r"""Estimate the gradient of `f` at `x` by differences.

    .. math:: \frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}
       \quad\text{or}\quad \frac{f(x + h e_i) - f(x)}{h}

    Parameters
    ----------
    f : callable
        Takes an array like `x`, gives a number.
    x : array of float32 or float64
        Where; integers become float64. It is not changed.
    h : float, default 1e-5
        The step. `recommend_h` finds a good one.
    scheme : {"central", "forward"}
        The formula, second or first in the list above.
    cells : None, int or iterable of index tuples
        All entries, that many drawn at random, or these.
    seed : int, default 0
        Seed of the draw.

    Returns
    -------
    array of float64, shaped like `x`; NaN in the entries that were not asked for

    Raises
    ------
    UsageError
        `h` is not positive or `cells` does not fit `x`.
    UnknownNameError
        There is no such scheme.

    References
    ----------
    Press et al. (2007), Numerical Recipes, 5.7.
    """
    check_number("h", h, 0, above=True)
    difference = scheme_named(scheme)
    point = as_point(x)
    value = f(point)
    gradient = np.full(point.shape, np.nan)
    for cell in choose_cells(point.shape, cells, seed):
        gradient[cell] = difference(f, point, value, cell, h)
    return gradient
