"""What may be wrong with the data of a run, and what more of them would bring, by the run's own settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoreline.data import Progress
from scoreline.errors import UsageError
from scoreline.losses import LOSSES
from scoreline.report.calibration import TemperatureScaling, scale_temperature
from scoreline.report.data_quality.examination import CsvTable, DataQuality, examine
from scoreline.report.learning_curve import LearningCurve, measure_learning_curve
from scoreline.runs.evaluation import EvaluationResult
from scoreline.runs.extraction import FeatureCache
from scoreline.runs.folder import RunFolder
from scoreline.runs.loaded import LoadedRun
from scoreline.runs.pipeline import build_classifier, evaluation_split, extracted, in_place
from scoreline.runs.resolved import Resolved

__all__ = ["RunExamination", "examine_run", "write_examination"]


@dataclass(frozen=True, eq=False)
class RunExamination:
    """What was found out about a run's data.

    Parameters
    ----------
    quality : DataQuality
    learning_curve : LearningCurve or None
        None where there are only training examples to evaluate on.
    calibration : TemperatureScaling or None
        Of the evaluated examples, its temperature found by out-of-fold scores of the training examples; None where
        the loss has no probabilities.
    """

    quality: DataQuality
    learning_curve: LearningCurve | None
    calibration: TemperatureScaling | None

    def tables(self) -> Iterator[CsvTable]:
        """Yield all tables, each with the name of its file."""
        yield from self.quality.tables()
        if self.learning_curve is not None:
            yield CsvTable("learning-curve.csv", LearningCurve.COLUMNS, self.learning_curve.rows())

    def to_json(self) -> dict[str, Any]:
        """Return counts and the learning curve as plain JSON values."""
        calibration = self.calibration
        return {
            **self.quality.to_json(),
            "learning_curve": None if self.learning_curve is None else self.learning_curve.to_json(),
            "temperature": None if calibration is None else calibration.temperature,
            "calibration_error": None if calibration is None else calibration.before.expected_calibration_error,
            "calibration_error_scaled": None
            if calibration is None
            else calibration.after.expected_calibration_error,
        }


def examine_run(
    loaded: LoadedRun, evaluated: EvaluationResult, progress: Progress | None = None
) -> RunExamination:
    """Examine a run's own data with its features and settings.

    Raises
    ------
    UsageError
        The data are others than the run's own: there is nothing to compare them with.
    """
    if not loaded.own:
        raise UsageError(
            f"The quality of {loaded.dataset.name} was asked for, which the run was not trained on",
            allowed="the run's own data, with their training split",
            fix="leave DATA out, or train a run on these data",
        )
    request, resolved = RunFolder(evaluated.run).read_config(), Resolved.read(evaluated.run)
    settings = request if resolved is None else resolved.settings(request)
    dataset = in_place(loaded.dataset, settings)
    prepared = extracted(settings, dataset, loaded.examples.extractor, FeatureCache.of_user(), progress)
    classifier = build_classifier(settings, prepared)
    quality = examine(dataset, prepared.rows, classifier, seed=settings.seed, progress=progress)
    name = evaluation_split(prepared.rows)
    curve = None
    if name != "train":
        train, held_out = ((prepared.rows[split], prepared.labels(split)) for split in ("train", name))
        curve = measure_learning_curve(
            classifier, train, held_out, split=name, seed=settings.seed, progress=progress
        )
    return RunExamination(quality, curve, _calibration(loaded, evaluated, quality))


def write_examination(found: RunExamination, evaluated: EvaluationResult) -> list[str]:
    """Write all tables to the run's folder, and return their names.

    Raises
    ------
    OutputError
        They could not be written.
    """
    folder, names = RunFolder(evaluated.run), []
    for table in found.tables():
        folder.write_csv(table.name, table.columns, table.rows)
        names.append(table.name)
    folder.check()
    return names


def _calibration(
    loaded: LoadedRun, evaluated: EvaluationResult, quality: DataQuality
) -> TemperatureScaling | None:
    scored = quality.out_of_fold.scored
    if not LOSSES.build(loaded.model.loss).probabilistic or not scored.any():
        return None
    examples = evaluated.chosen.examples(loaded)
    scores = np.concatenate([scores for _, scores in loaded.scores(examples)])
    held_out = quality.out_of_fold.scores[scored], loaded.dataset.train.y[scored]
    return scale_temperature(scores, examples.y, held_out)
