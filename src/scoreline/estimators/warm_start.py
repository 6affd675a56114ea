"""The warm start of a fit from an earlier one to nearly the same rows."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline.data import DataSource
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.solvers import MeasuredMoments, Solver
from scoreline.estimators.problem import Measured

__all__ = ["WarmStart"]


@dataclass(frozen=True, eq=False)
class WarmStart:
    """Where to begin, and what need not be measured again: it changes what a fit takes, not what it proves.

    All may come of the first of its rows: a preconditioner need not be exact, and statistics are continued.
    """

    #: Parameters of rows as they are, not standardised, with K = 1; None begins at 0.
    params: Params | None
    measured: MeasuredMoments | None = None
    #: Means and deviations of rows that those of the fit begin with.
    statistics: Measured | None = None

    def given_to(self, solver: Solver, objective: Objective, source: DataSource) -> Solver:
        """Return the solver with the moments, where it has a use for them.

        They are moved to the rows of its fit in place, as they may be gigabytes: a warm start is for one fit.
        """
        return solver if self.measured is None else solver.with_moments(self.measured, objective, source)
