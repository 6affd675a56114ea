"""What the report looks into beyond scores: what is quick always, the rest on request."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import Progress
from scoreline.engine.problem.events import Reason
from scoreline.errors import DataError, DivergedError
from scoreline.estimators import LinearClassifier
from scoreline.models import ImageClassifier
from scoreline.report.analyses import Analyses
from scoreline.report.calibration import MOST_SCORES, TemperatureScaling, scale_temperature, scaled_by_model
from scoreline.report.data_quality.examination import DataQuality, examine
from scoreline.report.data_quality.near_duplicates import find_near_duplicates
from scoreline.report.data_quality.statistics import measure_statistics
from scoreline.report.learning_curve import LearningCurve, measure_learning_curve
from scoreline.report.robustness.measurement import Robustness, measure_robustness
from scoreline.runs.data_record import TrainedOn
from scoreline.runs.drawing import save_drawings
from scoreline.runs.pipeline import build_classifier
from scoreline.runs.prediction import recorded_input
from scoreline.runs.reported import ReportedRun
from scoreline.runs.robustness import draw_robustness

__all__ = ["analyse", "seconds_for_regions", "write_analyses"]

T = TypeVar("T")
#: Seconds that may be spent on this without being asked: so many, or this share of the run; where a search for a
#: recipe has a budget to keep, what it has left of it less what start-up and figures take, or this smaller share.
SECONDS, SHARE, SEARCH_SHARE, RESERVE = 5.0, 0.1, 0.03, 8.0
#: Seconds to cover regions of images that the page shows, at the most: unasked, and in a full report.
REGIONS, ALL_REGIONS = 1.0, 30.0
#: Seconds for each million numbers of the examples, images of 32 x 32 x 3: to count and compare them, measured on
#: 10,000 and 55,000 on two cores, quiet and beside other work (0.015 to 0.044); and to look for outliers besides,
#: on 5,000 (0.22 with what is fitted to a sample, which does not grow).
COUNTING, EXAMINING = 0.03, 0.15
#: Epochs, or iterations, that fits to parts of the data may take at the least.
FEWEST_EPOCHS = 20
#: Fits for folds and for a learning curve, in terms of that of the run: 0.8 on 4,500 rows of 3,072 numbers, 2.3 on
#: 45,000.
FITS = 2.3


def analyse(run: ReportedRun, *, full: bool = False, progress: Progress | None = None) -> Analyses:
    """Look into a run.

    Parameters
    ----------
    run : ReportedRun
    full : bool, default False
        Whether everything is measured. Else it is what takes but a few seconds by what the run has taken, which
        its files say: a report that is made anew holds the same as that of the training.
    progress : callable, optional
        Called as ``progress(what, done, total)``.
    """
    allowance = math.inf if full else _allowance(run)
    millions = 1e-6 * sum(len(rows) for rows in run.prepared.rows.values()) * math.prod(run.dataset.example_shape)
    examining = (COUNTING + EXAMINING) * millions + FITS * _fit_seconds(run)
    quality = curve = statistics = duplicates = None
    if full or examining <= allowance:
        quality, curve = _measured(lambda: _quality(run, progress)), _measured(lambda: _curve(run, progress))
    if quality is not None:
        statistics, duplicates = quality.statistics, quality.near_duplicates
    elif COUNTING * millions <= allowance:
        splits = {name: run.prepared.split(name) for name in run.prepared.rows}
        statistics = measure_statistics(splits, run.model.classes)
        duplicates = find_near_duplicates(splits, run.model.classes)
    return Analyses(
        temperature=_temperature(run, quality),
        robustness=_robustness(run, progress) if full else None,
        learning_curve=curve,
        statistics=statistics,
        near_duplicates=duplicates,
        label_errors=None if quality is None else quality.label_errors,
        outliers=None if quality is None else quality.outliers,
    )


def write_analyses(analyses: Analyses, run: ReportedRun) -> None:
    """Write the tables of what was found to the run's folder; it remembers what cannot be written."""
    folder = run.folder
    for table in analyses.tables():
        folder.write_csv(table.name, table.columns, table.rows)
    if analyses.robustness is not None:
        drawing = draw_robustness(analyses.robustness, run.evaluation.majority)
        folder.keep("figures/robustness.png", lambda: save_drawings([drawing], folder.figures))


