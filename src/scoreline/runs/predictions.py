"""What a model says of single examples, as rows for tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.data import Split
from scoreline.engine.problem.objective import block_rows
from scoreline.models import SavedModel
from scoreline.models.prediction import certainties, class_scores
from scoreline.report.row_facts import RowFacts
from scoreline.rows import Rows

__all__ = [
    "PREDICTION_COLUMNS",
    "confidences",
    "facts_of_rows",
    "prediction_rows",
    "row_facts",
]

PREDICTION_COLUMNS = ("split", "id", "true", "predicted", "correct", "confidence")


def _row_blocks(model: SavedModel, n: int) -> Iterator[slice]:
    """Yield the blocks of `n` rows, at least one, that are scored at a time: all scores might be too many."""
    step = block_rows(max(model.coef.shape[1], len(model.classes)))
    for first in range(0, max(n, 1), step):
        yield slice(first, first + step)


def row_facts(model: SavedModel, y: Labels, scores: FloatArray) -> RowFacts:
    """Return what a model's scores say of examples with labels `y`."""
    return RowFacts.of(y, scores, len(model.classes), model.probabilities(scores))


def facts_of_rows(model: SavedModel, rows: Rows, y: Labels) -> RowFacts:
    """Return what a model says of rows ``(n, D)`` with labels `y`."""
    blocks = ((block, rows.read(block.start, block.stop)) for block in _row_blocks(model, len(rows)))
    return RowFacts.joined([row_facts(model, y[block], model.scores(X)) for block, X in blocks])


def confidences(model: SavedModel, rows: Rows) -> tuple[Labels, FloatArray]:
    """Return the predicted labels of rows ``(n, D)`` and how sure the model is of them, ``(n,)`` each.

    Sure means the probability where the loss has probabilities, else the lead of the best score over the second.
    """
    blocks = (rows.read(block.start, block.stop) for block in _row_blocks(model, len(rows)))
    pairs = [_confidences(model, model.scores(X)) for X in blocks]
    predicted, sure = zip(*pairs, strict=True)
    return np.concatenate(predicted), np.concatenate(sure)


def prediction_rows(model: SavedModel, split: Split, rows: Rows, name: str) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `PREDICTION_COLUMNS` for each example of a split."""
    predicted, confidence = confidences(model, rows)
    for example, true, best, sure in zip(split.ids, split.y, predicted, confidence, strict=True):
        yield name, example, model.classes[true], model.classes[best], int(true == best), f"{sure:.6g}"


def _confidences(model: SavedModel, scores: FloatArray) -> tuple[Labels, FloatArray]:
    probabilities = model.probabilities(scores)
    by_class = class_scores(scores)
    best = (by_class if probabilities is None else probabilities).argmax(axis=1)
    return best, certainties(by_class, probabilities)
