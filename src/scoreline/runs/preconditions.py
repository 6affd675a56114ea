"""What can be said of settings before anything is loaded, so that a mistake costs no waiting."""

from __future__ import annotations

from scoreline.engine.solvers import named_solver
from scoreline.estimators.problem import build_objective, solver_settings
from scoreline.features import build_features
from scoreline.runs.classifier import ANY_LAM, classifier_of
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import check_block_weights, check_names
from scoreline.runs.refit import check_refit

__all__ = ["check_settings"]


def check_settings(config: RunConfig) -> None:
    """Check all that needs no data: names and parameters of parts, and whether they go together.

    Raises
    ------
    UsageError
        A part is unknown, a parameter wrong, or two settings exclude one another.
    """
    check_names(config)
    check_refit(config)
    check_block_weights(config, build_features(config.features))
    if config.solver != "auto":
        _check_solver(config)


def _check_solver(config: RunConfig) -> None:
    """Raise MismatchError unless the solver takes loss, penalty and what else is asked of it."""
    classifier = classifier_of(config, ANY_LAM if config.lam == "auto" else config.lam)
    objective = build_objective(classifier, n_classes=3)  # what is checked does not depend on how many there are
    named_solver(config.solver).solver.check(objective, solver_settings(classifier, config.seed))
