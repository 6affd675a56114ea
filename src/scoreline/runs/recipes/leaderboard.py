"""What the recipes came to, side by side, and which of them is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scoreline._text import counted
from scoreline.report.intervals import wilson_interval
from scoreline.runs.lam_search import standard_error

__all__ = ["COLUMNS", "LeaderboardRow", "best_of", "called", "csv_rows", "ranked", "recipe_name"]

#: Standard errors within which the log-loss decides between accuracies. Test accuracy lost against the best of 5
#: to 7 recipes, with 50 to 500 validation rows: 0.35 points by this rule and by the log-loss alone (which prefers
#: some losses to others, however accurate), 0.57 by accuracy alone, and 0.81 by the cheapest within half a
#: standard error; docs/recipes.md has the table.
TIED = 1.0
#: What fast and small recipes may lack of the best accuracy.
NEAR = 0.02
AS_THEY_ARE, NOT_STANDARDISED = "numbers as they are", ", not standardised"
COLUMNS = (
    "recipe", "loss", "rows", "validation", "low", "high", "judged", "test", "seconds", "microseconds", "bytes",
    "remark",
)  # fmt: skip


@dataclass(frozen=True)
class LeaderboardRow:
    """A recipe and what it came to; what was not measured is None."""

    features: str
    loss: str
    standardize: bool
    #: Training rows of its last trial, and its accuracy on so many rows that were held out; see `judged`.
    n_rows: int = 0
    accuracy: float | None = None
    n_validation: int = 0
    #: On them too, at the temperature that makes it least.
    log_loss: float = math.inf
    #: Seconds to learn and extract the features and to choose `lam`, on those rows.
    seconds: float = 0.0
    #: Microseconds to predict an image, nearly all of which its features take.
    microseconds: float | None = None
    #: Size of the model.
    n_bytes: int | None = None
    #: Of the one that is chosen: of the others nobody shall know.
    test_accuracy: float | None = None
    chosen: bool = False
    #: Why it has come no further.
    remark: str = ""
    #: Whether the examples are images, and no rows of numbers.
    images: bool = True
    #: In how many folds training and validation rows were held out; 0 where the validation rows were.
    n_folds: int = 0

    @property
    def name(self) -> str:
        """What to call it in a line."""
        loss = self.loss + ("" if self.standardize else NOT_STANDARDISED)
        return recipe_name(self.features, loss, images=self.images)

    @property
    def judged(self) -> str:
        """By what it was judged, in words that follow upon its accuracy."""
        if self.n_folds:
            return f"by {self.n_folds} folds of {counted(self.n_validation, 'example')}"
        return f"on {counted(self.n_validation, 'validation example')}"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the validation accuracy."""
        if self.accuracy is None:
            return None
        return wilson_interval(round(self.accuracy * self.n_validation), self.n_validation)


def called(features: str, *, images: bool) -> str:
    """Return what to call features in a line: rows of numbers are no pixels, though a specification says so."""
    return AS_THEY_ARE if features == "pixels" and not images else features


def recipe_name(features: str, loss: str, *, images: bool) -> str:
    """Return what to call features with a loss in a line."""
    name = called(features, images=images)
    return f"{name}, {loss}" if name == AS_THEY_ARE else f"{name} {loss}"


def best_of(rows: Sequence[LeaderboardRow], prefer: str) -> LeaderboardRow:
    """Return the row to choose, of rows with accuracies on the same examples, the cheapest to train first.

    ``accurate`` takes the least log-loss of those within a standard error of the best accuracy; ``fast`` and
    ``small`` the fastest to predict and the smallest model of those within two points of it, or half that error.
    """
    best = max(rows, key=lambda row: row.accuracy or 0)
    top = best.accuracy or 0.0
    error = standard_error(top, best.n_validation)
    allowed = TIED * error if prefer == "accurate" else max(NEAR, error / 2)
    near = [row for row in rows if (row.accuracy or 0) >= top - allowed]
    if prefer == "fast":
        return min(near, key=lambda row: row.microseconds or 0)
    if prefer == "small":
        return min(near, key=lambda row: row.n_bytes or 0)
    return min(near, key=lambda row: (row.log_loss, -(row.accuracy or 0)))


def ranked(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """Return the chosen one first, then those on most rows by accuracy, at last those without any."""
    return sorted(rows, key=lambda row: (not row.chosen, -row.n_rows, -(row.accuracy or -1)))


def csv_rows(rows: Sequence[LeaderboardRow]) -> list[list[str]]:
    """Return the rows of ``leaderboard.csv``."""
    return [
        [
            row.features,
            row.loss + ("" if row.standardize else NOT_STANDARDISED),
            _written(row.n_rows or None, "d"),
            _written(row.accuracy, ".4f"),
            *(("", "") if row.interval is None else (f"{end:.4f}" for end in row.interval)),
            "" if row.accuracy is None else row.judged,
            _written(row.test_accuracy, ".4f"),
            f"{row.seconds:.2f}" if row.n_rows else "",
            _written(row.microseconds, ".1f"),
            _written(row.n_bytes, "d"),
            "chosen" if row.chosen else row.remark,
        ]
        for row in ranked(rows)
    ]


def _written(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
