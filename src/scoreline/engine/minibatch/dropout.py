"""Input dropout: a regulariser that trains on images with holes in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoreline.data.base import Batch
from scoreline.engine.problem.objective import Objective, compute_dtype

__all__ = ["drop_inputs"]


def drop_inputs(
    objective: Objective, batch: Batch, rate: float, rng: np.random.Generator
) -> tuple[Objective, Batch]:
    """Set a random share of the (standardised) inputs to 0 and scale the rest up by ``1 / (1 - rate)``.

    A hole is the mean of a feature where the data are standardised, so that the rows must be standardised first;
    the objective that comes back takes them as they are. Sparse rows stay sparse unless they are standardised,
    which leaves nothing at 0: a batch of them is then dense.

    Parameters
    ----------
    objective : Objective
    batch : Batch
    rate : float
        Share in (0, 1).
    rng : Generator

    References
    ----------
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR 15.
    """
    dtype = compute_dtype(batch.X.dtype)
    if objective.standardization is None and batch.matrix is not None:
        rows = batch.matrix.astype(dtype)
        kept = rng.random(rows.nnz, dtype=np.float32) >= rate
        rows.data = np.where(kept, rows.data / dtype.type(1 - rate), dtype.type(0))
        return objective, batch._replace(X=rows)
    X = objective.standardized(batch.X, dtype)
    kept = rng.random(X.shape, dtype=np.float32) >= rate
    X = np.where(kept, X / dtype.type(1 - rate), dtype.type(0))
    return replace(objective, standardization=None), batch._replace(X=X)
