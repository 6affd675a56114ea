"""Ctrl-C as a wish: the first ends the training, the second ends the program."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from scoreline.cli.output import notes
from scoreline.engine.events import Event, Reason

__all__ = ["INTERRUPTED", "Interrupt"]

#: What shells expect of a program that Ctrl-C has ended.
INTERRUPTED = 130


class Interrupt:
    """A listener that ends a run when the user presses Ctrl-C, so that what was learned is kept.

    Use it as a context manager around the run; a second Ctrl-C raises KeyboardInterrupt as ever.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._listening = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
        if kind is KeyboardInterrupt:
            notes.print("Interrupted before there was anything to keep." if not self.pressed else "Interrupted.")

    def __call__(self, event: Event) -> Reason | None:
        """Ask for the end once the key was pressed."""
        del event
        self._listening = True
        return Reason.INTERRUPTED if self.pressed else None

    def _press(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        # Before the first event there is nothing to keep; a second press means now.
        if self.pressed or not self._listening:
            raise KeyboardInterrupt
        self.pressed = True
