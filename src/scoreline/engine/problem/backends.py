"""Which implementation of the passes over the data a problem gets: NumPy's, or one in compiled code."""

from __future__ import annotations

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.problem.cost import WORTH_COMPILING, evaluated_by_kernels, fit_seconds, suits_kernels
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.passes import Passes

__all__ = ["passes_over"]


def passes_over(objective: Objective, source: DataSource, dtype: np.dtype[np.floating]) -> Passes:
    """Return the passes over a source, compiled where that pays."""
    if fit_seconds(source.n_examples, source.n_features, objective.n_rows) < WORTH_COMPILING:
        return Passes(objective, source)
    if not evaluated_by_kernels(objective.loss, dtype):
        return Passes(objective, source)
    if suits_kernels(objective.loss, source.dtype, dtype, objective.n_rows):
        from scoreline.engine.problem.kernels.passes import CompiledPasses

        return CompiledPasses(objective, source)
    from scoreline.engine.problem.kernels.loss_passes import CompiledLossPasses

    return CompiledLossPasses(objective, source)
