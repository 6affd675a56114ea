"""From what a user passes to an estimator to what the engine takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import _check_sample_weight

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.memory import RowsSource
from scoreline.engine.problem.cost import fit_seconds
from scoreline.errors import DataError, UsageError
from scoreline.estimators.inputs import check_labels, check_targets
from scoreline.estimators.reading import read_labelled, read_rows
from scoreline.kernels.threads import threads_for
from scoreline.losses import rows_for
from scoreline.rows import Allocate, FileRows, Rows, SubsetRows, gathered, in_arrays, stored_entries

__all__ = [
    "TrainingData",
    "balance",
    "check_two_classes",
    "encode_labels",
    "known_classes",
    "validate_held_out",
    "validate_rows",
    "validate_training_data",
    "validation_split",
]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Checked training data: rows ``(N, D)``, labels ``(N,)`` from 0, weights ``(N,)`` or None, class names."""

    rows: Rows
    y: Labels
    weight: FloatArray | None
    classes: Array

    def source(self, factor: FloatArray | None) -> RowsSource:
        """Return the data as a source, weights multiplied by `factor` ``(N,)``."""
        weight = self.weight if factor is None else factor * (1 if self.weight is None else self.weight)
        return RowsSource(self.rows, self.y, len(self.classes), weight)

    def on_disk(self) -> TrainingData:
        """Return the data with rows that lie in several arrays as one array in a file."""
        scattered = self.rows.array is None and in_arrays(self.rows)
        return replace(self, rows=FileRows(self.rows)) if scattered else self

    def threads(self) -> AbstractContextManager[None]:
        """Return the context in which a fit to the data has as many threads as pay off."""
        return threads_for(fit_seconds(len(self.y), stored_entries(self.rows), rows_for(len(self.classes))))

    def take(self, rows: Array, allocate: Allocate | None = None) -> TrainingData:
        """Return some of the rows, gathered where they lie in arrays; see `scoreline.rows.gathered`."""
        some = SubsetRows(self.rows, np.arange(len(self.y))[rows])
        found = gathered(some, allocate) if in_arrays(self.rows) else some
        return replace(self, rows=found, y=self.y[rows], weight=None if self.weight is None else self.weight[rows])


def validate_rows(estimator: Any, X: Any) -> Rows:
    """Check rows for prediction: 2-D, finite, as many columns (and of the same names) as in `fit`."""
    return read_rows(estimator, X, reset=False)


def validate_held_out(estimator: Any, X: Any, y: Any, classes: Array) -> RowsSource:
    """Check rows to evaluate by, and their labels, which are among the sorted `classes`."""
    rows = validate_rows(estimator, X)
    check_consistent_length(rows, y)
    return RowsSource(rows, encode_labels(column_or_1d(y), classes), len(classes))


def validate_training_data(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, reset: bool = True, classes: Array | None = None
) -> TrainingData:
    """Check rows, labels and weights.

    Raises
    ------
    ValueError
        As scikit-learn's own checks.
    DataError
        There is only one class, a label is not among `classes`, or all weights are 0.
    """
    if y is not None:  # scikit-learn says that it is needed
        y = check_labels(y)
    rows, y = read_labelled(estimator, X, y, reset=reset)
    check_targets(y)
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not weight.sum() > 0:
            raise DataError(
                "All sample weights are 0", allowed="at least one weight above 0", fix="leave sample_weight out"
            )
    known = np.unique(y) if classes is None else classes
    data = TrainingData(rows, encode_labels(y, known), weight, known)
    if classes is None or len(classes) < 2:
        check_two_classes(data.y, weight, known)
    return data


def check_two_classes(
    y: Labels,
    weight: FloatArray | None,
    classes: Array,
    *,
    where: str = "",
    fix: str = "add examples of another class",
) -> None:
    """Raise DataError where only one class has rows with a weight above 0.

    Parameters
    ----------
    y : array (N,)
        Labels as places in `classes`.
    weight : array (N,) or None
    classes : array (C,)
        The names of the classes.
    where : str, optional
        Which rows these are, for the message.
    fix : str, optional
        What the reader can do.
    """
    counted = np.unique(y if weight is None else y[weight > 0])
    if len(counted) < 2:
        which = "" if weight is None else " with a weight above 0"
        held = f"only one class{which}, {classes[counted].tolist()[0]!r}" if len(counted) else f"none{which}"
        raise DataError(f"The labels{where} hold {held}", allowed="two classes or more", fix=fix)


