"""The optimum that all others are measured by."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer
from benchmarks.peers.scoreline_exact import ScorelineExact
from benchmarks.tasks import Point, Task

__all__ = ["Reference"]

#: Entries of rows up to which they are multiplied in float64.
LARGE = 200_000_000


class Reference(Peer):
    """scoreline's exact solver to `Task.tol`, in float64 where there are not too many rows or classes for it.

    The precision and the gap are part of the answer.
    """

    name: ClassVar[str] = "reference"
    modules: ClassVar[tuple[str, ...]] = ScorelineExact.modules
    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, the optimum."""
        small = rows.X.size <= LARGE and len(rows.X) * rows.n_classes <= LARGE // 2
        X = rows.X.astype(np.float64) if small else rows.X
        precision = "float64" if small else "float32"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for points in ScorelineExact().run(replace(rows, X=X), task):
                yield [replace(point, note=f"{precision}, {point.note}") for point in points]
