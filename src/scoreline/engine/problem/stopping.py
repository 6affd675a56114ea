"""Listeners that say when a run has done enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from typing import TypeAlias

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.events import Evaluated, Event, Reason, RunEnded
from scoreline.engine.problem.params import Params

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
    """Ends a run when the training objective of every configuration has stopped falling, or rises on and on.

    An epoch is idle when its mean objective lies about where the best one did. One that is higher is no progress,
    and not idle either: it is on its way to somewhere.

    Parameters
    ----------
    tol : float
        About means by no more than this share.
    patience : int
        Idle epochs in a row after which a configuration is done, and rises in a row, above what it has at W = 0,
        after which it has diverged.
    at_zero : float, optional
        The objective at W = 0; without it, no rise is taken for divergence.
    """

    def __init__(self, tol: float, patience: int, at_zero: float = np.inf) -> None:
        self.tol, self.patience, self.at_zero = tol, patience, at_zero
        self._best: FloatArray = np.array([np.inf])
        self._last: FloatArray = np.array([np.inf])
        self._idle: Array = np.zeros(1, dtype=np.int64)
        self._rises: Array = np.zeros(1, dtype=np.int64)

    @property
    def done(self) -> Array:
        """Which configurations are done, bool ``(K,)``; ``(1,)`` before the first epoch has ended."""
        return (self._idle >= self.patience) | self.risen

    @property
    def risen(self) -> Array:
        """Which configurations have risen on and on, bool ``(K,)``; ``(1,)`` before the first epoch has ended."""
        return self._rises >= self.patience

    def keep(self, columns: Array) -> None:
        """Forget all configurations but those at `columns`, which are now those of the run."""
        self._best, self._last = self._best[columns], self._last[columns]
        self._idle, self._rises = self._idle[columns], self._rises[columns]

    def __call__(self, event: Event) -> Reason | None:
        """Look at the mean objective of each epoch."""
        if not isinstance(event, Evaluated):
            return None
        value = event.objective
        with np.errstate(invalid="ignore"):  # a diverged configuration's objective may be infinite
            lost = ~np.isfinite(value)
            idle = lost | (np.abs(self._best - value) <= self.tol * np.abs(value))
            rises = (value > self._last) & (value > self.at_zero)
        self._best, self._last = np.fmin(self._best, value), value
        self._idle = np.where(idle, self._idle + 1, 0)
        self._rises = np.where(rises, self._rises + 1, 0)
        if not self.done.all():
            return None
        return Reason.DIVERGED if self.risen.all() else Reason.CONVERGED


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
