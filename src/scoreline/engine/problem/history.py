"""A listener that remembers what every epoch came to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.engine.problem.stopping import EpochListener

__all__ = ["Epoch", "History", "HistoryState"]


class Epoch(NamedTuple):
    """One row of a history; NaN where there was nothing to measure."""

    epoch: float
    step: int
    seconds: float
    objective: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    lr: float


class HistoryState(NamedTuple):
    """What a history remembers."""

    rows: FloatArray
    seconds: float


class History(EpochListener):
    """The epochs of one configuration's run, in order.

    Parameters
    ----------
    configuration : int, default 0
        Which of the K configurations to remember.
    """

    def __init__(self, configuration: int = 0) -> None:
        self.configuration = configuration
        self.epochs: list[Epoch] = []
        self._begun = time.perf_counter()

    @property
    def state(self) -> HistoryState:
        """What it remembers: a row an epoch, and the seconds so far."""
        rows = np.array(self.epochs, dtype=np.float64).reshape(-1, len(Epoch._fields))
        return HistoryState(rows, time.perf_counter() - self._begun)

    @state.setter
    def state(self, state: HistoryState) -> None:
        self.epochs = [Epoch(_whole(row[0]), int(row[1]), *row[2:]) for row in state.rows.tolist()]
        self._begun = time.perf_counter() - state.seconds

    def epoch_ended(self, event: Evaluated) -> Reason | None:
        """Remember the end of an epoch."""
        k, nan = self.configuration, float("nan")
        validation_loss, validation_accuracy = event.validation_loss, event.validation_accuracy
        self.epochs.append(
            Epoch(
                _whole(event.epoch),
                event.step,
                time.perf_counter() - self._begun,
                float(event.objective[k]),
                float(event.loss[k]),
                float(event.accuracy[k]),
                nan if validation_loss is None else float(validation_loss[k]),
                nan if validation_accuracy is None else float(validation_accuracy[k]),
                float(event.lr[k]),
            )
        )
        return None

    def columns(self) -> dict[str, list[float]]:
        """Return the history as columns by name."""
        return {name: [getattr(row, name) for row in self.epochs] for name in Epoch._fields}

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(0 epochs)"
        last = self.epochs[-1]
        return f"History({len(self)} epochs, objective {self.epochs[0].objective:.4g} to {last.objective:.4g})"

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)


def _whole(epoch: float) -> float:
    """Return a number of epochs as an integer, where it is one: so that tables show it without a full stop."""
    return int(epoch) if epoch == int(epoch) else epoch
