"""``scoreline evaluate``: a trained model on other data."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.output import console, describe_accuracy, describe_examples, facts, notes, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import Trust
from scoreline.data.names import printable

if TYPE_CHECKING:
    from scoreline.report.data_quality.label_errors import LabelErrors
    from scoreline.report.data_quality.near_duplicates import DuplicatePair
    from scoreline.report.data_quality.statistics import DataStatistics
    from scoreline.report.robustness.measurement import Grade, Robustness
    from scoreline.runs.evaluation import EvaluationResult
    from scoreline.runs.examination import RunExamination
    from scoreline.runs.loaded import LoadedRun

__all__ = ["evaluate"]


def evaluate(  # noqa: PLR0913 - a command names each of its options
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
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Measure the accuracy on changed images too: camera pose, illumination, deformation, occlusion, "
            "clutter, blur, noise, JPEG. Writes robustness.csv and a figure to RUN.",
        ),
    ] = False,
    data_quality: Annotated[
        bool,
        typer.Option(
            "--data-quality",
            help="Look for what is wrong with the run's data: copies and leaks, wrong labels, outliers, "
            "imbalance; and tell what more data would bring. Writes CSV files to RUN.",
        ),
    ] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    trust: Trust = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Evaluate a run's model on examples that it was not trained on; classes are matched by their names."""
    from scoreline.runs.evaluation import evaluate_loaded
    from scoreline.runs.examination import examine_run
    from scoreline.runs.folder import RunFolder
    from scoreline.runs.loaded import load_run
    from scoreline.runs.prediction import load_classifier
    from scoreline.runs.robustness import robustness_of

    begun = time.perf_counter()
    if robustness or data_quality:
        RunFolder.open(run).check_writable()
    # Before anything else: a model of vectors cannot be asked for its robustness.
    classifier = load_classifier(run, trust=trust or []) if robustness else None
    with ProgressBars(quiet=json) as bars:
        loaded = load_run(
            run,
            data,
            data_dir=data_dir,
            max_rejected=max_rejected,
            leave_out_unknown=leave_out_unknown,
            trust=trust or [],
            progress=bars.loading,
        )
        result = evaluate_loaded(loaded, run, split=split, begun=begun)
        measured = None if classifier is None else robustness_of(classifier, loaded, result, bars.loading)
        examined = examine_run(loaded, result, bars.loading) if data_quality else None
    for kind, texts in (("Note", result.notes), ("Warning", result.warnings)):
        for text in texts:
            notes.print(f"{kind}: {text}", markup=False)
    if not json:
        _print_result(result)
    if measured is not None:
        _show_robustness(measured, loaded, result, quiet=json)
    if examined is not None:
        _show_examination(examined, result, quiet=json)
    if json:
        further = {"robustness": measured, "data_quality": examined}
        print_json(result.summary() | {name: one.to_json() for name, one in further.items() if one is not None})


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


def _show_robustness(measured: Robustness, loaded: LoadedRun, result: EvaluationResult, *, quiet: bool) -> None:
    """Print the table unless it is wanted quiet, and write it: where that fails, it has been printed."""
    from scoreline.runs.robustness import write_robustness

    if not quiet:
        columns = ("accuracy when changed", "not", "slightly", "more", "strongly", "extremely")
        rows = [
            (challenge.name, _accuracy(challenge.grades[0].accuracy), *map(_grade, challenge.grades[1:]))
            for challenge in measured.challenges
        ]
        console.print()
        console.print(table(columns, rows))
        low, high = measured.challenges[0].grades[0].interval
        console.print(
            f"{measured.sample} The interval of {_accuracy(measured.accuracy)} is {low:.3f} to {high:.3f}."
        )
    table_file, figure = write_robustness(measured, loaded, result)
    if not quiet:
        console.print(f"Written to {printable(table_file)} and {printable(figure)}")


def _show_examination(found: RunExamination, result: EvaluationResult, *, quiet: bool) -> None:
    """Print what was found unless it is wanted quiet, and write it: where that fails, it has been printed."""
    from scoreline.runs.examination import write_examination

    quality, curve, calibration = found.quality, found.learning_curve, found.calibration
    copies, labels, statistics = quality.near_duplicates, quality.label_errors, quality.statistics
    pairs = [
        ("copies in other splits", f"{len(copies.leaks):,} pairs{_example(copies.leaks)}"),
        ("copies in all", f"{len(copies.pairs):,} pairs, {len(copies.contradictions):,} of them in two classes"),
        ("suspected labels", f"{labels.n_suspected:,} of {labels.n_scored:,}{_first_label(labels)}"),
        ("outliers", f"{quality.outliers.n_outlying:,}"),
        ("nearly empty images", f"{len(statistics.plain):,}"),
        ("imbalance", _imbalance(statistics)),
    ]
    if calibration is not None:
        before, after = (one.expected_calibration_error for one in (calibration.before, calibration.after))
        scaled = f"{after:.3f} at a temperature of {calibration.temperature:.3g}"
        pairs.append(("calibration error", f"{before:.3f}; {scaled}"))
    if not quiet:
        console.print()
        console.print(facts(pairs))
    if curve is not None and not quiet:
        rows = [
            (f"{point.n_train:,}", _accuracy(point.accuracy), *map(_accuracy, point.interval))
            for point in curve.points
        ]
        console.print()
        console.print(table(("training examples", "accuracy", "from", "to"), rows))
        console.print(curve.statement())
    names = write_examination(found, result)
    if not quiet:
        console.print(f"Written to {printable(result.run)}: {', '.join(names)}")


def _example(leaks: Sequence[DuplicatePair]) -> str:
    return f", such as {printable(leaks[0].id)} and {printable(leaks[0].other_id)}" if leaks else ""


def _first_label(labels: LabelErrors) -> str:
    first = next((item for item in labels.ranked if item.suspected), None)
    return "" if first is None else f", such as {printable(first.id)}: {first.label}, or {first.suggested}?"


def _imbalance(statistics: DataStatistics) -> str:
    if statistics.imbalance == 1:
        return "none: all classes have the same number of training examples"
    return (
        f"{statistics.largest} has {statistics.imbalance:.3g} times the training examples of {statistics.smallest}"
    )


def _grade(grade: Grade) -> str:
    return f"{_accuracy(grade.accuracy)} {grade.label:>4}"


def _accuracy(share: float) -> str:
    return f"{share:.3f}"


def _evaluated_on(result: EvaluationResult) -> str:
    """Return which examples were evaluated, and how many of them the model was trained on."""
    trained = result.n_trained_on
    known = "an unknown number" if trained is None else f"{trained:,}" if trained else "none"
    left_out = f"; {result.n_left_out:,} training examples left out" if result.n_left_out else ""
    return f"{describe_examples(result.evaluation)}, {known} of which the model was trained on{left_out}"


def _share(rate: float) -> str:
    """Return a rate as text; one with nothing to count is a dash."""
    return "-" if math.isnan(rate) else f"{rate:.3f}"
