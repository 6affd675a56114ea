"""One page's session: a state, what came before it, and an answer to every message."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import ValidationError

from scoreline.errors import UsageError
from scoreline.lab.messages import Request, State, start_state
from scoreline.lab.worksheet import COARSE, FINE, gradient_of, python_script, regions, worksheet

__all__ = ["LabSession"]

#: Gestures and steps that can be undone.
MOST_UNDONE = 1000
#: Deviation of the weights that `randomise` draws.
SPREAD = 1.0


class LabSession:
    """Points, weights and what became of them; it knows nothing of how messages travel.

    Parameters
    ----------
    start : State, optional
        Where it begins, and where ``reset`` goes; by default the lecture's own.
    """

    def __init__(self, start: State | None = None) -> None:
        self.start = start_state() if start is None else start
        self.state = self.start
        self._before: list[State] = []
        self._dragged_from: State | None = None

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message.

        Parameters
        ----------
        message : mapping
            See `Request`.

        Returns
        -------
        dict
            ``id`` of the request, ``state``, ``sheet`` (see `worksheet`), ``regions``, ``can_undo``; for
            ``python`` only ``id`` and ``script``.

        Raises
        ------
        UsageError
            The message is not allowed; the state stays as it was.
        """
        try:
            request = Request.model_validate(message)
            if request.action == "python":
                return {"id": request.id, "script": python_script(self.state)}
            self._do(request)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "message"
            raise UsageError(
                f"{place} cannot be taken: {first['msg']}",
                allowed="what the page offers: at most 1,000 points, 2 to 10 classes, finite numbers",
                fix="correct the value",
            ) from error
        return {
            "id": request.id,
            "state": self.state.model_dump(),
            "sheet": worksheet(self.state),
            "regions": regions(self.state, COARSE if request.coarse else FINE),
            "can_undo": bool(self._before),
        }

    def _do(self, request: Request) -> None:
        if request.action == "edit":
            self._edit(request)
        elif request.action == "step":
            for _ in range(request.count):
                self._keep(self._stepped())
        elif request.action == "undo":
            self._dragged_from = None
            self.state = self._before.pop() if self._before else self.state
        elif request.action == "randomise":
            self._keep(self._randomised())
        else:
            self._keep(self.start)

    def _edit(self, request: Request) -> None:
        """Change the state; a drag's coarse edits become one gesture with the fine one that ends it."""
        changed = self._changed(**request.changes)
        if request.coarse:
            self._dragged_from = self._dragged_from or self.state
            self.state = changed
            return
        if self._dragged_from is not None:
            self.state, self._dragged_from = self._dragged_from, None
        self._keep(changed)

    def _keep(self, state: State) -> None:
        if state != self.state:
            self._before = [*self._before[1 - MOST_UNDONE :], self.state]
            self.state = state

    def _stepped(self) -> State:
        """Return the state after one step of gradient descent.

        Raises
        ------
        UsageError
            The step leads out of all bounds.
        """
        weights = np.array(self.state.weights) - self.state.lr * gradient_of(self.state)
        try:
            return self._changed(weights=weights.tolist(), step=self.state.step + 1)
        except ValidationError as error:
            raise UsageError(
                f"Step {self.state.step + 1} leads out of all bounds: the step size {self.state.lr:g} diverges",
                allowed="weights below 1e6",
                fix="lower the step size, and step back or reset",
            ) from error

    def _randomised(self) -> State:
        """Return the state with weights drawn from its seed, and the next seed."""
        rng = np.random.default_rng(self.state.seed)
        weights = SPREAD * rng.standard_normal((len(self.state.weights), 3))
        return self._changed(weights=weights.tolist(), step=0, seed=(self.state.seed + 1) % 2**31)

    def _changed(self, **changes: Any) -> State:
        return State.model_validate(self.state.model_dump() | changes)
