"""Methods that an estimator has only with some settings."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from scoreline.engine.solvers import Solver, needs_whole_data
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES, Loss
from scoreline.optimizers import Optimizer

__all__ = ["HasLoss", "LearnsInParts", "has_probabilities", "learns_in_parts"]


class HasLoss(Protocol):
    """An estimator with the setting that decides about probabilities."""

    loss: str | Loss


class LearnsInParts(Protocol):
    """An estimator with the settings that decide about ``partial_fit``."""

    solver: str | Optimizer | Solver
    standardize: bool
    class_weight: dict[Any, float] | str | None
    early_stopping: bool


def has_probabilities(estimator: HasLoss) -> bool:
    """Tell whether the loss has probabilities; raise MismatchError, saying why, if it has none."""
    loss = LOSSES.build(estimator.loss)
    if loss.probabilistic:
        return True
    loss.probabilities(np.zeros((1, 2)))  # raises, saying why
    return False


def learns_in_parts(estimator: LearnsInParts) -> bool:
    """Tell whether the settings need only the rows at hand; raise MismatchError, naming those that need all."""
    whole = {
        "standardize=True before any fit": estimator.standardize
        and getattr(estimator, "_standardization", None) is None,
        "class_weight='balanced'": estimator.class_weight == "balanced",
        "early_stopping=True": estimator.early_stopping,
        f"solver={estimator.solver!r}": needs_whole_data(estimator.solver),
    }
    if any(whole.values()):
        raise MismatchError(
            "partial_fit came with " + " and ".join(text for text, on in whole.items() if on),
            allowed="settings that need only the rows at hand, and solver='auto' or a mini-batch solver",
            fix="use fit, or weigh and scale the rows before",
        )
    return True
