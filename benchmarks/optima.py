"""Reference optima: computed once, proved by their duality gap, and kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from benchmarks.harness import Setting, run_alone
from benchmarks.tasks import Job, Record, Task

__all__ = ["Optimum", "optimum"]


@dataclass(frozen=True)
class Optimum:
    """The least objective that is known, and how well."""

    value: float
    #: Where the value comes from.
    origin: str

    def __str__(self) -> str:
        return f"Optimum {self.value:.9g} ({self.origin})."

    def within(self, share: float) -> float:
        """Return the objective that lies `share` above."""
        return self.value * (1 + share)

    def above(self, objective: float) -> float:
        """Return by which share an objective lies above."""
        return objective / self.value - 1


def optimum(task: Task, setting: Setting, records: Iterable[Record]) -> Optimum | None:
    """Return the reference optimum of a task, or the best of some records where there is no reference."""
    file = setting.cache / "optima.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    key = f"{task.data} {task.loss} {task.lam:g}"
    if key not in known:
        setting.say(f"  reference optimum of {key} ...")
        wanted = replace(task, tol=1e-5, limit=240.0)
        record = run_alone(Job("reference", "reference", (wanted,)), setting)
        if record.points and not record.error:
            _, value, _, note = record.points[0][-1]
            known[key] = (value, note)
            file.write_text(json.dumps(known, indent=1), encoding="utf-8")
        else:
            setting.say(f"  no reference: {record.error}")
    if key in known:
        return Optimum(known[key][0], f"reference in {known[key][1]}")
    found = [best for record in records if (best := record.best()) is not None]
    return Optimum(min(found), "best that any of these found, there being no reference") if found else None
