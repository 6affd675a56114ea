"""Which implementation of the oracle a problem gets: NumPy's, or one in compiled code."""

from __future__ import annotations

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.problem.cost import WORTH_COMPILING, evaluated_by_kernels, fit_seconds, suits_kernels
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.oracle import Oracle
from scoreline.rows import stored_entries

__all__ = ["oracle_over"]


def oracle_over(objective: Objective, source: DataSource, dtype: np.dtype[np.floating]) -> Oracle:
    """Return the oracle of an objective over a source, compiled where that pays."""
    if fit_seconds(source.n_examples, stored_entries(source.rows), objective.n_rows) < WORTH_COMPILING:
        return LocalOracle(objective, source, dtype)
    if not evaluated_by_kernels(objective.loss, dtype):
        return LocalOracle(objective, source, dtype)
    in_arrays = source.rows.matrix is None  # compiled products take rows whose numbers lie side by side
    if in_arrays and suits_kernels(objective.loss, source.dtype, dtype, objective.n_rows):
        from scoreline.engine.problem.kernels.compiled_oracle import CompiledOracle

        return CompiledOracle(objective, source, dtype)
    from scoreline.engine.problem.kernels.compiled_loss_oracle import CompiledLossOracle

    return CompiledLossOracle(objective, source, dtype)
