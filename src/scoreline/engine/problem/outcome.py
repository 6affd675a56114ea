"""What a fit among several came to, whichever the solver."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.params import Params

__all__ = ["Outcome"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one configuration came to; NaN where there was nothing to measure."""

    #: The weights at the end, with K = 1.
    params: Params
    #: Why its run ended.
    reason: Reason
    #: Epochs or iterations done.
    epochs: float
    #: Loss and accuracy over the training rows: as they came in the last epoch, or at the end (exact).
    train_loss: float = float("nan")
    train_accuracy: float = float("nan")
    #: The same over the validation data, at the end.
    validation_loss: float = float("nan")
    validation_accuracy: float = float("nan")
    #: Relative duality gap of an exact fit, where there is one.
    duality_gap: float | None = None

    @property
    def complete(self) -> bool:
        """Whether it neither ran away nor was stopped early."""
        return self.reason.complete
