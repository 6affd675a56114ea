"""The figures of runs and of comparisons, drawn for light and for dark paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.report.figures import (
    DARK,
    LIGHT,
    Theme,
    class_templates,
    confusion,
    loss_curves,
    mistakes,
    png_bytes,
    run_comparison,
)
from scoreline.report.metrics import Evaluation
from scoreline.runs.pipeline import Prepared
from scoreline.runs.predictions import confidences

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Drawing", "draw_comparison", "draw_run", "save_drawings"]

#: Mistakes shown.
MISTAKES = 12


class Drawing(NamedTuple):
    """A figure as PNG, twice."""

    name: str
    caption: str
    light: bytes
    dark: bytes


def draw_run(
    history: Mapping[str, Sequence[float]], model: SavedModel, evaluation: Evaluation, prepared: Prepared
) -> Iterator[Drawing]:
    """Draw loss curves, confusion, and for images templates and mistakes.

    Parameters
    ----------
    history : mapping of str to sequence
        Columns of the run's history.
    model : SavedModel
    evaluation : Evaluation
        Of the split that is shown.
    prepared : Prepared
        Data and rows.
    """
    classes = model.classes
    first = LOSSES.build(model.loss).value_at_zero(len(classes))
    yield _draw(
        "loss-curves",
        "Loss and accuracy, epoch by epoch; the line marks the loss to be expected at W = 0.",
        lambda theme: loss_curves(history, theme, first_loss=first),
    )
    yield _draw(
        "confusion",
        f"Which classes of the {evaluation.split} examples are taken for which.",
        lambda theme: confusion(evaluation.confusion, classes, theme),
    )
    shape = prepared.dataset.example_shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        return
    if model.features == "pixels":
        image_shape = (shape[0], shape[1], shape[2])
        yield _draw(
            "class-templates",
            "The weights of each class as an image: what its score looks for.",
            lambda theme: class_templates(model.coef, image_shape, classes, theme),
        )
    worst = _Mistakes.of(model, prepared, evaluation.split)
    yield _draw(
        "mistakes",
        f"The {evaluation.split} examples that the classifier was surest of and got wrong.",
        lambda theme: mistakes(*worst, classes, theme),
    )


def draw_comparison(histories: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[Drawing]:
    """Draw the training losses of several runs on one plot."""
    yield _draw(
        "training-loss",
        "Mean training loss of each classifier, epoch by epoch.",
        lambda theme: run_comparison(histories, theme),
    )


def save_drawings(drawings: Sequence[Drawing], folder: Path) -> None:
    """Write ``<name>.png`` and ``<name>-dark.png`` for each drawing."""
    folder.mkdir(exist_ok=True)
    for drawing in drawings:
        (folder / f"{drawing.name}.png").write_bytes(drawing.light)
        (folder / f"{drawing.name}-dark.png").write_bytes(drawing.dark)


class _Mistakes(NamedTuple):
    """Images, true and predicted labels and confidences of some wrong predictions."""

    images: Array
    true: Array
    predicted: Array
    confidence: Array

    @classmethod
    def of(cls, model: SavedModel, prepared: Prepared, split: str) -> _Mistakes:
        examples, rows = prepared.split(split), prepared.rows[split]
        predicted, confidence = confidences(model, rows)
        wrong = np.flatnonzero(predicted != examples.y)
        chosen = wrong[np.argsort(-confidence[wrong], kind="stable")[:MISTAKES]]
        return cls(examples.X[chosen], examples.y[chosen], predicted[chosen], confidence[chosen])


def _draw(name: str, caption: str, draw: Callable[[Theme], Figure]) -> Drawing:
    return Drawing(name, caption, png_bytes(draw(LIGHT)), png_bytes(draw(DARK)))
