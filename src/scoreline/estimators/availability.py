"""Methods that an estimator has only with some settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoreline.engine.solvers import needs_whole_data
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES

if TYPE_CHECKING:
    from scoreline.estimators.linear import LinearClassifier

__all__ = ["has_probabilities", "learns_in_parts"]


def has_probabilities(estimator: LinearClassifier) -> bool:
    """Tell whether the loss has probabilities; raise MismatchError, saying why, if it has none."""
    loss = LOSSES.build(estimator.loss)
    if loss.probabilistic:
        return True
    loss.probabilities(np.zeros((1, 2)))  # raises, saying why
    return False


def learns_in_parts(estimator: LinearClassifier) -> bool:
    """Tell whether the settings need only the rows at hand; raise MismatchError, naming those that need all."""
    whole = {
        "standardize=True before any fit": estimator.standardize and getattr(estimator, "_measured", None) is None,
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
