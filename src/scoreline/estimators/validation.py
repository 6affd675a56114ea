"""From what a user passes to an estimator to what the engine takes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.memory import MemorySource
from scoreline.data.scratch import is_mapped, take_rows
from scoreline.engine.cost import fit_seconds
from scoreline.engine.objective import BLOCK_ENTRIES, Standardization
from scoreline.errors import DataError
from scoreline.kernels.threads import threads_for
from scoreline.losses import rows_for

__all__ = [
    "TrainingData",
    "balance",
    "build_standardization",
    "encode_labels",
    "validate_rows",
    "validate_training_data",
    "validation_split",
]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Checked training data: rows ``(N, D)``, labels ``(N,)`` from 0, weights ``(N,)`` or None, class names."""

    X: Array
    y: Labels
    weight: FloatArray | None
    classes: Array

    def source(self, factor: FloatArray | None) -> MemorySource:
        """Return the data as a source, weights multiplied by `factor` ``(N,)``."""
        weight = self.weight if factor is None else factor * (1 if self.weight is None else self.weight)
        return MemorySource(self.X, self.y, len(self.classes), weight)

    def threads(self) -> AbstractContextManager[None]:
        """Return the context in which a fit to the data has as many threads as it is worth."""
        n, D = self.X.shape
        return threads_for(fit_seconds(n, D, rows_for(len(self.classes))))

    def take(self, rows: Array) -> TrainingData:
        """Return some of the rows; those of a memory-mapped file stay on the disk."""
        X = take_rows(self.X, rows) if is_mapped(self.X) else self.X[rows]
        return replace(self, X=X, y=self.y[rows], weight=None if self.weight is None else self.weight[rows])


def validate_rows(estimator: Any, X: Any) -> Array:
    """Check rows for prediction: 2-D, finite, as many columns (and of the same names) as in `fit`."""
    X = validate_data(estimator, X, dtype=_dtypes(X), order="C", ensure_all_finite=False, reset=False)
    _check_finite(estimator, X)
    return X


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
    X, y = validate_data(estimator, X, y, dtype=_dtypes(X), order="C", ensure_all_finite=False, reset=reset)
    _check_finite(estimator, X)
    check_classification_targets(y)
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if not weight.sum() > 0:
            raise DataError(
                "All sample weights are 0", allowed="at least one weight above 0", fix="leave sample_weight out"
            )
    known = np.unique(y) if classes is None else classes
    counted = known if weight is None or classes is not None else np.unique(y[weight > 0])
    if len(counted) < 2:
        which = "" if weight is None else " with a weight above 0"
        raise DataError(
            f"The labels hold only one class{which}, {counted.tolist()[0]!r}",
            allowed="two classes or more",
            fix="add examples of another class",
        )
    return TrainingData(X, encode_labels(y, known), weight, known)


def encode_labels(y: Any, classes: Array) -> Labels:
    """Return the index of each label in the sorted `classes`.

    Raises
    ------
    DataError
        A label is not among them.
    """
    labels = np.asarray(y)
    index = np.searchsorted(classes, labels)
    strange = classes[np.minimum(index, len(classes) - 1)] != labels
    if strange.any():
        raise DataError(
            f"The label {labels[strange].tolist()[0]!r} is not among the classes",
            allowed=", ".join(map(str, classes[:20])) + (", ..." if len(classes) > 20 else ""),
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
    by_class = compute_class_weight(class_weight, classes=data.classes, y=data.classes[data.y])
    return by_class[data.y]


def build_standardization(standardize: bool, feature_weights: Any, source: MemorySource) -> Standardization | None:
    """Return what rows are shifted and multiplied by, None for nothing.

    Raises
    ------
    DataError
        There is not one weight above 0 for each feature.
    """
    measured = Standardization.of(source) if standardize else None
    if feature_weights is None:
        return measured
    weights = np.asarray(feature_weights, dtype=np.float64)
    if weights.shape != (source.n_features,) or not np.all((weights > 0) & np.isfinite(weights)):
        raise DataError(
            f"feature_weights came with shape {weights.shape} for {source.n_features} features, the least of them "
            f"{weights.min(initial=np.inf):g}",
            allowed="one finite number above 0 for each feature",
            fix="leave a feature out instead of giving it no weight",
        )
    return (measured or Standardization.none(source.n_features)).weighted(weights)


def validation_split(data: TrainingData, share: float, seed: int) -> tuple[TrainingData, TrainingData]:
    """Hold out a share of the rows, of every class alike."""
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(data.y))
    counts = np.bincount(data.y, minlength=len(data.classes))
    # A class with a single row cannot be on both sides.
    stratify = data.y if counts.min() >= 2 and share * len(rows) >= len(counts) else None
    kept, held_out = train_test_split(rows, test_size=share, random_state=seed, stratify=stratify)
    return data.take(np.sort(kept)), data.take(np.sort(held_out))


def _dtypes(X: Any) -> Any:
    """Keep what float32 holds to the last digit (bytes, 16-bit numbers), and floats; all else becomes float64."""
    dtype = getattr(X, "dtype", None)
    kept = isinstance(dtype, np.dtype) and dtype.kind in "iuf" and dtype.itemsize <= 2
    return dtype if kept else [np.float64, np.float32]


def _check_finite(estimator: Any, X: Array) -> None:
    """Raise scikit-learn's ValueError for NaN or infinity, looking at a block at a time."""
    if X.dtype.kind == "f":
        step = max(1, BLOCK_ENTRIES // max(1, X.shape[1]))
        for first in range(0, len(X), step):
            assert_all_finite(X[first : first + step], estimator_name=type(estimator).__name__, input_name="X")
