"""``scoreline sweep``: a grid of strengths and learning rates in one run, the best by validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline._text import counted
from scoreline.cli.interrupt import Interrupt
from scoreline.cli.output import console, notes, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import with_settings
from scoreline.data import Progress
from scoreline.engine.problem.events import Evaluated, Event, Reason
from scoreline.engine.problem.stopping import Listener
from scoreline.runs.config import RunConfig

if TYPE_CHECKING:
    from scoreline.runs.folder import RunFolder
    from scoreline.runs.sweeping import SweepResult, SweepRow

__all__ = ["MANY_VALUED", "sweep_command"]

#: Options that take several values, with spaces between them.
MANY_VALUED = ("--solver",)
#: Rows that the table on the screen has.
SHOWN = 10
REFIT = (
    "Let the command printed for the best train on validation rows too; the sweep itself never does. "
    "By default where there is a test split to evaluate on."
)

COLUMNS = (
    "solver", "lam", "lr", "validation_accuracy", "validation_loss", "train_accuracy", "train_loss", "epochs",
    "duality_gap", "remark",
)  # fmt: skip


@with_settings(leave_out=("lam", "lr", "solver", "early_stopping"), described={"refit": REFIT})
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
            help="After 1, H, H², ... epochs only the best 1/H of the mini-batch runs continue. [default: all do]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for table and figures. [default: runs/<data>-sweep-<number>]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Train a whole grid side by side, print the ten best by the validation split, and the command for the best.

    Where there is a test split, that command has --refit: it trains the best on training and validation rows.
    Ctrl-C ends the sweep early, as SIGTERM and SIGHUP do; what every configuration had reached is kept.
    """
    from scoreline.runs.folder import RunFolder, data_title
    from scoreline.runs.state import digest

    rates = lr if lr is not None else None if config.lr is None else [config.lr]
    found: list[tuple[SweepResult, Path]] = []
    try:
        title, request = f"{data_title(config.data)}-sweep", digest(config, lam, rates, solver, halving)
        with (
            Interrupt() as interrupt,
            RunFolder.create(out, title, command="sweep", request=request) as folder,
        ):
            with ProgressBars(quiet=json) as bars:
                # Slow imports come after the folder is claimed.
                from scoreline.engine.minibatch.halving import Halving
                from scoreline.estimators.ranges import read_values
                from scoreline.runs.sweeping import Axes, sweep_run

                lrs = None if rates is None else read_values("lr", rates)
                axes = Axes(solver or [config.solver], read_values("lam", lam), lrs)
                result = sweep_run(
                    config,
                    axes,
                    halving=None if halving is None else Halving(halving),
                    listeners=[_show_epochs(bars.loading, len(axes)), interrupt, folder.checkpoints],
                    progress=interrupt.beside(bars.loading),
                )
            found.append((result, folder.path))
            _write(result, folder)
    finally:  # the results are reported, even where the rest could not be written
        for result, path in found:
            if json:
                print_json(_facts(result, path))
            else:
                _print_summary(result, path)
    if interrupt.pressed:
        notes.print("Interrupted: the table shows what every configuration had reached.")
        notes.print(folder.how_to_go_on(), markup=False, soft_wrap=True)
        raise typer.Exit(interrupt.exit_code)


def _write(result: SweepResult, folder: RunFolder) -> None:
    """Write all results; raise OutputError where that cannot be done."""
    from scoreline.data import write_rejected
    from scoreline.runs.drawing import draw_sweep, save_drawings

    dataset = result.prepared.dataset
    folder.write_csv("sweep.csv", COLUMNS, [_values(row) for row in result.rows])
    folder.keep("config.yaml", lambda: result.settings.anchored().write(folder.config_file))
    rejections = folder.path / "rejected.csv"
    folder.keep(rejections.name, lambda: write_rejected(rejections, dataset.rejected, dataset.passed_over))
    folder.keep("figures", lambda: save_drawings(list(draw_sweep(result)), folder.figures))
    folder.check()


def _show_epochs(show: Progress, configurations: int) -> Listener:
    """Return a listener that shows the epochs done by all configurations; few need all of them."""
    done = 0

    def listen(event: Event) -> Reason | None:
        nonlocal done
        match event:
            case Evaluated():
                done += len(event.loss)
                show(f"Epochs of all {configurations} configurations", done, 0)
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
    dataset = result.prepared.dataset
    held_out = 0 if dataset.validation is None else len(dataset.validation)
    console.print(
        f"{len(result.rows)} configurations in {result.seconds:.1f} s, "
        f"evaluated on {counted(held_out, 'validation example')}."
    )
    names = ("solver", "lam", "lr", "accuracy", "loss", "train loss", "epochs", "remark")
    console.print(table(names, [_cells(row) for row in result.rows[:SHOWN]]))
    for sentence in result.edges():
        console.print(f"Note: {sentence}")
    console.print(f"Table and figures: {folder}")
    refit = " again, on the validation rows too" if result.settings.refit else ""
    console.print(f"To train the best{refit}:")
    console.print(result.settings.command(), soft_wrap=True)  # one line, to be copied


def _cells(row: SweepRow) -> tuple[str, ...]:
    def text(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    return (
        row.config.solver,
        f"{row.config.strength:.3g}",
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
        "command": result.settings.command(),
        "edges": result.edges(),
    }
