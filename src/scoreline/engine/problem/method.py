"""What every solver is: a first state, a step from one state to the next, and a test for the end.

A solver holds what does not change in a run; all that changes lies in its states, arrays and numbers. Whoever
keeps a state (see `scoreline.engine.problem.states`) can continue the run from there, to the same bits.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol, TypeVar

from scoreline.engine.problem.events import Event, Reason, RunEnded, RunStarted

__all__ = ["Method", "run"]

S = TypeVar("S")


class Method(Protocol[S]):
    """A solver on one problem, with states of type S."""

    def init(self) -> S:
        """Return the state before the first step."""

    def step(self, state: S) -> tuple[S, Sequence[Event]]:
        """Return the next state, and the events on the way there; the state given stays as it is."""

    def terminate(self, state: S) -> Reason | None:
        """Return why there is no further step, None where there is one."""

    def started(self, state: S | None) -> RunStarted:
        """Return the event of a run that begins with a state, None for the first one."""

    def ended(self, state: S, reason: Reason) -> RunEnded:
        """Return the event of a run that ends with a state."""


def run(method: Method[S], state: S | None = None) -> Generator[Event, Reason | None, None]:
    """Yield the events of a run to its end; a listener ends it by sending a `Reason` in answer to one.

    Parameters
    ----------
    method : Method
    state : state, optional
        Where to continue; by default the run begins anew.
    """
    reason = yield method.started(state)
    state = method.init() if state is None else state
    while reason is None and (reason := method.terminate(state)) is None:
        state, events = method.step(state)
        for event in events:
            reason = (yield event) or reason
    yield method.ended(state, reason)
