"""The interface of every page of the lab: a state, and what is shown for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from scoreline.lab.resources import Resources

__all__ = ["Page"]

S = TypeVar("S", bound=BaseModel)


class Page(ABC, Generic[S]):
    """One page: all that it shows is a function of its state, so that a link can contain it.

    A page may keep what was expensive to compute, but the same state always shows the same numbers; only times
    that were measured differ.
    """

    #: In the head of the page and in the navigation.
    title: ClassVar[str]
    state_type: ClassVar[type[BaseModel]]
    #: Actions of its own, in addition to those of `LabSession`.
    verbs: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def start(self) -> S:
        """Return the page's initial state."""
        return self.state_type()  # type: ignore[return-value]

    def act(self, verb: str, state: S) -> dict[str, Any]:
        """Return the changes that one of the page's own actions makes to a state."""
        raise NotImplementedError

    @abstractmethod
    def show(self, state: S, *, coarse: bool) -> dict[str, Any]:
        """Return what the page draws, ready for JSON; a coarse answer is used during a drag.

        Raises
        ------
        UsageError
            The state names something that does not exist.
        """

    @abstractmethod
    def script(self, state: S) -> str:
        """Return a Python script that prints the numbers of a state."""
