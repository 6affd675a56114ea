"""What can be said of settings before anything is loaded, so that a mistake costs no waiting."""

from __future__ import annotations

from scoreline.engine.solvers import named_solver
from scoreline.errors import MismatchError, UsageError
from scoreline.estimators.problem import build_objective, solver_settings
from scoreline.features import build_features
from scoreline.runs.classifier import ANY_LAM, classifier_of
from scoreline.runs.config import AUTO, SEARCH, RunConfig
from scoreline.runs.pipeline import check_block_weights, check_names
from scoreline.runs.recipes.ladder import ALL, Recipe
from scoreline.runs.refit import check_refit

__all__ = ["check_settings"]


def check_settings(config: RunConfig) -> None:
    """Check all that needs no data: names and parameters of parts, and whether they go together.

    Raises
    ------
    UsageError
        A part is unknown, a parameter wrong, or two settings exclude one another.
    """
    if config.searches:
        _check_search(config)
        return
    _check_no_search(config)
    check_names(config)
    check_refit(config)
    check_block_weights(config, build_features(config.features))
    if config.solver != "auto":
        _check_solver(config)


def _check_search(config: RunConfig) -> None:
    """Check settings that a search for a recipe holds fixed: with the loss of some recipe they go together."""
    if config.block_weights is not None:
        raise MismatchError(
            "Block weights came with features auto, whose recipes have features of their own",
            allowed="block weights for features that are named",
            fix="leave --block-weights out, or name the features",
        )
    if config.augment:
        raise MismatchError(
            "Augmentation was asked for with features auto, whose recipes say themselves whether they augment",
            allowed="augmentation with features that are named",
            fix="leave --augment out, or name the features",
        )
    specs = config.own_features or ["pixels"]
    for spec in specs:
        check_names(Recipe(spec, "squared-error").settings(config))
    check_refit(config)
    problems: list[UsageError] = []
    losses = sorted({recipe.loss for recipe in ALL}) if config.loss == AUTO else [config.loss]
    for loss in losses if config.solver != "auto" else ():
        try:
            return _check_solver(config.changed(loss=loss))
        except UsageError as error:
            problems.append(error)
    if problems:
        raise problems[0]
    return None


def _check_no_search(config: RunConfig) -> None:
    for name in SEARCH:
        if getattr(config, name) != RunConfig.model_fields[name].default:
            raise MismatchError(
                f"The setting {name} is {getattr(config, name)!r} while the features are named: {config.features}",
                allowed=f"{name} for features auto, which search for a recipe",
                fix=f"leave --{name} out, or say --features auto",
            )


def _check_solver(config: RunConfig) -> None:
    """Raise MismatchError unless the solver takes loss, penalty and what else is asked of it."""
    classifier = classifier_of(config, ANY_LAM if config.lam == "auto" else config.lam)
    objective = build_objective(classifier, n_classes=3)  # what is checked does not depend on how many there are
    named_solver(config.solver).solver.check(objective, solver_settings(classifier, config.seed))
