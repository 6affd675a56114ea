"""A linear probe of frozen features with many classes."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.race import race_jobs, race_table
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table
from benchmarks.tasks import Job, Task

__all__ = ["Probe"]


class Probe(Comparison):
    """The race to the optimum on 200,000 x 768 made features of 1,000 classes (`benchmarks.datasets.probe`)."""

    name: ClassVar[str] = "probe"
    title: ClassVar[str] = "Synthetic probe: 200,000 x 768 in float32, 1,000 classes, softmax"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return scoreline's two jobs and one a peer."""
        # Of 1e-2, 1e-3 and 1e-4 the strength that names most of 40,000 rows rightly, after a fit to the others.
        task = Task("digits", limit=1) if quick else Task("probe", lam=1e-3, limit=300)
        first, *others = race_jobs(task, ("scikit-learn lbfgs", "torch LBFGS"))
        # With so many classes products are BLAS's: what is compiled evaluates scores, of however few rows.
        rehearsal = Task("digits", limit=1) if quick else Task("probe-small", lam=1e-3, tol=0.1)
        return [replace(first, rehearsal=(rehearsal,)), *others]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return times to each goal and ratios."""
        return [race_table(self.jobs(quick=quick), results, setting)]
