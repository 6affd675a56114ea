"""``scoreline evaluate``: a trained model on other data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoreline.cli.output import console, describe_accuracy, facts, print_json, table
from scoreline.cli.progress import ProgressBars

__all__ = ["evaluate"]


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    data: Annotated[
        str | None, typer.Argument(help="Data set: a name or a path. [default: the run's own]", show_default=False)
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="train, validation, test or all. [default: test where there is one, else all]", show_default=False
        ),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Judge a run's model on a data set; classes are matched by their names."""
    from scoreline.runs.evaluation import evaluate_run

    with ProgressBars(quiet=json) as bars:
        result = evaluate_run(run, data, split=split, data_dir=data_dir, progress=bars.loading)
    if json:
        print_json(result.summary())
        return
    evaluation = result.evaluation
    pairs = [
        ("accuracy", describe_accuracy(evaluation)),
        *((f"top-{k}", f"{share:.4f}") for k, share in evaluation.top_k.items() if k > 1),
        ("objective", f"{result.objective:.6g}"),
        ("rejected", str(result.n_rejected)),
        ("seconds", f"{result.seconds:.1f}"),
    ]
    console.print(facts(pairs))
    console.print()
    rows = [
        (row.name, f"{row.precision:.3f}", f"{row.recall:.3f}", f"{row.f1:.3f}", str(row.support))
        for row in evaluation.per_class
    ]
    console.print(table(("class", "precision", "recall", "F1", "examples"), rows))
