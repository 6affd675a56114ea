"""What a run came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from scoreline._text import counted
from scoreline.engine.minibatch.sanity import SanityCheck
from scoreline.estimators import LinearClassifier
from scoreline.models import SavedModel
from scoreline.report.findings import Finding
from scoreline.report.metrics import Evaluation
from scoreline.runs.block_weights import BlockChoice
from scoreline.runs.config import RunConfig
from scoreline.runs.data_record import DataRecord
from scoreline.runs.environment import describe_environment
from scoreline.runs.folder import RunFolder
from scoreline.runs.lam_choice import LamChoice
from scoreline.runs.leaderboard import leaderboard_entry
from scoreline.runs.pipeline import Prepared, evaluation_split
from scoreline.runs.recipes import Found, LeaderboardRow
from scoreline.runs.recipes.leaderboard import ranked
from scoreline.runs.resolved import Resolved

__all__ = ["RunResult", "Timings"]


@dataclass(frozen=True)
class Timings:
    """Wall-clock seconds of the parts of a run."""

    load: float
    fit: float
    total: float


@dataclass(frozen=True, eq=False)
class RunResult:
    """All that a run came to; the folder holds the same."""

    folder: RunFolder
    #: What was asked.
    request: RunConfig
    #: What was decided where that left something open.
    resolved: Resolved
    prepared: Prepared
    classifier: LinearClassifier
    model: SavedModel
    evaluations: dict[str, Evaluation]
    sanity: tuple[SanityCheck, ...]
    timings: Timings
    #: How `lam` was chosen, where it was.
    lam_choice: LamChoice | None = None
    #: How the weights of several features were chosen, where they were.
    block_choice: BlockChoice | None = None
    #: Where the data lay, and what they were.
    data_record: DataRecord | None = None
    #: What the search for a recipe has come to, where there was one.
    found: Found | None = None
    #: The description of the data as they were read: a refit leaves it as it is.
    described: Mapping[str, Any] = field(default_factory=dict)
    #: What the report has found; None as long as there is none.
    findings: tuple[Finding, ...] | None = None

    @property
    def settings(self) -> RunConfig:
        """Settings in which nothing is left to choose on validation rows."""
        return self.resolved.settings(self.request)

    @property
    def recipe(self) -> RunConfig:
        """Settings with the recipe that a search has chosen, which come to the same; else those asked."""
        return self.resolved.recipe(self.request)

    @property
    def leaderboard(self) -> tuple[LeaderboardRow, ...]:
        """What the recipes of a search came to, the chosen one with its accuracy on test rows."""
        test = self.evaluations.get("test")
        return tuple(
            replace(row, test_accuracy=test.accuracy) if row.chosen and test is not None else row
            for row in (() if self.found is None else self.found.rows)
        )

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation that counts: on test, else validation, else training data."""
        return self.evaluations[evaluation_split(self.prepared.rows)]

    @property
    def validation_accuracy(self) -> float | None:
        """Accuracy on rows that were not trained on: validation rows, or what chose `lam` before a refit."""
        if "validation" in self.evaluations:
            return self.evaluations["validation"].accuracy
        return None if self.lam_choice is None else self.lam_choice.held_out_accuracy

    @property
    def accuracies(self) -> dict[str, float | None]:
        """Accuracy on training, validation and test rows; None where there are none."""
        train, test = (self.evaluations.get(name) for name in ("train", "test"))
        return {
            "train": None if train is None else train.accuracy,
            "validation": self.validation_accuracy,
            "test": None if test is None else test.accuracy,
        }

    def headline(self) -> str:
        """Say in a line what the run came to."""
        evaluation, choice = self.evaluation, self.lam_choice
        lam = "" if choice is None else f", lam = {choice.lam:.3g} chosen"
        examples = counted(evaluation.n, f"{evaluation.split} example")
        return f"accuracy {evaluation.accuracy:.4f} on {examples}{lam}"

    def summary(self) -> dict[str, Any]:
        """Return the figures that ``metrics.json`` and the line of ``--json`` begin with."""
        dataset = self.prepared.dataset
        return {
            "accuracy": self.evaluation.accuracy,
            "split": self.evaluation.split,
            **{f"{name}_accuracy": accuracy for name, accuracy in self.accuracies.items()},
            "objective": self.classifier.objective_,
            "n_train": len(dataset.train),
            "n_validation": 0 if dataset.validation is None else len(dataset.validation),
            "n_test": 0 if dataset.test is None else len(dataset.test),
            "n_rejected": len(dataset.rejected),
            "status": self.classifier.stop_reason_.value,
            "refit": self.resolved.refit.value,
            "warnings": list(self.classifier.warnings_),
            "seconds": self.timings.total,
            "run": str(self.folder.path),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the line that ``--json`` prints: the summary, what a search has tried, and the findings."""
        return {
            **self.summary(),
            "leaderboard": [leaderboard_entry(row) for row in ranked(self.leaderboard)],
            "findings": [finding.to_json() for finding in self.findings or ()],
        }

    def metrics(self) -> dict[str, Any]:
        """Return the content of ``metrics.json``."""
        classifier, record = self.classifier, self.data_record
        return {
            **self.summary(),
            "solver": {"name": classifier.solver_.name, "reason": classifier.solver_.reason, "lr": classifier.lr_},
            "epochs": classifier.n_iter_,
            "data_path": None if record is None else record.data,
            "data_fingerprint": None if record is None else record.fingerprint,
            "lam": self.resolved.lam.value,
            "lam_tried": None if self.lam_choice is None else self.lam_choice.accuracy,
            "duality_gap": classifier.duality_gap_,
            "timings": asdict(self.timings),
            "evaluations": {name: evaluation.to_json() for name, evaluation in self.evaluations.items()},
            "sanity": [asdict(check) for check in self.sanity],
            "data": dict(self.described),
            "environment": describe_environment(),
        }
