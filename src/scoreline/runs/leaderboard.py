"""What a search for a recipe has tried: in ``leaderboard.csv``, for the report and for machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scoreline._text import show_size
from scoreline.data.budget import parse_size
from scoreline.report.findings import Searched
from scoreline.report.summary import Leaderboard, TriedRecipe
from scoreline.runs.config import RunConfig
from scoreline.runs.recipes.leaderboard import COLUMNS, LeaderboardRow, recipe_name
from scoreline.runs.recipes.remarks import bytes_lacking, seconds_needed
from scoreline.runs.recorded import damaged, read_rows
from scoreline.runs.time_budget import show_budget

__all__ = ["leaderboard_entry", "read_leaderboard", "searched_by"]

FILE = "leaderboard.csv"
#: Of runs whose recipes were judged by validation rows alone.
EARLIER_COLUMNS = tuple(name for name in COLUMNS if name != "judged")
#: Times as much as is predicted, and the budgets that are proposed, in seconds.
MORE = 1.2
BUDGETS = (30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600)


def leaderboard_entry(row: LeaderboardRow) -> dict[str, Any]:
    """Return a recipe as ``--json`` prints it; what was not measured is null."""
    return {
        "features": row.features,
        "loss": row.loss,
        "standardize": row.standardize,
        "rows": row.n_rows,
        "validation_accuracy": row.accuracy,
        "interval": row.interval,
        "judged": row.judged if row.accuracy is not None else "",
        "test_accuracy": row.test_accuracy,
        "seconds": row.seconds,
        "microseconds": row.microseconds,
        "bytes": row.n_bytes,
        "chosen": row.chosen,
        "remark": row.remark,
    }


def read_leaderboard(folder: Path, *, images: bool) -> Leaderboard | None:
    """Return what a run's search has tried; None where there was no search.

    Parameters
    ----------
    folder : path
    images : bool
        Whether the examples are images, and no rows of numbers.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    header, rows = read_rows(folder, FILE)
    if not rows:
        return None
    if tuple(header) not in (COLUMNS, EARLIER_COLUMNS):
        raise damaged(folder, FILE, f"its columns are {', '.join(header)}")
    named = [dict(zip(header, row, strict=True)) for row in rows]
    try:
        tried = [_tried(row, images=images) for row in named if row["validation"]]
    except ValueError as error:
        raise damaged(folder, FILE, str(error)) from error
    names = [recipe_name(row["recipe"], row["loss"], images=images) for row in named]
    remarks = [(name, row["remark"]) for name, row in zip(names, named, strict=True)]
    left_out = [remark for remark, row in zip(remarks, named, strict=True) if not row["validation"]]
    others = [remark for remark in remarks if remark[1] not in ("", "chosen")]
    judged = next((row["judged"] for row in named if row["remark"] == "chosen" and row.get("judged")), "")
    return Leaderboard(tried, left_out, others, judged)


def searched_by(request: RunConfig, leaderboard: Leaderboard | None) -> Searched | None:
    """Return what a run's search has left out, and settings with room for the next; None without a search."""
    if leaderboard is None:
        return None
    late = {name: seconds_needed(remark) for name, remark in leaderboard.not_to_the_end}
    lacking = {name: bytes_lacking(remark) for name, remark in leaderboard.not_to_the_end}
    seconds = {name: found for name, found in late.items() if found is not None}
    sizes = {name: found for name, found in lacking.items() if found is not None}
    budget = memory = ""
    if seconds:
        wanted = request.seconds + MORE * min(seconds.values())
        budget = show_budget(next((one for one in BUDGETS if one >= wanted), math.ceil(wanted / 3600) * 3600))
    if sizes:
        needed, left = min(sizes.values())
        # Without a bound, features are kept in memory; with one, they lie on the disk.
        bound = left if request.memory is None else parse_size(request.memory) + MORE * (needed - left)
        memory = f"{max(1, round(bound / 1e6))}MB"
    in_order = sorted(seconds, key=lambda name: seconds[name]), sorted(sizes, key=lambda name: sizes[name])
    return Searched(tuple(in_order[0]), budget, tuple(in_order[1]), memory)


def _tried(row: Mapping[str, str], *, images: bool) -> TriedRecipe:
    low, high = (f"{100 * float(row[end]):.1f}" if row[end] else "" for end in ("low", "high"))
    return TriedRecipe(
        name=recipe_name(row["recipe"], row["loss"], images=images),
        rows=f"{int(row['rows']):,}" if row["rows"] else "",
        validation=f"{float(row['validation']):.1%}",
        interval=f"{low}–{high}" if low else "",
        test=f"{float(row['test']):.1%}" if row["test"] else "",
        seconds=f"{float(row['seconds']):.1f}" if row["seconds"] else "",
        microseconds=f"{float(row['microseconds']):,.0f}" if row["microseconds"] else "",
        size=show_size(int(row["bytes"])) if row["bytes"] else "",
        chosen=row["remark"] == "chosen",
    )
