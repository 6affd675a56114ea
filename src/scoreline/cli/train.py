"""``scoreline train``: the main job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline._text import counted, show_size
from scoreline.cli.findings import print_findings
from scoreline.cli.interrupt import Interrupt
from scoreline.cli.output import console, describe_accuracy, facts, notes, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import with_settings
from scoreline.runs.config import RunConfig
from scoreline.runs.time_budget import Clock, show_budget

if TYPE_CHECKING:
    from scoreline.runs.recipes.leaderboard import LeaderboardRow
    from scoreline.runs.result import RunResult

__all__ = ["run_to_end", "train"]

#: Findings that are printed; the report has all.
FIRST_FINDINGS = 3


@with_settings(searches=True)
def train(
    config: RunConfig,
    out: Annotated[
        Path | None,
        typer.Option(help="New folder for the run. [default: runs/<data>-<loss>-<number>]", show_default=False),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, if one was interrupted there.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Train a linear classifier on images, evaluate it and write a run folder.

    Without any setting of what is learned, the best recipe of features, loss and strength is found first, within
    the budget.

    Ctrl-C ends the training early and keeps the best weights so far, as SIGTERM and SIGHUP do. The same command
    goes on from there, and from where a run was killed; so does scoreline resume.
    """
    from scoreline.runs.resumption import settings_to_resume

    run_to_end(settings_to_resume(config, out) if resume else config, out, json=json)


def run_to_end(config: RunConfig, out: Path | None, *, json: bool) -> None:
    """Train, and report on the screen whatever came of it; end the program where it was interrupted."""
    from scoreline.runs.training import train_run

    clock = Clock.of_process()
    found: list[RunResult] = []
    try:
        with Interrupt() as interrupt, ProgressBars(quiet=json) as bars:
            train_run(
                config,
                out,
                listeners=[bars, interrupt],
                progress=interrupt.beside(bars.loading),
                on_evaluated=found.append,
                clock=clock,
            )
    finally:  # the results are reported, even where the rest could not be written
        for result in found[-1:]:
            # Not by the clock itself, all of whose readings count as decided by.
            _tell(result, time.perf_counter() - clock.begun, json=json)
    if interrupt.pressed:
        notes.print("Interrupted: the best weights so far were evaluated and saved.")
        if found and found[0].folder.checkpoints.interrupted:
            notes.print(found[0].folder.how_to_go_on(), markup=False, soft_wrap=True)
        raise typer.Exit(interrupt.exit_code)


def _tell(result: RunResult, elapsed: float, *, json: bool) -> None:
    for check in result.sanity:
        if not check.passed:
            notes.print(f"Note: {check.name}: expected {check.expected}, found {check.found}. {check.advice}")
    for note in () if result.found is None else result.found.notes:
        notes.print(f"Note: {note}")
    if json:
        print_json(result.to_json())
    else:
        _print_summary(result, elapsed)
        _print_leaderboard(result)
        _print_findings(result)


def _print_findings(result: RunResult) -> None:
    """Print the findings that matter most, and where the others are."""
    findings = result.findings or ()
    if not findings:
        return
    n_more = len(findings) - FIRST_FINDINGS
    console.print()
    print_findings(findings[:FIRST_FINDINGS])
    if n_more > 0 and result.folder.report.exists():
        others = counted(n_more, "more finding")
        console.print(f"{others}, and what they are based on: {result.folder.report}", soft_wrap=True)


def _print_leaderboard(result: RunResult) -> None:
    """Print what the recipes of a search came to, and what more time would be for."""
    from scoreline.runs.recipes.leaderboard import ranked

    rows = [row for row in ranked(result.leaderboard) if row.accuracy is not None]
    if result.found is None or not rows:
        return
    console.print()
    names = ("recipe", "rows", "validation", "test", "seconds", "µs/image", "model")
    console.print(table(names, [_cells(row) for row in rows]))
    twice = 2 * result.request.seconds
    upcoming = [one for one in result.found.upcoming if one.seconds <= 1.1 * twice]
    if upcoming:
        upcoming_names = "; ".join(f"{one.name} (a run of about {one.seconds:.0f} s)" for one in upcoming)
        console.print(f"With twice the time it would try: {upcoming_names}.")
        console.print(result.request.changed(budget=show_budget(twice)).command(), soft_wrap=True)
    elif later := result.found.upcoming:
        console.print(f"The next recipe takes about {later[0].seconds:.0f} s: {later[0].command}", soft_wrap=True)