def known_classes(estimator: Any, classes: Any) -> Array:
    """Return all classes that an estimator learns in parts.

    Raises
    ------
    UsageError
        At the first call they are not given, or later they are others than before.
    """
    given = None if classes is None else np.unique(column_or_1d(classes))
    if not hasattr(estimator, "coef_"):
        if given is None:
            raise UsageError(
                "The first call of partial_fit came without classes",
                allowed="all classes there will ever be, at the first call",
                fix="pass classes=numpy.unique(y) of all the labels",
            )
        return given
    known: Array = estimator.classes_
    if given is not None and not np.array_equal(given, known):
        now, before = _listed(given.tolist()), _listed(known.tolist())
        raise UsageError(
            f"partial_fit came with the classes {now} after training on {before}",
            allowed="the classes of the first call, or none",
            fix="leave classes out, or begin anew with fit or a clone of the classifier",
        )
    return known


def encode_labels(y: Any, classes: Array) -> Labels:
    """Return the index of each label in the sorted `classes`.

    Raises
    ------
    DataError
        A label is not among them.
    """
    labels = np.asarray(y)
    try:
        if "U" in (labels.dtype.kind + classes.dtype.kind) and not {labels.dtype.kind, classes.dtype.kind} <= set(
            "UO"
        ):
            raise TypeError  # NumPy would compare numbers as text
        index = np.searchsorted(classes, labels)
        strange = classes[np.minimum(index, len(classes) - 1)] != labels
    except TypeError:  # numbers where text was learned, or text for numbers
        index, strange = np.zeros(len(labels), np.int64), np.ones(len(labels), dtype=bool)
    if strange.any():
        raise DataError(
            f"The label {labels[strange].tolist()[0]!r} is not among the classes",
            allowed=_listed(classes.tolist()),
            fix="pass all classes at the first call (classes=...), or correct the label",
        )
    return index.astype(np.int64)


def balance(class_weight: Any, data: TrainingData) -> FloatArray | None:
    """Return each row's factor from the weights of the classes."""
    if class_weight is None:
        return None
    if class_weight == "balanced":
        # Counted by weight, so that a weight of 2 equals the row given twice here too.
        counts = np.bincount(data.y, weights=data.weight, minlength=len(data.classes)).astype(np.float64)
        factor = np.divide(counts.sum(), (counts > 0).sum() * counts, out=np.zeros(len(counts)), where=counts > 0)
        return factor[data.y]
    factor = np.array(_class_weights(class_weight, data.classes.tolist()))[data.y]
    if not np.any(factor if data.weight is None else factor * data.weight):
        raise DataError(
            f"No row has a weight: class_weight is {_shown(class_weight)}",
            allowed="at least one row whose class has a weight above 0",
            fix="give the classes that should count a weight above 0",
        )
    return factor


def _class_weights(given: Mapping[Any, float], classes: list[Any]) -> list[float]:
    """Return the weight of each class; those that are not named have 1.

    Names beyond the classes do no harm where every class is named: a fold may lack a class. Else they are errors.
    """
    unknown = [name for name in given if name not in classes]
    if unknown and not all(name in given for name in classes):
        raise UsageError(
            f"class_weight names {_listed(unknown)}, and there is no such class",
            allowed=f"the classes {_listed(classes)}",
            fix="write each name, and its type, as it stands in the labels",
        )
    for name, weight in given.items():
        if not (isinstance(weight, int | float | np.number) and 0 <= weight < np.inf):
            raise UsageError(
                f"class_weight gives {name!r} the weight {weight!r}",
                allowed="finite numbers >= 0, or class_weight='balanced'",
                fix="give the class a weight above 0; 1 is that of a class that is not named",
            )
    return [float(given.get(name, 1.0)) for name in classes]


def validation_split(
    data: TrainingData, share: float, seed: int, allocate: Allocate | None = None
) -> tuple[TrainingData, TrainingData]:
    """Hold out a share of the rows, of every class alike."""
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(data.y))
    counts = np.bincount(data.y, minlength=len(data.classes))
    # A class with a single row cannot be on both sides.
    stratify = data.y if counts.min() >= 2 and share * len(rows) >= len(counts) else None
    kept, held_out = train_test_split(rows, test_size=share, random_state=seed, stratify=stratify)
    return data.take(np.sort(kept), allocate), data.take(np.sort(held_out), allocate)


def _listed(names: Sequence[Any]) -> str:
    """Return names for a message, the first twenty of them."""
    return ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
