"""Vowpal Wabbit, one row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["VowpalWabbit"]

#: Rows that are timed; the time grows with the number of rows.
TIMED = 500


class VowpalWabbit(Peer):
    """``--oaa --loss_function logistic``: another algorithm, one adaptive step a row and one classifier a class.

    It reads text; the rows are parsed before the clock starts.
    """

    name: ClassVar[str] = "Vowpal Wabbit"
    modules: ClassVar[tuple[str, ...]] = ("vowpalwabbit",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, extrapolated from a few rows."""
        import vowpalwabbit

        machine = vowpalwabbit.Workspace(f"--oaa {rows.n_classes} --loss_function logistic --quiet")
        pairs = zip(rows.X[:TIMED], rows.y[:TIMED], strict=True)
        texts = [f"{y + 1} | " + " ".join(f"{j}:{x:.6g}" for j, x in enumerate(row)) for row, y in pairs]
        examples = [machine.parse(text, vowpalwabbit.LabelType.MULTICLASS) for text in texts]
        seconds = stopwatch()
        for _ in range(task.epochs):
            for example in examples:
                machine.learn(example)
        share = len(rows.X) / len(texts)
        yield [Point(seconds() * share, extrapolated=share, note=f"{len(texts)} of {len(rows.X)} rows")]
