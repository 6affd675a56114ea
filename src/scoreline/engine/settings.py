"""What a user may set of any solver."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline._typing import FloatArray
from scoreline.schedules import Schedule

__all__ = ["Settings"]


@dataclass(frozen=True, eq=False)
class Settings:
    """What a user may set of any solver; each takes what concerns it.

    Parameters
    ----------
    lr : array (K,) or None
        Learning rates; None lets the data and the optimiser set it.
    schedule : Schedule
    batch_size : int
    max_epochs : int or None
        Epochs, iterations or tries; None takes the solver's own default.
    tol : float
        Relative accuracy, or relative progress an epoch.
    dropout : float
    early_stopping : bool
    seed : int
    memory : int or None
        Bytes that the process may take; None sets no bound.
    patience : int, default 5
        Idle epochs in a row that end a run.
    """

    lr: FloatArray | None
    schedule: Schedule
    batch_size: int
    max_epochs: int | None
    tol: float
    dropout: float
    early_stopping: bool
    seed: int
    memory: int | None = None
    patience: int = 5

    @property
    def rate(self) -> float | None:
        """The first learning rate, None where there is none."""
        return None if self.lr is None else float(self.lr[0])

    def options(self, lr: float | None = None) -> list[str]:
        """Return the settings that only mini-batches can fulfil, a learning rate that was given too, in words."""
        return [
            words
            for words, on in (
                (f"dropout={self.dropout:g} needs mini-batches", bool(self.dropout)),
                ("early stopping needs epochs", self.early_stopping),
                ("a learning rate is given", lr is not None),
            )
            if on
        ]
