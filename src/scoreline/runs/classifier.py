"""From the settings of a run to an unfitted classifier: the one place where their names meet."""

from __future__ import annotations

from scoreline._typing import FloatArray
from scoreline.estimators import LinearClassifier
from scoreline.runs.config import RunConfig

__all__ = ["ANY_LAM", "classifier_of"]

#: A strength in place of one that has yet to be chosen, where nothing depends on it.
ANY_LAM = 1.0


def classifier_of(config: RunConfig, lam: float, weights: FloatArray | None = None) -> LinearClassifier:
    """Return the unfitted classifier that settings describe, with a strength and the weights of the features."""
    return LinearClassifier(
        loss=config.loss,
        penalty=config.penalty,
        lam=lam,
        solver=config.solver,
        lr=config.lr,
        schedule=config.schedule,
        batch_size=config.batch_size,
        max_epochs=config.max_epochs,
        tol=config.tol,
        standardize=config.standardized,
        feature_weights=weights,
        dropout=config.dropout,
        class_weight=config.class_weight,
        early_stopping=config.early_stopping,
        random_state=config.seed,
        memory=config.memory,
    )
