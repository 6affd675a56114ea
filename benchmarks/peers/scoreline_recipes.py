"""The recipe search on one kind of data, and recipes named by hand beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.kinds import folder_of
from benchmarks.peers.base import stopwatch
from benchmarks.peers.scoreline_pipeline import Files, FilesPeer
from benchmarks.tasks import Point, Task

__all__ = ["BY_HAND", "ScorelineRecipes", "part_of"]

BY_HAND = "by hand: "


def part_of(data: str) -> tuple[str, float]:
    """Return the kind, and the share of its images, that a name such as ``mnist*0.1`` stands for."""
    name, _, share = data.partition("*")
    return name, float(share or 1)


class ScorelineRecipes(FilesPeer):
    """``scoreline train FOLDER --budget B``, then each recipe of the ladder and those that the task names.

    The note of its points is the recipe that the search chose; the accuracies of recipes by hand are facts whose
    names begin with `BY_HAND`. Those that take long to learn are left out where the task has a low limit.
    """

    name: ClassVar[str] = "scoreline, recipes"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.runs.training", "scoreline.runs.comparison")

    def missing(self, data: str, cache: Path) -> str:
        """Make the images if need be; return what keeps them from being made, or nothing."""
        from scoreline.errors import ScorelineError

        try:
            self.data(data, cache)
        except (OSError, ImportError, ScorelineError) as error:
            return f"the images could not be made: {error}"
        return ""

    def data(self, name: str, cache: Path) -> Files:
        """Return the folder of images."""
        kind, share = part_of(name)
        return Files(str(folder_of(kind, cache, share)))

    def run(self, rows: Any, task: Task) -> Iterator[list[Point]]:
        """Yield a point for the search, and another once the recipes by hand are done."""
        from scoreline.data import load_dataset
        from scoreline.runs.comparison import compare
        from scoreline.runs.config import AUTO, RunConfig
        from scoreline.runs.recipes.ladder import ladder
        from scoreline.runs.training import train_run

        auto = dict.fromkeys(("features", "loss", "standardize"), AUTO)
        asked = RunConfig.checked(data=rows.spec, budget=task.budget, **auto)
        seconds = stopwatch()
        with tempfile.TemporaryDirectory() as folder:
            result = train_run(asked, Path(folder) / "run")
        chosen = next(row for row in result.leaderboard if row.chosen)
        facts = {
            "seconds": seconds(),
            "test": result.evaluations["test"].accuracy,
            "validation": chosen.accuracy or 0.0,
            "tried": sum(row.accuracy is not None for row in result.leaderboard),
        }
        yield [Point(facts["seconds"], note=chosen.name, facts=facts)]
        dataset = load_dataset(asked.data, asked.load_options())
        recipes = [one for one in ladder(asked, dataset.example_shape) if one.learn <= task.limit / 200]
        by_hand = [one.settings(asked) for one in recipes]
        squared = {"loss": "squared-error", "standardize": True}
        by_hand += [asked.changed(features=one, **squared) for one in task.features.split()]
        for settings in by_hand:
            (row,) = compare(settings.changed(lam=AUTO), {}, dataset=dataset)
            facts[f"{BY_HAND}{settings.features} {settings.loss}"] = row.accuracy or 0.0
        yield [Point(seconds(), note=chosen.name, facts=facts)]