def _cells(row: LeaderboardRow) -> tuple[str, ...]:
    low, high = row.interval or (0.0, 0.0)
    return (
        row.name,
        f"{row.n_rows:,}",
        f"{row.accuracy or 0:.3f} ({low:.3f}-{high:.3f})",
        "" if row.test_accuracy is None else f"{row.test_accuracy:.4f}",
        f"{row.seconds:.1f}",
        "" if row.microseconds is None else f"{row.microseconds:.0f}",
        "" if row.n_bytes is None else show_size(row.n_bytes),
    )


def _recipe(result: RunResult) -> list[tuple[str, str]]:
    if result.found is None:
        return []
    tried = sum(row.accuracy is not None for row in result.leaderboard)
    [chosen] = (row for row in result.leaderboard if row.chosen)
    low, high = chosen.interval or (0.0, 0.0)
    of = f"the choice of {tried} tried" if tried > 1 else "the only one tried"
    figures = f"{chosen.accuracy or 0:.4f} {chosen.judged}"
    return [
        ("recipe", f"{chosen.name}: {of}"),
        ("validation", f"{figures} (95 % interval {low:.3f} to {high:.3f})"),
    ]


def _budget(result: RunResult, elapsed: float) -> list[tuple[str, str]]:
    """Return the time since the program was started, against what it was to take."""
    if result.found is None:
        return []
    return [("budget", f"{elapsed:.0f} s used of {result.request.budget}, from the start of the program")]


def _chosen_lam(result: RunResult) -> list[tuple[str, str]]:
    choice = result.lam_choice
    if choice is None:
        return []
    tried = choice.accuracy
    worst = " (the last one tried: better ones may lie beyond)" if choice.at_the_end else ""
    best = max(tried.values())
    rule = "" if choice.validation_accuracy == best else f", the best {best:.4f}, within sampling error"
    if choice.folds is not None:
        accuracy = choice.folds.accuracy[choice.lam]
        rule = f"; {choice.folds.n_folds}-fold cross-validation chose: accuracy {accuracy:.4f}"
    figures = f"validation accuracy {choice.validation_accuracy:.4f}{rule}"
    return [("lam", f"{choice.lam:.3g}, chosen from {len(tried)}: {figures}{worst}")]


def _chosen_weights(result: RunResult) -> list[tuple[str, str]]:
    choice = result.block_choice
    if choice is None:
        return []
    tried = choice.accuracy
    plain = tried[(1.0,) * len(choice.weights)]
    figures = f"validation accuracy of a ridge fit {tried[choice.weights]:.4f}, with all weights 1 {plain:.4f}"
    return [("weights", f"{result.settings.block_weights}, chosen from {len(tried)}: {figures}")]


def _refitted(result: RunResult) -> list[tuple[str, str]]:
    if not result.resolved.refit.value:
        return []
    n = len(result.prepared.dataset.train)
    return [("refit", f"trained on all {n:,} training and validation rows, evaluated on test rows")]


def _by_split(result: RunResult) -> str:
    """Return the accuracies side by side: their gap measures overfitting."""
    texts = {
        name: f"{accuracy:.4f} {name}" for name, accuracy in result.accuracies.items() if accuracy is not None
    }
    if result.resolved.refit.value and "validation" in texts:
        texts["validation"] += " (before the refit)"
    return ", ".join(texts.values())


def _print_summary(result: RunResult, elapsed: float) -> None:
    from scoreline.report.overfitting import describe_overfitting

    dataset, classifier, timings = result.prepared.dataset, result.classifier, result.timings
    counts = ", ".join(f"{one['examples']:,} {name}" for name, one in result.described["splits"].items())
    parts = f"data and features {timings.load:.1f}, fitting {timings.fit:.1f}"
    lr = "" if classifier.lr_ is None else f", lr {classifier.lr_:.3g}"
    gap = classifier.duality_gap_
    proof = "" if gap is None else f", provably within {max(gap, 0):.1e} of the optimum"
    console.print(
        facts(
            [
                ("accuracy", describe_accuracy(result.evaluation)),
                ("by split", _by_split(result)),
                ("overfitting", describe_overfitting(result.accuracies["train"], result.evaluation)),
                *_recipe(result),
                ("data", f"{dataset.name}: {counts}; {len(dataset.classes)} classes"),
                ("rejected", str(len(dataset.rejected))),
                ("objective", f"{classifier.objective_:.6g} on the training data{proof}"),
                *_chosen_weights(result),
                *_chosen_lam(result),
                *_refitted(result),
                ("solver", f"{classifier.solver_.name}{lr}: {classifier.solver_.reason}"),
                ("epochs", f"{classifier.n_iter_}, {classifier.stop_reason_.value}"),
                (
                    "seconds",
                    f"{timings.total:.1f} ({parts})",
                ),
                *_budget(result, elapsed),
                ("run", str(result.folder.path)),
                *([("report", str(result.folder.report))] if result.folder.report.exists() else []),
            ]
        )
    )
