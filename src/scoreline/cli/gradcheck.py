"""``scoreline gradcheck``: the analytic gradients against differences, on real data."""

from __future__ import annotations

from typing import Annotated

import typer

from scoreline.cli.output import console, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import with_settings
from scoreline.gradients import GradientCheck, Verdict
from scoreline.losses import LOSSES
from scoreline.runs.config import RunConfig

__all__ = ["gradcheck"]

#: The settings that do not affect a gradient.
TRAINING_ONLY = (
    "solver", "lr", "schedule", "batch_size", "max_epochs", "tol", "dropout", "early_stopping",
    "refit", "threads",
)  # fmt: skip
FAILED = 1


@with_settings(leave_out=TRAINING_ONLY)
def gradcheck(  # noqa: PLR0913 - a command names each of its options
    config: RunConfig,
    every: Annotated[bool, typer.Option("--every-loss", help="Check every loss instead of one.")] = False,
    examples: Annotated[int, typer.Option(min=1, help="Examples in the objective.")] = 64,
    cells: Annotated[int, typer.Option(min=1, help="Cells of W and b to check, drawn at random.")] = 100,
    h: Annotated[
        float | None, typer.Option(help="Step. [default: the best, found by trying]", show_default=False)
    ] = None,
    scheme: Annotated[str, typer.Option(help="central or forward differences.")] = "central",
    tolerance: Annotated[float, typer.Option(help="Largest relative error that is ok.")] = 1e-5,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Compare the analytic gradient with differences, cell by cell, at random weights.

    Exit code 0: every cell agrees or is at a kink of a hinge; 1: some cell is wrong.
    """
    from scoreline.runs.gradient_check import check_run_gradient

    losses = list(LOSSES) if every else [config.loss]
    with ProgressBars(quiet=json) as bars:
        checks = {
            loss: check_run_gradient(
                config.changed(loss=loss),
                examples=examples,
                cells=cells,
                h=h,
                scheme=scheme,
                tolerance=tolerance,
                progress=bars.loading,
            )
            for loss in losses
        }
    if json:
        print_json({loss: _facts(check) for loss, check in checks.items()})
    else:
        console.print(
            table(
                ("loss", "verdict", "h", "max. rel. error", *(v.value for v in Verdict)), map(_row, checks.items())
            )
        )
        for loss, check in checks.items():
            if not (check.passed and every):
                console.print(f"\n{loss}: {check}", markup=False)
    if not all(check.passed for check in checks.values()):
        raise typer.Exit(FAILED)


def _row(item: tuple[str, GradientCheck]) -> tuple[str, ...]:
    loss, check = item
    verdict = "passed" if check.passed else "FAILED"
    counts = (str(check.count(verdict)) for verdict in Verdict)
    return (loss, verdict, f"{check.h:.0e}", f"{check.max_relative_error:.1e}", *counts)


def _facts(check: GradientCheck) -> dict[str, object]:
    counts = {verdict.value: check.count(verdict) for verdict in Verdict}
    return {"passed": check.passed, "h": check.h, "max_relative_error": check.max_relative_error, **counts}
