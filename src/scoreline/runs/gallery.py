"""The examples that the report shows: some of each cell of the confusion matrix, with scores and contributions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.features import FeatureExtractor
from scoreline.models import SavedModel
from scoreline.models.prediction import class_scores, ranked
from scoreline.report.gallery import Cell, Gallery, Shown, contribution_map, thumbnail
from scoreline.report.metrics import Evaluation
from scoreline.runs.pipeline import Prepared
from scoreline.runs.predictions import confidences

__all__ = ["make_gallery", "picture_classes", "picture_examples"]

#: Classes up to which the matrix has all, and how many it has of more.
MOST_CLASSES, SHOWN_CLASSES = 25, 20
#: Examples of a cell with wrong ones, of one with right ones, and mistakes that the model was surest of.
WRONG, RIGHT, SUREST = 12, 6, 12
#: Bytes that all pictures may take: as text in the page they take a third more.
MOST_BYTES = 3 << 20
#: Examples of a cell, and of all, with contributions; fields of the grid in each direction.
EXPLAINED, MOST_EXPLAINED, GRID = 3, 200, 8
#: Training examples of a class.
OF_CLASS = 5
#: Guesses of an example.
GUESSES = 3


def make_gallery(model: SavedModel, prepared: Prepared, evaluation: Evaluation) -> Gallery:
    """Choose examples of the split that is evaluated, and show what the model says of them.

    Commoner mistakes come first where all pictures together would take too much room.

    Parameters
    ----------
    model : SavedModel
    prepared : Prepared
        Data and rows.
    evaluation : Evaluation
    """
    y = prepared.labels(evaluation.split)
    predicted, confidence = confidences(model, prepared.rows[evaluation.split])
    n_classes = len(model.classes)
    classes = evaluation.worst_classes(n_classes if n_classes <= MOST_CLASSES else SHOWN_CLASSES)
    shower = _Shower(model, prepared, evaluation.split, predicted)
    wrong = np.flatnonzero(y != predicted)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")[:SUREST]]
    shown_first = [shower.show(int(row)) for row in surest]
    cells = [
        Cell(
            true,
            guess,
            len(rows),
            [shower.show(int(row), explained=k < EXPLAINED) for k, row in enumerate(chosen)],
        )
        for true, guess, rows, chosen in _cells(y, predicted, confidence, classes)
    ]
    return Gallery(classes, cells, shown_first)


def picture_examples(prepared: Prepared, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """Return small pictures of examples by split and id; nothing where examples are no images."""
    found: dict[tuple[str, str], bytes] = {}
    for name in prepared.rows if is_drawable(prepared) and wanted else ():
        split, ids = prepared.split(name), {example for part, example in wanted if part == name}
        for row, example in enumerate(split.ids if ids else ()):
            if example in ids:
                found[name, example] = thumbnail(split.rows.read(row, row + 1)[0])
    return found


def picture_classes(prepared: Prepared) -> list[list[bytes]]:
    """Return small pictures of some training examples of each class; nothing where classes are many."""
    classes, train = prepared.dataset.classes, prepared.dataset.train
    if not is_drawable(prepared) or len(classes) > MOST_CLASSES:
        return []
    chosen = (np.flatnonzero(train.y == label)[:OF_CLASS].tolist() for label in range(len(classes)))
    return [[thumbnail(train.rows.read(row, row + 1)[0]) for row in rows] for rows in chosen]


def is_drawable(prepared: Prepared) -> bool:
    """Whether examples are images of one or three channels."""
    shape = prepared.dataset.example_shape
    return len(shape) == 3 and shape[2] in (1, 3)


def _cells(
    y: Labels, predicted: Labels, confidence: FloatArray, classes: list[int]
) -> Iterator[tuple[int, int, Labels, Labels]]:
    """Yield true and predicted class of each cell, the rows in it, and those to show; mistakes first."""
    inside = np.flatnonzero(np.isin(y, classes) & np.isin(predicted, classes))
    order = inside[np.lexsort((predicted[inside], y[inside]))]
    if not len(order):
        return
    starts = np.flatnonzero(np.diff(y[order], prepend=-1) | np.diff(predicted[order], prepend=-1))
    groups = [group for group in np.split(order, starts) if len(group)]
    groups.sort(key=lambda rows: (y[rows[0]] == predicted[rows[0]], -len(rows)))
    for rows in groups:
        true, guess = int(y[rows[0]]), int(predicted[rows[0]])
        sure = confidence[rows] if true == guess else -confidence[rows]
        yield true, guess, rows, rows[np.argsort(sure, kind="stable")[: RIGHT if true == guess else WRONG]]


@dataclass(eq=False)
class _Shower:
    """Shows examples as long as there is room for their pictures."""

    model: SavedModel
    prepared: Prepared
    split: str
    predicted: Labels
    _used: int = field(default=0, init=False)
    _explained: int = field(default=0, init=False)

    def show(self, row: int, *, explained: bool = False) -> Shown:
        """Return one example with its guesses, its picture and, if wanted, its contributions."""
        split = self.prepared.split(self.split)
        scores = self.model.scores(self.prepared.rows[self.split].read(row, row + 1))
        by_class, probabilities = class_scores(scores)[0], self.model.probabilities(scores)
        best = ranked(by_class[None], min(GUESSES, len(by_class)))[0].tolist()
        true, guess = int(split.y[row]), int(self.predicted[row])
        labels = best if true in best else [*best, true]
        guesses = [
            (
                self.model.classes[label],
                float(by_class[label]),
                None if probabilities is None else float(probabilities[0, label]),
            )
            for label in labels
        ]
        picture = contributions = b""
        if is_drawable(self.prepared) and self._used < MOST_BYTES:
            pixels = split.rows.read(row, row + 1)[0]
            picture = thumbnail(pixels)
            if explained and self._explained < MOST_EXPLAINED:
                rival = true if true != guess else best[min(1, len(best) - 1)]
                contributions = self._map(pixels, guess, rival)
                self._explained += bool(contributions)
            self._used += len(picture) + len(contributions)
        classes = self.model.classes
        return Shown(split.ids[row], classes[true], classes[guess], guesses, picture, contributions)

    @property
    def _extractor(self) -> FeatureExtractor:
        return self.prepared.extractor

    def _map(self, pixels: Array, guess: int, rival: int) -> bytes:
        """Return what each region adds to the lead of one class over another; empty where nobody can say."""
        weights = class_scores(self.model.coef.T).astype(np.float64)
        added = self._extractor.pixel_contributions(pixels, weights[:, guess] - weights[:, rival])
        if added is None:
            return b""
        summed = added.sum(axis=2)
        starts = [np.unique(np.arange(GRID) * side // GRID) for side in summed.shape]
        regions = np.add.reduceat(np.add.reduceat(summed, starts[0], axis=0), starts[1], axis=1)
        return contribution_map(regions)
