"""Races to the optimum: when each peer comes within 1e-3 and 1e-4 of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.harness import Measurements, Setting
from benchmarks.optima import Optimum, optimum
from benchmarks.tables import Table, ratios, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["GOALS", "OURS", "ours_at", "race_jobs", "race_table"]

GOALS = (1e-3, 1e-4)
OURS = "scoreline exact"
#: A second fit in the same process is only worth its time where the first took less, seconds.
REPEAT_BELOW = 30.0


def race_jobs(task: Task, peers: Sequence[str]) -> list[Job]:
    """Return a job of scoreline's for each goal, which it proves, and a job for each peer."""
    ours = [
        Job(ours_at(task, goal), OURS, (replace(task, tol=goal),) * 2, repeat_below=REPEAT_BELOW) for goal in GOALS
    ]
    return ours + [Job(_label(task, peer), peer, (task, task), repeat_below=REPEAT_BELOW) for peer in peers]


def ours_at(task: Task, goal: float) -> str:
    """Return the label of scoreline's job for a goal."""
    return _label(task, f"{OURS}, tol={goal:g}")


def race_table(jobs: Sequence[Job], results: Measurements, setting: Setting) -> Table:
    """Return, for each job of one task, when it came within each goal of the optimum."""
    task = jobs[0].tasks[0]
    met = [record for job in jobs for record in results.records.get(job.label, [])]
    best = optimum(task, setting, met)
    about = f"{task.data}, {task.loss}, lam = {task.lam:g}"
    if best is None:
        return Table([about], [], ["Nothing was measured."])
    rows = []
    for job in jobs:
        records = results.records.get(job.label, [])
        cells = [job.label.partition(": ")[2]]
        for goal in GOALS:
            cells += _goal_cells(job, goal, best, results)
        warm = values(results, job.label, lambda record: record.seconds_to(best.within(GOALS[-1]), 1))
        reached = [best.above(value) for record in records if (value := record.best()) is not None]
        rows.append(
            [
                *cells,
                spread(warm, " s"),
                f"{max(reached):.0e}" if reached else "–",
                spread(values(results, job.label, lambda record: record.peak), " MB"),
                str(len(records)),
            ]
        )
    errors = {job.label: next((record.error for record in results.records.get(job.label, [])), "") for job in jobs}
    failures = [f"Failed: {label}: {error}" for label, error in errors.items() if error]
    head = [about]
    for goal in GOALS:
        head += [f"cold to {goal:g}", "against scoreline"]
    return Table([*head, f"warm to {GOALS[-1]:g}", "reached", "peak", "runs"], rows, [f"{best}", *failures])


def _label(task: Task, who: str) -> str:
    return f"{task.data} {task.loss}: {who}"


def _goal_cells(job: Job, goal: float, best: Optimum, results: Measurements) -> list[str]:
    """Return the time to a goal, and its ratio to scoreline's time; a bound where the goal was never reached."""

    def to_goal(record: Record) -> float | None:
        return record.seconds_to(best.within(goal))

    records = results.records.get(job.label, [])
    ours = ours_at(job.tasks[0], goal)
    if job.peer == OURS:
        own = job.label == ours
        times = values(results, job.label, Record.seconds) if own else []
        return [spread(times, " s"), "1" if times else "–"]
    times = values(results, job.label, to_goal)
    if records and len(times) == len(records):
        return [spread(times, " s"), spread(ratios(results, job.label, to_goal, ours, Record.seconds), "x")]
    spent = values(results, job.label, Record.seconds)
    if not spent:
        return ["–", "–"]
    bounds = ratios(results, job.label, Record.seconds, ours, Record.seconds)
    return [f"not in {spread(spent, ' s')}", f"> {spread(bounds, 'x')}" if bounds else "–"]
