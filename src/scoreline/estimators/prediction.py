"""From fitted weights to scores, classes and probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.objective import block_rows, linear_scores, predicted_classes
from scoreline.engine.problem.params import Params
from scoreline.estimators.availability import has_probabilities
from scoreline.estimators.sklearn_models import sklearn_estimator
from scoreline.estimators.validation import validate_rows
from scoreline.losses import LOSSES, Loss
from scoreline.rows import batches, stored_entries

__all__ = ["LinearPrediction"]


class LinearPrediction:
    """What an estimator with ``coef_``, ``intercept_`` and ``classes_`` predicts."""

    if TYPE_CHECKING:
        loss: str | Loss
        coef_: FloatArray
        intercept_: FloatArray
        classes_: Array

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        return tags

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

    def to_sklearn(self) -> Any:
        """Return a fitted estimator of scikit-learn with the same scores.

        It is a ``LogisticRegression`` where the loss has probabilities, a ``RidgeClassifier`` for squared error,
        and a ``LinearSVC`` otherwise.
        """
        check_is_fitted(self)
        made = sklearn_estimator(self.coef_, self.intercept_, self.classes_, LOSSES.build(self.loss))
        if hasattr(self, "feature_names_in_"):
            made.feature_names_in_ = self.feature_names_in_
        return made

    def _scores(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        rows = validate_rows(self, X)
        params = Params(self.coef_[None], self.intercept_[None])
        scores = np.empty((len(rows), 1, len(self.intercept_)), self.coef_.dtype)
        for places, block in batches(rows, block_rows(stored_entries(rows))):
            linear_scores(params, block, scores[places])
        return scores[:, 0]
