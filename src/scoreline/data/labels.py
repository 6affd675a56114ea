"""From labels as people store them to one whole number or text an example."""

from __future__ import annotations

import math

import numpy as np

from scoreline._text import shortened
from scoreline._typing import Array
from scoreline.errors import DataError

__all__ = ["check_count", "read_labels", "whole_texts"]

_WHAT_LABELS_ARE = "one label an example: whole numbers or text, or one-hot rows of 0 and 1"


def check_count(where: str, X_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> None:
    """Raise DataError unless there are as many labels as examples; only shapes are checked.

    Parameters
    ----------
    where : str
        What the examples are called, for the message.
    X_shape, y_shape : tuple of int
        Shapes of the examples and of the labels.
    """
    n = X_shape[0] if X_shape else 0
    if y_shape and (y_shape[0] == n or _is_column(y_shape, n)):
        return
    fix = "write examples and labels from the same list"
    if len(X_shape) > 1 and y_shape and X_shape[-1] == y_shape[0]:
        fix = f"put the examples first: X = numpy.moveaxis(X, -1, 0) has shape {(X_shape[-1], *X_shape[:-1])}"
    raise DataError(
        f"{where} has {n} examples (shape {X_shape}) but labels of shape {y_shape}",
        allowed="one label an example",
        fix=fix,
    )


def _is_column(y_shape: tuple[int, ...], n: int) -> bool:
    """Say whether only one axis of the labels is longer than 1, that of the examples."""
    return sorted(y_shape) == [1] * (len(y_shape) - 1) + [n]


def read_labels(where: str, y: Array, n: int) -> tuple[Array, list[str]]:
    """Return labels (N,) of integers, booleans or text, and notes on how they were read.

    Columns and rows are flattened, one-hot rows become the number of their column, and floats that are whole
    numbers become integers.

    Parameters
    ----------
    where : str
        What they belong to, for messages.
    y : array (N,), (N, 1), (1, N) or (N, C)
        Labels as they were stored.
    n : int
        Number of examples N.

    Raises
    ------
    DataError
        They are something else.
    """
    notes: list[str] = []
    if _is_column(y.shape, n):
        y = y.reshape(n)
    if y.ndim == 2 and len(y) == n:
        y = _from_one_hot(where, y)
        notes.append(f"The labels of {where} were stored one-hot and read as the numbers of their columns.")
    if y.ndim != 1 or len(y) != n:
        raise DataError(
            f"{where} has {n} examples but labels of shape {y.shape}",
            allowed=_WHAT_LABELS_ARE,
            fix="write examples and labels from the same list",
        )
    if y.dtype.kind == "f":
        y = _whole(where, y)
        notes.append(f"The labels of {where} were stored as floats and read as whole numbers.")
    if y.dtype.kind not in "buiUS":
        raise DataError(
            f"The labels of {where} have dtype {y.dtype}",
            allowed=_WHAT_LABELS_ARE,
            fix="save them as text with y = y.astype(str)",
        )
    return y, notes


def _from_one_hot(where: str, y: Array) -> Array:
    row = _first(~((y == 0) | (y == 1)).all(axis=1) | (y.sum(axis=1) != 1)) if y.dtype.kind in "buif" else 0
    if row is not None:
        raise DataError(
            f"The labels of {where} have shape {y.shape}, and row {row} is not one-hot: "
            f"{shortened(str(y[row].tolist()))}",
            allowed=_WHAT_LABELS_ARE,
            fix="for probabilities save y = y.argmax(axis=1); several labels an example are not supported",
        )
    return y.argmax(axis=1)


def _whole(where: str, y: Array) -> Array:
    finite = np.isfinite(y)
    row = _first(~finite | (np.abs(np.where(finite, y, 0)) >= 2**53) | (np.where(finite, y, 0) % 1 != 0))
    if row is not None:
        missing = "no label at all" if np.isnan(y[row]) else "no whole number"
        raise DataError(
            f"The labels of {where} have dtype {y.dtype}, and number {row} is {y[row]}: {missing}",
            allowed=_WHAT_LABELS_ARE,
            fix="leave out examples without a label; a quantity to predict must be cut into classes first",
        )
    return y.astype(np.int64)


def _first(bad: Array) -> int | None:
    """Return the first row that is marked, or None."""
    return int(np.argmax(bad)) if bad.any() else None


def whole_texts(labels: list[str]) -> list[str]:
    """Return labels of a table: empty where missing, ``3`` for ``3.0`` where all are floats without a rest."""
    try:
        numbers = [float(label or "nan") for label in labels]
    except ValueError:
        return labels
    present = [number for number in numbers if not math.isnan(number)]
    if not any("." in label for label in labels) or not all(number.is_integer() for number in present):
        return labels
    return ["" if math.isnan(number) else str(int(number)) for number in numbers]
