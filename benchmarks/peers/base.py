"""What a peer is: one way to do a task with one library."""

from __future__ import annotations

import importlib
import importlib.util
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from benchmarks.datasets import Data, Rows, load_rows, missing_for
from benchmarks.tasks import Point, Task

__all__ = ["Peer", "stopwatch"]


class Peer(ABC):
    """One way to do a task with one library.

    A peer imports its library in `load` and in nothing that runs before, so that the import can be timed.
    """

    name: ClassVar[str]
    #: Modules that it imports.
    modules: ClassVar[tuple[str, ...]]
    #: Whether it is handed the raw rows and standardises them itself, or float32 rows that already are.
    raw: ClassVar[bool] = False

    def available(self) -> str:
        """Return the name of what is missing, or nothing."""
        return ", ".join(module for module in self.modules if not _is_there(module))

    def missing(self, data: str, cache: Path) -> str:
        """Make a data set ready if need be; return what keeps it from being made, or nothing."""
        return missing_for(data, cache)

    def data(self, name: str, cache: Path) -> Data:
        """Return what `run` is handed of a data set, before any clock starts."""
        return load_rows(name, cache, raw=self.raw)

    def load(self) -> None:
        """Import the library."""
        for module in self.modules:
            importlib.import_module(module)

    @abstractmethod
    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Do the task; yield points, in one list or in several as they come, which are evaluated in between."""


def stopwatch() -> Callable[[], float]:
    """Return a function that tells the seconds since now."""
    start = time.perf_counter()
    return lambda: time.perf_counter() - start


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False
