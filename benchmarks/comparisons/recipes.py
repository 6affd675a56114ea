"""What the recipe search predicts of its ladder, against what is measured."""

from __future__ import annotations

import statistics
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.frontier import PEER
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, values
from benchmarks.tasks import Job, Task

__all__ = ["Recipes"]

#: Data, their training, validation and test images, pixels and classes; and how many recipes are measured on them.
LARGE, QUICK = ("cifar10-jpeg", (45_000, 5_000, 5_000, 1_024, 10), 6), ("shapes", (360, 40, 100, 1_024, 5), 2)


class Recipes(Comparison):
    """Recipes of the ladder, each in a fresh process; the last ones, which take many minutes, are left out."""

    name: ClassVar[str] = "recipes"
    title: ClassVar[str] = "Recipes: seconds that the search predicts, and measured ones"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one job a recipe."""
        from scoreline.runs.recipes.ladder import IMAGES

        data, _, count = QUICK if quick else LARGE
        return [
            Job(f"{recipe.features}, {recipe.loss}", PEER, (task,), rehearsal=(task,))
            for recipe in [one for one in IMAGES if one.channels != 1][:count]
            for task in (Task(data, recipe.loss, features=recipe.features, limit=1_800),)
        ]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return predicted and measured seconds of features and of choice and fit, and their ratio."""
        del setting
        head = [
            "recipe",
            "columns",
            "predicted",
            "features",
            "predicted",
            "choice and fit",
            "measured / predicted",
        ]
        rows = [_row(job.label, job.tasks[0], results, quick=quick) for job in self.jobs(quick=quick)]
        return [Table(head, rows)]


def _row(label: str, task: Task, results: Measurements, *, quick: bool) -> list[str]:
    from scoreline.runs.recipes.cost import Work, fit_seconds
    from scoreline.runs.recipes.ladder import IMAGES

    _, sizes, _ = QUICK if quick else LARGE
    work, recipe = Work(*sizes), next(one for one in IMAGES if one.features == task.features)
    width = round(recipe.columns(work.pixels, 3 * work.pixels))
    features = recipe.learn + 1e-9 * (recipe.work or 0) * work.pixels * work.n_all
    fit = fit_seconds(work.n_train + work.n_validation, width, work.n_classes, recipe.loss)

    def median(name: str) -> float | None:
        found = values(results, label, lambda record: record.facts.get(name))
        return statistics.median(found) if found else None

    extraction, fitted, columns = median("extraction"), median("fit"), median("numbers")
    if extraction is None or fitted is None or columns is None:
        return [f"`{task.features}`", *["–"] * 6]
    ratio = (extraction + fitted) / (features + fit)
    seconds = (f"{value:.2f} s" for value in (features, extraction, fit, fitted))
    return [f"`{task.features}`", f"{width:,} ({columns:,.0f})", *seconds, f"{ratio:.2f}x"]
