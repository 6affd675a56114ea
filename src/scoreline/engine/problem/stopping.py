"""Listeners that say when a run has done enough."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.ending import CUT_SHORT
from scoreline.engine.problem.events import Evaluated, Event, Reason, RunEnded
from scoreline.engine.problem.method import Run
from scoreline.engine.problem.params import Params

__all__ = [
    "BestState",
    "EarlyStopping",
    "EpochListener",
    "Job",
    "Keeper",
    "Listener",
    "NoProgress",
    "ProgressState",
    "Remembering",
    "TimeLimit",
    "begin_job",
    "begin_with_data",
    "drive",
]

#: Takes every event; a Reason in answer asks the run to end.
Listener: TypeAlias = Callable[[Event], Reason | None]


class Remembering:
    """A listener of which the run's result depends by what it has seen."""

    #: What it remembers, as a state (see `scoreline.engine.problem.states`): saved, and set, with the run's own.
    state: Any = ()


class Job:
    """Work of several runs that is saved as a whole between them: what a run came to is in its state then.

    This one is not saved; see `Keeper.job`.
    """

    #: The last state that an earlier process has saved, as arrays by name; None where there is none.
    found: Mapping[str, Array] | None = None

    def reached(self, state: Callable[[], Mapping[str, Array]]) -> None:
        """Save a state, as arrays by name, in place of the one before and of the runs in between."""


class Keeper(ABC):
    """A listener that saves the states of runs, and lets them continue in a later process; see `drive`."""

    def __call__(self, event: Event) -> Reason | None:
        """Let the run go on."""
        del event
        return None

    @abstractmethod
    def begin(self, run: Run[Any], memories: Sequence[Remembering]) -> RunEnded | None:
        """Let a run begin where an earlier process has left it; return its end where that has come to it."""

    @abstractmethod
    def after(self, event: Event, stop_request: Reason | None) -> None:
        """Save what is due, now that every listener has seen an event."""

    @abstractmethod
    def of_data(self, fingerprint: Callable[[], str]) -> None:
        """Keep which data the runs are of, or refuse to go on with other data than an earlier process had.

        Parameters
        ----------
        fingerprint : callable
            Returns a digest of all examples and labels, every split included.
        """

    @abstractmethod
    def job(self, identity: str) -> Job:
        """Let work of several runs begin where an earlier process has left it.

        Parameters
        ----------
        identity : str
            Digest of all that it follows from.
        """


def begin_job(listeners: Iterable[Listener], identity: Callable[[], str]) -> Job:
    """Begin work of several runs, which the `Keeper` among the listeners saves if there is one."""
    keeper = next(iter(_keepers(listeners)), None)
    return Job() if keeper is None else keeper.job(identity())


def begin_with_data(listeners: Iterable[Listener], fingerprint: Callable[[], str]) -> None:
    """Begin work on data, which a `Keeper` among the listeners allows to go on with the same data alone."""
    for keeper in _keepers(listeners):
        keeper.of_data(fingerprint)


def _keepers(listeners: Iterable[Listener]) -> list[Keeper]:
    heard: Iterable[Any] = listeners
    return [listener for listener in heard if isinstance(listener, Keeper)]


def drive(events: Generator[Event, Reason | None, None], listeners: Iterable[Listener]) -> RunEnded:
    """Run a loop to its end, showing every event to every listener and passing on the first stop request.

    A `Keeper` among the listeners saves the run on its way, and says where it begins.
    """
    listeners = list(listeners)
    keepers: list[Keeper] = []
    if isinstance(events, Run):  # a solver of the user's own may have no states
        heard: list[Any] = listeners
        keepers = _keepers(listeners)
        memories = [listener for listener in heard if isinstance(listener, Remembering)]
        for keeper in keepers:
            if (ended := keeper.begin(events, memories)) is not None:
                return ended
    stop_request: Reason | None = None
    while True:
        event = events.send(stop_request) if stop_request is not None else next(events)
        answers = [answer for listener in listeners if (answer := listener(event)) is not None]
        # An end that the run has come to by itself is one, whoever wants to cut it short there.
        own = [answer for answer in answers if answer not in CUT_SHORT]
        stop_request = stop_request or next(iter([*own, *answers]), None)
        for keeper in keepers:
            keeper.after(event, stop_request)
        match event:
            case RunEnded():
                return event


