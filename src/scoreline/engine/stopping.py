"""Listeners that say when a run has done enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from typing import TypeAlias

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.events import Evaluated, Event, Reason, RunEnded
from scoreline.engine.params import Params

__all__ = ["EarlyStopping", "Listener", "NoProgress", "TimeLimit", "drive"]

#: Takes every event; a Reason in answer asks the run to end.
Listener: TypeAlias = Callable[[Event], Reason | None]


def drive(events: Generator[Event, Reason | None, None], listeners: Iterable[Listener]) -> RunEnded:
    """Run a loop to its end, showing every event to every listener and passing on the first wish to stop."""
    listeners = list(listeners)
    wish: Reason | None = None
    while True:
        event = events.send(wish) if wish is not None else next(events)
        for listener in listeners:
            answer = listener(event)
            wish = wish or answer
        if isinstance(event, RunEnded):
            return event


class NoProgress:
    """Ends a run when the training objective of every configuration has stopped falling.

    Parameters
    ----------
    tol : float
        An epoch counts as progress when a configuration's mean objective falls by more than this share.
    patience : int
        Epochs in a row without progress after which a configuration is done.
    """

    def __init__(self, tol: float, patience: int) -> None:
        self.tol, self.patience = tol, patience
        self._best: FloatArray = np.array([np.inf])
        self._idle: Array = np.zeros(1, dtype=np.int64)

    @property
    def done(self) -> Array:
        """Which configurations have stopped falling, bool ``(K,)``; ``(1,)`` before the first epoch has ended."""
        return self._idle >= self.patience

    def keep(self, columns: Array) -> None:
        """Forget all configurations but those at `columns`, which are now those of the run."""
        self._best, self._idle = self._best[columns], self._idle[columns]

    def __call__(self, event: Event) -> Reason | None:
        """Look at the mean objective of each epoch."""
        if not isinstance(event, Evaluated):
            return None
        with np.errstate(invalid="ignore"):  # a diverged configuration's objective may be infinite
            better = self._best - event.objective > self.tol * np.abs(event.objective)
        self._best = np.fmin(self._best, event.objective)
        self._idle = np.where(better, 0, self._idle + 1)
        return Reason.CONVERGED if self.done.all() else None


class EarlyStopping:
    """Keeps the parameters that did best on the validation data, and ends a run that no longer improves them.

    Better means a higher accuracy, or the same at a lower loss; each configuration is judged alone.

    Parameters
    ----------
    patience : int or None
        Epochs without improvement of any configuration that end the run; None never ends it.
    """

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        #: The best parameters so far; None before the first epoch has ended.
        self.params: Params | None = None
        self._accuracy: FloatArray = np.zeros(0)
        self._loss: FloatArray = np.zeros(0)
        self._idle = 0

    def __call__(self, event: Event) -> Reason | None:
        """Look at the validation figures of each epoch."""
        if not isinstance(event, Evaluated):
            return None
        accuracy, loss = event.validation_accuracy, event.validation_loss
        if accuracy is None or loss is None:
            return None
        if self.params is None:
            better = np.ones(len(accuracy), dtype=bool)
            self.params, self._accuracy, self._loss = event.params, accuracy, loss
        else:
            better = (accuracy > self._accuracy) | ((accuracy == self._accuracy) & (loss < self._loss))
            self.params = event.params.where(better, self.params)
            self._accuracy = np.where(better, accuracy, self._accuracy)
            self._loss = np.where(better, loss, self._loss)
        self._idle = 0 if better.any() else self._idle + 1
        return Reason.EARLY_STOPPED if self.patience is not None and self._idle >= self.patience else None


class TimeLimit:
    """Ends a run that has taken long enough.

    Parameters
    ----------
    seconds : float
        Time from now.
    """

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def __call__(self, event: Event) -> Reason | None:
        """Look at the clock."""
        del event
        return Reason.TIME_LIMIT if time.monotonic() >= self.deadline else None
