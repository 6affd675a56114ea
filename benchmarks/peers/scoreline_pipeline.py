"""scoreline from image files to the evaluated classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.datasets import jpeg_folder
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.photographs import make_folder
from benchmarks.tasks import Point, Task

__all__ = ["Files", "FilesPeer", "ScorelinePipeline"]


@dataclass(frozen=True)
class Files:
    """What ``scoreline train`` is told to read; nothing of it is in memory yet."""

    spec: str
    megabytes: float = 0.0


def cifar10_jpeg(cache: Path) -> str:
    """Return the folder of JPEG files that SCORELINE_DATA holds, or that its archive was unpacked to."""
    folder = jpeg_folder(cache)
    if folder is None:
        raise FileNotFoundError("SCORELINE_DATA names no folder that holds cifar10-jpeg or cifar10-jpeg.tar.xz")
    return str(folder)


def photographs(cache: Path) -> str:
    """Return a folder of crops of sample photographs, made if it is not there."""
    folder = cache / "photographs"
    if not folder.is_dir():
        make_folder(folder)
    return str(folder)


#: What is read of each data set, from the folder that holds those made before.
SOURCES: dict[str, Callable[[Path], str]] = {
    "cifar10-jpeg": cifar10_jpeg,
    "drawn": lambda _: "synthetic:n_train=50000,n_test=5000",
    "fashion-mnist": lambda _: "fashion-mnist",
    "photographs": photographs,
    "shapes": lambda _: "synthetic:n_train=400,n_test=100",
}


class FilesPeer(Peer):
    """A peer that reads image files itself."""

    def missing(self, data: str, cache: Path) -> str:
        """Make a folder of images ready if need be; return what keeps it from being made, or nothing."""
        try:
            SOURCES[data](cache)
        except (OSError, ImportError) as error:
            return f"the data set {data} could not be made: {error}"
        return ""

    def data(self, name: str, cache: Path) -> Files:
        """Return what to read."""
        return Files(SOURCES[name](cache))


class ScorelinePipeline(FilesPeer):
    """What ``scoreline compare DATA --features F --losses L --lams auto`` does, from the files to the test."""

    name: ClassVar[str] = "scoreline, from files"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.runs.comparison",)

    def run(self, rows: Any, task: Task) -> Iterator[list[Point]]:
        """Yield one point, with what the classifier came to."""
        from scoreline.data import load_dataset
        from scoreline.runs.comparison import compare
        from scoreline.runs.config import RunConfig

        seconds = stopwatch()
        settings = RunConfig(data=rows.spec, features=task.features, loss=task.loss, lam="auto", tol=task.tol)
        dataset = load_dataset(settings.data, settings.load_options())
        reading = seconds()
        (row,) = compare(settings, {}, dataset=dataset)
        facts = {
            "accuracy": row.accuracy,
            "validation": row.validation_accuracy,
            "numbers": row.n_features,
            "lam": row.lam,
            "reading": reading,
            "extraction": row.feature_seconds,
            "fit": row.seconds,
        }
        yield [Point(seconds(), facts=facts)]
