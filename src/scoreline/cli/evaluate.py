"""``scoreline evaluate``: a trained model on other data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.output import console, describe_accuracy, describe_examples, facts, notes, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.data.names import printable

if TYPE_CHECKING:
    from scoreline.runs.evaluation import EvaluationResult

__all__ = ["evaluate"]


def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    data: Annotated[
        str | None, typer.Argument(help="Data set: a name or a path. [default: the run's own]", show_default=False)
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="train, validation, test, held-out (all that the model was not trained on) or all. "
            "[default: test where there is one, else the run's validation split, else held-out]",
            show_default=False,
        ),
    ] = None,
    leave_out_unknown: Annotated[
        bool,
        typer.Option("--leave-out-unknown", help="Leave out examples of classes that the model does not have."),
    ] = False,
    max_rejected: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Largest share of unusable images to accept. [default: the run's own]",
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Evaluate a run's model on examples that it was not trained on; classes are matched by their names."""
    from scoreline.runs.evaluation import evaluate_run

    with ProgressBars(quiet=json) as bars:
        result = evaluate_run(
            run,
            data,
            split=split,
            data_dir=data_dir,
            max_rejected=max_rejected,
            leave_out_unknown=leave_out_unknown,
            progress=bars.loading,
        )
    for kind, texts in (("Note", result.notes), ("Warning", result.warnings)):
        for text in texts:
            notes.print(f"{kind}: {text}", markup=False)
    if json:
        print_json(result.summary())
    else:
        _print_result(result)


def _print_result(result: EvaluationResult) -> None:
    evaluation = result.evaluation
    pairs = [
        ("accuracy", describe_accuracy(evaluation)),
        *((f"top-{k}", f"{share:.4f}") for k, share in evaluation.top_k.items() if k > 1),
        ("evaluated on", _evaluated_on(result)),
        ("data", printable(result.data)),
        ("objective", f"{result.objective:.6g}"),
        ("rejected", str(result.n_rejected)),
        ("seconds", f"{result.seconds:.1f}"),
    ]
    console.print(facts(pairs))
    console.print()
    shown = evaluation.worst_classes()
    if len(shown) < len(evaluation.per_class):
        console.print(f"The {len(shown)} of {len(evaluation.per_class):,} classes with the most mistakes:")
    rows = [
        (row.name, *(_share(rate) for rate in (row.precision, row.recall, row.f1)), str(row.support))
        for row in (evaluation.per_class[k] for k in shown)
    ]
    console.print(table(("class", "precision", "recall", "F1", "examples"), rows))


def _evaluated_on(result: EvaluationResult) -> str:
    """Return which examples were evaluated, and how many of them the model was trained on."""
    trained = result.n_trained_on
    known = "an unknown number" if trained is None else f"{trained:,}" if trained else "none"
    left_out = f"; {result.n_left_out:,} training examples left out" if result.n_left_out else ""
    return f"{describe_examples(result.evaluation)}, {known} of which the model was trained on{left_out}"


def _share(rate: float) -> str:
    """Return a rate as text; one with nothing to count is a dash."""
    return "-" if math.isnan(rate) else f"{rate:.3f}"
