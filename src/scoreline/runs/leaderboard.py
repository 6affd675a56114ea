"""What a search for a recipe has tried: in ``leaderboard.csv``, for the report and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scoreline._text import show_size
from scoreline.report.summary import Leaderboard, TriedRecipe
from scoreline.runs.recipes.leaderboard import COLUMNS, LeaderboardRow
from scoreline.runs.recorded import damaged, read_rows

__all__ = ["leaderboard_entry", "read_leaderboard"]

FILE = "leaderboard.csv"


def leaderboard_entry(row: LeaderboardRow) -> dict[str, Any]:
    """Return a recipe as ``--json`` prints it; what was not measured is null."""
    return {
        "features": row.features,
        "loss": row.loss,
        "standardize": row.standardize,
        "rows": row.n_rows,
        "validation_accuracy": row.accuracy,
        "interval": row.interval,
        "test_accuracy": row.test_accuracy,
        "seconds": row.seconds,
        "microseconds": row.microseconds,
        "bytes": row.n_bytes,
        "chosen": row.chosen,
        "remark": row.remark,
    }


def read_leaderboard(folder: Path) -> Leaderboard | None:
    """Return what a run's search has tried; None where there was no search.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    header, rows = read_rows(folder, FILE)
    if not rows:
        return None
    if tuple(header) != COLUMNS:
        raise damaged(folder, FILE, f"its columns are {', '.join(header)}")
    named = [dict(zip(header, row, strict=True)) for row in rows]
    try:
        tried = [_tried(row) for row in named if row["validation"]]
    except ValueError as error:
        raise damaged(folder, FILE, str(error)) from error
    return Leaderboard(tried, [(_name(row), row["remark"]) for row in named if not row["validation"]])


def _tried(row: Mapping[str, str]) -> TriedRecipe:
    low, high = (f"{100 * float(row[end]):.1f}" if row[end] else "" for end in ("low", "high"))
    return TriedRecipe(
        name=_name(row),
        rows=f"{int(row['rows']):,}" if row["rows"] else "",
        validation=f"{float(row['validation']):.1%}",
        interval=f"{low}–{high}" if low else "",
        test=f"{float(row['test']):.1%}" if row["test"] else "",
        seconds=f"{float(row['seconds']):.1f}" if row["seconds"] else "",
        microseconds=f"{float(row['microseconds']):,.0f}" if row["microseconds"] else "",
        size=show_size(int(row["bytes"])) if row["bytes"] else "",
        chosen=row["remark"] == "chosen",
    )


def _name(row: Mapping[str, str]) -> str:
    return f"{row['recipe']} {row['loss']}"
