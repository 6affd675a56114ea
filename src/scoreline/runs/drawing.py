"""The figures of runs, of comparisons and of sweeps, drawn for light and for dark paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scoreline._files import write_bytes
from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.events import Reason
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.report.figures import (
    DARK,
    LIGHT,
    Theme,
    class_templates,
    confusion,
    frontier,
    loss_curves,
    mistakes,
    png_bytes,
    run_comparison,
    validation_curve,
    validation_map,
)
from scoreline.report.metrics import Evaluation
from scoreline.runs.comparison import Row, ranking_name
from scoreline.runs.pipeline import Prepared
from scoreline.runs.predictions import confidences
from scoreline.runs.sweeping import SweepResult, SweepRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Drawing", "draw_comparison", "draw_run", "draw_sweep", "save_drawings"]

#: Mistakes shown.
MISTAKES = 12
#: Pixels of their longer side, about; larger images are shrunk by whole factors.
MISTAKE_SIDE = 512
#: Classes up to which the confusion figure shows all; how many it shows of more, and templates at the most.
MOST_CLASSES, SHOWN_CLASSES, MOST_TEMPLATES = 200, 40, 100


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
    worst = evaluation.worst_classes(len(classes) if len(classes) <= MOST_CLASSES else SHOWN_CLASSES)
    counts = evaluation.counts[worst][:, worst].toarray()
    among = f", among the {len(worst)} of {len(classes):,} with the most mistakes" * (len(worst) < len(classes))
    yield _draw(
        "confusion",
        f"Which classes of the {evaluation.split} examples are taken for which{among}.",
        lambda theme: confusion(counts, [classes[k] for k in worst], theme),
    )
    shape = prepared.dataset.example_shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        return
    if not prepared.extractor.computes:
        image_shape = (shape[0], shape[1], shape[2])
        shown = evaluation.worst_classes(MOST_TEMPLATES)
        coef = model.coef[shown] if len(shown) < len(classes) else model.coef
        some = f" ({len(shown)} of {len(classes):,} classes, those with the most mistakes)"
        yield _draw(
            "class-templates",
            "The weights of each class as an image: what its score looks for"
            + some * (len(shown) < len(classes))
            + ".",
            lambda theme: class_templates(coef, image_shape, [classes[k] for k in shown], theme),
        )
    surest = _Mistakes.of(model, prepared, evaluation.split)
    yield _draw(
        "mistakes",
        f"The {evaluation.split} examples that the classifier was surest of and got wrong.",
        lambda theme: mistakes(*surest, classes, theme),
    )


def draw_comparison(rows: Sequence[Row]) -> Iterator[Drawing]:
    """Draw the training losses of several classifiers on one plot, and their accuracies against their seconds."""
    histories = {row.name: row.history for row in rows if row.history}
    name = ranking_name(rows)
    points = {
        row.name: (max(row.seconds + row.feature_seconds, 1e-3), found)
        for row in rows
        if (found := row.accuracy_by(name)) is not None
    }
    if points:
        yield _draw(
            "frontier",
            f"Accuracy ({name}) against seconds for features and training; the line joins what no quicker one "
            "beats.",
            lambda theme: frontier(points, theme),
        )
    yield _draw(
        "training-loss",
        "Mean training loss of each classifier, epoch by epoch.",
        lambda theme: run_comparison(histories, theme),
    )


def draw_sweep(result: SweepResult) -> Iterator[Drawing]:
    """Draw validation accuracy: a map a solver over strength and learning rate, or a curve over one of them.

    Solvers of which neither varies have no figure.
    """
    curves: dict[str, dict[str, _Table]] = {"lam": {}, "lr": {}}
    for solver in dict.fromkeys(result.axes.solvers):
        table = _Table.of([row for row in result.rows if row.config.solver == solver])
        varying = [name for name, values in (("lam", table.lams), ("lr", table.lrs)) if len(values) > 1]
        if len(varying) == 2:
            yield _draw_map(solver, table)
        elif varying:
            curves[varying[0]][solver] = table
    for setting, tables in curves.items():
        if tables:
            yield _draw_curves(setting, tables)


def save_drawings(drawings: Sequence[Drawing], folder: Path) -> None:
    """Write ``<name>.png`` and ``<name>-dark.png`` for each drawing."""
    folder.mkdir(exist_ok=True)
    for drawing in drawings:
        write_bytes(folder / f"{drawing.name}.png", drawing.light)
        write_bytes(folder / f"{drawing.name}-dark.png", drawing.dark)


class _Table(NamedTuple):
    """What a solver came to: a row for each learning rate, a column for each strength."""

    lams: list[float]
    #: Empty where each learning rate followed from the data; there is one row then.
    lrs: list[float]
    #: NaN where training diverged.
    accuracy: FloatArray
    dropped: Array
    #: Row and column of the best; None where all diverged.
    best: tuple[int, int] | None

    @classmethod
    def of(cls, rows: Sequence[SweepRow]) -> _Table:
        """Fill the table from rows of which the best comes first."""
        lams = sorted({row.config.strength for row in rows})
        lrs = sorted({row.config.lr for row in rows if row.config.lr is not None})
        shape = (max(len(lrs), 1), len(lams))
        accuracy, dropped, best = np.full(shape, np.nan), np.zeros(shape, dtype=bool), None
        for row in rows:
            lr = row.config.lr
            place = (0 if lr is None else lrs.index(lr), lams.index(row.config.strength))
            if not row.diverged and row.validation_accuracy is not None:
                accuracy[place] = row.validation_accuracy
                best = best or place
            dropped[place] = row.reason is Reason.OUTDONE
        return cls(lams, lrs, accuracy, dropped, best)


def _draw_map(solver: str, table: _Table) -> Drawing:
    name = re.sub(r"[^A-Za-z0-9]+", "-", solver).strip("-")
    title = f"Validation accuracy, {solver}"
    return _draw(
        f"validation-map-{name}",
        f"Accuracy on the validation split over lam and learning rate, by {solver}.",
        lambda theme: validation_map(
            table.accuracy, table.lams, table.lrs, theme, dropped=table.dropped, best=table.best, title=title
        ),
    )


def _draw_curves(setting: str, tables: Mapping[str, _Table]) -> Drawing:
    some = next(iter(tables.values()))
    values = some.lams if setting == "lam" else some.lrs
    axis = 1 if setting == "lam" else 0
    lines = {solver: table.accuracy.ravel() for solver, table in tables.items()}
    best = {solver: table.best[axis] for solver, table in tables.items() if table.best is not None}
    return _draw(
        f"validation-{setting}",
        f"Accuracy on the validation split over {setting}.",
        lambda theme: validation_curve(lines, values, theme, best=best, setting=setting),
    )


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
        return cls(_thumbnails(examples.X, chosen), examples.y[chosen], predicted[chosen], confidence[chosen])


def _thumbnails(X: Array, chosen: Array) -> Array:
    """Return some of the images ``(n, H, W, ch)``, large ones shrunk: twelve photographs may take a gigabyte."""
    factor = max(X.shape[1:3]) // MISTAKE_SIDE
    if factor < 2 or not len(chosen):
        return X[chosen]
    from PIL import Image

    planes = (X[k, :, :, 0] if X.shape[3] == 1 else X[k] for k in chosen)
    small = np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(image)).reduce(factor)) for image in planes])
    return small.reshape(*small.shape[:3], X.shape[3])


def _draw(name: str, caption: str, draw: Callable[[Theme], Figure]) -> Drawing:
    return Drawing(name, caption, png_bytes(draw(LIGHT)), png_bytes(draw(DARK)))
