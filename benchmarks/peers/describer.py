"""What peers that describe images have in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

from benchmarks.datasets import Matrix, Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["Describer", "n_threads"]

#: Pixels of a side, and channels, of the images that the rows are.
SIDE, CHANNELS = 32, 3


class Describer(Peer):
    """Describes the first `Task.count` images by what `Task.features` says; whatever is learned is not timed."""

    raw: ClassVar[bool] = True

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point, when all images are described."""
        from scoreline.features import build_features

        images = rows.X[: task.count].reshape(-1, SIDE, SIDE, CHANNELS)
        learned = build_features(task.features).fit(images)
        with self.workers() as workers:
            describe = self.described(learned, images, workers)
            seconds = stopwatch()
            describe()
            yield [Point(seconds())]

    def workers(self) -> AbstractContextManager[Any]:
        """Return what the work is shared among, if the library does not do so itself."""
        return nullcontext()

    @abstractmethod
    def described(self, learned: Any, images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return what describes the images as scoreline's `learned` features do, everything prepared."""


def n_threads() -> int:
    """Return how many threads are allowed."""
    return int(os.environ["OMP_NUM_THREADS"])
