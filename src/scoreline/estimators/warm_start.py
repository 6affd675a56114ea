"""What one fit leaves to another, to nearly the same rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from scoreline.data import DataSource
from scoreline.engine.exact.moments import Moments
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.solvers import Exact, Solver
from scoreline.estimators.problem import Measured

__all__ = ["MeasuredMoments", "WarmStart"]


class MeasuredMoments(NamedTuple):
    """Moments, with the objective and the number of rows that they were measured for."""

    moments: Moments
    objective: Objective
    n_examples: int


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
        return self.moments_for(solver, objective, source) if isinstance(solver, Exact) else solver

    def moments_for(self, solver: Exact, objective: Objective, source: DataSource) -> Exact:
        """Return the exact solver with the moments, if there are any; see `given_to`."""
        if self.measured is None:
            return solver
        moments, before, n_examples = self.measured
        moments.update(before, n_examples, objective, source)
        return replace(solver, moments=moments)
