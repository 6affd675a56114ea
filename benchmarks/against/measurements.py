"""What is measured of both revisions: only what both have, the estimators and the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.comparisons.epoch import FEW, MANY, per_epoch
from benchmarks.tables import Reading
from benchmarks.tasks import Job, Record, Task

__all__ = ["MEASUREMENTS", "Data", "Figure", "Measurement"]

EXACT = "scoreline exact"
#: Images that are no more than what tells whether all works.
FEW_IMAGES = "shapes"


@dataclass(frozen=True)
class Data:
    """The names of the data sets to use: rows, and image files."""

    rows: str
    files: str
    small: bool = False


@dataclass(frozen=True)
class Figure:
    """A number that is the better the smaller it is."""

    name: str
    unit: str
    read: Reading
    #: Seconds of work of all threads in the same time, for numbers that are times.
    work: Reading | None = None
    #: What is there already when the clock starts.
    state: str = ""


@dataclass(frozen=True)
class Measurement:
    """A job, and what is read off its records."""

    job: Callable[[Data], Job]
    figures: tuple[Figure, ...]


def _warmed(label: str, peer: str, *tasks: Task) -> Job:
    return Job(label, peer, tasks, rehearsal=tasks[:1])


def _error(record: Record) -> float | None:
    accuracy = record.facts.get("accuracy")
    return None if accuracy is None else 1 - accuracy


def _work(task: int) -> Reading:
    return lambda record: record.work[task] if task < len(record.work) else None


def _work_per_epoch(record: Record) -> float | None:
    return (record.work[2] - record.work[1]) / (MANY - FEW) if len(record.work) > 2 else None


_COLD = Figure("whole process", "s", Record.seconds, _work(0), "cold: the import counts, compiled code is there")
_WARM = Figure("second fit", "s", lambda record: record.seconds(1), _work(1), "warm")
_PEAK = Figure("peak of resident memory", "MB", lambda record: record.peak)
_OBJECTIVE = Figure("objective reached", "", Record.best)


def _epoch(data: Data) -> Job:
    few = Task(data.rows, epochs=FEW)
    return _warmed("epoch", "scoreline momentum", few, few, replace(few, epochs=MANY))


def _path(data: Data) -> Job:
    return _warmed("path", "scoreline CV", Task(data.rows, count=3 if data.small else 45, limit=900))


def _dictionary(data: Data) -> Job:
    features = f"dictionary:{8 if data.small else 400}"
    task = Task(data.files, "one-vs-all:squared", tol=1e-3, features=features, limit=900)
    return _warmed("dictionary:400", "scoreline compare", task)


#: By the names that ``--only`` takes.
MEASUREMENTS: dict[str, Measurement] = {
    "epoch": Measurement(
        _epoch,
        (
            Figure("an epoch of mini-batches", "s", per_epoch, _work_per_epoch, "warm"),
            _OBJECTIVE,
        ),
    ),
    "exact": Measurement(
        lambda data: _warmed("exact", EXACT, Task(data.rows), Task(data.rows)), (_COLD, _WARM, _OBJECTIVE)
    ),
    "path": Measurement(_path, (_COLD, Figure("error on held-out rows", "", _error))),
    "digits": Measurement(
        lambda _: _warmed("digits", EXACT, Task("digits"), Task("digits")), (_COLD, _WARM, _OBJECTIVE)
    ),
    "memory": Measurement(lambda data: _warmed("memory", EXACT, Task(data.rows)), (_PEAK,)),
    "memory-batches": Measurement(
        lambda data: _warmed("memory-batches", "scoreline momentum", Task(data.rows, epochs=2)), (_PEAK,)
    ),
    "dictionary:400": Measurement(_dictionary, (_COLD, _PEAK, Figure("error on the test split", "", _error))),
}
