"""The linear classifier as a scikit-learn estimator."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array, FloatArray
from scoreline.data.base import DataSource
from scoreline.data.budget import parse_size
from scoreline.data.memory import MemorySource
from scoreline.engine.ending import divergence, judged_reason, shortfalls
from scoreline.engine.events import Reason, RunEnded
from scoreline.engine.history import History
from scoreline.engine.minibatch import Plan, train
from scoreline.engine.objective import Objective, linear_scores, predicted_classes
from scoreline.engine.params import Params, zero_params
from scoreline.engine.solvers import (
    MiniBatch,
    Settings,
    Solver,
    build_solver,
)
from scoreline.engine.stopping import EarlyStopping, Listener, NoProgress, drive
from scoreline.estimators.availability import has_probabilities, learns_in_parts
from scoreline.estimators.head_start import HeadStart
from scoreline.estimators.validation import (
    TrainingData,
    balance,
    build_standardization,
    encode_labels,
    validate_rows,
    validate_training_data,
    validation_split,
)
from scoreline.losses import LOSSES, Loss
from scoreline.optimizers import Optimizer
from scoreline.penalties import PENALTIES, Penalty
from scoreline.schedules import SCHEDULES, Constant, Schedule

__all__ = ["LinearClassifier"]


class LinearClassifier(ClassifierMixin, BaseEstimator):
    r"""A linear classifier: one score a class, ``s = W x + b``, and the best score wins.

    Training minimises

    .. math:: L(W, b) = \frac{1}{\sum_i w_i} \sum_i w_i\, \ell(W x_i + b, y_i) + \lambda R(W)

    over the weights W and the bias b, which is never penalised. For L2, :math:`R(W) = \sum W^2` has no factor
    1/2, so that scikit-learn's ``C`` is ``1 / (2 * lam * N)``.

    Parameters
    ----------
    loss : str or Loss, default "softmax"
        A name from `scoreline.losses.LOSSES`, perhaps with parameters (``"weston-watkins:squared"``), or a loss.
    penalty : str or Penalty, default "l2"
        A name from `scoreline.penalties.PENALTIES`, perhaps with parameters, or a penalty.
    lam : float, default 1e-4
        Strength :math:`\lambda \ge 0` of the penalty.
    solver : str, Optimizer or Solver, default "auto"
        ``"exact"``, ``"gd"``, ``"random-search"``, ``"random-local-search"``, the name of an optimiser for
        mini-batches (``"sgd"``, ``"momentum"``, ``"adam"``, ...), or ``"auto"``: exact for smooth losses with L2
        or no penalty, mini-batches with momentum for all else, and where `lr`, `dropout` or `early_stopping` asks
        for them.
    lr : float or None, default None
        Learning rate of the mini-batch solvers and of ``"gd"``; None takes the optimiser's customary rate or one
        over the expected smoothness of the data.
    schedule : str or Schedule, default "cosine"
        How the learning rate changes over the run.
    batch_size : int, default 256
        Rows a step.
    max_epochs : int or None, default None
        Epochs (iterations, tries) at the most; None takes the solver's default: 30 epochs, or as many as make
        2,000 steps, with mini-batches; 2,000 with ``"gd"``; 1,000 iterations or tries otherwise.
    tol : float, default 1e-4
        Exact: with L2, the objective ends provably within this share of the least there is; without a penalty,
        by a quadratic model of it. Mini-batches: an epoch that lowers the mean objective by a smaller share
        counts as idle. 0 never stops early. Whatever stops short of it warns.
    n_iter_no_change : int, default 5
        Idle epochs that end the run (mini-batches); also the patience of `early_stopping`.
    fit_intercept : bool, default True
        Whether there is a bias.
    standardize : bool, default False
        Shift and scale every feature to mean 0 and deviation 1 while training. ``coef_`` and ``intercept_`` are
        for raw rows all the same, and no copy of the data is made.
    feature_weights : array (D,) or None, default None
        What (standardised) features are multiplied by while training, above 0: the more, the weaker the penalty on
        their weights. ``coef_`` is for raw rows all the same.
    dropout : float, default 0
        Share of the inputs that each step of a mini-batch solver sets to 0, in [0, 1).
    class_weight : dict, "balanced" or None, default None
        Weights of the classes, as in scikit-learn.
    early_stopping : bool, default False
        Judge each epoch on held-out rows, keep the best epoch's weights, and stop when they no longer improve.
    validation_fraction : float, default 0.1
        Share of the rows held out for `early_stopping` when `fit` is given no validation data.
    warm_start : bool, default False
        Begin at the last fit's weights.
    random_state : int, RandomState or None, default None
        Seed of the order of the rows, of dropout, of the searches and of the held-out rows.
    memory : str, int or None, default None
        Bound on the process's memory, as ``"2GB"`` or in bytes, memory-mapped rows not counted: `fit` says what
        takes how much if it cannot keep to it. No solver and no result depends on it, but for the iterations of
        an exact fit that has no room for all of its curvature.

    Attributes
    ----------
    coef_ : array (C, D), or (1, D) for two classes
        Weights W for raw rows; float32 for float32 and integer data, float64 for float64 data.
    intercept_ : array (C,) or (1,)
        Bias b.
    classes_ : array (C,)
        Class labels.
    n_iter_ : int
        Epochs, iterations or tries done.
    objective_ : float
        Objective on the training data at the end, in float64.
    penalty_value_ : float
        The penalty's part of it, ``lam * R(W)``, with W as it was trained: for standardised rows, if those were.
    duality_gap_ : float or None
        Relative duality gap of an exact fit, ``(primal - dual) / primal``: `objective_` is provably within this
        share of the least there is. None for other solvers, and without a penalty.
    history_ : History
        What every epoch came to.
    solver_ : Choice
        The solver that ran, and why.
    stop_reason_ : Reason
        Why the training ended; converged where the objective is flat, and nowhere else.
    warnings_ : tuple of str
        What the run has missed, in words; `fit` gives it as a ``ConvergenceWarning`` too.
    lr_ : float or None
        The learning rate that was used, where there was one.

    Raises
    ------
    UsageError, MismatchError
        A name or a combination of parameters is not allowed.
    DataError
        The data cannot be used.
    DivergedError
        Training ran away.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from scoreline import LinearClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> round(LinearClassifier(lam=1e-3).fit(X, y).score(X, y), 2)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "loss": [str, Loss],
        "penalty": [str, Penalty],
        "lam": [Interval(Real, 0, None, closed="left")],
        "solver": [str, Optimizer, Solver],
        "lr": [Interval(Real, 0, None, closed="neither"), None],
        "schedule": [str, Schedule],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "fit_intercept": ["boolean"],
        "standardize": ["boolean"],
        "feature_weights": ["array-like", None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [dict, str, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "memory": [str, Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        loss: str | Loss = "softmax",
        penalty: str | Penalty = "l2",
        lam: float = 1e-4,
        *,
        solver: str | Optimizer | Solver = "auto",
        lr: float | None = None,
        schedule: str | Schedule = "cosine",
        batch_size: int = 256,
        max_epochs: int | None = None,
        tol: float = 1e-4,
        n_iter_no_change: int = 5,
        fit_intercept: bool = True,
        standardize: bool = False,
        feature_weights: Any = None,
        dropout: float = 0.0,
        class_weight: dict[Any, float] | str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        memory: str | int | None = None,
    ) -> None:
        self.loss = loss
        self.penalty = penalty
        self.lam = lam
        self.solver = solver
        self.lr = lr
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.feature_weights = feature_weights
        self.dropout = dropout
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.memory = memory

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        listeners: Iterable[Listener] = (),
        head_start: HeadStart | None = None,
    ) -> Self:
        """Fit the classifier.

        Parameters
        ----------
        X : array-like (N, D)
            Rows; bytes, 16-bit numbers and floats are used where they lie, in memory or in a memory-mapped file.
        y : array-like (N,)
            Class labels of any type.
        sample_weight : array-like (N,), optional
            How much each row counts: a weight of 2 equals the row given twice.
        validation : (X, y), optional
            Rows to judge each epoch on (`early_stopping`, and `history_`).
        listeners : iterable of callables, optional
            Are shown every event of the run; see `scoreline.engine.events`.
        head_start : HeadStart, optional
            What a fit to nearly the same rows has left; without it, `warm_start` says where to begin.

        Returns
        -------
        self
        """
        data = validate_training_data(self, X, y, sample_weight)
        with data.threads():
            return self._fit(data, validation, listeners, head_start)

    def _fit(
        self, data: TrainingData, validation: Any, listeners: Iterable[Listener], head_start: HeadStart | None
    ) -> Self:
        head_start = head_start or HeadStart(self._last_params(data))
        self.classes_ = data.classes
        seed = int(check_random_state(self.random_state).randint(2**31))
        data, held_out = self._hold_out(data, validation, seed)
        source = data.source(balance(self.class_weight, data))
        objective, settings = self._objective(source), self._settings(seed)
        self.solver_ = build_solver(self.solver, objective, source, wishes=settings.wishes(self.lr))
        self.solver_.solver.check(objective, settings)
        self.solver_.solver.check_memory(objective, source, settings)
        start = self._start(objective, source, head_start.params)
        settings = self.solver_.solver.rated(objective, source, settings)
        self.lr_ = settings.rate
        self.history_ = History()
        early = EarlyStopping(self.n_iter_no_change if self.early_stopping else None)
        rules: list[Listener] = [self.history_, early, *listeners]
        if isinstance(self.solver_.solver, MiniBatch) and self.tol > 0:
            rules.append(NoProgress(self.tol, self.n_iter_no_change, objective.value_at_zero))
        run = head_start.given_to(self.solver_.solver, objective, source).run
        ended = drive(run(objective, source, start, settings, held_out), rules)
        # An interrupted run is taken where it was best, if anything has judged it.
        keep_best = self.early_stopping or ended.reason is Reason.INTERRUPTED
        params = early.params if keep_best and early.params is not None else ended.params
        with np.errstate(over="ignore", invalid="ignore"):  # what ran away is told, not warned of
            value = float(objective.value(params, source)[0])
        if isinstance(self.solver_.solver, MiniBatch):
            reason = judged_reason(objective, source, start, replace(ended, params=params), self.tol, value)
            ended = replace(ended, reason=reason)
        self._finish(objective, source, params, ended, value)
        solver = f"{self.solver_.name} solver", self.solver_.solver.unit
        self.warnings_ = shortfalls(solver, objective, ended, self.tol, value)
        for text in self.warnings_:
            warnings.warn(text, ConvergenceWarning, stacklevel=3)
        return self

    @available_if(learns_in_parts)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go once over some rows in mini-batches, from where the last call ended, at a constant learning rate.

        Parameters
        ----------
        X : array-like (N, D)
            Rows.
        y : array-like (N,)
            Class labels.
        classes : array-like (C,), optional
            All classes there will ever be; needed at the first call.
        sample_weight : array-like (N,), optional
            How much each row counts.

        Returns
        -------
        self

        There is no such method where `standardize`, `early_stopping`, ``class_weight="balanced"`` or the solver
        needs the whole data.
        """
        first = not hasattr(self, "_optimizer_state")
        data = validate_training_data(self, X, y, sample_weight, reset=first, classes=self._known(classes, first))
        self.classes_ = data.classes
        source = data.source(balance(self.class_weight, data))
        objective = self._objective(source)
        if first:
            spec = "momentum" if self.solver == "auto" else self.solver
            self.solver_ = build_solver(spec, objective, source)
        solver = self.solver_.solver
        assert isinstance(solver, MiniBatch)  # noqa: S101 - what needs_whole_data has made sure of
        settings = self._settings(seed=0)
        if first:
            self.lr_ = solver.rated(objective, source, settings).rate
            self.history_, self.n_iter_, self._optimizer_state = History(), 0, None
            start = self._start(objective, source, None)
        else:
            start = Params(self.coef_[None], self.intercept_[None])
        plan = Plan(
            solver.optimizer,
            Constant(),
            np.array([self.lr_]),
            min(self.batch_size, source.n_examples),
            1,
            int(check_random_state(self.random_state).randint(2**31)) + self.n_iter_,
            self.dropout,
        )
        with data.threads():
            ended = drive(train(objective, source, plan, start, state=self._optimizer_state), [self.history_])
        self._optimizer_state = ended.state
        done = self.n_iter_
        self._finish(objective, source, ended.params, ended, float(objective.value(ended.params, source)[0]))
        self.warnings_ = ()
        self.n_iter_ = done + 1
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return the scores ``(N, C)``; for two classes the score ``(N,)`` of the second."""
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> Array:
        """Return the class with the best score for each row, shape ``(N,)``."""
        best = predicted_classes(self._scores(X))
        return self.classes_[best]

    @available_if(has_probabilities)
    def predict_proba(self, X: Any) -> FloatArray:
        """Return class probabilities ``(N, C)``; only for losses that have them."""
        return LOSSES.build(self.loss).probabilities(self._scores(X))

    @available_if(has_probabilities)
    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):  # a probability may underflow to 0
            return np.log(self.predict_proba(X))

    def _scores(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        rows = validate_rows(self, X)
        return linear_scores(Params(self.coef_[None], self.intercept_[None]), rows)[:, 0]

    def _objective(self, source: MemorySource) -> Objective:
        return Objective(
            LOSSES.build(self.loss),
            PENALTIES.build(self.penalty),
            np.array([float(self.lam)]),
            source.n_classes,
            bool(self.fit_intercept),
            build_standardization(self.standardize, self.feature_weights, source),
        )

    def _settings(self, seed: int) -> Settings:
        return Settings(
            None if self.lr is None else np.array([float(self.lr)]),
            SCHEDULES.build(self.schedule),
            self.batch_size,
            self.max_epochs,
            self.tol,
            self.dropout,
            self.early_stopping,
            seed,
            None if self.memory is None else parse_size(self.memory),
        )

    def _hold_out(
        self, data: TrainingData, validation: tuple[Any, Any] | None, seed: int
    ) -> tuple[TrainingData, DataSource | None]:
        if validation is not None:
            rows = validate_rows(self, validation[0])
            return data, MemorySource(rows, encode_labels(validation[1], data.classes), len(data.classes))
        if not self.early_stopping:
            return data, None
        data, held_out = validation_split(data, self.validation_fraction, seed)
        return data, held_out.source(None)

    def _last_params(self, data: TrainingData) -> Params | None:
        """Return the last fit's weights for a warm start, if there are any that fit the data."""
        if not (self.warm_start and hasattr(self, "coef_")):
            return None
        same = np.array_equal(self.classes_, data.classes) and self.coef_.shape[1] == data.X.shape[1]
        return Params(self.coef_[None], self.intercept_[None]) if same else None

    def _start(self, objective: Objective, source: MemorySource, warm: Params | None) -> Params:
        dtype = self.solver_.solver.dtype(source, source.X.dtype, self.tol)
        if warm is None:
            return zero_params(1, objective.n_rows, source.n_features, dtype)
        inner = warm if objective.standardization is None else objective.standardization.unfold(warm)
        return Params(inner.W.astype(dtype), inner.b.astype(dtype))

    def _finish(
        self, objective: Objective, source: MemorySource, params: Params, ended: RunEnded, value: float
    ) -> None:
        self.n_iter_ = max(1, round(ended.epoch))
        self.stop_reason_ = ended.reason
        self.duality_gap_ = ended.duality_gap
        self.objective_ = value
        if ended.reason is Reason.DIVERGED:
            raise divergence(objective, self.lr_, ended, value)
        self.penalty_value_ = float(objective.penalty_value(params)[0])
        folded = objective.folded(params)
        dtype = np.float64 if source.X.dtype == np.float64 else np.float32
        self.coef_ = folded.W[0].astype(dtype)
        self.intercept_ = folded.b[0].astype(dtype)

    def _known(self, classes: Any, first: bool) -> Array | None:
        if not first:
            return self.classes_
        return None if classes is None else np.unique(classes)
