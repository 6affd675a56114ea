"""What a model says of single examples, as rows for tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data import Split
from scoreline.models import SavedModel

__all__ = ["PREDICTION_COLUMNS", "class_scores", "confidences", "prediction_rows"]

PREDICTION_COLUMNS = ("split", "id", "true", "predicted", "correct", "confidence")


def class_scores(scores: FloatArray) -> FloatArray:
    """Return one score a class ``(n, C)``: the single score of two classes speaks against the first."""
    return np.concatenate([-scores, scores], axis=1) / 2 if scores.shape[1] == 1 else scores


def confidences(model: SavedModel, scores: FloatArray) -> tuple[Labels, FloatArray]:
    """Return the predicted labels and how sure the model is of them, ``(n,)`` each.

    Sure means the probability where the loss has probabilities, else the lead of the best score over the second.
    """
    probabilities = model.probabilities(scores)
    if probabilities is not None:
        best = probabilities.argmax(axis=1)
        return best, np.take_along_axis(probabilities, best[:, None], axis=1)[:, 0]
    by_class = class_scores(scores)
    top = np.sort(by_class, axis=1)
    return by_class.argmax(axis=1), top[:, -1] - top[:, -2]


def prediction_rows(model: SavedModel, split: Split, rows: Array, name: str) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `PREDICTION_COLUMNS` for each example of a split."""
    predicted, confidence = confidences(model, model.scores(rows))
    for example, true, best, sure in zip(split.ids, split.y, predicted, confidence, strict=True):
        yield name, example, model.classes[true], model.classes[best], int(true == best), f"{sure:.6g}"
