"""Learning in parts: each call takes over from the last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils.metaestimators import available_if

from scoreline._typing import Array
from scoreline.data.memory import RowsSource
from scoreline.engine.problem.history import History
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.stopping import drive
from scoreline.engine.settings import Settings
from scoreline.engine.solvers import Choice, MiniBatch, Solver, named_solver
from scoreline.estimators.availability import learns_in_parts
from scoreline.estimators.problem import assemble_part, draw_seed, solver_settings
from scoreline.estimators.trained import Trained
from scoreline.estimators.validation import known_classes, validate_training_data
from scoreline.optimizers import OPTIMIZERS, Optimizer

__all__ = ["LearningInParts"]


class LearningInParts(Trained):
    """``partial_fit`` of a linear classifier."""

    if TYPE_CHECKING:
        history_: History
        warnings_: tuple[str, ...]
        classes_: Array
        _optimizer_state: Params | None

    @available_if(learns_in_parts)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go once over some rows in mini-batches, from where the last call of this or of `fit` ended.

        The learning rate is constant: `lr`, or that of the last call, or at first one that follows from the rows.

        Parameters
        ----------
        X : array-like (N, D)
            Rows.
        y : array-like (N,)
            Class labels.
        classes : array-like (C,), optional
            All classes there will ever be; needed at the first call, unless `fit` came before.
        sample_weight : array-like (N,), optional
            How much each row counts.

        Returns
        -------
        self

        There is no such method where `early_stopping`, ``class_weight="balanced"`` or the solver needs the whole
        data. With `standardize`, `fit` has to come first: its means and deviations stay.
        """
        first = not hasattr(self, "coef_")
        data = validate_training_data(self, X, y, sample_weight, reset=first, classes=known_classes(self, classes))
        seed, kept = draw_seed(self.random_state), getattr(self, "_standardization", None)
        problem = assemble_part(self, data, kept, seed=seed)
        objective, source, settings = problem.objective, problem.source, solver_settings(self, seed)
        self._decide_solver(objective, source, settings)
        if first:
            self.history_, self.n_iter_ = History(), 0
        # From the weights as they stand, in the coordinates that they are trained in.
        start = self._start(objective, source, None if first else Params(self.coef_[None], self.intercept_[None]))
        state = _continued_state(self._optimizer_state, start.W.dtype)
        settings = replace(settings, lr=np.array([self.lr_]))
        run = self.solver_.solver.learn(objective, source, start, settings, state=state, epoch=self.n_iter_)
        with data.threads():
            ended = drive(run, [self.history_])
        self._finish(objective, source, ended.params, ended, float(objective.value(ended.params, source)[0]))
        self.classes_, self._optimizer_state, self.warnings_ = data.classes, ended.state, ()
        return self

    def _decide_solver(self, objective: Objective, source: RowsSource, settings: Settings) -> None:
        """Fill in solver and rate: as before, unless settings have changed."""
        choice = _part_solver(self.solver)
        if not hasattr(self, "coef_") or self.solver_.solver != choice.solver:
            self.solver_, self.lr_, self._optimizer_state = choice, None, None
        if self.lr is not None or self.lr_ is None:
            self.lr_ = choice.solver.completed(objective, source, settings).rate


def _part_solver(spec: str | Optimizer | Solver) -> Choice:
    """Return the solver for rows that come in parts: the one that was asked for, momentum for ``"auto"``."""
    if spec == "auto":
        return Choice(
            MiniBatch(OPTIMIZERS.build("momentum")), "momentum", "chosen, as partial_fit learns in parts"
        )
    return named_solver(spec)


def _continued_state(state: Params | None, dtype: np.dtype[np.floating]) -> Params | None:
    """Return the optimiser's memory in the dtype that the next rows are trained in."""
    if state is None:
        return None
    return Params(_cast(state.W, dtype), _cast(state.b, dtype))


def _cast(part: Any, dtype: np.dtype[np.floating]) -> Any:
    return type(part)(*(array.astype(dtype) if array.dtype.kind == "f" else array for array in part))
