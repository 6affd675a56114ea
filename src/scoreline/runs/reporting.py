"""The figures and the report page of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoreline.report.page import write_report
from scoreline.report.summary import CheckRow, PageFigure, RunSummary
from scoreline.runs.drawing import Drawing, draw_run, save_drawings
from scoreline.runs.environment import describe_environment
from scoreline.runs.result import RunResult

__all__ = ["summarise", "write_figures_and_report"]


def write_figures_and_report(result: RunResult) -> None:
    """Draw the run's figures and write its report page; the folder remembers what cannot be written."""
    history, folder = result.classifier.history_.columns(), result.folder
    drawings = list(draw_run(history, result.model, result.evaluation, result.prepared))
    folder.keep("figures", lambda: save_drawings(drawings, folder.figures))
    folder.keep("report.html", lambda: write_report(summarise(result, drawings), folder.report))


def summarise(result: RunResult, drawings: Sequence[Drawing]) -> RunSummary:
    """Return what the page of a run shows."""
    config, dataset = result.settings, result.prepared.dataset
    return RunSummary(
        title=f"{config.loss} on {dataset.name}",
        evaluation=result.evaluation,
        training=_training(result),
        data=_data(result),
        checks=[CheckRow(c.name, c.expected, c.found, c.passed, c.advice) for c in result.sanity],
        figures=[PageFigure(drawing.caption, drawing.light, drawing.dark) for drawing in drawings],
        command=result.recipe.command() if result.found else config.command(),
        environment=describe_environment() | {"seed": str(config.seed)},
        accuracies={name: share for name, share in result.accuracies.items() if share is not None},
    )


def _training(result: RunResult) -> dict[str, str]:
    config, classifier = result.settings, result.classifier
    facts = {
        "loss": config.loss,
        "penalty": f"{config.penalty}, lam = {config.strength:g}",
        "features": config.features + (", standardised" if config.standardized else ""),
        **({"block weights": config.block_weights} if config.block_weights else {}),
        "solver": f"{classifier.solver_.name}: {classifier.solver_.reason}",
        "epochs": f"{classifier.n_iter_}, {classifier.stop_reason_.value}",
        "objective": f"{classifier.objective_:.6g} on the training data",
        **_choice(result),
        "accuracy": ", ".join(f"{e.accuracy:.4f} {name}" for name, e in result.evaluations.items()),
        "seconds": f"{result.timings.load:.1f} to load, {result.timings.fit:.1f} to fit",
    }
    if classifier.duality_gap_ is not None:
        facts["duality gap"] = f"{classifier.duality_gap_:.1e}, relative: the optimum is no further away"
    if classifier.lr_ is not None:
        schedule = f", {config.schedule} schedule, batches of {config.batch_size}"
        facts["learning rate"] = f"{classifier.lr_:.4g}{schedule}"
    return facts


def _choice(result: RunResult) -> dict[str, str]:
    """Say what the validation split was for, where it chose something."""
    facts = {}
    if (choice := result.lam_choice) is not None:
        facts["lam chosen"] = (
            f"{choice.lam:.3g}, with an accuracy of {choice.validation_accuracy:.4f} on validation after training "
            f"on the training split alone; the best of {len(choice.accuracy)} strengths has "
            f"{max(choice.accuracy.values()):.4f}"
        )
    if result.resolved.refit.value:
        facts["refit"] = "trained on training and validation rows after that; test rows evaluate it"
    return facts


def _data(result: RunResult) -> dict[str, str]:
    dataset = result.prepared.dataset
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    counts = np.bincount(dataset.train.y, minlength=len(dataset.classes))
    each = f"{counts.min():,}" + (f" to {counts.max():,}" if counts.max() > counts.min() else "")
    return {
        "name": dataset.name,
        "examples": ", ".join(f"{len(split):,} {name}" for name, split in splits.items() if split is not None),
        **({"folders": dataset.layout} if dataset.layout else {}),
        "shape": " x ".join(map(str, dataset.example_shape)),
        "classes": f"{len(dataset.classes)}, with {each} training examples each",
        "rejected": f"{len(dataset.rejected)} (listed in rejected.csv)",
        **({"notes": " ".join(dataset.notes)} if dataset.notes else {}),
    }
