"""``scoreline compare``: several losses, optimisers or features on the same split, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.output import console, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import with_settings
from scoreline.runs.config import AXES, RunConfig

if TYPE_CHECKING:
    from scoreline.runs.comparison import Row

__all__ = ["MANY_VALUED", "compare_command"]

#: Options that take several values, with spaces between them.
MANY_VALUED = ("--features", "--losses", "--penalties", "--lams", "--solvers", "--lrs", "--baselines")

COLUMNS = ("classifier", "numbers", "accuracy", "train", "objective", "epochs", "seconds", "features", "remark")


@with_settings(leave_out=AXES)
def compare_command(
    config: RunConfig,
    features: Annotated[list[str] | None, typer.Option(help="Features to compare.")] = None,
    losses: Annotated[list[str] | None, typer.Option(help="Losses to compare.")] = None,
    penalties: Annotated[list[str] | None, typer.Option(help="Penalties to compare.")] = None,
    lams: Annotated[list[str] | None, typer.Option(help="Strengths of the penalty to compare, or auto.")] = None,
    solvers: Annotated[list[str] | None, typer.Option(help="Solvers to compare.")] = None,
    lrs: Annotated[list[float] | None, typer.Option(help="Learning rates to compare.")] = None,
    baselines: Annotated[list[str] | None, typer.Option(help="Baselines beside them: 1-nn 5-nn.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for table and figures. [default: runs/<data>-compare-<number>]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Train every combination of the values given and print one table.

    Several values follow an option with spaces between them: --losses softmax svm --solvers sgd adam.
    """
    from scoreline.runs.comparison import compare
    from scoreline.runs.drawing import draw_comparison, save_drawings
    from scoreline.runs.folder import RunFolder

    values = (features, losses, penalties, lams, solvers, lrs)
    axes = {name: given or [] for name, given in zip(AXES, values, strict=True)}
    with ProgressBars(quiet=json) as bars:
        rows = list(compare(config, axes, baselines or [], progress=bars.loading))
    folder = RunFolder.create(out, f"{Path(config.data).name.partition(':')[0]}-compare")
    config.write(folder.config_file)
    cells = [_cells(row) for row in rows]
    folder.write_csv("comparison.csv", COLUMNS, cells)
    save_drawings(list(draw_comparison(rows)), folder.figures)
    if json:
        print_json({"run": str(folder.path), "rows": [_facts(row) for row in rows]})
        return
    console.print(f"Accuracy on the {rows[0].split} split; everything else the same for all rows.")
    console.print(table(COLUMNS, cells))
    console.print(f"Table and figures: {folder.path}")


def _cells(row: Row) -> Sequence[str]:
    return (
        row.name,
        "" if row.n_features is None else f"{row.n_features:,}",
        "" if row.accuracy is None else f"{row.accuracy:.4f}",
        "" if row.train_accuracy is None else f"{row.train_accuracy:.4f}",
        "" if row.objective is None else f"{row.objective:.6g}",
        "" if row.epochs is None else str(row.epochs),
        f"{row.seconds:.2f}",
        f"{row.feature_seconds:.2f}",
        row.remark,
    )


def _facts(row: Row) -> dict[str, object]:
    names = (
        "name",
        "split",
        "accuracy",
        "train_accuracy",
        "objective",
        "epochs",
        "seconds",
        "feature_seconds",
        "n_features",
        "lam",
        "validation_accuracy",
        "remark",
    )
    return {name: getattr(row, name) for name in names} | {"settings": dict(row.settings)}
