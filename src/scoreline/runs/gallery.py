"""The examples that the report shows: some of each cell of the confusion matrix, with scores and contributions."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.engine.problem.objective import block_rows
from scoreline.models import SavedModel
from scoreline.models.prediction import class_scores, ranked
from scoreline.models.regions import Lead, region_contributions, sums_pixels
from scoreline.report.gallery import Cell, Gallery, RegionMaps, Shown, thumbnail
from scoreline.report.metrics import Evaluation
from scoreline.rows import SubsetRows, batches
from scoreline.runs.pipeline import Prepared
from scoreline.runs.predictions import confidences

__all__ = ["make_gallery", "picture_classes", "picture_examples"]

#: Classes up to which the matrix has all, and how many it has of more.
MOST_CLASSES, SHOWN_CLASSES = 25, 20
#: Examples of a cell with wrong ones, of one with right ones, and mistakes that the model was surest of.
WRONG, RIGHT, SUREST = 12, 6, 12
#: Bytes that all pictures may take: as text in the page they take a third more.
MOST_BYTES = 3 << 20
#: Examples of a cell, and of all, with the contributions of their regions.
EXPLAINED, MOST_EXPLAINED = 3, 200
#: Training images, and numbers in them, whose mean covers regions.
AVERAGED, AVERAGED_NUMBERS = 1000, 1 << 26
#: Training examples of a class.
OF_CLASS = 5
#: Guesses of an example.
GUESSES = 3


def make_gallery(
    model: SavedModel,
    prepared: Prepared,
    evaluation: Evaluation,
    *,
    seconds: float = math.inf,
    command: str = "",
) -> Gallery:
    """Choose examples of the split that is evaluated, and show what the model says of them.

    Commoner mistakes come first where all pictures together would take too much room, or all contributions of
    regions too much time.

    Parameters
    ----------
    model : SavedModel
    prepared : Prepared
        Data and rows.
    evaluation : Evaluation
    seconds : float, optional
        After which no more images have regions covered to see what these contribute. What is summed over pixels
        takes no time to speak of. An image costs as much as the features of `COVERED` squared and one more.
    command : str, optional
        The command that takes more time for that.
    """
    y = prepared.labels(evaluation.split)
    predicted, confidence = confidences(model, prepared.rows[evaluation.split])
    n_classes = len(model.classes)
    classes = evaluation.worst_classes(n_classes if n_classes <= MOST_CLASSES else SHOWN_CLASSES)
    found = list(_cells(y, predicted, confidence, classes))
    shower = _Shower(model, prepared, evaluation.split, predicted)
    maps: RegionMaps | None = None
    if is_drawable(prepared):
        wanted = _to_explain([chosen for *_, chosen in found])
        complete = shower.explain(wanted, seconds)
        covered = not sums_pixels(model, prepared.extractor)
        maps = RegionMaps(prepared.dataset.example_shape[:2], covered, complete, command)
    wrong = np.flatnonzero(y != predicted)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")[:SUREST]]
    shown_first = [shower.show(row) for row in surest.tolist()]
    cells = [
        Cell(true, guess, len(rows), [shower.show(row) for row in chosen.tolist()])
        for true, guess, rows, chosen in found
    ]
    return Gallery(classes, cells, shown_first, maps)


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


def _to_explain(cells: Sequence[Labels]) -> list[int]:
    """Return the examples to explain: the first of each cell, then the second of each that has more, and so on."""
    rows = [int(rows[k]) for k in range(EXPLAINED) for rows in cells if k < len(rows)]
    return rows[:MOST_EXPLAINED]


def _mean_image(prepared: Prepared) -> Array:
    """Return the mean of training images that are drawn evenly, as many as are read in a moment."""
    rows, numbers = prepared.dataset.train.rows, math.prod(prepared.dataset.example_shape)
    n = min(len(rows), AVERAGED, max(1, AVERAGED_NUMBERS // numbers))
    drawn = SubsetRows(rows, np.linspace(0, len(rows) - 1, n).round().astype(np.int64))
    total = sum(block.sum(axis=0, dtype=np.float64) for _, block in batches(drawn, block_rows(numbers)))
    return np.rint(total / n).astype(np.uint8)


@dataclass(eq=False)
class _Shower:
    """Shows examples as long as there is room for their pictures."""

    model: SavedModel
    prepared: Prepared
    split: str
    predicted: Labels
    _used: int = field(default=0, init=False)
    _regions: Mapping[int, FloatArray] = field(default_factory=dict, init=False)

    def explain(self, rows: Sequence[int], seconds: float) -> bool:
        """Find what the regions of examples contribute until the time is up; return whether it was enough."""
        extractor = self.prepared.extractor
        end = time.perf_counter() + (math.inf if sums_pixels(self.model, extractor) else seconds)
        leads = (self._lead(row) for row in takewhile(lambda _: time.perf_counter() < end, rows))
        found = region_contributions(self.model, extractor, leads, _mean_image(self.prepared))
        self._regions = dict(zip(rows, found, strict=False))
        return len(self._regions) == len(rows)

    def show(self, row: int) -> Shown:
        """Return one example with its guesses, its picture and what its regions contribute, if that is known."""
        split = self.prepared.split(self.split)
        scores = self._scores(row)
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
        picture: bytes = b""
        regions: FloatArray | None = None
        if is_drawable(self.prepared) and self._used < MOST_BYTES:
            picture = thumbnail(split.rows.read(row, row + 1)[0])
            regions = self._regions.get(row)
            self._used += len(picture)
        classes = self.model.classes
        return Shown(split.ids[row], classes[true], classes[guess], guesses, picture, regions)

    def _lead(self, row: int) -> Lead:
        """Return an example with the class that was named and the true one, or the second best of a right one."""
        split = self.prepared.split(self.split)
        true, guess = int(split.y[row]), int(self.predicted[row])
        best = ranked(class_scores(self._scores(row)), 2)[0].tolist()
        rival = true if true != guess else next((label for label in best if label != guess), guess)
        return Lead(split.rows.read(row, row + 1)[0], guess, rival)

    def _scores(self, row: int) -> FloatArray:
        return self.model.scores(self.prepared.rows[self.split].read(row, row + 1))
