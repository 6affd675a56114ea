"""Small data, where starting up is most of the time."""

from __future__ import annotations

from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.race import race_jobs, race_table
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table
from benchmarks.tasks import Job, Task

__all__ = ["Digits"]


class Digits(Comparison):
    """The race to the optimum on 1,797 rows of 64 numbers."""

    name: ClassVar[str] = "digits"
    title: ClassVar[str] = "Small data: digits, 1,797 x 64, softmax"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return scoreline's two jobs and one a peer."""
        return race_jobs(
            Task("digits", limit=1 if quick else 30), ("scikit-learn lbfgs", "scikit-learn newton-cholesky")
        )

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return times to each goal and ratios."""
        return [race_table(self.jobs(quick=quick), results, setting)]
