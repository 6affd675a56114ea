"""What a training loop tells: everything else (progress, logs, figures, checkpoints) listens."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.params import Params

__all__ = ["Compiling", "Diverged", "Evaluated", "Event", "Reason", "RunEnded", "RunStarted", "StepDone"]


class Reason(enum.Enum):
    """Why a run ended."""

    CONVERGED = "converged"
    STALLED = "stalled: no more progress, though the objective is not flat"
    MAX_EPOCHS = "reached the largest number of epochs"
    EARLY_STOPPED = "stopped improving on the validation data"
    OUTDONE = "others did better on the validation data"
    PRECISION = "no further decrease in floating-point arithmetic"
    DIVERGED = "every configuration diverged"
    INTERRUPTED = "interrupted"
    TIME_LIMIT = "reached the time limit"

    @property
    def complete(self) -> bool:
        """Whether the run neither ran away nor was stopped early for others."""
        return self not in (Reason.DIVERGED, Reason.OUTDONE)


@dataclass(frozen=True, eq=False)
class RunStarted:
    """The loop is about to begin."""

    #: Steps in one epoch.
    steps_per_epoch: int
    #: Epochs at the most.
    max_epochs: float
    #: Rows of the training data.
    n_examples: int
    #: Where the run begins.
    params: Params


@dataclass(frozen=True, eq=False)
class Compiling:
    """The loop is being compiled, which takes some seconds; the result is kept for later runs."""


@dataclass(frozen=True, eq=False)
class StepDone:
    """One update was made; in compiled code, a stretch of updates."""

    #: Steps made so far.
    step: int
    #: Epochs gone by, with fractions.
    epoch: float
    #: Objective on the last step's own rows before the update, float64 ``(K,)``.
    objective: FloatArray
    #: Learning rates of the last step, ``(K,)``.
    lr: FloatArray
    #: Before and after the update.
    before: Params
    params: Params


@dataclass(frozen=True, eq=False)
class Evaluated:
    """An epoch has ended; its means are weighted over the rows as they were met."""

    step: int
    epoch: float
    #: Mean objective, loss and accuracy over the epoch's rows as they came, float64 ``(K,)`` each.
    objective: FloatArray
    loss: FloatArray
    accuracy: FloatArray
    #: The same over the validation data at the end of the epoch; None without such data.
    validation_loss: FloatArray | None
    validation_accuracy: FloatArray | None
    lr: FloatArray
    params: Params


@dataclass(frozen=True, eq=False)
class Diverged:
    """One configuration ran away; it keeps its parameters from the epoch's start and takes no more steps."""

    configuration: int
    step: int
    epoch: float
    reason: str


@dataclass(frozen=True, eq=False)
class RunEnded:
    """The loop is over."""

    reason: Reason
    step: int
    epoch: float
    params: Params
    #: Which configurations are alive, bool ``(K,)``.
    alive: Array
    #: The optimiser's memory, for W and for b; None where the method has none.
    state: Params | None = None
    #: Relative duality gap, ``(primal - dual) / primal``, where the method has proved one: the objective is within
    #: this share of the least that any parameters could reach.
    duality_gap: float | None = None


#: Any of the above.
Event: TypeAlias = RunStarted | Compiling | StepDone | Evaluated | Diverged | RunEnded
