"""What every solver is: a first state, a step from one state to the next, and a test for the end.

A solver holds what does not change in a run; all that changes lies in its states, arrays and numbers. Whoever
keeps a state (see `scoreline.engine.problem.states`) can continue the run from there, to the same bits.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from scoreline.engine.problem.events import Event, Reason, RunEnded, RunStarted

__all__ = ["Method", "Run", "run"]

S = TypeVar("S")


class Method(Protocol[S]):
    """A solver on one problem, with states of type S."""

    def init(self) -> S:
        """Return the state before the first step."""

    def step(self, state: S) -> tuple[S, Sequence[Event]]:
        """Return the next state, and the events of the step; the state given stays as it is."""

    def terminate(self, state: S) -> Reason | None:
        """Return why there is no further step, None where there is one."""

    def started(self, state: S | None) -> RunStarted:
        """Return the event of a run that begins with a state, None for the first one."""

    def ended(self, state: S, reason: Reason) -> RunEnded:
        """Return the event of a run that ends with a state."""

    def identity(self) -> str:
        """Return a digest of all that the run follows from; see `scoreline.engine.problem.identity`."""

    def saved(self, state: S) -> S:
        """Return a state as a file takes it: arrays, numbers and text."""
        return state

    def restored(self, state: S) -> S:
        """Return the state that `saved` has made one for a file of."""
        return state


class _Place(Generic[S]):
    """Where a run stands."""

    def __init__(self, state: S | None) -> None:
        self.begin = state
        self.whole: S | None = None


class Run(Generator[Event, Reason | None, None], Generic[S]):
    """The events of a run to its end; a listener ends it by sending a `Reason` in answer to one.

    Parameters
    ----------
    method : Method
    state : state, optional
        Where to begin; by default where the method does.
    """

    def __init__(self, method: Method[S], state: S | None = None) -> None:
        self.method = method
        self._place = _Place(state)
        self._events = _events(method, self._place)  # does not hold the run: a cycle would keep moments alive

    @property
    def state(self) -> S | None:
        """The state, if the last event was the last one of its step: whoever saw it has seen all until there."""
        return self._place.whole

    def first(self) -> S:
        """Return a state from which the run may begin."""
        begin = self._place.begin
        return self.method.init() if begin is None else begin

    def begin_at(self, state: S) -> None:
        """Begin at a state that an earlier run has reached; for a run that has not begun."""
        self._place.begin = state

    def send(self, answer: Reason | None) -> Event:
        """Go on to the next event."""
        return self._events.send(answer)

    def throw(
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | object = None,
        trace: TracebackType | None = None,
        /,
    ) -> Any:
        """Raise an exception where the run stands."""
        if isinstance(kind, BaseException):
            return self._events.throw(kind)
        return self._events.throw(kind, value, trace)


def run(method: Method[S], state: S | None = None) -> Run[S]:
    """Return the events of a run to its end; see `Run`."""
    return Run(method, state)


def _events(method: Method[S], place: _Place[S]) -> Generator[Event, Reason | None, None]:
    state = place.begin
    reason = yield method.started(state)
    state = method.init() if state is None else state
    while reason is None and (reason := method.terminate(state)) is None:
        state, events = method.step(state)
        place.whole = None
        for place_of_event, event in enumerate(events, 1):
            if place_of_event == len(events):
                place.whole = state
            reason = (yield event) or reason
    yield method.ended(state, reason)
