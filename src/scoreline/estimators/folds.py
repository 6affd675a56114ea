"""The folds of a cross-validation, checked before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, check_cv

from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.estimators.validation import TrainingData, check_two_classes

__all__ = ["Fold", "is_count", "split_folds"]


class Fold(NamedTuple):
    """Places of the rows to train on and of those to evaluate by."""

    train: Array
    test: Array


def is_count(cv: Any) -> bool:
    """Tell whether `cv` is a number of folds, or None for five of them."""
    return cv is None or isinstance(cv, Integral)


def split_folds(cv: Any, data: TrainingData, params: Mapping[str, Any]) -> list[Fold]:
    """Return the folds of `data`.

    Parameters
    ----------
    cv : int, splitter, iterable or None
    data : TrainingData
    params : mapping of str to value
        Further arguments of the splitter, such as ``groups``.

    Raises
    ------
    DataError
        A fold has no rows, rows that do not exist, no weight, or only one class to train on.
    """
    labels = data.classes[data.y]
    if is_count(cv) and params.get("groups") is not None:
        splitter = StratifiedGroupKFold(5 if cv is None else int(cv))
    else:
        splitter = check_cv(cv, labels, classifier=True)
    # Splitters count the rows; those that lie in no array are stood for by as many without columns.
    X = np.empty((len(labels), 0)) if data.rows.array is None else data.rows.array
    folds = [Fold(_places(train), _places(test)) for train, test in splitter.split(X, labels, **params)]
    if not folds:
        raise DataError(
            "cv gives no folds", allowed="one pair (train, test) or more", fix="pass a list, or a number of folds"
        )
    for number, fold in enumerate(folds, start=1):
        _check(fold, number, data)
    return folds


def _places(rows: Any) -> Array:
    """Return places of rows, from places or from a mask."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)


def _check(fold: Fold, number: int, data: TrainingData) -> None:
    for name, rows in (("train on", fold.train), ("evaluate by", fold.test)):
        if not len(rows) or rows.min() < -len(data.y) or rows.max() >= len(data.y):
            held = f"row {rows.max()} of {len(data.y)}" if len(rows) else "no rows"
            raise DataError(
                f"Fold {number} of the cross-validation has {held} to {name}",
                allowed=f"rows from 0 to {len(data.y) - 1}, one at least",
                fix="lower cv, or correct the folds",
            )
        if data.weight is not None and not np.any(data.weight[rows]):
            raise DataError(
                f"Fold {number} of the cross-validation has only rows without weight to {name}",
                allowed="some weight in the training rows and in the held-out rows of every fold",
                fix="lower cv, or leave the rows without weight out",
            )
    check_two_classes(
        data.y[fold.train],
        None if data.weight is None else data.weight[fold.train],
        data.classes,
        where=f" of the rows to train on in fold {number} of the cross-validation",
        fix="mix the rows: cv=5 keeps the shares of the classes, KFold(5, shuffle=True) nearly; with groups, "
        "fewer folds or more groups of each class",
    )
