"""Where a fit begins, and what it leaves in its estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.memory import RowsSource
from scoreline.engine.problem.ending import divergence
from scoreline.engine.problem.events import Reason, RunEnded
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.solvers import Choice

if TYPE_CHECKING:
    from scoreline.estimators.problem import EstimatorSettings as _Settings
else:
    _Settings = object

__all__ = ["Trained"]


class Trained(_Settings):
    """An estimator's state: weights for raw rows, and what the fit that led to them came to."""

    if TYPE_CHECKING:
        coef_: FloatArray
        intercept_: FloatArray
        n_iter_: int
        solver_: Choice
        lr_: float | None

    def _start(self, objective: Objective, source: RowsSource, warm: Params | None) -> Params:
        dtype = self.solver_.solver.dtype(source, source.dtype, self.tol)
        if warm is None:
            return zero_params(1, objective.n_rows, source.n_features, dtype)
        inner = warm if objective.standardization is None else objective.standardization.unfold(warm)
        return Params(inner.W.astype(dtype), inner.b.astype(dtype))

    def _finish(
        self, objective: Objective, source: RowsSource, params: Params, ended: RunEnded, value: float
    ) -> None:
        self.n_iter_ = max(1, round(ended.epoch))
        self.stop_reason_ = ended.reason
        self.duality_gap_ = ended.duality_gap
        self.objective_ = value
        if ended.reason is Reason.DIVERGED:
            raise divergence(objective, self.lr_, ended, value)
        self.penalty_value_ = float(objective.penalty_value(params)[0])
        folded = objective.folded(params)
        dtype = np.float64 if source.dtype == np.float64 else np.float32
        self.coef_ = folded.W[0].astype(dtype)
        self.intercept_ = folded.b[0].astype(dtype)
