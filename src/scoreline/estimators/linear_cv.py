"""The linear classifier that chooses its strength and learning rate by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils._metadata_requests import UNUSED
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array, FloatArray
from scoreline.engine.minibatch.halving import Halving, ranking
from scoreline.engine.solvers import Solver
from scoreline.errors import DataError, DivergedError
from scoreline.estimators.folds import Fold, split_folds
from scoreline.estimators.grid import GridPoint, Trial, grid_points, sweep_grid
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import assemble, draw_seed
from scoreline.estimators.ranges import Range, read_values
from scoreline.estimators.routing import route, router
from scoreline.estimators.scoring import Scorer, Scoring, accuracies, find_scorer
from scoreline.estimators.validation import TrainingData, validate_training_data
from scoreline.losses import Loss
from scoreline.optimizers import Optimizer
from scoreline.penalties import Penalty
from scoreline.schedules import Schedule

__all__ = ["LinearClassifierCV"]


def _has_probabilities(estimator: LinearClassifierCV) -> bool:
    return callable(estimator._classifier().predict_proba)  # raises, saying why, where there are none


class LinearClassifierCV(ClassifierMixin, BaseEstimator):
    r"""A linear classifier whose `lam`, and if asked its learning rate, is chosen by cross-validation.

    For each fold the whole grid is one sweep (`scoreline.engine.minibatch.sweep`): mini-batch configurations train
    side by side on the same batches, exact fits follow a path of falling `lam`. The point with the highest
    accuracy on average over the folds wins, for equal accuracies the one with the lower loss. With `scoring`,
    that stands for accuracy here and below.

    Parameters
    ----------
    lams : str, int or array-like, default 11
        Strengths to try: values, a range ``"low:high:count"`` on a logarithmic scale, or so many from 1e-5 to 1.
    lrs : str, int, array-like or None, default None
        Learning rates to try, in the same way, an int being so many from 1e-4 to 1; None lets each follow from the
        data. The exact solver has none, and ``solver="auto"`` takes mini-batches where rates are given.
    cv : int, splitter, iterable or None, default 5
        Folds, as in scikit-learn: an int means stratified folds, which keep groups together where `fit` is given
        groups; None means 5; an iterable gives pairs (train, test) of rows.
    scoring : str, callable or None, default None
        What the best point has most of: a name of `sklearn.metrics.get_scorer_names`, a
        ``scorer(estimator, X, y)``, or accuracy. `halving` goes by accuracy all the same.
    refit : bool, default True
        Whether to fit the best settings on all rows at the end. Without it there is nothing to predict with.
    halving : int or None, default None
        In each fold, after 1, h, h², ... epochs only the best 1/h of the mini-batch configurations go on
        (`scoreline.engine.minibatch.halving.Halving`); what is dropped is evaluated by what it had reached.
    loss, penalty, solver, schedule, batch_size, max_epochs, tol, n_iter_no_change, fit_intercept, standardize, \
    feature_weights, dropout, class_weight, random_state
        As in `LinearClassifier`; features are standardised in each fold by its own training rows.

    Attributes
    ----------
    best_params_ : dict
        The best ``lam`` and ``lr``; the latter is None where it follows from the data.
    best_score_ : float
        Its accuracy (or score) on average over the folds.
    lam_ : float
        The best strength.
    lr_ : float or None
        The learning rate of the last fit; without `refit` that of `best_params_`.
    lams_, lrs_ : arrays (n,), (m,)
        The values tried, rising; ``lrs_`` is None where rates follow from the data.
    scores_path_ : array (folds, n, m)
        Accuracy on each fold's held-out rows for each strength and rate (m = 1 where rates follow from the data);
        NaN where training diverged.
    cv_results_ : dict of arrays
        As `GridSearchCV`: ``params``, ``param_lam``, ``param_lr``, ``split0_test_score``, ...,
        ``mean_test_score``, ``std_test_score``, ``rank_test_score`` (accuracy), and ``mean_test_loss``.
    best_estimator_ : LinearClassifier
        Fitted on all rows (with `refit`).
    coef_, intercept_, n_iter_
        Of `best_estimator_`; see `LinearClassifier`.
    classes_ : array (C,)
        Class labels.

    Raises
    ------
    UsageError, MismatchError
        A range, a name or a combination of parameters is not allowed.
    DataError
        The data cannot be used, a fold has no weight in it or only one class to train on, or nothing can be
        scored.
    DivergedError
        Every configuration ran away in some fold.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from scoreline import LinearClassifierCV
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = LinearClassifierCV("1e-3:1:4", standardize=True, cv=3).fit(X, y)
    >>> classifier.scores_path_.shape
    (3, 4, 1)
    >>> classifier.lam_
    0.001
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "lams": [str, Interval(Integral, 1, None, closed="left"), "array-like"],
        "lrs": [str, Interval(Integral, 1, None, closed="left"), "array-like", None],
        "cv": ["cv_object"],
        "scoring": [str, callable, None],
        "refit": ["boolean"],
        "halving": [Interval(Integral, 2, None, closed="left"), None],
        "loss": [str, Loss],
        "penalty": [str, Penalty],
        "solver": [str, Optimizer, Solver],
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
        "random_state": ["random_state"],
    }
    #: Groups are the splitter's, not the estimator's own.
    __metadata_request__fit: ClassVar[dict[str, str]] = {"groups": UNUSED}
    #: The parameters that are not those of a `LinearClassifier`.
    _own: ClassVar[tuple[str, ...]] = ("lams", "lrs", "cv", "scoring", "refit", "halving")

    def __init__(
        self,
        lams: Range = 11,
        lrs: Range | None = None,
        *,
        cv: Any = 5,
        scoring: str | Scorer | None = None,
        refit: bool = True,
        halving: int | None = None,
        loss: str | Loss = "softmax",
        penalty: str | Penalty = "l2",
        solver: str | Optimizer | Solver = "auto",
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
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.lams = lams
        self.lrs = lrs
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.halving = halving
        self.loss = loss
        self.penalty = penalty
        self.solver = solver
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
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, **params: Any) -> Self:
        """Choose among the grid by cross-validation, and fit the best on all rows.

        Parameters
        ----------
        X : array-like, sparse matrix or Rows (N, D)
            Rows; see `LinearClassifier.fit`.
        y : array-like (N,)
            Class labels.
        sample_weight : array-like (N,), optional
            How much each row counts, in training and in evaluating (by a `scoring` that takes weights).
        groups : array-like (N,), optional
            Which rows belong together (those of a patient, a camera): rows of one group are never on both sides
            of a fold, if `cv` is an int or a splitter of groups.
        **params
            Further arguments of the splitter and the scorer, with scikit-learn's metadata routing enabled.

        Returns
        -------
        self
        """
        data = validate_training_data(self, X, y, sample_weight)
        self.lams_ = read_values("lams", self.lams, low=1e-5, high=1)
        self.lrs_ = None if self.lrs is None else read_values("lrs", self.lrs, low=1e-4, high=1)
        points = grid_points([self.solver], self.lams_, self.lrs_)
        routed = route(self, "fit", params, sample_weight=sample_weight, groups=groups)
        folds = split_folds(self.cv, data, routed.splitter)
        scoring = Scoring(find_scorer(self.scoring), self._classifier(), data, routed.scorer)
        if self.scoring is not None:
            scoring.check(folds[0].test)
        trials = [self._sweep(data, points, fold) for fold in folds]
        scores = [
            accuracies(trained) if self.scoring is None else scoring.scores(trained, fold.test)
            for trained, fold in zip(trials, folds, strict=True)
        ]
        self._choose(points, trials, np.array(scores))
        self.classes_ = data.classes
        if self.refit:
            self.best_estimator_ = self._classifier(**self.best_params_).fit(X, y, sample_weight)
            self.coef_, self.intercept_ = self.best_estimator_.coef_, self.best_estimator_.intercept_
            self.n_iter_, self.lr_ = self.best_estimator_.n_iter_, self.best_estimator_.lr_
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> float:
        """Return what `scoring` says of the predictions for some rows; accuracy by default."""
        routed = route(self, "score", params, sample_weight=sample_weight)
        return float(find_scorer(self.scoring)(self, X, y, **routed.scorer))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def get_metadata_routing(self) -> MetadataRouter:
        """Return to whom scikit-learn's metadata routing hands groups, weights and further arguments."""
        return router(self)

    def decision_function(self, X: Any) -> FloatArray:
        """Return the scores ``(N, C)``; for two classes the score ``(N,)`` of the second."""
        return self._refitted().decision_function(X)

    def predict(self, X: Any) -> Array:
        """Return the class with the best score for each row, shape ``(N,)``."""
        return self._refitted().predict(X)

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> FloatArray:
        """Return class probabilities ``(N, C)``; only for losses that have them."""
        return self._refitted().predict_proba(X)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithms of `predict_proba`."""
        return self._refitted().predict_log_proba(X)

    def _refitted(self) -> LinearClassifier:
        check_is_fitted(
            self, "best_estimator_", msg="This %(name)s cannot predict before fit was called with refit=True."
        )
        return self.best_estimator_

    def _classifier(self, **chosen: Any) -> LinearClassifier:
        """Return an unfitted classifier with the settings that the whole grid has in common, and with `chosen`."""
        common = {name: value for name, value in self.get_params(deep=False).items() if name not in self._own}
        return LinearClassifier(**common | chosen)

    def _sweep(self, data: TrainingData, points: list[GridPoint], fold: Fold) -> list[Trial]:
        """Train the grid on one fold's training rows, evaluated on its held-out rows."""
        held_out = data.take(fold.test).source(None)
        halving = None if self.halving is None else Halving(self.halving)
        classifier = self._classifier()
        problem = assemble(classifier, data.take(fold.train), seed=draw_seed(classifier.random_state))
        return sweep_grid(classifier, problem, held_out, points, halving=halving)

    def _choose(self, points: list[GridPoint], trials: Sequence[Sequence[Trial]], scores: FloatArray) -> None:
        """Average scores ``(folds, points)`` over the folds and choose the best point."""
        lost = np.array([[not trial.healthy for trial in fold] for fold in trials])
        if lost.any(axis=0).all():
            raise DivergedError(
                f"All {len(points)} points of the grid diverged in some fold",
                allowed="learning rates at which the loss falls",
                fix="lower lrs by ten times, leave them out to have them set, or standardize the features",
            )
        loss = np.array([[trial.outcome.validation_loss for trial in fold] for fold in trials])
        loss, mean = np.where(lost, np.nan, loss), scores.mean(axis=0)
        if not np.isfinite(mean).any():
            raise DataError(
                f"scoring={self.scoring!r} gave no finite score in some fold at any point of the grid",
                allowed="a scoring that is defined on the held-out rows of every fold",
                fix="lower cv, so that every class is in every fold, or choose another scoring",
            )
        order = ranking(mean, loss.mean(axis=0))
        best = points[order[0]]
        rank = np.empty(len(points), dtype=np.int64)
        rank[order] = np.arange(1, len(points) + 1)
        self.best_params_: dict[str, float | None] = {"lam": best.lam, "lr": best.lr}
        self.best_score_ = float(mean[order[0]])
        self.lam_, self.lr_ = best.lam, best.lr
        self.scores_path_ = scores.reshape(len(scores), len(self.lams_), -1)
        self.cv_results_: dict[str, Any] = {
            "params": [{"lam": point.lam, "lr": point.lr} for point in points],
            "param_lam": np.array([point.lam for point in points]),
            "param_lr": np.array([point.lr for point in points]),
            **{f"split{fold}_test_score": row for fold, row in enumerate(scores)},
            "mean_test_score": mean,
            "std_test_score": scores.std(axis=0),
            "rank_test_score": rank,
            "mean_test_loss": loss.mean(axis=0),
        }
