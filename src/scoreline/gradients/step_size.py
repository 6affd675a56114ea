"""The step of a difference, between truncation error and rounding error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.gradients.differences import Cells, Function, as_point, choose_cells, scheme_named
from scoreline.gradients.noise import function_noise

__all__ = ["ErrorCurve", "error_curve", "recommend_h"]

#: Half decades from 0.1 down to the precision of float64.
STEPS = 10.0 ** -np.arange(1, 13.5, 0.5)


class ErrorCurve(NamedTuple):
    """The U-curve: error of a difference against its step."""

    #: Steps tried, falling, shape ``(S,)``.
    h: FloatArray
    #: Estimated error of the difference at each step and cell, shape ``(S, cells)``.
    error: FloatArray


def error_curve(f: Function, x: Array, *, scheme: str = "central", cells: Cells = 8, seed: int = 0) -> ErrorCurve:
    """Estimate the error of a difference at each of a ladder of steps, without knowing the true gradient.

    The estimate is how much the difference changes between a step and its two neighbours: truncation makes it
    fall with the step, rounding makes it rise again.

    Parameters
    ----------
    f, x, scheme, cells, seed
        As in `numerical_gradient`.
    """
    difference = scheme_named(scheme)
    point = as_point(x)
    chosen = choose_cells(point.shape, cells, seed)
    value = f(point)
    slopes = np.array([[difference(f, point, value, cell, float(h)) for cell in chosen] for h in STEPS])
    change = np.abs(np.diff(slopes, axis=0))
    h = STEPS[1:-1]
    # Two differences may agree by chance where both are noise.
    error = np.maximum(np.maximum(change[:-1], change[1:]), function_noise(f, point, seed=seed) / h[:, None])
    return ErrorCurve(h, np.where(np.isfinite(error), error, np.inf))


def recommend_h(f: Function, x: Array, *, scheme: str = "central", cells: Cells = 8, seed: int = 0) -> float:
    """Return the step at the bottom of the U-curve: the least upper quartile of the cells' errors.

    Parameters
    ----------
    f, x, scheme, cells, seed
        As in `numerical_gradient`.
    """
    curve = error_curve(f, x, scheme=scheme, cells=cells, seed=seed)
    typical = np.quantile(curve.error, 0.75, axis=1, method="higher")
    # A flat bottom (a linear function, a zero gradient) has many best steps; its middle is the safest.
    best = np.flatnonzero(typical <= 2 * typical.min())
    return float(curve.h[best[len(best) // 2]])
