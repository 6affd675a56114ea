"""One page's session: a state, its undo history, and an answer to every message."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoreline.errors import UnknownNameError, UsageError
from scoreline.lab.page import Page
from scoreline.lab.pages import PAGES
from scoreline.lab.resources import Resources

__all__ = ["LabSession", "Request"]

#: Gestures and steps that can be undone.
MOST_UNDONE = 1000
#: Letters of a message that an error quotes.
LONGEST_QUOTE = 200


class Request(BaseModel):
    """One gesture: an action, perhaps with changes to the state.

    ``edit`` changes the state, ``undo`` and ``redo`` go back and forth by one gesture or step, ``reset`` goes to
    the start, ``python`` requests a script; a page has actions of its own, repeated `count` times. A `coarse`
    one, during a drag, gets a coarse answer and is not put on the undo list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int = Field(default=0, ge=0)
    action: str = Field(max_length=40)
    changes: dict[str, object] = Field(default_factory=dict, max_length=40)
    count: int = Field(1, ge=1, le=100)
    coarse: bool = False


class LabSession:
    """A page's state and its history, whatever the transport of its messages.

    Parameters
    ----------
    page : str, default "scores"
        One of `scoreline.lab.PAGES`.
    start : state of that page, optional
        The initial state, and that of ``reset``; by default the page's own start.
    resources : Resources, optional
        Data and runs of the pages, which sessions may share; by default the built-in ones.

    Raises
    ------
    UnknownNameError
        There is no such page.
    """

    def __init__(
        self, page: str = "scores", *, start: BaseModel | None = None, resources: Resources | None = None
    ) -> None:
        if page not in PAGES:
            raise UnknownNameError.of("page", page, PAGES)
        self.page: Page[Any] = PAGES[page](Resources() if resources is None else resources)
        self.start = self.page.start() if start is None else start
        self.state = self.start
        self._before: list[BaseModel] = []
        self._after: list[BaseModel] = []
        self._dragged_from: BaseModel | None = None

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message.

        Parameters
        ----------
        message : mapping
            See `Request`.

        Returns
        -------
        dict
            ``id`` of the request, ``state``, ``shown`` (see the page's ``show``), ``can_undo`` and ``can_redo``;
            for ``python`` only ``id`` and ``script``.

        Raises
        ------
        ScorelineError
            The message is not allowed, or the data cannot be used; the state stays as it was.
        """
        kept = self.state, list(self._before), list(self._after), self._dragged_from
        try:
            request = Request.model_validate(message)
            if request.action == "python":
                return {"id": request.id, "script": self.page.script(self.state)}
            self._do(request)
            shown = self.page.show(self.state, coarse=request.coarse)
        except ValidationError as error:
            self.state, self._before, self._after, self._dragged_from = kept
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "message"
            raise UsageError(
                f"{place[:LONGEST_QUOTE]} is not allowed: {first['msg'][:LONGEST_QUOTE]}",
                allowed="what the page offers",
                fix="correct the value",
            ) from error
        except BaseException:  # a state that cannot be shown must not be kept, whatever the error
            self.state, self._before, self._after, self._dragged_from = kept
            raise
        return {
            "id": request.id,
            "state": self.state.model_dump(),
            "shown": shown,
            "can_undo": bool(self._before),
            "can_redo": bool(self._after),
        }

    def _do(self, request: Request) -> None:
        if request.action == "edit":
            self._edit(request)
        elif request.action in self.page.verbs:
            for _ in range(request.count):
                self._keep(self._changed(**self.page.act(request.action, self.state)))
        elif request.action == "undo":
            self._travel(self._before, self._after)
        elif request.action == "redo":
            self._travel(self._after, self._before)
        elif request.action == "reset":
            self._keep(self.start)
        else:
            raise UnknownNameError.of(
                "action", request.action, ["edit", "undo", "redo", "reset", *self.page.verbs]
            )

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

    def _keep(self, state: BaseModel) -> None:
        if state != self.state:
            self._before = [*self._before[1 - MOST_UNDONE :], self.state]
            self._after = []
            self.state = state

    def _travel(self, source: list[BaseModel], target: list[BaseModel]) -> None:
        self._dragged_from = None
        if source:
            target.append(self.state)
            self.state = source.pop()

    def _changed(self, **changes: Any) -> BaseModel:
        found = type(self.state).model_validate(self.state.model_dump() | changes)
        # Hundreds of states of hundreds of points: what a step does not change is shared, not copied.
        same = {name: value for name, value in self.state if value == getattr(found, name) and name not in changes}
        return found.model_copy(update=same)
