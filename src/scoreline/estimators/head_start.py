"""What one fit leaves to another, to nearly the same rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scoreline.engine.moments import Moments
from scoreline.engine.params import Params
from scoreline.engine.solvers import Exact, Solver

__all__ = ["HeadStart"]


@dataclass(frozen=True, eq=False)
class HeadStart:
    """Where to begin, and what need not be measured again: it changes what a fit takes, not what it proves.

    Both may come of rows that are not quite those of the fit: a preconditioner need not be exact.
    """

    #: Parameters of rows as they are, not standardised, with K = 1; None begins at 0.
    params: Params | None
    moments: Moments | None = None

    def given_to(self, solver: Solver) -> Solver:
        """Return the solver with the moments, where it has a use for them."""
        return replace(solver, moments=self.moments) if isinstance(solver, Exact) else solver
