"""The exact solver: the optimum of a convex objective, proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.data.budget import Need, free_memory
from scoreline.engine.exact.constants import FACTOR_ROWS, MEMORY
from scoreline.engine.exact.moments import Moments, measure_factors
from scoreline.engine.exact.path import Path, fit_path
from scoreline.engine.exact.solver import check_exact, measure_for, minimize_exactly, missing_for_exact
from scoreline.engine.memory import Extent
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.problem.cost import HINGE_PASSES, PATIENCE, fit_seconds, numpy_seconds
from scoreline.engine.problem.objective import Objective, compute_dtype
from scoreline.engine.problem.params import Params
from scoreline.engine.settings import Settings
from scoreline.engine.solvers.base import Events, FitProblem, GridFit, GridMember, MeasuredMoments, Solver
from scoreline.kernels.threads import threads_for
from scoreline.rows import stored_entries

__all__ = ["Exact"]

#: Scores of all rows up to which "auto" is exact, whatever the memory: eight arrays of them take 4 GB.
MOST_SCORES = 1 << 27


@dataclass(frozen=True)
class Exact(Solver):
    """Preconditioned L-BFGS to a relative accuracy of `Settings.tol`."""

    #: Of like data, where they have been measured already.
    moments: Moments | None = field(default=None, compare=False, repr=False)

    default_epochs: ClassVar[int] = 1000
    unit: ClassVar[str] = "iterations"
    #: Entries of data and of scores up to which they are multiplied in float64 whatever their dtype.
    DOUBLE_ENTRIES: ClassVar[int] = 1 << 24
    #: Relative accuracy from which on a 16th of that is moderate: float32's rounding is a thousandth of it.
    SINGLE_TOL: ClassVar[float] = 1e-3

    def check(self, objective: Objective, settings: Settings) -> None:
        """Take what `missing_for_exact` finds nothing against."""
        super().check(objective, settings)
        check_exact(objective)

    def obstacles(self, objective: Objective, source: DataSource) -> list[str]:
        """Return all that keeps the solver from taking an objective in good time."""
        n, D, R = source.n_examples, stored_entries(source.rows), objective.n_rows
        found = missing_for_exact(objective)
        if not objective.loss.smooth and HINGE_PASSES * numpy_seconds(n, D, R) > PATIENCE:
            what = f"a loss with corners takes {n:,} x {D:,} numbers some {HINGE_PASSES} times"
            found.append(f"{what} (solver='exact' does it)")
        if n * R > MOST_SCORES:
            found.append(f"the exact solver would keep {n:,} x {R:,} scores")
        return found

    def dtype(self, source: DataSource, data: np.dtype[np.generic], tol: float) -> np.dtype[np.floating]:
        """Return float64 for data and scores of moderate size, unless little accuracy is asked for."""
        few = self.DOUBLE_ENTRIES if tol < self.SINGLE_TOL else self.DOUBLE_ENTRIES >> 4
        small = source.n_examples * max(stored_entries(source.rows), source.n_classes) <= few
        return np.dtype(np.float64) if small else compute_dtype(data)

    def needs(self, extent: Extent, settings: Settings) -> list[Need]:
        """Return the scores of all rows, the preconditioner and the steps that L-BFGS remembers."""
        fixed = self._fixed_needs(extent)
        if self.moments is not None:  # they are there, and have room for a factor
            return fixed
        rows = self.factor_rows(extent, settings)
        return [*fixed, extent.moments() if rows is None else extent.factors(rows)]

    def measured(self, objective: Objective, source: DataSource, settings: Settings) -> Moments:
        """Return what fits at all strengths need of the data, in the form that a bound has room for."""
        extent = replace(Extent.of(objective, source, compute_dtype(source.dtype)), K=1)
        rows = self.factor_rows(extent, settings)
        return measure_for(objective, source) if rows is None else measure_factors(objective, source, rows)

    def factor_rows(self, extent: Extent, settings: Settings) -> int | None:
        """Return the rows whose factors a bound has room for in place of the moments; None where those do.

        Fewer of them cost iterations, not accuracy: the duality gap proves the same `tol`.
        """
        if settings.memory is None or self.moments is not None or extent.absolutes:
            return None
        free = free_memory(settings.memory) - sum(need.n_bytes for need in self._fixed_needs(extent))
        if extent.moments().n_bytes <= free:
            return None
        counts = (FACTOR_ROWS >> k for k in range(6))
        return next((m for m in counts if extent.factors(m).n_bytes <= free), FACTOR_ROWS >> 5)

    def _fixed_needs(self, extent: Extent) -> list[Need]:
        """Return what a fit keeps beside the moments."""
        weights = extent.weights(2 * MEMORY + 10)
        return [extent.examples(), extent.scores(8), extent.hessian(), weights, extent.blocks()]

    def run(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        validation: DataSource | None = None,
    ) -> Events:
        """Minimise on the whole data."""
        del validation
        max_iter = settings.max_epochs or self.default_epochs
        moments = self.moments or self.measured(objective, source, settings)
        return minimize_exactly(objective, source, start, tol=settings.tol, max_iter=max_iter, moments=moments)

    def grid_method(self) -> PathOfOptima:
        """Follow the path of falling strengths."""
        return PathOfOptima(self)

    def path(
        self, problem: FitProblem, start: Params, lams: FloatArray, measured: MeasuredMoments | None = None
    ) -> Path:
        """Return fits that share moments, whose form is that which the bound on memory has room for."""
        objective, source, settings = problem.objective, problem.source, problem.settings
        self.check(objective, settings)
        self.check_memory(objective, source, settings)
        solver = self if measured is None else self.with_moments(measured, objective, source)
        return Path(
            objective,
            source,
            start,
            solver.moments or self.measured(problem.at(lams), source, settings),
            tol=settings.tol,
            max_iter=settings.max_epochs or self.default_epochs,
            validation=problem.held_out,
            listeners=problem.listeners,
        )

    def with_moments(self, measured: MeasuredMoments, objective: Objective, source: DataSource) -> Exact:
        """Return the solver with the moments, moved to the rows of the fit; without them where that cannot be.

        In directions that moments know nothing of, they are off by orders of magnitude where the penalty is weak:
        more rows than they are of took a thousand iterations, and so few are soon measured anew.
        """
        if measured.n_examples < source.n_examples and not measured.moments.serve_more_rows:
            return self
        measured.moments.update(measured.objective, measured.n_examples, objective, source)
        return replace(self, moments=measured.moments)


@dataclass(frozen=True)
class PathOfOptima:
    """Exact fits that differ in strength alone, the strongest first, each begun where the last ones lead."""

    solver: Exact

    def check(self, problem: FitProblem, members: Sequence[GridMember[Exact]]) -> None:
        """Raise UsageError where one fit takes more memory than there is to be."""
        self.solver.check_memory(problem.objective, problem.source, problem.settings)

    def fit(
        self, problem: FitProblem, members: Sequence[GridMember[Exact]], halving: Halving | None
    ) -> list[GridFit]:
        """Fit each strength once; none is stopped early."""
        lams = list(dict.fromkeys(member.lam for member in members))
        objective, source, settings = problem.at(lams), problem.source, problem.settings
        with threads_for(fit_seconds(source.n_examples, stored_entries(source.rows), objective.n_rows)):
            # In the form that the bound on memory has room for.
            moments = self.solver.measured(objective, source, settings)
        outcomes = fit_path(
            objective,
            source,
            problem.start(self.solver),
            tol=settings.tol,
            max_iter=settings.max_epochs or self.solver.default_epochs,
            moments=moments,
            validation=problem.held_out,
            listeners=problem.listeners,
        )
        fitted = dict(zip(lams, outcomes, strict=True))
        return [GridFit(None, fitted[member.lam]) for member in members]
