"""Progress bars: for loading, and for training with loss, accuracy, speed and time left."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from scoreline._text import escaped
from scoreline.cli.output import notes
from scoreline.engine.events import Compiling, Diverged, Evaluated, Event, Reason, RunEnded, RunStarted, StepDone

__all__ = ["ProgressBars"]


class ProgressBars:
    """A listener that draws what happens; on a stream that is no terminal, it is silent.

    Use it as a context manager around the work. `loading` is what data loaders call.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[figures]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=notes,
            transient=True,
            disable=quiet or not notes.is_terminal,
        )
        self._quiet = quiet
        self._tasks: dict[str, TaskID] = {}
        self._training: TaskID | None = None
        self._begun = 0.0
        self._rows = 0.0
        self._figures = ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def loading(self, what: str, done: int, total: int) -> None:
        """Show how far some reading, unpacking or downloading has come."""
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(escaped(what), total=None, figures="")
        figures = f"{done:,}" + (f" of {total:,}" if total else "")
        self._bars.update(self._tasks[what], completed=done, total=total or None, figures=figures)

    def __call__(self, event: Event) -> Reason | None:
        """Show how far the training has come."""
        if isinstance(event, RunStarted):
            self._begin(event)
        elif isinstance(event, Compiling) and not self._quiet:
            notes.print("Compiling the training loop for this kind of data (some seconds, once) ...")
        elif isinstance(event, StepDone) and self._training is not None:
            self._bars.update(self._training, completed=event.epoch, figures=self._line(event.epoch))
        elif isinstance(event, Evaluated) and self._training is not None:
            self._figures = _describe(event)
            self._bars.update(self._training, completed=event.epoch, figures=self._line(event.epoch))
        elif isinstance(event, RunEnded | Diverged):
            self._bars.stop()
        return None

    def _begin(self, event: RunStarted) -> None:
        self._begun, self._rows = time.perf_counter(), float(event.n_examples)
        self._training = self._bars.add_task("Training", total=event.max_epochs, figures="")

    def _line(self, epochs: float) -> str:
        seconds = time.perf_counter() - self._begun
        speed = epochs * self._rows / seconds if seconds > 0 else 0.0
        return f"{self._figures}  {speed:,.0f} images/s"


def _describe(event: Evaluated) -> str:
    text = f"loss {event.loss[0]:.4g}  accuracy {event.accuracy[0]:.3f}"
    if event.validation_accuracy is not None:
        text += f"  validation {event.validation_accuracy[0]:.3f}"
    return text
