"""Where a sweep stands between two runs of its stacks: what is saved, and gone on from to the same bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.states import from_arrays, to_arrays
from scoreline.engine.problem.stopping import ProgressState

__all__ = ["Outcomes", "Reached", "StackState", "SweepState"]

#: By the places of the configurations that have left their stacks.
Outcomes: TypeAlias = dict[int, Outcome]


class Reached(NamedTuple):
    """Where a stack stands at the end of an epoch."""

    epoch: int
    params: Params
    #: Training loss and accuracy, validation loss and accuracy, ``(4, K)``.
    figures: FloatArray


class StackState(NamedTuple):
    """All that changes in a stack from one of its runs to the next."""

    #: Those of its members among all configurations.
    places: Array
    reached: Reached
    optimizer: Params | None
    progress: ProgressState | None


class _Left(NamedTuple):
    """An `Outcome`."""

    params: Params
    reason: str
    epochs: int
    figures: FloatArray


class Restorable(Protocol):
    """A stack."""

    @property
    def places(self) -> list[int]:
        """Those of its members among all configurations."""

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Go on from a `StackState`, given as arrays by name."""


class SweepState(NamedTuple):
    """All that changes in a sweep."""

    #: After so many of the epochs at which all configurations are compared.
    met: int
    stacks: Sequence[StackState]
    outcomes: Outcomes

    def arrays(self) -> dict[str, Array]:
        """Return it as arrays by name."""
        arrays = to_arrays((self.met, tuple(self.stacks)))
        for place, one in self.outcomes.items():
            figures = one.train_loss, one.train_accuracy, one.validation_loss, one.validation_accuracy
            left = _Left(one.params, one.reason.name, int(one.epochs), np.array(figures))
            arrays |= {f"outcome{place}.{name}": array for name, array in to_arrays(left).items()}
        return arrays

    @staticmethod
    def restore(arrays: Mapping[str, Array], stacks: Sequence[Restorable], outcomes: Outcomes) -> int:
        """Let fresh stacks, and outcomes that are none yet, become those of the arrays; return `met`."""
        nothing = np.zeros(0)
        like = _Left(Params(nothing, nothing), "", 0, nothing)
        for place in range(sum(len(one.places) for one in stacks)):
            if found := _part(arrays, f"outcome{place}"):
                params, reason, epochs, figures = from_arrays(like, found)
                outcomes[place] = Outcome(params, Reason[reason], epochs, *figures.tolist())
        for place, one in enumerate(stacks):
            one.restore(_part(arrays, f"1.{place}"))
        return int(arrays["0"])


def _part(arrays: Mapping[str, Array], name: str) -> dict[str, Array]:
    """Return the arrays whose names begin with a name and a full stop, by what follows."""
    return {key[len(name) + 1 :]: array for key, array in arrays.items() if key.startswith(f"{name}.")}
