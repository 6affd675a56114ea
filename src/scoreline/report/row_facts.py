"""What the scores of each example come to: its rank, its prediction and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.errors import DataError

__all__ = ["RowFacts"]


@dataclass(frozen=True, eq=False)
class RowFacts:
    """Summary of the scores of each example, of a size that does not grow with the number of classes.

    Parameters
    ----------
    y, predicted : arrays (N,) of int64
        True label, and label with the highest score.
    rank : array (N,) of int64
        Number of classes that score higher than the true one, or the same and come before it.
    confidence, likelihood : arrays (N,) of float64, or None
        Highest probability, and probability of the true class; None where there are no probabilities.
    """

    y: Labels
    predicted: Labels
    rank: Labels
    confidence: FloatArray | None
    likelihood: FloatArray | None

    @classmethod
    def of(cls, y: Array, scores: Array, n_classes: int, probabilities: Array | None = None) -> RowFacts:
        """Summarise scores ``(N, R)`` and probabilities ``(N, C)``; see `evaluate`."""
        y, columns = _checked(y, scores, n_classes)
        confidence = likelihood = None
        if probabilities is not None:
            confidence = probabilities.max(axis=1).astype(np.float64)
            # A probability of 0 would be an infinite loss; it is replaced by the smallest distinguishable one.
            least = np.finfo(probabilities.dtype).eps
            true = np.take_along_axis(probabilities, y[:, None], axis=1)[:, 0]
            likelihood = np.clip(true.astype(np.float64), least, 1)
        return cls(y, columns.argmax(axis=1), _ranks(y, columns), confidence, likelihood)

    @classmethod
    def joined(cls, parts: Sequence[RowFacts]) -> RowFacts:
        """Return the facts of one or more blocks of examples, one after the other."""

        def column(name: str) -> Any:
            pieces = [getattr(part, name) for part in parts]
            return None if pieces[0] is None else np.concatenate(pieces)

        return cls(*(column(field.name) for field in fields(cls)))


def _ranks(y: Labels, scores: FloatArray) -> Labels:
    """Return how many classes rank before the true one, by scores ``(N, C)``.

    Equal scores count in the order of the classes, as ``argmax`` counts them, so that a rank of 0 is a right
    prediction; scikit-learn's top-k accuracy breaks ties the other way round.
    """
    true = np.take_along_axis(scores, y[:, None], axis=1)
    earlier = np.arange(scores.shape[1]) < y[:, None]
    ahead = (scores > true) | ((scores == true) & earlier)
    return ahead.sum(axis=1)


def _checked(y: Array, scores: Array, n_classes: int) -> tuple[Labels, FloatArray]:
    """Return labels and one column of scores a class, or raise DataError where they do not fit."""
    scores = np.asarray(scores)
    columns = scores[:, None] if scores.ndim == 1 else scores
    if columns.shape[1] == 1:
        columns = np.concatenate([-columns, columns], axis=1)
    y = np.asarray(y)
    if columns.shape != (len(y), n_classes) or not len(y):
        raise DataError(
            f"{len(y)} labels of {n_classes} classes came with scores of shape {scores.shape}",
            allowed="at least one example, with one score a class (or one score for two classes)",
            fix="pass the scores of exactly the examples whose labels you pass",
        )
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= n_classes:
        raise DataError(
            f"Labels of dtype {y.dtype} run from {y.min()} to {y.max()}",
            allowed=f"integers 0 to {n_classes - 1}",
            fix="pass indices into the class names",
        )
    if np.isnan(columns).any():
        raise DataError(
            "Some scores are not a number",
            allowed="numbers",
            fix="train again with a lower learning rate; the weights have diverged",
        )
    return y.astype(np.int64, copy=False), columns
