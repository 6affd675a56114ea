"""From what scikit-learn's users pass as X to rows: arrays, tables, sparse matrices, and rows themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, check_consistent_length
from sklearn.utils.validation import _check_feature_names, _check_n_features, validate_data

from scoreline._typing import Array
from scoreline.engine.problem.objective import BLOCK_ENTRIES
from scoreline.errors import DataError
from scoreline.estimators.inputs import check_axes, explained
from scoreline.rows import ArrayRows, Rows, batches, gathered, in_arrays, rows_of
from scoreline.rows.reading import BLOCK_BYTES, row_bytes

__all__ = ["read_labelled", "read_rows"]


def read_rows(estimator: Any, X: Any, *, reset: bool) -> Rows:
    """Return what was passed as X as rows: 2-D, finite, with columns as in `fit` unless `reset` begins anew.

    Raises
    ------
    ValueError
        As scikit-learn's own checks.
    DataError
        It has other axes, or holds text or dates.
    """
    check_axes(X)
    if isinstance(X, Rows):
        rows = _checked(estimator, X, reset=reset)
    else:
        with explained(X):
            rows = rows_of(validate_data(estimator, X, reset=reset, **_wanted(X)))
    _check_finite(estimator, rows)
    return rows


def read_labelled(estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Rows, Array]:
    """Return X as rows, see `read_rows`, and y as one label for each of them."""
    check_axes(X)
    if isinstance(X, Rows):
        rows = _checked(estimator, X, reset=reset)
        y = validate_data(estimator, X="no_validation", y=y)
        check_consistent_length(rows, y)
    else:
        with explained(X):
            X, y = validate_data(estimator, X, y, reset=reset, **_wanted(X))
        rows = rows_of(X)
    _check_finite(estimator, rows)
    return rows, y


def _wanted(X: Any) -> dict[str, Any]:
    """Return what scikit-learn is to make of X: finite or not is looked up a block at a time."""
    return {"dtype": _dtypes(X), "order": "C", "accept_sparse": "csr", "ensure_all_finite": False}


def _checked(estimator: Any, rows: Rows, *, reset: bool) -> Rows:
    """Return rows whose dtype and number of features can be used; small ones that lie in several arrays as one."""
    kept = _dtypes(rows)
    if rows.dtype not in (kept if isinstance(kept, list) else [kept]):
        raise DataError(
            f"The rows hold {rows.dtype}",
            allowed="floats, and integers of 8 or 16 bits",
            fix="convert them to float32 or float64",
        )
    if not len(rows):
        raise DataError("There are no rows", allowed="at least one row", fix="pass some rows")
    _check_feature_names(estimator, rows, reset=reset)
    _check_n_features(estimator, rows, reset=reset)
    return gathered(rows) if in_arrays(rows) and len(rows) * row_bytes(rows) <= BLOCK_BYTES else rows


def _dtypes(X: Any) -> Any:
    """Keep what float32 holds to the last digit (bytes, 16-bit numbers), and floats; all else becomes float64."""
    dtype = getattr(X, "dtype", None)
    kept = isinstance(dtype, np.dtype) and dtype.kind in "iuf" and dtype.itemsize <= 2
    return dtype if kept else [np.float64, np.float32]


def _check_finite(estimator: Any, rows: Rows) -> None:
    """Raise scikit-learn's ValueError for NaN or infinity, looking at a block at a time."""
    if rows.dtype.kind != "f":
        return
    matrix = rows.matrix
    stored = rows if matrix is None else ArrayRows(matrix.data)
    for _, block in batches(stored, max(1, BLOCK_ENTRIES // max(1, math.prod(stored.shape[1:])))):
        assert_all_finite(block, estimator_name=type(estimator).__name__, input_name="X")
