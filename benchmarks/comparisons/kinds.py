"""What the recipe search chooses on many kinds of data, against the best recipe named by hand."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.kinds import kinds
from benchmarks.peers.scoreline_recipes import BY_HAND, ScorelineRecipes, part_of
from benchmarks.tables import Table
from benchmarks.tasks import Job, Record, Task

__all__ = ["Kinds"]

#: Recipes beside those of the ladder, for images of up to 48 pixels a side and for larger ones.
SMALL = (
    "hog:4,hog:8,lbp",
    "products:[hog:4,lbp],components=40",
    "hue,opponent:16",
    "words:500",
    "gist",
)
LARGER = (
    "lbp,lbp:radius=2,grid=2",
    "products:[hog:8,lbp],components=40",
    "hue,opponent:16",
    "resized:[words:500],side=64",
)
#: Kinds whose images are larger.
LARGE_KINDS = {"photographs", "textures", "objects", "sounds", "lines", "icons", "spots"}
#: Kinds of the quick run, with a share of their images.
QUICK = ("digits*0.2", "mirrored*0.1")


class Kinds(Comparison):
    """One job a kind: the search, then the recipes by hand, the ones that take a quarter of an hour left out."""

    name: ClassVar[str] = "kinds"
    title: ClassVar[str] = "Kinds of data: what the recipe search chooses, and the best recipe by hand"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one job a kind."""
        if quick:
            tasks = [Task(data, budget="5s", limit=60) for data in QUICK]
        else:
            tasks = [
                Task(name, features=" ".join(LARGER if name in LARGE_KINDS else SMALL), budget="5m", limit=1_800)
                for name in kinds(Path())
            ]
        return [Job(task.data, ScorelineRecipes.name, (task,)) for task in tasks]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return choice, accuracies and their difference for each kind."""
        del setting
        head = ["kind", "chosen", "tried", "seconds", "validation", "test", "best by hand", "test", "regret"]
        rows = [
            _row(job.label, results.records[job.label][0])
            for job in self.jobs(quick=quick)
            if results.records.get(job.label)
        ]
        note = (
            "Regret is in points. The ladder was learned on the kinds that say so. The best by hand is that of "
            "highest accuracy on test rows, which favours it: the search has seen none of them."
        )
        return [Table(head, rows, (note,))]


def _row(label: str, record: Record) -> list[str]:
    facts = record.facts
    by_hand = {name.removeprefix(BY_HAND): value for name, value in facts.items() if name.startswith(BY_HAND)}
    if not by_hand:
        return [label, *["–"] * 8]
    best = max(by_hand, key=by_hand.__getitem__)
    judged = kinds(Path())[part_of(label)[0]].judged
    return [
        label if judged else f"{label} (learned)",
        f"`{record.points[0][-1][3]}`",
        f"{facts['tried']:.0f}",
        f"{facts['seconds']:.0f}",
        f"{facts['validation']:.3f}",
        f"{facts['test']:.3f}",
        f"`{best}`",
        f"{by_hand[best]:.3f}",
        f"{100 * (by_hand[best] - facts['test']):.1f}",
    ]
