"""Estimators in scikit-learn's manner, over the engine."""

from __future__ import annotations

from scoreline.estimators.linear import LinearClassifier

__all__ = ["LinearClassifier"]
