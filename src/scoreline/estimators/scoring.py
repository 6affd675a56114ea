"""How a cross-validation evaluates: scikit-learn's scorings on classifiers that a sweep has trained."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import clone
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.validation import _check_method_params

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.params import Params
from scoreline.errors import MismatchError, UnknownNameError
from scoreline.estimators.grid import Trial
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.validation import TrainingData

__all__ = ["Scorer", "Scoring", "accuracies", "find_scorer", "takes_sample_weight"]

#: ``scorer(estimator, X, y, **params) -> float``, as scikit-learn makes and takes them.
Scorer: TypeAlias = Callable[..., float]


def find_scorer(scoring: str | Scorer | None) -> Scorer:
    """Return the scorer that a name stands for, accuracy for None.

    Raises
    ------
    UnknownNameError
        scikit-learn has no scoring of that name.
    """
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        raise UnknownNameError.of("scoring", scoring, get_scorer_names())
    found: Scorer = get_scorer("accuracy" if scoring is None else scoring)
    return found


def accuracies(trials: Sequence[Trial]) -> FloatArray:
    """Return the weighted accuracies on the held-out rows that a sweep has measured; NaN where it diverged."""
    return np.array([trial.outcome.validation_accuracy if trial.healthy else np.nan for trial in trials])


def takes_sample_weight(scorer: Scorer) -> bool:
    """Tell whether a scorer, or the metric inside it, has a parameter `sample_weight`."""
    try:
        parameters = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters
    except (TypeError, ValueError):  # built-in code does not tell
        return False
    return "sample_weight" in parameters


@dataclass(frozen=True, eq=False)
class Scoring:
    """A scorer, the settings that all classifiers have in common, and what the scorer is given.

    Parameters
    ----------
    scorer : callable
    classifier : LinearClassifier
        Unfitted.
    data : TrainingData
        All rows.
    params : mapping of str to value
        Further arguments of the scorer; those with one value a row are cut to the rows evaluated.
    """

    scorer: Scorer
    classifier: LinearClassifier
    data: TrainingData
    params: Mapping[str, Any] = field(default_factory=dict)

    def scores(self, trials: Sequence[Trial], rows: Array) -> FloatArray:
        """Return the score on some rows of what each point of a grid came to, ``(K,)``; NaN where it diverged."""
        held_out = self.data.take(rows)
        found = [
            self._score(trial.objective.folded(trial.outcome.params), held_out, rows) if trial.healthy else np.nan
            for trial in trials
        ]
        return np.array(found, dtype=np.float64)

    def check(self, rows: Array) -> None:
        """Score arbitrary weights on some rows, so that what cannot be scored fails before anything is trained.

        Raises
        ------
        MismatchError
            The scorer asks for what the classifier does not have, such as probabilities of a hinge.
        """
        held_out, rng = self.data.take(rows), np.random.default_rng(0)
        R = len(self.data.classes) if len(self.data.classes) > 2 else 1
        params = Params(rng.normal(size=(1, R, held_out.rows.shape[1])), rng.normal(size=(1, R)))
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                self._score(params, held_out, rows)
            except AttributeError as error:
                raise MismatchError(
                    f"The scoring asks for what a classifier with loss={self.classifier.loss!r} does not have "
                    f"({error})",
                    allowed="scorings of predictions and of decision_function; those of probabilities with "
                    "loss='softmax'",
                    fix="choose another scoring, or loss='softmax'",
                ) from error

    def _score(self, params: Params, held_out: TrainingData, rows: Array) -> float:
        dtype = np.float64 if held_out.rows.dtype == np.float64 else np.float32
        model = clone(self.classifier)
        model.coef_, model.intercept_ = params.W[0].astype(dtype), params.b[0].astype(dtype)
        model.classes_, model.n_features_in_ = held_out.classes, held_out.rows.shape[1]
        given = _check_method_params(self.data.rows, dict(self.params), indices=rows)
        X = held_out.rows if held_out.rows.array is None else held_out.rows.array
        return self.scorer(model, X, held_out.classes[held_out.y], **given)
