"""What the recipes came to, side by side, and which of them is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scoreline.report.intervals import wilson_interval

__all__ = ["COLUMNS", "LeaderboardRow", "best_of", "csv_rows", "margin", "ranked"]

#: Standard errors within which accuracies are equal: recipes err on nearly the same examples, so that a difference
#: is surer than either accuracy. The same rule chooses `lam`.
TIED = 0.5
#: What fast and small recipes may lack of the best accuracy.
NEAR = 0.02
COLUMNS = (
    "recipe", "loss", "rows", "validation", "low", "high", "test", "seconds", "microseconds", "bytes", "remark",
)  # fmt: skip


@dataclass(frozen=True)
class LeaderboardRow:
    """A recipe and what it came to; what was not measured is None."""

    features: str
    loss: str
    standardize: bool
    #: Training rows of its last trial, and its accuracy on so many validation rows.
    n_rows: int = 0
    accuracy: float | None = None
    n_validation: int = 0
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

    @property
    def name(self) -> str:
        """What to call it in a line."""
        return f"{self.features} {self.loss}" + ("" if self.standardize else ", not standardised")

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the validation accuracy."""
        if self.accuracy is None:
            return None
        return wilson_interval(round(self.accuracy * self.n_validation), self.n_validation)


def margin(accuracy: float, n_validation: int) -> float:
    """Return the difference up to which an accuracy on so many examples is as good as another."""
    return TIED * math.sqrt(max(accuracy * (1 - accuracy), 0) / max(n_validation, 1))


def best_of(rows: Sequence[LeaderboardRow], prefer: str) -> LeaderboardRow:
    """Return the row to choose, of rows with accuracies on the same examples, the cheapest to train first.

    ``accurate`` takes the cheapest of those as good as the best up to chance; ``fast`` and ``small`` the fastest
    to predict and the smallest model of those within two points of the best.
    """
    best = max(rows, key=lambda row: row.accuracy or 0)
    top = best.accuracy or 0.0
    allowed = margin(top, best.n_validation) if prefer == "accurate" else max(NEAR, margin(top, best.n_validation))
    near = [row for row in rows if (row.accuracy or 0) >= top - allowed]
    if prefer == "fast":
        return min(near, key=lambda row: row.microseconds or 0)
    if prefer == "small":
        return min(near, key=lambda row: row.n_bytes or 0)
    return near[0]


def ranked(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """Return the chosen one first, then those on most rows by accuracy, at last those without any."""
    return sorted(rows, key=lambda row: (not row.chosen, -row.n_rows, -(row.accuracy or -1)))


def csv_rows(rows: Sequence[LeaderboardRow]) -> list[list[str]]:
    """Return the rows of ``leaderboard.csv``."""
    return [
        [
            row.features,
            row.loss + ("" if row.standardize else ", not standardised"),
            _written(row.n_rows or None, "d"),
            _written(row.accuracy, ".4f"),
            *(("", "") if row.interval is None else (f"{end:.4f}" for end in row.interval)),
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
