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
from sklearn.utils._param_validation import Interval, StrOptions

from scoreline.data.base import DataSource
from scoreline.engine.problem.cost import fit_seconds
from scoreline.engine.problem.ending import shortfalls
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.history import History
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.progress import fit_progress
from scoreline.engine.problem.stopping import EarlyStopping, Listener, drive
from scoreline.engine.solvers import Solver
from scoreline.estimators.incremental import LearningInParts
from scoreline.estimators.prediction import LinearPrediction
from scoreline.estimators.problem import Measured, PlannedFit, assemble, draw_seed, solver_settings
from scoreline.estimators.sklearn_models import linear_parts
from scoreline.estimators.validation import (
    TrainingData,
    validate_held_out,
    validate_training_data,
    validation_split,
)
from scoreline.estimators.warm_start import WarmStart
from scoreline.kernels.threads import threads_for
from scoreline.losses import Loss
from scoreline.optimizers import Optimizer
from scoreline.penalties import Penalty
from scoreline.rows import scratch_array, stored_entries
from scoreline.schedules import Schedule

__all__ = ["LinearClassifier", "fit_planned", "plan_fit"]


class LinearClassifier(LearningInParts, LinearPrediction, ClassifierMixin, BaseEstimator):
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
    lam : float, default 1e-3
        Strength :math:`\lambda \ge 0` of the penalty. `LinearClassifierCV` chooses it by cross-validation;
        ``"auto"`` is of ``scoreline train`` and ``scoreline compare``, which choose it on a validation split.
    solver : str, Optimizer or Solver, default "auto"
        ``"exact"``, ``"gd"``, ``"random-search"``, ``"random-local-search"``, the name of an optimiser for
        mini-batches (``"sgd"``, ``"momentum"``, ``"adam"``, ...), or ``"auto"``. That is mini-batches with
        momentum where one of these holds, else exact: `lr`, `dropout` or `early_stopping` asks for them; the
        penalty is ``max-norm``; penalty (L1, elastic net) and loss (plain hinges) both have corners; the loss
        has corners and the exact fit may take more than a minute. `solver_` says which it was, and why.
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
        Shift and scale every feature to mean 0 and deviation 1 while training: the command line's default.
        ``coef_`` and ``intercept_`` are for raw rows all the same, and no copy of the data is made.
    feature_weights : array (D,) or None, default None
        What (standardised) features are multiplied by while training, above 0: the more, the weaker the penalty on
        their weights. ``coef_`` is for raw rows all the same.
    dropout : float, default 0
        Share of the inputs that each step of a mini-batch solver sets to 0, in [0, 1).
    class_weight : dict, "balanced" or None, default None
        Weights of the classes by name, 1 for those not named; ``"balanced"`` lets every class count the same.
    early_stopping : bool, default False
        Evaluate each epoch on held-out rows, keep the best epoch's weights, and stop when they no longer improve.
    validation_fraction : float, default 0.1
        Share of the rows held out for `early_stopping` when `fit` is given no validation data.
    warm_start : bool, default False
        Begin at the last fit's weights, where classes and number of features are the same.
    random_state : int, RandomState or None, default None
        Seed of the order of the rows, of dropout, of the searches and of the held-out rows (the command line's
        is 0).
    memory : str, int or None, default None
        Bound on the process's memory, as ``"2GB"`` or in bytes: `fit` refuses what it has no room for.
    verbose : int, default 0
        1 shows `fit` at work: a bar in terminals and notebooks, elsewhere a line now and then.

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
        Training diverged.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from scoreline import LinearClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> round(LinearClassifier().fit(X, y).score(X, y), 2)
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
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "memory": [str, Interval(Integral, 1, None, closed="left"), None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        loss: str | Loss = "softmax",
        penalty: str | Penalty = "l2",
        lam: float = 1e-3,
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
        verbose: int = 0,
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
        self.verbose = verbose

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Return a fitted classifier with the scores of one of scikit-learn's.

        Parameters
        ----------
        estimator : estimator of scikit-learn
            Fitted: a ``LogisticRegression``, ``LinearSVC``, ``RidgeClassifier``, ``LinearDiscriminantAnalysis`` or
            ``SGDClassifier``, or a pipeline of a ``StandardScaler`` and one of these, of which the first goes into
            the weights.

        Raises
        ------
        UsageError
            It is another one, or is not fitted.
        """
        parts = linear_parts(estimator)
        made = cls(parts.loss)
        made.coef_, made.intercept_, made.classes_ = parts.coef, parts.intercept, parts.classes
        made.n_features_in_ = parts.coef.shape[1]
        if hasattr(estimator, "feature_names_in_"):
            made.feature_names_in_ = estimator.feature_names_in_
        return made

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation: tuple[Any, Any] | None = None,
        listeners: Iterable[Listener] = (),
        warm_start: WarmStart | None = None,
    ) -> Self:
        """Fit the classifier.

        Parameters
        ----------
        X : array-like, sparse matrix or Rows (N, D)
            Rows; bytes, 16-bit numbers and floats are used where they lie, in memory or in a memory-mapped file.
            Sparse matrices stay sparse; see `scoreline.rows` for rows that lie elsewhere.
        y : array-like (N,)
            Class labels of any type.
        sample_weight : array-like (N,), optional
            How much each row counts: a weight of 2 equals the row given twice.
        validation : (X, y), optional
            Rows to evaluate each epoch on (`early_stopping`, and `history_`).
        listeners : iterable of callables, optional
            Are shown every event of the run; see `scoreline.engine.problem.events`.
        warm_start : WarmStart, optional
            What a fit to nearly the same rows has left; without it, `warm_start` says where to begin.

        Returns
        -------
        self
        """
        data = validate_training_data(self, X, y, sample_weight)
        with data.threads():
            warm_start = warm_start or WarmStart(self._last_params(data))
            return self._solve(self._planned(data, validation, warm_start.statistics), listeners, warm_start)

    def _planned(self, data: TrainingData, validation: Any, measured: Measured | None) -> PlannedFit:
        seed = draw_seed(self.random_state)
        data = data if self.memory is None else data.on_disk()
        data, held_out = self._hold_out(data, validation, seed)
        problem = assemble(self, data, seed=seed, measured=measured)
        return replace(problem.planned(self.solver, solver_settings(self, seed), self.lr), held_out=held_out)

    def _solve(self, fit: PlannedFit, listeners: Iterable[Listener], warm_start: WarmStart) -> Self:
        objective, source, settings = fit.problem.objective, fit.problem.source, fit.settings
        self.solver_, self.lr_, self.history_ = fit.choice, settings.rate, History()
        start = self._start(objective, source, warm_start.params)
        early = EarlyStopping(self.n_iter_no_change if self.early_stopping else None)
        rules: list[Listener] = [self.history_, early, *listeners]
        solver = self.solver_.solver
        rules += solver.stopping_rules(objective, settings)
        run = warm_start.given_to(solver, objective, source).run
        with fit_progress(self.verbose) as shown:
            ended = drive(run(objective, source, start, settings, fit.held_out), [*rules, *shown])
        # An interrupted run is taken where it was best, if anything has evaluated it.
        keep_best = self.early_stopping or ended.reason is Reason.INTERRUPTED
        params = early.params if keep_best and early.params is not None else ended.params
        with np.errstate(over="ignore", invalid="ignore"):  # the result says that it diverged
            value = float(objective.value(params, source)[0])
        reached = replace(ended, params=params)
        ended = replace(ended, reason=solver.end_reason(objective, source, start, reached, self.tol, value))
        self._finish(objective, source, params, ended, value)
        self.classes_, self._standardization = fit.problem.classes, fit.problem.standardization
        self._optimizer_state = ended.state if params is ended.params else None
        who = f"{self.solver_.name} solver", solver.unit
        self.warnings_ = shortfalls(who, objective, ended, self.tol, value)
        for text in self.warnings_:
            warnings.warn(text, ConvergenceWarning, stacklevel=3)
        return self

    def _hold_out(
        self, data: TrainingData, validation: tuple[Any, Any] | None, seed: int
    ) -> tuple[TrainingData, DataSource | None]:
        if validation is not None:
            return data, validate_held_out(self, *validation, data.classes)
        if not self.early_stopping:
            return data, None
        allocate = None if self.memory is None else scratch_array
        data, held_out = validation_split(data, self.validation_fraction, seed, allocate)
        return data, held_out.source(None)

    def _last_params(self, data: TrainingData) -> Params | None:
        """Return the last fit's weights for a warm start, if there are any that fit the data."""
        if not (self.warm_start and hasattr(self, "coef_")):
            return None
        if not (np.array_equal(self.classes_, data.classes) and self.coef_.shape[1] == data.rows.shape[1]):
            warnings.warn(
                f"warm_start begins at 0: the last fit had {len(self.classes_)} classes and {self.coef_.shape[1]} "
                f"features, these data have {len(data.classes)} and {data.rows.shape[1]}, or other classes.",
                stacklevel=4,
            )
            return None
        return Params(self.coef_[None], self.intercept_[None])


def plan_fit(
    classifier: LinearClassifier, X: Any, y: Any, *, validation: Any = None, measured: Measured | None = None
) -> PlannedFit:
    """Return what `LinearClassifier.fit` is going to do, for `fit_planned` to do.

    `measured` is what is known of rows that `X` begins with.
    """
    data = validate_training_data(classifier, X, y, None)
    with data.threads():
        return classifier._planned(data, validation, measured)


def fit_planned(
    classifier: LinearClassifier, fit: PlannedFit, listeners: Iterable[Listener], warm_start: WarmStart
) -> None:
    """Fit a classifier as was planned for it."""
    source, R = fit.problem.source, fit.problem.objective.n_rows
    with threads_for(fit_seconds(source.n_examples, stored_entries(source.rows), R)):
        classifier._solve(fit, listeners, warm_start)
