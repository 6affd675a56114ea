"""How long all strengths of a penalty take, against one."""

from __future__ import annotations

from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, extrapolation_mark, ratios, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["Path"]

ONE = "scoreline exact, one lam"
ALL = "scoreline path, 45 lams"
PEER = "scikit-learn GridSearchCV, 45 values of C"


class Path(Comparison):
    """45 strengths from 1e-6 to 1, each to 1e-4, in a fresh process each time."""

    name: ClassVar[str] = "path"
    title: ClassVar[str] = "Path: 45 values of lam from 1e-6 to 1 on CIFAR-10, softmax, 1e-4 each"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one fit, the path, and scikit-learn's grid."""
        data, count, limit = ("digits", 5, 10) if quick else ("cifar10", 45, 900)
        task = Task(data, count=count, limit=limit)
        return [
            Job(ONE, "scoreline exact", (task,)),
            Job(ALL, "scoreline path", (task,)),
            Job(PEER, "scikit-learn GridSearchCV", (task,)),
        ]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return times, and ratios to the one fit."""
        rows = []
        for job in self.jobs(quick=quick):
            records = results.records.get(job.label, [])
            points = [record.points[0][-1] for record in records if record.points and record.points[0]]
            notes = sorted({note for *_, note in points}) or [record.error for record in records[:1]]
            rows.append(
                [
                    job.label,
                    extrapolation_mark(results, job.label)
                    + spread(values(results, job.label, Record.seconds), " s"),
                    spread(ratios(results, job.label, Record.seconds, ONE, Record.seconds), "x"),
                    "; ".join(notes),
                    str(len(records)),
                ]
            )
        return [Table(["", "cold", "against one fit", "how", "runs"], rows)]
