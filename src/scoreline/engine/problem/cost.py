"""Estimates of what work costs, and the decisions that depend on them."""

from __future__ import annotations

import numpy as np

from scoreline.losses import Loss

__all__ = [
    "BEST_COLUMNS",
    "BEST_WEIGHTS",
    "HINGE_PASSES",
    "MOST_COLUMNS",
    "PATIENCE",
    "WORTH_COMPILING",
    "evaluated_by_kernels",
    "fit_seconds",
    "numpy_seconds",
    "suits_kernels",
]

#: Seconds of work in NumPy below which nothing is compiled.
WORTH_COMPILING = 2.0
#: Passes that a fit is expected to make, for the questions whether compiling pays and how many threads do.
EXPECTED_PASSES = 30
#: Passes over the data that an exact fit of a hinge with corners may take, and seconds beyond which that is long.
HINGE_PASSES, PATIENCE = 300, 60.0
#: Rows of W of all configurations together beyond which BLAS products are as fast as compiled ones.
MOST_COLUMNS = 128
#: Columns at which a compiled step is nearest to the machine's limit; wider ones lose their place in the cache.
BEST_COLUMNS = 40
#: Weights of a stack that NumPy keeps in a shared cache from step to step, with gradient and optimiser state.
BEST_WEIGHTS = 1 << 20
#: What NumPy manages: multiplications a second with few columns, and numbers turned into floats a second.
_FLOPS, _CONVERSIONS = 5e10, 1e9


def numpy_seconds(rows: float, features: int, columns: int) -> float:
    """Return about how long scores and gradient take, for so many rows, in NumPy."""
    return rows * features * (4 * columns / _FLOPS + 1 / _CONVERSIONS)


def fit_seconds(rows: float, features: int, columns: int) -> float:
    """Return about how long a fit to so many rows takes on one thread, in NumPy."""
    return EXPECTED_PASSES * numpy_seconds(rows, features, columns)


def evaluated_by_kernels(loss: Loss, dtype: np.dtype[np.floating]) -> bool:
    """Tell whether compiled code evaluates scores of a dtype by a loss."""
    return dtype == np.float32 and loss.compiled_form() is not None


def suits_kernels(loss: Loss, data: np.dtype[np.generic], dtype: np.dtype[np.floating], columns: int) -> bool:
    """Tell whether compiled code takes data and weights of these dtypes, a loss and so many columns of scores."""
    return data in (np.uint8, np.float32) and columns <= MOST_COLUMNS and evaluated_by_kernels(loss, dtype)