def seconds_for_regions(run: ReportedRun, *, full: bool) -> float:
    """Return the seconds to find out what the regions of images contribute."""
    return ALL_REGIONS if full else min(REGIONS, _allowance(run))


def _allowance(run: ReportedRun) -> float:
    """Return the seconds that may be spent unasked: none where memory is bounded, which was for the training."""
    if run.request.memory is not None:
        return 0.0
    seconds = run.recorded.seconds
    allowance = max(SECONDS, SHARE * seconds)
    if run.request.searches:
        allowance = min(allowance, max(SEARCH_SHARE * seconds, run.request.seconds - seconds - RESERVE))
    return allowance


def _fit_seconds(run: ReportedRun) -> float:
    """Return what a fit takes; who has stopped one does not want to wait for others."""
    timings = run.recorded.timings
    return math.inf if timings is None or run.recorded.status is Reason.INTERRUPTED else timings.fit


def _measured(measure: Callable[[], T]) -> T | None:
    """Return what is measured; None where the data are too few for it, or a fit to a part of them runs away."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # on parts of the data: on all of them fits have warned
            return measure()
    except (DataError, DivergedError):
        return None


def _quality(run: ReportedRun, progress: Progress | None) -> DataQuality:
    rows, seed = run.prepared.rows, run.settings.seed
    return examine(run.dataset, rows, _classifier(run), seed=seed, progress=progress)


def _curve(run: ReportedRun, progress: Progress | None) -> LearningCurve | None:
    """Measure it on the examples that evaluate the run; None where these are the training examples."""
    split, prepared = run.evaluation.split, run.prepared
    if split == "train":
        return None
    train, held_out = ((prepared.rows[name], prepared.labels(name)) for name in ("train", split))
    return measure_learning_curve(
        _classifier(run), train, held_out, split=split, seed=run.settings.seed, progress=progress
    )


def _classifier(run: ReportedRun) -> LinearClassifier:
    """Return the classifier to fit to parts of the data; one that was stopped may have had many epochs to go."""
    classifier = build_classifier(run.settings, run.prepared)
    most = max(run.recorded.epochs, FEWEST_EPOCHS)
    given = run.settings.max_epochs
    classifier.set_params(max_epochs=most if given is None else min(most, given))
    return classifier


def _temperature(run: ReportedRun, quality: DataQuality | None) -> TemperatureScaling | None:
    """Find a temperature by validation examples or out-of-fold scores, or take the model's; None without these."""
    split = run.evaluation.split
    if run.evaluation.calibration is None or split == "train":
        return None
    if run.model.temperature is not None:
        return scaled_by_model(*_scores(run, split), run.model.temperature)
    if "validation" in run.prepared.rows and split != "validation":
        return scale_temperature(*_scores(run, split), _scores(run, "validation"))
    if quality is None or not quality.out_of_fold.scored.any():
        return None
    scored = quality.out_of_fold.scored
    held_out = quality.out_of_fold.scores[scored], run.prepared.labels("train")[scored]
    return scale_temperature(*_scores(run, split), held_out)


def _scores(run: ReportedRun, split: str) -> tuple[FloatArray, Array]:
    """Return scores and labels of a split's examples, evenly drawn where they would be too many numbers."""
    rows, y = run.prepared.rows[split], run.prepared.labels(split)
    most = max(1, MOST_SCORES // len(run.model.classes))
    chosen = np.linspace(0, len(y) - 1, min(len(y), most)).round().astype(np.int64)
    return run.model.scores(rows.take(chosen)), y[chosen]


def _robustness(run: ReportedRun, progress: Progress | None) -> Robustness | None:
    """Measure it on the examples that evaluate the run; None where they are no images."""
    if len(run.dataset.example_shape) != 3 or run.evaluation.split == "train":
        return None
    spec = recorded_input(run.model, TrainedOn.read(run.folder.path))
    classifier = ImageClassifier(run.model, input=spec)
    return measure_robustness(classifier, run.prepared.split(run.evaluation.split), progress=progress)
