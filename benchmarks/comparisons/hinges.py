"""How long the optimum of support vector machines takes."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.race import race_jobs, race_table
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table
from benchmarks.tasks import Job, Task

__all__ = ["Hinges"]

LINEAR_SVC, SKGLM, SNAPML = "scikit-learn LinearSVC", "skglm LinearSVC", "snapml SVM"
#: Seconds after which a peer begins no further fit; one under way is ended after six times as long.
LIMIT = 60.0
#: Sizes that finish: on all of CIFAR-10 LinearSVC was not near the optimum of squared hinges after a quarter of an
#: hour, snapml took eight minutes, and plain ones take hours.
RACES: tuple[tuple[Task, tuple[str, ...]], ...] = (
    (Task("digits", "one-vs-all:squared"), (LINEAR_SVC, SNAPML)),
    (Task("cifar10-small", "one-vs-all:squared"), (LINEAR_SVC, SNAPML)),
    (Task("cifar10", "one-vs-all:squared"), ()),
    (Task("digits", "one-vs-all"), (LINEAR_SVC, SKGLM, SNAPML)),
    (Task("cifar10-small", "one-vs-all"), (LINEAR_SVC, SNAPML)),
    (Task("digits", "crammer-singer"), (LINEAR_SVC,)),
    (Task("cifar10-small", "crammer-singer"), (LINEAR_SVC,)),
)


class Hinges(Comparison):
    """The race to the optimum for the squared hinge and for both plain ones."""

    name: ClassVar[str] = "hinges"
    title: ClassVar[str] = "Support vector machines: digits, CIFAR-10 at 5,000 x 192, CIFAR-10"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return the jobs of all races, one after the other."""
        return [job for race in self._races(quick=quick) for job in race]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return a table for each loss and size."""
        return [race_table(race, results, setting) for race in self._races(quick=quick)]

    def _races(self, *, quick: bool) -> list[list[Job]]:
        if quick:
            return [race_jobs(replace(task, limit=1), peers) for task, peers in RACES if task.data == "digits"]
        return [race_jobs(replace(task, limit=LIMIT), peers) for task, peers in RACES]
