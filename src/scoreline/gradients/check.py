"""The gradient check: an analytic gradient against the numerical one, cell by cell."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.errors import UsageError
from scoreline.gradients.differences import (
    Cell,
    Cells,
    Function,
    Scheme,
    as_point,
    choose_cells,
    forward_difference,
    scheme_named,
)
from scoreline.gradients.noise import function_noise
from scoreline.gradients.step_size import recommend_h

__all__ = ["CellCheck", "GradientCheck", "Verdict", "check_gradient", "relative_error"]


#: From one step to the next smaller one, where the slopes on both sides of a point are compared.
SHRINK = math.sqrt(10)


class Verdict(enum.Enum):
    """The result for one cell of a gradient check."""

    OK = "ok"
    COARSE = "coarse"
    KINK = "kink"
    WRONG = "wrong"


class CellCheck(NamedTuple):
    """One cell of a gradient check."""

    cell: Cell
    analytic: float
    numeric: float
    relative_error: float
    verdict: Verdict


@dataclass(frozen=True)
class GradientCheck:
    """The outcome of `check_gradient`; ``str()`` of it is a table of the worst cells."""

    cells: tuple[CellCheck, ...]
    h: float
    scheme: str
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether no cell is wrong."""
        return not any(cell.verdict is Verdict.WRONG for cell in self.cells)

    @property
    def max_relative_error(self) -> float:
        """The largest relative error among the ok and wrong cells: differences are unreliable for the others."""
        reliable = (Verdict.OK, Verdict.WRONG)
        return max((c.relative_error for c in self.cells if c.verdict in reliable), default=0.0)

    def count(self, verdict: Verdict) -> int:
        """Return how many cells have `verdict`."""
        return sum(cell.verdict is verdict for cell in self.cells)

    def worst(self, n: int) -> list[CellCheck]:
        """Return the `n` cells with the largest relative errors, wrong ones first."""
        return sorted(self.cells, key=lambda c: (c.verdict is not Verdict.WRONG, -c.relative_error))[:n]

    def __str__(self) -> str:
        counts = ", ".join(f"{self.count(verdict)} {verdict.value}" for verdict in Verdict)
        lines = [
            f"gradient check {'passed' if self.passed else 'FAILED'}: {counts} "
            f"({self.scheme} differences, h = {self.h:.0e}, tolerance {self.tolerance:.0e})",
            f"{'cell':>16} {'analytic':>14} {'numeric':>14} {'rel. error':>10}  verdict",
        ]
        for c in self.worst(10):
            where = ",".join(map(str, c.cell))
            lines.append(
                f"{where:>16} {c.analytic:14.6g} {c.numeric:14.6g} {c.relative_error:10.1e}  {c.verdict.value}"
            )
        return "\n".join(lines)


def relative_error(a: float, b: float) -> float:
    """Return ``|a - b| / max(|a|, |b|)``, and 0 where both are 0."""
    size = max(abs(a), abs(b))
    return abs(a - b) / size if size else 0.0


def check_options(h: float | None, scheme: str, tolerance: float) -> None:
    """Raise UsageError unless `check_gradient` takes these."""
    check_number("tolerance", tolerance, 0, 1, above=True)
    scheme_named(scheme)
    if h is not None:
        check_number("h", h, 0, above=True)


def check_gradient(  # noqa: PLR0913 - public, by keywords
    f: Function,
    gradient: Array | Callable[[Array], Array],
    x: Array,
    *,
    h: float | None = None,
    scheme: str = "central",
    cells: Cells = 100,
    tolerance: float = 1e-5,
    seed: int = 0,
) -> GradientCheck:
    """Compare an analytic gradient with differences, cell by cell.

    A cell is *ok* when the relative error is at most `tolerance` (or the difference is below the
    rounding error of the numerical one). It is *coarse*, and no failure, when only a smaller step agrees. It is a
    *kink*, and no failure, when the function has a kink within the step: a step that no longer reaches it agrees
    at once, or the slopes on the two sides differ however small the step and the analytic value is between
    them, as a subgradient must be. All else is *wrong*.

    Parameters
    ----------
    f : callable
        Takes an array like `x`, gives a number.
    gradient : array like `x`, or callable that gives one
        The analytic gradient at `x`.
    x : array of float32 or float64
        Where.
    h : float, optional
        The step; by default the one that `recommend_h` finds.
    scheme : {"central", "forward"}
        The difference formula.
    cells : int, iterable of index tuples or None, default 100
        That many at random, these, or all.
    tolerance : float, default 1e-5
        The largest relative error that is still ok.
    seed : int, default 0
        Seed of the draw of cells.

    Raises
    ------
    UsageError
        The gradient's shape is not that of `x`, or a parameter is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from scoreline.gradients import check_gradient
    >>> check_gradient(lambda w: float((w**2).sum()), lambda w: 2 * w, np.array([1.0, -3.0])).passed
    True
    >>> check_gradient(lambda w: float((w**2).sum()), lambda w: w, np.array([1.0, -3.0])).passed
    False
    """
    check_options(h, scheme, tolerance)
    point = as_point(x)
    analytic = np.asarray(gradient(point) if callable(gradient) else gradient)
    if analytic.shape != point.shape:
        raise UsageError(
            f"The gradient has shape {analytic.shape}, the point {point.shape}",
            allowed="one derivative for each entry",
            fix="return the gradient in the shape of x",
        )
    difference = scheme_named(scheme)
    if h is None:
        h = recommend_h(f, point, scheme=scheme, cells=min(8, point.size), seed=seed)
    check = _CellChecker(f, point, f(point), function_noise(f, point, seed=seed), difference, tolerance)
    checked = tuple(check.cell(cell, float(analytic[cell]), h) for cell in choose_cells(point.shape, cells, seed))
    return GradientCheck(checked, h, scheme, tolerance)


