"""How long the optimum of softmax with L2 takes."""

from __future__ import annotations

from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.race import race_jobs, race_table
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table
from benchmarks.tasks import Job, Task

__all__ = ["Exact"]

PEERS = (
    "scikit-learn lbfgs",
    "scikit-learn lbfgs, float64",
    "scikit-learn-intelex lbfgs",
    "torch LBFGS",
    "xgboost gblinear",
)


class Exact(Comparison):
    """Seconds until the objective is within 1e-3 and 1e-4 of the optimum."""

    name: ClassVar[str] = "exact"
    title: ClassVar[str] = "Exact softmax on CIFAR-10, 50,000 x 3,072"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return scoreline's two jobs and one a peer."""
        return race_jobs(Task("digits" if quick else "cifar10", limit=1 if quick else 200), PEERS)

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return times to each goal and ratios."""
        return [race_table(self.jobs(quick=quick), results, setting)]
