"""What happens in a search: the trials in their order, and the recipes that are left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scoreline.errors import ScorelineError
from scoreline.runs.recipes.candidates import Candidate
from scoreline.runs.recipes.remarks import no_time

__all__ = ["Journal"]


@dataclass(eq=False)
class Journal:
    """Trials and omissions, and how the search ended."""

    #: One line for each trial and each omission.
    steps: list[str] = field(default_factory=list)
    #: Recipes for which there was no time.
    late: list[Candidate] = field(default_factory=list)
    #: Of the last recipe that could not be trained.
    error: ScorelineError | None = None
    #: Whether an interrupt ended the search, and whether there was no time for any recipe.
    stopped: bool = False
    forced: bool = False

    def leave_out(self, one: Candidate, why: str) -> None:
        """Note why a candidate is not tried, or not to its end."""
        one.row = replace(one.row, remark=why)
        self.steps.append(f"{one.name}: left out, {why}")

    def fail(self, one: Candidate, error: ScorelineError) -> None:
        """Note that a candidate cannot be trained."""
        self.error = error
        self.leave_out(one, error.given)

    def have_no_time(self, one: Candidate, seconds: float) -> None:
        """Note that a run of a candidate, which takes so many seconds, would take too long."""
        self.late.append(one)
        self.leave_out(one, no_time(seconds))
