"""What the report looks into beyond scores: what is quick always, the rest on request."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import Progress
from scoreline.models import ImageClassifier
from scoreline.report.analyses import Analyses
from scoreline.report.calibration import MOST_SCORES, TemperatureScaling, scale_temperature
from scoreline.report.robustness.measurement import Robustness, measure_robustness
from scoreline.runs.data_record import TrainedOn
from scoreline.runs.drawing import save_drawings
from scoreline.runs.prediction import recorded_input
from scoreline.runs.reported import ReportedRun
from scoreline.runs.robustness import draw_robustness

__all__ = ["analyse", "write_analyses"]


def analyse(run: ReportedRun, *, full: bool = False, progress: Progress | None = None) -> Analyses:
    """Look into a run.

    Parameters
    ----------
    run : ReportedRun
    full : bool, default False
        Whether robustness is measured too, which takes as long as predicting 45,000 images.
    progress : callable, optional
        Called as ``progress(what, done, total)``.
    """
    return Analyses(
        temperature=_temperature(run),
        robustness=_robustness(run, progress) if full else None,
    )


def write_analyses(analyses: Analyses, run: ReportedRun) -> None:
    """Write the tables of what was found to the run's folder."""
    folder, measured = run.folder, analyses.robustness
    if measured is not None:
        folder.write_csv("robustness.csv", measured.COLUMNS, measured.rows())
        drawing = draw_robustness(measured, run.evaluation.majority)
        folder.keep("figures/robustness.png", lambda: save_drawings([drawing], folder.figures))


def _temperature(run: ReportedRun) -> TemperatureScaling | None:
    """Find a temperature on validation examples; None where there are none, or no probabilities."""
    evaluation = run.evaluation
    if evaluation.calibration is None or "validation" not in run.prepared.rows or evaluation.split != "test":
        return None
    return scale_temperature(*_scores(run, "test"), _scores(run, "validation"))


def _scores(run: ReportedRun, split: str) -> tuple[FloatArray, Array]:
    """Return scores and labels of a split's examples, evenly drawn where they would be too many numbers."""
    rows, y = run.prepared.rows[split], run.prepared.labels(split)
    most = max(1, MOST_SCORES // len(run.model.classes))
    chosen = np.linspace(0, len(y) - 1, min(len(y), most)).round().astype(np.int64)
    return run.model.scores(rows.take(chosen)), y[chosen]


def _robustness(run: ReportedRun, progress: Progress | None) -> Robustness | None:
    """Measure it on the examples that evaluate the run; None where they are no images."""
    if len(run.dataset.example_shape) != 3:
        return None
    spec = recorded_input(run.model, TrainedOn.read(run.folder.path))
    classifier = ImageClassifier(run.model, input=spec)
    return measure_robustness(classifier, run.prepared.split(run.evaluation.split), progress=progress)
