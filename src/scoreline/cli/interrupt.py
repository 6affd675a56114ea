"""Ctrl-C and other signals to end: the first ends the training and keeps what was learned."""

from __future__ import annotations

import signal
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

import typer

from scoreline.cli.output import notes
from scoreline.cli.streams import drop_lost_terminal
from scoreline.data import Progress
from scoreline.engine.problem.events import Event, Reason

__all__ = ["INTERRUPTED", "Interrupt"]

#: The shells' code for a program that Ctrl-C has ended; for other signals it is also 128 plus their number.
INTERRUPTED = 130
#: Ctrl-C; what `docker stop`, systemd and batch systems send; and what a terminal sends that is closed.
SIGNALS = [found for name in ("SIGINT", "SIGTERM", "SIGHUP") if (found := getattr(signal, name, None))]


class Interrupt:
    """A listener that ends a run when Ctrl-C or another signal asks for it, so that what was learned is kept.

    Use it as a context manager around the run. While something is being trained, the first signal only asks for
    the end. At other times, and with a second Ctrl-C, the run is ended at once; then the program ends with an exit
    code of 128 plus the signal's number, after a report of what was kept.
    """

    def __init__(self) -> None:
        #: The signal received, if any.
        self.signal: int | None = None
        self._training = False
        self._before: dict[int, Any] = {}

    @property
    def pressed(self) -> bool:
        """Whether a stop was requested."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """The exit code of the program."""
        return INTERRUPTED if self.signal is None else 128 + self.signal

    def __enter__(self) -> Self:
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number == signal.SIGINT or before is not signal.SIG_IGN:  # nohup ignores the end of a terminal
                self._before[number] = before
                signal.signal(number, self._press)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self.pressed:
            drop_lost_terminal()  # whose end may be what the signal tells of
        if isinstance(error, KeyboardInterrupt):
            said = [*map(str, error.args), *(getattr(error, "__notes__", []) or ["Nothing was kept"])]
            with suppress(OSError):  # a terminal that is closed
                notes.print(". ".join(["Interrupted", *said]) + ".", markup=False)
            raise typer.Exit(self.exit_code) from error

    def __call__(self, event: Event) -> Reason | None:
        """Request a stop once a signal was received."""
        del event
        self._training = True
        return Reason.INTERRUPTED if self.pressed else None

    def beside(self, progress: Progress) -> Progress:
        """Return `progress`, each call of which marks the run as not training until the next event."""

        def show(what: str, done: int, total: int) -> None:
            self._training = False
            progress(what, done, total)

        return show

    def _press(self, number: int, frame: FrameType | None) -> None:
        del frame
        first, self.signal = not self.pressed, self.signal or number
        # Terminals and batch systems send more than one; only a second key press means now.
        if (first and not self._training) or (not first and number == signal.SIGINT):
            raise KeyboardInterrupt