@dataclass(frozen=True)
class _CellChecker:
    """Checks the cells of one function at one point."""

    f: Function
    x: FloatArray
    value: float
    noise: float
    difference: Scheme
    tolerance: float

    def cell(self, cell: Cell, analytic: float, h: float) -> CellCheck:
        numeric = self.difference(self.f, self.x, self.value, cell, h)
        error = relative_error(analytic, numeric)
        if self._agree(analytic, numeric, h):
            verdict = Verdict.OK
        elif math.isfinite(analytic):
            verdict = self._look_closer(cell, analytic, h)
        else:
            verdict = Verdict.WRONG
        return CellCheck(cell, analytic, numeric, error, verdict)

    def _agree(self, analytic: float, numeric: float, h: float) -> bool:
        if not (math.isfinite(analytic) and math.isfinite(numeric)):
            return False
        difference = abs(analytic - numeric)
        return bool(difference <= max(self.tolerance * max(abs(analytic), abs(numeric)), self._noise(h)))

    def _noise(self, h: float) -> float:
        """The part of a difference that is rounding error of the function's value."""
        return 8 * self.noise / h

    def _look_closer(self, cell: Cell, analytic: float, h: float) -> Verdict:
        """Classify a cell that did not agree at `h` by the slopes on both sides at smaller and smaller steps."""
        slopes: list[_Sides] = []
        # Rounding must stay well below the difference of slopes and analytic value, or it would excuse that.
        limit = math.inf
        # Nor may the step round to 0 at the point, as it would where a function is exactly 0 and has no noise.
        smallest = 4 * float(np.finfo(self.x.dtype).eps) * max(1.0, abs(float(self.x[cell])))
        while self._noise(h) <= limit and (not slopes or h > smallest):
            sides = self._sides(cell, h)
            slopes.append(sides)
            # The mean of the sides is the central difference: a smooth function's slope, or a subgradient.
            if self._agree(analytic, (sides.left + sides.right) / 2, h):
                return self._excuse(cell, slopes, h)
            apart = max(abs(analytic - sides.left), abs(analytic - sides.right))
            limit = max(self.tolerance * max(abs(analytic), self.tolerance), min(limit, apart / 4))
            h /= SHRINK
        if len(slopes) == 1:  # where rounding allows no smaller step, a larger one shows whether the gap grows
            slopes.insert(0, self._sides(cell, SHRINK**2 * h))
        if not slopes:  # the function is not finite here
            return Verdict.WRONG
        # A smooth function's gap shrinks with the step; a kink's stays, or shrinks less while within the step.
        smooth_gap = slopes[0].gap * min(0.5, 3 / SHRINK ** (len(slopes) - 1))
        if slopes[-1].gap <= max(smooth_gap, self._noise(SHRINK * h)):
            return Verdict.WRONG
        slack = self.tolerance * max(map(abs, slopes[-1])) + self._noise(SHRINK * h)
        between = min(slopes[-1]) - slack <= analytic <= max(slopes[-1]) + slack
        return Verdict.KINK if between else Verdict.WRONG

    def _excuse(self, cell: Cell, slopes: list[_Sides], h: float) -> Verdict:
        """Return why a cell agreed at the step `h`, the last of the `slopes`, and not at the first."""
        if len(slopes) == 1:
            slopes = [*slopes, self._sides(cell, h / SHRINK)]
            h /= SHRINK
            kink = slopes[1].gap > 0.5 * slopes[0].gap  # it stays, however small the step
        else:
            # A smooth function's gap grows with the step and no faster; beyond that, there was a kink.
            kink = slopes[0].gap > 3 * slopes[-1].gap * SHRINK ** (len(slopes) - 1)
        return Verdict.KINK if kink and slopes[0].gap > self._noise(h) else Verdict.COARSE

    def _sides(self, cell: Cell, h: float) -> _Sides:
        return _Sides(*(forward_difference(self.f, self.x, self.value, cell, step) for step in (-h, h)))


class _Sides(NamedTuple):
    """The slopes on the two sides of a point."""

    left: float
    right: float

    @property
    def gap(self) -> float:
        return abs(self.right - self.left)
