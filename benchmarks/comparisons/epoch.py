"""How long an epoch of mini-batches takes."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, extrapolation_mark, ratios, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["Epoch"]

OURS = "scoreline momentum"
PEERS = (OURS, "torch SGD", "jax + optax SGD", "scikit-learn SGDClassifier", "Vowpal Wabbit")
#: Fewer than eight would not be worth compiling for scoreline, and the difference would mix two ways of working.
FEW, MANY = 8, 16
#: Operations of an epoch on CIFAR-10: a product and a sum for each entry, forward and back.
GFLOP = 4 * 50_000 * 3_072 * 10 / 1e9


class Epoch(Comparison):
    """Seconds an epoch: the difference between 16 epochs and 8, in a process that has done 8 before."""

    name: ClassVar[str] = "epoch"
    title: ClassVar[str] = "Mini-batch epochs: CIFAR-10, 50,000 x 3,072, batches of 256, momentum"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one job a peer, and scoreline's once more with nothing compiled."""
        few = Task("digits" if quick else "cifar10", epochs=FEW)
        jobs = [Job(peer, peer, (few, few, replace(few, epochs=MANY))) for peer in PEERS]
        return [*jobs, Job(f"{OURS}, nothing compiled yet", OURS, (few,), empty_cache=True)]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return seconds an epoch, ratios, and the share of the speed of sgemm."""
        rows = []
        for job in self.jobs(quick=quick):
            pace = values(results, job.label, per_epoch)
            mark = extrapolation_mark(results, job.label)
            rows.append(
                [
                    job.label,
                    mark + spread([1000 * seconds for seconds in pace]),
                    spread(ratios(results, job.label, per_epoch, OURS, per_epoch), "x"),
                    spread([100 * share for share in shares(results, job.label)], " %"),
                    mark + spread(values(results, job.label, Record.seconds), " s"),
                    spread(values(results, job.label, lambda record: record.peak), " MB"),
                    str(len(results.records.get(job.label, []))),
                ]
            )
        head = ["", "an epoch, ms", "against scoreline", "of sgemm", f"cold, {FEW} epochs", "peak", "runs"]
        return [Table(head, rows)]


def per_epoch(record: Record) -> float | None:
    """Return the seconds an epoch."""
    few, many = record.seconds(1), record.seconds(2)
    return None if few is None or many is None else (many - few) / (MANY - FEW)


def shares(results: Measurements, label: str) -> list[float]:
    """Return the operations of an epoch over those that sgemm does in the same time, its best size counting."""
    if not results.sgemm:
        return []
    ceiling = statistics.median(max(rates.values()) for rates in results.sgemm)
    return [GFLOP / seconds / ceiling for seconds in values(results, label, per_epoch)]
