"""How long many configurations take side by side, against one after the other."""

from __future__ import annotations

from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, extrapolation_mark, ratios, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["Sweep"]

TOGETHER, SINGLY = "scoreline sweep", "scoreline single runs"


class Sweep(Comparison):
    """64 configurations: in one pass, and in 64 runs of which four are timed.

    Eight epochs of CIFAR-10, enough for single runs to be compiled, and one where products are BLAS's anyway.
    """

    name: ClassVar[str] = "sweep"
    title: ClassVar[str] = "Sweep: 64 configurations on CIFAR-10, and on 20,000 rows of the probe (1,000 classes)"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return both ways for ten classes and for a thousand."""
        tasks = [Task(data, epochs=n, count=64, limit=600) for data, n in (("cifar10", 8), ("probe-small", 1))]
        if quick:
            tasks = [Task("digits", epochs=2, count=8)]
        return [Job(f"{task.data}: {peer}", peer, (task, task)) for task in tasks for peer in (TOGETHER, SINGLY)]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return warm and cold times, and the ratio of the warm ones."""

        def warm(record: Record) -> float | None:
            return record.seconds(1)

        rows = []
        for job in self.jobs(quick=quick):
            singly = f"{job.tasks[0].data}: {SINGLY}"
            mark = extrapolation_mark(results, job.label)
            rows.append(
                [
                    job.label,
                    mark + spread(values(results, job.label, Record.seconds), " s"),
                    mark + spread(values(results, job.label, warm), " s"),
                    spread(ratios(results, job.label, warm, singly, warm), "x"),
                    str(len(results.records.get(job.label, []))),
                ]
            )
        return [Table(["", "cold", "warm", "against single runs", "runs"], rows)]
