"""The result of a search, and its description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from scoreline.runs.config import AUTO, RunConfig
from scoreline.runs.recipes.leaderboard import NEAR, LeaderboardRow
from scoreline.runs.recipes.remarks import seconds_needed
from scoreline.runs.resolved import ALL_CORES, GIVEN, Decision

__all__ = ["Found", "Summary", "Upcoming"]

_RULES = {
    "accurate": "the least log-loss of those within a standard error of the best accuracy",
    "fast": f"the fastest to predict within {NEAR:.2f} of the best",
    "small": f"the smallest model within {NEAR:.2f} of the best",
}


@dataclass(frozen=True)
class Upcoming:
    """A recipe for which there was no time."""

    name: str
    #: Predicted, of a run that trains it, from its beginning to its end.
    seconds: float
    #: The command that trains it.
    command: str


@dataclass(frozen=True, eq=False)
class Found:
    """What a search has come to."""

    rows: tuple[LeaderboardRow, ...]
    #: What there was no time for, the cheapest first.
    upcoming: tuple[Upcoming, ...]
    #: What a reader should know, one sentence each.
    notes: tuple[str, ...]


class Summary(NamedTuple):
    """A search in words: the decisions it made, and what a reader should know."""

    asked: RunConfig
    chosen: LeaderboardRow
    rows: Sequence[LeaderboardRow]
    steps: tuple[str, ...]
    #: Threads that waited for one another at the most; None for all.
    threads: int | None
    #: Whether an interrupt ended the search, and whether there was no time for any recipe.
    stopped: bool
    forced: bool

    def decisions(self) -> dict[str, Decision[Any]]:
        """Return the decisions of a run that a search has made."""
        row, asked = self.chosen, self.asked
        n_tried = sum(one.accuracy is not None for one in self.rows)
        why = f"{_RULES[asked.prefer]}, of {n_tried} tried: accuracy {row.accuracy or 0:.4f} {row.judged}" + (
            "" if row.n_folds else f", with {row.n_rows:,} rows to train on"
        )
        of_recipe = "goes with the features"
        return {
            "features": Decision(value=row.features, why=why),
            "loss": Decision(value=row.loss, why=of_recipe if asked.loss == AUTO else GIVEN),
            "standardize": Decision(value=row.standardize, why=of_recipe if asked.standardize == AUTO else GIVEN),
            "threads": self._threads(),
            "search": Decision(value=self.steps, why=f"a budget of {asked.budget}, {self._ending()}"),
        }

    def notes(self, n_rows: int) -> Iterator[str]:
        """Yield what a reader should know."""
        if self.stopped:
            yield "The search was interrupted: the best recipe so far was taken."
        if self.forced:
            yield f"The budget of {self.asked.budget} is too short for any recipe: the cheapest was trained."
        if self.threads != self.asked.threads:
            yield (
                f"Other programs were at work: of threads that wait for one another, {self.threads} had a core."
                + " The search came less far than it does by itself." * (self._n_late() > 0)
            )
        if self.chosen.n_rows < n_rows:
            yield f"The classifier was trained on {self.chosen.n_rows:,} of {n_rows:,} training examples."

    def _threads(self) -> Decision[int | None]:
        if self.threads == self.asked.threads:
            return Decision(value=self.threads, why=ALL_CORES if self.threads is None else GIVEN)
        return Decision(
            value=self.threads, why="other programs left no more cores for threads that wait for one another"
        )

    def _n_late(self) -> int:
        return sum(seconds_needed(row.remark) is not None for row in self.rows)

    def _ending(self) -> str:
        if self.stopped:
            return "ended by an interrupt"
        late = self._n_late()
        return f"which was too short for {late} recipes" if late else "which was enough for all recipes"
