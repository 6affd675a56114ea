"""How much memory a fit takes."""

from __future__ import annotations

from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, spread, values
from benchmarks.tasks import Job, Task

__all__ = ["Memory"]

PEERS = ("scoreline exact", "scoreline momentum", "scikit-learn lbfgs", "torch LBFGS")


class Memory(Comparison):
    """Peak of the resident memory, over the data and over all that was there before the fit.

    Peers hold the rows in float32, four times the bytes; their limit of time is short, since an iteration takes
    what all take.
    """

    name: ClassVar[str] = "memory"
    title: ClassVar[str] = "Memory: a fit on CIFAR-10, 50,000 x 3,072 bytes"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one job a peer."""
        return [Job(peer, peer, (Task("digits" if quick else "cifar10", epochs=2, limit=10),)) for peer in PEERS]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return megabytes."""
        rows = [
            [
                job.label,
                spread(values(results, job.label, lambda record: record.data_megabytes)),
                spread(values(results, job.label, lambda record: record.resident)),
                spread(values(results, job.label, lambda record: record.peak)),
                spread(values(results, job.label, lambda record: record.peak - record.data_megabytes)),
                spread(values(results, job.label, lambda record: record.peak - record.resident)),
            ]
            for job in self.jobs(quick=quick)
        ]
        head = ["MB", "data", "data, Python and library", "peak of the fit", "peak less data", "fit alone"]
        return [Table(head, rows)]
