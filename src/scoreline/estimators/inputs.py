"""What is wrong with rows and labels that cannot be used, and the code that mends them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from scoreline._typing import Array
from scoreline.errors import DataError

__all__ = ["check_axes", "check_labels", "check_targets", "explained"]

#: Rows among which the text that a message quotes is looked for.
CHECKED_ROWS = 10_000


def check_axes(X: Any) -> None:
    """Raise DataError for images and others of more than two axes."""
    shape = tuple(getattr(X, "shape", ())) or _shape_of_list(X)
    if len(shape) > 2:
        flat = f"X.reshape(len(X), -1), of shape ({shape[0]}, {math.prod(shape[1:])})"
        images = "X" if len(shape) == 4 else "X[..., None]"
        raise DataError(
            f"X has {len(shape)} axes, shape {shape}",
            allowed="rows (N, D): one row of numbers for each example",
            fix=f"pass {flat}, to learn from pixels, or features of the images, such as "
            f"scoreline.features.build_features('hog').fit_transform({images})",
        )


def check_labels(y: Any) -> Any:
    """Return labels, objects that are all numbers as an array of numbers.

    Raises
    ------
    DataError
        The labels are one-hot, of several types, bytes, or missing.
    """
    shape = _shape_of_list(y)
    if len(shape) == 2 and shape[1] > 1:
        raise DataError(
            f"The labels have two axes, shape {shape}",
            allowed="one label for each row, shape (N,)",
            fix="pass y.argmax(axis=1) for one-hot labels; several labels a row need "
            "sklearn.multioutput.MultiOutputClassifier",
        )
    labels = np.asarray(y) if shape else np.empty(0)
    if not labels.size:
        return y
    if labels.dtype.kind == "S" or (labels.dtype.kind == "O" and isinstance(labels.flat[0], bytes)):
        raise DataError(
            f"The labels are bytes, such as {labels.ravel()[:1].tolist()[0]!r}",
            allowed="text, whole numbers or bool",
            fix="pass numpy.char.decode(y.astype(bytes)), which is text",
        )
    if labels.dtype.kind != "O":
        return y
    return np.array(labels.tolist()) if _type_of_objects(labels.ravel()) == "number" else y


def check_targets(y: Array) -> None:
    """Raise DataError for labels that are measurements, not classes."""
    try:
        check_classification_targets(y)
    except ValueError as error:
        fraction = next((label for label in y.ravel().tolist() if isinstance(label, float) and label % 1), None)
        if fraction is None:
            raise
        raise DataError(
            f"Unknown label type: continuous. The labels are numbers with fractions, such as {fraction!r}",
            allowed="classes: whole numbers, text or bool",
            fix="make classes of them with numpy.digitize(y, edges), or predict the numbers with a regressor such "
            "as sklearn.linear_model.Ridge",
        ) from error


@contextmanager
def explained(X: Any) -> Iterator[None]:
    """Let scikit-learn check X; where it fails at text or dates, say which column holds what."""
    try:
        yield
    except (TypeError, ValueError) as error:
        found = _first_text(X)
        if found is None:
            raise
        column, value = found
        kind = "text" if isinstance(value, str | bytes) else f"a {type(value).__name__}"
        raise DataError(
            f"Column {column!r} of X holds {kind}, such as {str(value)[:40]!r}",
            allowed="numbers in every column",
            fix="leave the column out, or turn it into numbers first: sklearn.preprocessing.OneHotEncoder, for "
            "that column alone in sklearn.compose.make_column_transformer",
        ) from error


def _shape_of_list(X: Any) -> tuple[int, ...]:
    """Return the shape of what has one only once it is converted, such as a list of arrays."""
    try:
        return np.asarray(X).shape
    except ValueError:  # rows of different lengths: scikit-learn says so
        return ()


def _type_of_objects(labels: Array) -> str:
    """Return the one type that all objects have; raise DataError where one is missing or of another type."""
    missing = next((row for row, label in enumerate(labels) if _is_missing(label)), None)
    if missing is not None:
        raise DataError(
            f"The label of row {missing} is missing ({labels[missing]!r}; None and NaN are no labels)",
            allowed="a label for every row",
            fix="leave out the rows without one: keep = pandas.notna(y); X, y = X[keep], y[keep]",
        )
    types = {_type_name(label) for label in labels}
    if len(types) > 1:
        raise DataError(
            f"The labels are of several types: {', '.join(sorted(types))}",
            allowed="labels of one type",
            fix="turn all of them into text, [str(label) for label in y]",
        )
    return types.pop()


def _is_missing(label: Any) -> bool:
    try:
        return label is None or bool(label != label)  # NaN alone is not equal to itself
    except (TypeError, ValueError):  # pandas.NA has no truth
        return True


def _type_name(label: Any) -> str:
    if isinstance(label, Number | np.bool_):
        return "number"
    return "str" if isinstance(label, str) else type(label).__name__


def _first_text(X: Any) -> tuple[Any, Any] | None:
    """Return name and value of the first entry of X that is text or a date and no number."""
    columns: Iterable[tuple[Any, Array]]
    if hasattr(X, "columns"):
        columns = ((name, np.asarray(X[name])) for name in X.columns)
    else:
        try:
            table = np.asarray(X)
        except ValueError:
            return None
        if table.ndim != 2 or table.dtype.kind not in "OSU":
            return None
        columns = enumerate(table.T)
    for name, column in columns:
        if column.dtype.kind not in "biufc":
            for value in column[:CHECKED_ROWS]:
                if _is_text(value):
                    return name, value
    return None


def _is_text(value: Any) -> bool:
    if isinstance(value, str | bytes):
        try:
            float(value)
        except ValueError:
            return True
        return False
    return hasattr(value, "isoformat") or isinstance(value, np.datetime64)
