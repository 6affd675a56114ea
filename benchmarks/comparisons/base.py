"""What a comparison is: jobs to be run, and the table that tells what came of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table
from benchmarks.tasks import Job

__all__ = ["Comparison"]


class Comparison(ABC):
    """Jobs to be run, and the table that tells what came of them."""

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def jobs(self, *, quick: bool) -> list[Job]:
        """Return the jobs; quick ones use small data and tell nothing but that everything works."""

    @abstractmethod
    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return what came of them."""

    def draw(self, results: Measurements, folder: Path) -> None:
        """Write figures of what came of them to a folder; here there are none."""
        del results, folder
