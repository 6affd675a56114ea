"""The robustness of a run's model: measured on the examples that were evaluated, and written to its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scoreline.data import Progress
from scoreline.models import ImageClassifier
from scoreline.report.figures import DARK, LIGHT, ChallengeCurve, png_bytes, robustness
from scoreline.report.robustness.measurement import Robustness, measure_robustness
from scoreline.runs.drawing import Drawing, save_drawings
from scoreline.runs.evaluation import EvaluationResult
from scoreline.runs.folder import RunFolder, data_title, file_stem
from scoreline.runs.loaded import LoadedRun

__all__ = ["draw_robustness", "robustness_of", "write_robustness"]


def robustness_of(
    classifier: ImageClassifier, loaded: LoadedRun, evaluated: EvaluationResult, progress: Progress | None = None
) -> Robustness:
    """Measure the accuracy of a run's classifier on changed images, of the examples that were evaluated.

    Raises
    ------
    DataError
        They are no images.
    """
    return measure_robustness(classifier, evaluated.chosen.examples(loaded), progress=progress)


def draw_robustness(measured: Robustness, majority: float) -> Drawing:
    """Draw the small curves, with the accuracy of the majority-class baseline."""
    curves = [
        ChallengeCurve(
            result.name,
            [grade.label for grade in result.grades],
            np.array([grade.accuracy for grade in result.grades]),
            np.array([grade.interval for grade in result.grades]),
            result.pictures,
        )
        for result in measured.challenges
    ]
    light, dark = (png_bytes(robustness(curves, theme, chance=majority)) for theme in (LIGHT, DARK))
    caption = (
        "Accuracy on images that are changed more and more, with 95 % intervals; the broken line is the "
        f"majority-class baseline. {measured.sample}"
    )
    return Drawing("robustness", caption, light, dark)


def write_robustness(measured: Robustness, loaded: LoadedRun, evaluated: EvaluationResult) -> list[Path]:
    """Write table and figure to the run's folder; those of other data than the run's own have their name.

    Raises
    ------
    OutputError
        They could not be written.
    """
    folder = RunFolder(evaluated.run)
    name = "robustness" if loaded.own else f"robustness-{file_stem(data_title(loaded.data))}"
    drawing = draw_robustness(measured, evaluated.evaluation.majority)._replace(name=name)
    folder.write_csv(f"{name}.csv", measured.COLUMNS, measured.rows())
    folder.keep(f"figures/{name}.png", lambda: save_drawings([drawing], folder.figures))
    folder.check()
    return [folder.path / f"{name}.csv", folder.figures / f"{name}.png"]
