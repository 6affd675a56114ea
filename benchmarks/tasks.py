"""What is asked of a peer, and what comes back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

__all__ = ["Job", "Point", "Record", "Task"]


@dataclass(frozen=True)
class Task:
    """One thing to do: minimise the mean loss plus ``lam * sum W^2``, the bias free, on standardised rows."""

    data: str
    loss: str = "softmax"
    lam: float = 5e-4
    #: Relative suboptimality wanted. Peers that leave a trace are stopped by `limit` alone.
    tol: float = 1e-4
    #: Epochs of mini-batches.
    epochs: int = 0
    #: Strengths of a path, configurations of a sweep, or images that are described.
    count: int = 1
    #: What images are described by, as ``--features`` takes it.
    features: str = ""
    #: What a search for a recipe may take, as ``--budget`` takes it.
    budget: str = "1m"
    #: Seconds after which a peer is stopped at its next iteration.
    limit: float = 200.0


@dataclass(frozen=True)
class Job:
    """Tasks that one fresh process does one after the other; the first is the cold one."""

    label: str
    peer: str
    tasks: tuple[Task, ...]
    #: The later tasks are left out where the first took longer than this.
    repeat_below: float = float("inf")
    #: Start with an empty folder of compiled code.
    empty_cache: bool = False
    #: How many threads, if not as many as all others.
    threads: int = 0
    #: Done once before the rounds, unmeasured, so that what the tasks compile is there.
    rehearsal: tuple[Task, ...] = ()
    #: Folder of the packages that are measured and folder of their compiled code, if not what is installed.
    source: str = ""
    compiled: str = ""

    @property
    def timeout(self) -> float:
        """Seconds after which the process is ended, whatever it does."""
        return 120 + 2 * sum(task.limit for task in self.tasks)

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Job:
        """Return the job that `as_json` wrote down."""
        tasks = {name: tuple(Task(**task) for task in data[name]) for name in ("tasks", "rehearsal")}
        return cls(**{**data, **tasks})


@dataclass(frozen=True, eq=False)
class Point:
    """An answer, or a place on the way to one."""

    #: Since the task began, importing the library not counted.
    seconds: float
    #: Weights ``(C, D)`` and bias ``(C,)`` for the rows that the peer was handed; None where nothing is evaluated.
    weights: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None
    #: What the seconds were multiplied by, where only a part of the task was done.
    extrapolated: float = 1.0
    #: Whatever else is worth a word: a gap, a warning.
    note: str = ""
    #: What a run came to, by name, where a table tells more than seconds.
    facts: dict[str, float] = field(default_factory=dict)


@dataclass
class Record:
    """What one process told."""

    label: str
    load_seconds: float = float("nan")
    #: Megabytes: resident before the first task with its data loaded, and at its peak.
    resident: float = float("nan")
    peak: float = float("nan")
    data_megabytes: float = float("nan")
    #: Seconds of work of all threads until the first answer to each task, importing the library not counted.
    work: list[float] = field(default_factory=list)
    #: The file of scoreline that was measured, if any was.
    origin: str = ""
    #: Of each task: (seconds, objective, extrapolated, note); the objective may be None.
    points: list[list[tuple[float, float | None, float, str]]] = field(default_factory=list)
    #: Of the last point: see `Point`.
    facts: dict[str, float] = field(default_factory=dict)
    error: str = ""
    #: Share of the machine's cores that other programs took meanwhile.
    others: float = float("nan")

    def seconds(self, task: int = 0) -> float | None:
        """Return when the last answer to a task was there; the cold one counts the import of the library."""
        if task >= len(self.points) or not self.points[task]:
            return None
        return self.points[task][-1][0] + (self.load_seconds if task == 0 else 0.0)

    def seconds_to(self, objective: float, task: int = 0) -> float | None:
        """Return when the first answer at most `objective` was there, None if none ever was."""
        if task >= len(self.points):
            return None
        start = self.load_seconds if task == 0 else 0.0
        reached = [point[0] for point in self.points[task] if point[1] is not None and point[1] <= objective]
        return min(reached) + start if reached else None

    def best(self, task: int = 0) -> float | None:
        """Return the least objective reached."""
        values = [point[1] for point in self.points[task] if point[1] is not None] if self.points else []
        return min(values) if values else None
