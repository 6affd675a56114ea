"""What was trained on what, in the words of the report's tables."""

from __future__ import annotations

import numpy as np

from scoreline._text import counted
from scoreline.runs.recipes.leaderboard import called
from scoreline.runs.reported import ReportedRun

__all__ = ["describe_data", "describe_training"]


def describe_training(run: ReportedRun) -> dict[str, str]:
    """Return what was trained and how it ended."""
    config, recorded = run.settings, run.recorded
    facts = {
        "loss": run.model.loss,
        "penalty": f"{config.penalty}, lam = {config.strength:g}",
        "features": called(run.model.features, images=run.images)
        + (", standardised" if config.standardized else ""),
        **({"block weights": config.block_weights} if config.block_weights else {}),
    }
    if recorded.solver is not None:
        facts["solver"] = f"{recorded.solver.name}: {recorded.solver.reason}"
        facts["epochs"] = f"{recorded.epochs:,}, {recorded.status.value}"
    if recorded.objective is not None:
        facts["objective"] = f"{recorded.objective:.6g} on the training data"
    facts |= _choice(run)
    facts["accuracy"] = ", ".join(f"{share:.4f} {name}" for name, share in run.accuracies.items())
    if recorded.timings is not None:
        facts["seconds"] = f"{recorded.timings.load:.1f} to load, {recorded.timings.fit:.1f} to fit"
    if recorded.duality_gap is not None:
        facts["duality gap"] = f"{recorded.duality_gap:.1e}, relative: the optimum is no further away"
    if recorded.solver is not None and recorded.solver.lr is not None:
        schedule = f", {config.schedule} schedule, batches of {config.batch_size}"
        facts["learning rate"] = f"{recorded.solver.lr:.4g}{schedule}"
    if recorded.warnings:
        facts["warnings"] = " ".join(recorded.warnings)
    return facts | _about(run)


def _about(run: ReportedRun) -> dict[str, str]:
    """Say what the model's file tells besides: where probabilities come from, and what was written for people."""
    model, facts = run.model, {}
    if model.temperature is not None:
        facts["probabilities"] = (
            f"the softmax of scores divided by {model.temperature:.3g}, which held-out examples have chosen "
            "(temperature scaling); the loss has none of its own"
        )
    if model.provenance is not None:
        facts |= {"licence": model.provenance.licence, "notes": model.provenance.notes}
    return {name: text for name, text in facts.items() if text}


def describe_data(run: ReportedRun) -> dict[str, str]:
    """Return what the data were."""
    dataset = run.dataset
    counts = np.bincount(run.prepared.labels("train"), minlength=len(dataset.classes))
    least = f"{counts.min():,} to " if counts.max() > counts.min() else ""
    each = least + counted(int(counts.max()), "training example")
    return {
        "name": dataset.name,
        "examples": ", ".join(f"{len(run.prepared.split(name)):,} {name}" for name in run.prepared.rows),
        **({"folders": dataset.layout} if dataset.layout else {}),
        "shape": " x ".join(map(str, dataset.example_shape)),
        "classes": f"{len(dataset.classes):,}, with {each} each",
        "rejected": f"{len(dataset.rejected):,}",
        **({"notes": " ".join(dataset.notes)} if dataset.notes else {}),
    }


def _choice(run: ReportedRun) -> dict[str, str]:
    """Say what the validation split was for, where it chose something."""
    facts, recorded = {}, run.recorded
    if recorded.lam_tried and recorded.lam is not None:
        tried = recorded.lam_tried
        facts["lam chosen"] = (
            f"{recorded.lam:.3g}, with an accuracy of {tried.get(recorded.lam, float('nan')):.4f} on "
            f"validation after training on the training split alone; the best of {len(tried)} strengths has "
            f"{max(tried.values()):.4f}"
        )
    if recorded.refit:
        facts["refit"] = "trained on training and validation rows after that; test rows evaluate it"
    return facts
