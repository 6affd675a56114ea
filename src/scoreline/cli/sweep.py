"""``scoreline sweep``: a grid of strengths and learning rates in one go, the best by validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.interrupt import INTERRUPTED, Interrupt
from scoreline.cli.output import console, notes, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import with_settings
from scoreline.data import Progress
from scoreline.engine.events import Evaluated, Event, Reason, RunStarted
from scoreline.engine.stopping import Listener
from scoreline.runs.config import RunConfig

if TYPE_CHECKING:
    from scoreline.runs.sweeping import SweepResult, SweepRow

__all__ = ["MANY_VALUED", "sweep_command"]

#: Options that take several values, with spaces between them.
MANY_VALUED = ("--solver",)
#: Rows that the table on the screen has.
SHOWN = 10

COLUMNS = (
    "solver", "lam", "lr", "validation_accuracy", "validation_loss", "train_accuracy", "train_loss", "epochs",
    "duality_gap", "remark",
)  # fmt: skip


@with_settings(leave_out=("lam", "lr", "solver", "early_stopping"))
def sweep_command(
    config: RunConfig,
    lam: Annotated[
        str, typer.Option(help="Strengths of the penalty: low:high:count (logarithmic), or 0.001,0.01.")
    ] = "1e-5:1:11",
    lr: Annotated[
        str | None,
        typer.Option(
            help="Learning rates, in the same way. [default: they follow from the data]", show_default=False
        ),
    ] = None,
    solver: Annotated[
        list[str] | None,
        typer.Option(help="auto, exact, gd or an optimiser; several with spaces. [default: auto]"),
    ] = None,
    halving: Annotated[
        int | None,
        typer.Option(
            help="After 1, H, H², ... epochs only the best 1/H of the mini-batch runs go on. [default: all do]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for table and figures. [default: runs/<data>-sweep-<number>]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Train a whole grid side by side, print the ten best by the validation split, and the command for the best.

    Ctrl-C ends the sweep early; what every configuration had reached is kept.
    """
    from scoreline.data import write_rejected
    from scoreline.engine.halving import Halving
    from scoreline.estimators.ranges import read_values
    from scoreline.runs.drawing import draw_sweep, save_drawings
    from scoreline.runs.folder import RunFolder
    from scoreline.runs.sweeping import Axes, sweep_run

    rates = lr if lr is not None else None if config.lr is None else [config.lr]
    lrs = None if rates is None else read_values("lr", rates)
    axes = Axes(solver or [config.solver], read_values("lam", lam), lrs)
    rule = None if halving is None else Halving(halving)
    with Interrupt() as interrupt, ProgressBars(quiet=json) as bars:
        listeners: list[Listener] = [_show_epochs(bars.loading, len(axes)), interrupt]
        result = sweep_run(config, axes, halving=rule, listeners=listeners, progress=bars.loading)
    folder = RunFolder.create(out, f"{result.prepared.dataset.name}-sweep")
    result.best.config.write(folder.config_file)
    write_rejected(folder.path / "rejected.csv", result.prepared.dataset.rejected)
    folder.write_csv("sweep.csv", COLUMNS, [_values(row) for row in result.rows])
    save_drawings(list(draw_sweep(result)), folder.figures)
    if json:
        print_json(_facts(result, folder.path))
    else:
        _print_summary(result, folder.path)
    if any(row.reason is Reason.INTERRUPTED for row in result.rows):
        notes.print("Interrupted: the table tells what every configuration had reached.")
        raise typer.Exit(INTERRUPTED)


def _show_epochs(show: Progress, configurations: int) -> Listener:
    """Return a listener that shows the epochs done by all configurations, of the most there can be."""
    done = total = 0

    def listen(event: Event) -> Reason | None:
        nonlocal done, total
        if isinstance(event, Evaluated):
            done += len(event.loss)
            show("Epochs of all configurations", done, total)
        elif isinstance(event, RunStarted):
            total = int(event.max_epochs) * configurations
        return None

    return listen


def _values(row: SweepRow) -> tuple[object, ...]:
    """Return the cells of a row of ``sweep.csv``; what was not measured is empty."""
    measured = (
        row.lr, row.validation_accuracy, row.validation_loss, row.train_accuracy, row.train_loss, row.epochs,
        row.duality_gap,
    )  # fmt: skip
    return (
        row.config.solver,
        row.config.strength,
        *("" if value is None else value for value in measured),
        row.remark,
    )


def _print_summary(result: SweepResult, folder: Path) -> None:
    dataset, best = result.prepared.dataset, result.best
    held_out = 0 if dataset.validation is None else len(dataset.validation)
    console.print(
        f"{len(result.rows)} configurations in {result.seconds:.1f} s, judged on {held_out:,} validation examples."
    )
    names = ("solver", "lam", "lr", "accuracy", "loss", "train loss", "epochs", "remark")
    console.print(table(names, [_cells(row) for row in result.rows[:SHOWN]]))
    for sentence in result.edges():
        console.print(f"Note: {sentence}")
    console.print(f"Table and figures: {folder}")
    console.print(f"The best again, whole: {best.config.command()}", markup=False)


def _cells(row: SweepRow) -> tuple[str, ...]:
    def text(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    return (
        row.config.solver,
        f"{row.config.strength:g}",
        text(row.lr, ".4g"),
        text(row.validation_accuracy, ".4f"),
        text(row.validation_loss, ".4f"),
        text(row.train_loss, ".4f"),
        f"{row.epochs:g}",
        row.remark,
    )


def _facts(result: SweepResult, folder: Path) -> dict[str, object]:
    best = result.best
    return {
        "run": str(folder),
        "configurations": len(result.rows),
        "seconds": result.seconds,
        "best": {name: value if value != "" else None for name, value in zip(COLUMNS, _values(best), strict=True)},
        "command": best.config.command(),
        "edges": result.edges(),
    }
