"""How long the optimum of softmax with L2 takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.optima import Optimum, optimum
from benchmarks.tables import Table, ratios, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["Exact", "race_jobs", "race_table"]

GOALS = (1e-3, 1e-4)
OURS = "scoreline exact"
#: A second fit in the same process is only worth its time where the first took less, seconds.
REPEAT_BELOW = 30.0


class Exact(Comparison):
    """Seconds until the objective is within 1e-3 and 1e-4 of the optimum."""

    name: ClassVar[str] = "exact"
    title: ClassVar[str] = "Exact softmax: CIFAR-10, 50,000 x 3,072, lam = 5e-4"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return scoreline's two jobs and one a peer."""
        task = Task("digits" if quick else "cifar10", limit=5 if quick else 200)
        return race_jobs(task, ("scikit-learn lbfgs", "scikit-learn lbfgs, float64", "torch LBFGS"))

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return times to each goal and ratios."""
        return [race_table(self.jobs(quick=quick), results, setting)]


def race_jobs(task: Task, peers: Sequence[str]) -> list[Job]:
    """Return a job of scoreline's for each goal, which it proves, and a job for each peer."""
    ours = [
        Job(ours_at(goal), OURS, (Task(task.data, task.loss, task.lam, goal, limit=task.limit),) * 2)
        for goal in GOALS
    ]
    return ours + [Job(peer, peer, (task, task), repeat_below=REPEAT_BELOW) for peer in peers]


def ours_at(goal: float) -> str:
    """Return the label of scoreline's job for a goal."""
    return f"{OURS}, tol={goal:g}"


def race_table(jobs: Sequence[Job], results: Measurements, setting: Setting) -> Table:
    """Return, for each job, when it came within each goal of the optimum."""
    task = jobs[0].tasks[0]
    best = optimum(task, setting, results)
    head = [
        "",
        *(f"cold to {goal:g} | against scoreline" for goal in GOALS),
        "warm to 1e-4",
        "reached",
        "peak",
        "runs",
    ]
    if best is None:
        return Table([""], [], [f"Nothing was measured: {results.missing}"])
    rows = []
    for job in jobs:
        records = results.records.get(job.label, [])
        cells = [job.label]
        for goal in GOALS:
            cells += _goal_cells(job, goal, best, results)
        warm = values(results, job.label, lambda record: record.seconds_to(best.within(GOALS[-1]), 1))
        reached = [best.above(value) for record in records if (value := record.best()) is not None]
        cells += [
            spread(warm, " s"),
            f"{max(reached):.0e}" if reached else next((r.error for r in records), "–"),
            spread(values(results, job.label, lambda record: record.peak), " MB"),
            str(len(records)),
        ]
        rows.append(cells)
    flat = [cell for text in head for cell in text.split(" | ")]
    return Table(flat, rows, [f"Optimum {best.value:.9f} ({best.origin})."])


def _goal_cells(job: Job, goal: float, best: Optimum, results: Measurements) -> list[str]:
    """Return the time to a goal, and its ratio to scoreline's time; a bound where the goal was never reached."""

    def to_goal(record: Record) -> float | None:
        return record.seconds_to(best.within(goal))

    records = results.records.get(job.label, [])
    if not records:
        return [results.missing.get(job.label, "–"), "–"]
    if job.label.startswith(OURS):
        own = job.label == ours_at(goal)
        return [spread(values(results, job.label, Record.seconds), " s") if own else "–", "1" if own else "–"]
    times = values(results, job.label, to_goal)
    if len(times) == len(records):
        return [
            spread(times, " s"),
            spread(ratios(results, job.label, to_goal, ours_at(goal), Record.seconds), "x"),
        ]
    bounds = ratios(results, job.label, Record.seconds, ours_at(goal), Record.seconds)
    spent = values(results, job.label, Record.seconds)
    return [f"never in {spread(spent, ' s')}", f"> {spread(bounds, 'x')}"]
