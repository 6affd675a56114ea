"""Estimators in scikit-learn's manner, over the engine."""
