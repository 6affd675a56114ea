"""Estimators in scikit-learn's manner, over the engine."""

from __future__ import annotations

from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.linear_cv import LinearClassifierCV

__all__ = ["LinearClassifier", "LinearClassifierCV"]
