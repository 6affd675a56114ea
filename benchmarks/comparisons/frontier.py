"""Accuracy against seconds, from image files to the evaluated classifier."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["Frontier"]

PEER = "scoreline, from files"
#: Losses that suit few numbers, and many.
SQUARED, RIDGE = "one-vs-all:squared", "squared-error"
#: How close to its optimum each classifier is brought.
TOL = 1e-3
MEASURED = "seconds from before the import to the evaluation, files read on the way"
TITLES = {
    "cifar10-jpeg": "CIFAR-10 (JPEG), 50,000 + 5,000 files",
    "fashion-mnist": "Fashion-MNIST, 60,000 + 10,000",
    "photographs": "crops of 13 photographs, 2,600 + 1,300 files of 24 to 96 pixels a side",
    "shapes": "drawn shapes, 400 + 100",
}


@dataclass(frozen=True)
class Recipe:
    """A line of the table: what is shown to which classifier."""

    data: str
    features: str
    loss: str = "softmax"

    @property
    def label(self) -> str:
        """What tells it apart."""
        return f"{self.data}: {self.features}, {self.loss}"


#: The best of what is cheap: gradients, colours and patterns in two sizes, for which left and right are the same.
_CHEAP = "hog:4,hog:8,opponent:16,grid=4,hue:16,grid=4,lbp,lbp:radius=2"
HAND_MADE = f"mirror:[{_CHEAP}]"
#: The cheaper ones of them.
FEW_HAND_MADE = "mirror:[hog,hue:16,grid=4,lbp]"
#: What is good whatever it takes.
BEST = "products:[two-layers:1000,dictionary:1000,dictionary:1000,patch_size=9],components=111,variance=40"
#: Words and components that are predicted to take 45 seconds, 2 and 5 minutes, and up to 15 minutes within 8 GB.
SIZES = ((320, 45), (550, 72), (1000, 90), (1300, 100))
WITHOUT_BORDERS = (
    *(f"products:[dictionary:{words},grid=3,spread=0.54],components={parts}" for words, parts in SIZES),
    "products:[two-layers:400,grid=3,spread=0.54,dictionary:900,grid=3,spread=0.54],components=100,variance=24",
)
#: Features with the loss that suits them, from the quickest on.
RECIPES = (
    Recipe("cifar10-jpeg", "pixels"),
    Recipe("cifar10-jpeg", "hog:8", SQUARED),
    Recipe("cifar10-jpeg", "mirror:[hog:8,hue]", SQUARED),
    Recipe("cifar10-jpeg", FEW_HAND_MADE, SQUARED),
    Recipe("cifar10-jpeg", f"products:[{FEW_HAND_MADE}],components=50", RIDGE),
    Recipe("cifar10-jpeg", HAND_MADE, SQUARED),
    Recipe("cifar10-jpeg", f"products:[{HAND_MADE}],components=60", RIDGE),
    Recipe("cifar10-jpeg", "mirror:[words:1000,assignment=hard,levels=1]", SQUARED),
    Recipe("cifar10-jpeg", "mirror:[words:1000,assignment=hard]", SQUARED),
    Recipe("cifar10-jpeg", "mirror:words", SQUARED),
    Recipe("cifar10-jpeg", "dictionary:400", SQUARED),
    Recipe("cifar10-jpeg", "products:[dictionary:400,grid=3],components=42", RIDGE),
    Recipe("cifar10-jpeg", "dictionary", RIDGE),
    Recipe("cifar10-jpeg", "products:[dictionary:700,grid=3],components=80", RIDGE),
    Recipe("cifar10-jpeg", "products:[two-layers:600,dictionary:600],components=80,variance=24", RIDGE),
    Recipe("cifar10-jpeg", BEST, RIDGE),
    *(Recipe("cifar10-jpeg", features, RIDGE) for features in WITHOUT_BORDERS),
)
#: The same defaults for data of other kinds: grey images; a folder of files of different sizes.
ELSEWHERE = (
    Recipe("fashion-mnist", "pixels"),
    Recipe("fashion-mnist", "hog,lbp", SQUARED),
    Recipe("fashion-mnist", "words", SQUARED),
    Recipe("fashion-mnist", "dictionary:400", SQUARED),
    Recipe("photographs", "pixels"),
    Recipe("photographs", "hog,hue,lbp", SQUARED),
    Recipe("photographs", "words", SQUARED),
    Recipe("photographs", "dictionary:400", SQUARED),
)
QUICK = (Recipe("shapes", "hog:8,hue"), Recipe("shapes", "lbp", SQUARED))


class Frontier(Comparison):
    """Each line in a fresh process that reads the files, learns and extracts features, chooses lam and refits."""

    name: ClassVar[str] = "frontier"
    title: ClassVar[str] = "Frontier: from image files to the evaluated classifier"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one job a recipe."""
        recipes = QUICK if quick else RECIPES + ELSEWHERE
        jobs, losses = [], set()
        for recipe in recipes:
            task = Task(recipe.data, recipe.loss, tol=TOL, features=recipe.features, limit=1_800)
            # Small data compile what describes images, and only the first fit with each loss what trains on many.
            small = task if recipe.loss not in losses else replace(task, data=QUICK[0].data)
            losses.add(recipe.loss)
            jobs.append(Job(recipe.label, PEER, (task,), rehearsal=(small,)))
        return jobs

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return accuracy, seconds and memory, a table for each data set."""
        del setting
        recipes = QUICK if quick else RECIPES + ELSEWHERE
        head = ["loss", "numbers", "accuracy", "validation", "seconds"]
        head += ["import", "reading", "features", "choice and fit", "peak", "lam"]
        return [
            Table(
                [TITLES[data], *head],
                [_row(recipe, results) for recipe in recipes if recipe.data == data],
            )
            for data in dict.fromkeys(recipe.data for recipe in recipes)
        ]

    def draw(self, results: Measurements, folder: Path) -> None:
        """Write ``frontier.png`` and ``frontier-dark.png`` of the first data set."""
        from scoreline.report.figures import THEMES, frontier, save_figure

        points = {
            f"{recipe.features}, {recipe.loss}": (_seconds(results, recipe), found[0])
            for recipe in (*RECIPES, *QUICK)
            if (found := values(results, recipe.label, _fact("accuracy")))
        }
        folder.mkdir(parents=True, exist_ok=True)
        for theme in THEMES.values():
            suffix = "" if theme.name == "light" else f"-{theme.name}"
            save_figure(frontier(points, theme, measured=MEASURED), folder / f"frontier{suffix}.png")


def _fact(name: str):
    return lambda record: record.facts.get(name)


def _seconds(results: Measurements, recipe: Recipe) -> float:
    return statistics.median(values(results, recipe.label, Record.seconds))


def _row(recipe: Recipe, results: Measurements) -> list[str]:
    def of(name: str) -> list[float]:
        return values(results, recipe.label, _fact(name))

    def first(name: str, text: str) -> str:
        return format(found[0], text) if (found := of(name)) else "–"

    return [
        f"`{recipe.features}`",
        recipe.loss,
        first("numbers", ",.0f"),
        first("accuracy", ".4f"),
        first("validation", ".4f"),
        spread(values(results, recipe.label, Record.seconds)),
        spread(values(results, recipe.label, lambda record: record.load_seconds)),
        *(spread(of(name)) for name in ("reading", "extraction", "fit")),
        spread(values(results, recipe.label, lambda record: record.peak), " MB"),
        first("lam", ".2g"),
    ]