class EpochListener(Remembering, ABC):
    """A listener to the ends of epochs alone."""

    def __call__(self, event: Event) -> Reason | None:
        """Pass on the end of an epoch."""
        match event:
            case Evaluated():
                return self.epoch_ended(event)
        return None

    @abstractmethod
    def epoch_ended(self, event: Evaluated) -> Reason | None:
        """Stop where an epoch's result says so."""


class ProgressState(NamedTuple):
    """What `NoProgress` remembers of each configuration; ``(1,)`` before the first epoch has ended."""

    #: The least objective so far, and the last one.
    best: FloatArray
    last: FloatArray
    #: Idle epochs in a row, and rises in a row.
    idle: Array
    rises: Array


class NoProgress(EpochListener):
    """Ends a run when the training objective of every configuration has stopped falling, or keeps rising.

    An epoch is idle when its mean objective lies about where the best one did. One that is higher is no progress,
    and not idle either: the objective still changes.

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
        #: What the epochs so far have come to; to be saved, and set, with the run's own state.
        self.state = ProgressState(np.array([np.inf]), np.array([np.inf]), np.zeros(1, int), np.zeros(1, int))

    @property
    def done(self) -> Array:
        """Which configurations are done, bool ``(K,)``; ``(1,)`` before the first epoch has ended."""
        return (self.state.idle >= self.patience) | self.risen

    @property
    def risen(self) -> Array:
        """Which configurations kept rising, bool ``(K,)``; ``(1,)`` before the first epoch has ended."""
        return self.state.rises >= self.patience

    def keep(self, columns: Array) -> None:
        """Forget all configurations but those at `columns`, which are now those of the run."""
        self.state = ProgressState(*(array[columns] for array in self.state))

    def epoch_ended(self, event: Evaluated) -> Reason | None:
        """Compare an epoch's mean objective with the best and the last; end the run once all are done."""
        value, (best, last, idle, rises) = event.objective, self.state
        with np.errstate(invalid="ignore"):  # a diverged configuration's objective may be infinite
            still = ~np.isfinite(value) | (np.abs(best - value) <= self.tol * np.abs(value))
            rising = (value > last) & (value > self.at_zero)
        self.state = ProgressState(
            np.fmin(best, value), value, np.where(still, idle + 1, 0), np.where(rising, rises + 1, 0)
        )
        if not self.done.all():
            return None
        return Reason.DIVERGED if self.risen.all() else Reason.CONVERGED


class BestState(NamedTuple):
    """What `EarlyStopping` remembers: the best of each configuration; None before the first epoch has ended."""

    W: FloatArray | None
    b: FloatArray | None
    #: Validation accuracies and losses there, ``(2, K)``.
    figures: FloatArray
    #: Epochs in a row without improvement.
    idle: int


class EarlyStopping(EpochListener):
    """Keeps the parameters that did best on the validation data, and ends a run that no longer improves them.

    Better means a higher accuracy, or the same at a lower loss; each configuration is evaluated alone.

    Parameters
    ----------
    patience : int or None
        Epochs without improvement of any configuration that end the run; None never ends it.
    """

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        #: The best so far; to be saved, and set, with the run's own state.
        self.state = BestState(None, None, np.zeros((2, 0)), 0)

    @property
    def params(self) -> Params | None:
        """The best parameters so far; None before the first epoch has ended."""
        W, b = self.state.W, self.state.b
        return None if W is None or b is None else Params(W, b)

    def epoch_ended(self, event: Evaluated) -> Reason | None:
        """Keep the parameters that are better on validation data; end the run after `patience` idle epochs."""
        accuracy, loss = event.validation_accuracy, event.validation_loss
        if accuracy is None or loss is None:
            return None
        best, before, idle = event.params, self.params, 0
        if before is not None:
            best_accuracy, best_loss = self.state.figures
            better = (accuracy > best_accuracy) | ((accuracy == best_accuracy) & (loss < best_loss))
            best, idle = best.where(better, before), 0 if better.any() else self.state.idle + 1
            accuracy, loss = np.where(better, accuracy, best_accuracy), np.where(better, loss, best_loss)
        self.state = BestState(best.W, best.b, np.stack([accuracy, loss]), idle)
        return Reason.EARLY_STOPPED if self.patience is not None and idle >= self.patience else None


class TimeLimit:
    """Ends a run after a time.

    Parameters
    ----------
    seconds : float
        Time from now.
    """

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def __call__(self, event: Event) -> Reason | None:
        """End the run once the time has passed."""
        del event
        return Reason.TIME_LIMIT if time.monotonic() >= self.deadline else None
