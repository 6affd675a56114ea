"""Progress bars: for loading, and for training with loss, accuracy and speed."""

from __future__ import annotations

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from scoreline._text import escaped
from scoreline.cli.output import notes
from scoreline.engine.problem.events import (
    Compiling,
    Diverged,
    Evaluated,
    Event,
    Reason,
    RunEnded,
    RunStarted,
    StepDone,
)
from scoreline.engine.problem.progress import FIRST_LINE, describe_epoch

__all__ = ["ProgressBars"]

#: Letters of a bar, and of a time with the spaces around it.
BAR, TIME = 24, 9


class _TimeColumn(TimeRemainingColumn):
    """The remaining time where the end is known, else the elapsed time."""

    def render(self, task: Task) -> Text:
        """Return the time."""
        return super().render(task) if task.total is not None else TimeElapsedColumn().render(task)


class _FiguresColumn(ProgressColumn):
    """A bar where the end is known, with figures; else figures alone, which also get the bar's space."""

    _bar = BarColumn(bar_width=BAR)

    def render(self, task: Task) -> RenderableType:
        """Return bar and figures."""
        figures = Text(task.fields["figures"], no_wrap=True, overflow="ellipsis")
        if task.total is None and figures:
            return figures
        both = Table.grid(padding=(0, 1))
        both.add_row(self._bar.render(task), figures)
        return both


class ProgressBars:
    """A listener that draws the progress; on a stream that is no terminal, it prints a line after ten seconds.

    Use it as a context manager around the work. `loading` is what data loaders call. A terminal that is closed
    ends the drawing, never the work.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            _FiguresColumn(),
            _TimeColumn(compact=True),
            console=notes,
            transient=True,
            disable=quiet or not notes.is_terminal,
        )
        self._quiet = quiet
        self._tasks: dict[str, TaskID] = {}
        self._training: TaskID | None = None
        self._begun = 0.0
        self._rows = 0.0
        self._most = 0.0
        self._figures: list[str] = []
        self._opened, self._due = time.perf_counter(), FIRST_LINE

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._bars.stop()

    def loading(self, what: str, done: int, total: int) -> None:
        """Show how far some reading, unpacking, downloading or other work has come; a total of 0 is not known."""
        if what not in self._tasks:
            self._end_phases()
            self._tasks[what] = self._bars.add_task(escaped(what), total=None, figures="")
        figures = f"{done:,}" if done else ""
        if total:
            figures = f"{done / total:4.0%}  {done:,} of {total:,}"
        self._tell(f"{what} {figures}".strip())
        with suppress(OSError):
            self._bars.update(self._tasks[what], completed=done, total=total or None, figures=figures)

    def _end_phases(self) -> None:
        """Remove the bars of finished phases, as another one begins."""
        for what, number in list(self._tasks.items()):
            task = next(task for task in self._bars.tasks if task.id == number)
            if task.total is None or task.finished:
                with suppress(OSError):
                    self._bars.remove_task(self._tasks.pop(what))

    def _tell(self, text: str) -> None:
        """Where no terminal shows the bars, print a line after ten seconds, and others at growing intervals."""
        seconds = time.perf_counter() - self._opened
        if notes.is_terminal or seconds < self._due:
            return
        self._due = 2 * seconds
        with suppress(OSError):
            notes.print(escaped(text), markup=False)

    def say(self, text: str) -> None:
        """Print a line above the bars; where no terminal shows them, it shows the progress."""
        if not self._quiet:
            with suppress(OSError):
                notes.print(escaped(text), markup=False)

    def __call__(self, event: Event) -> Reason | None:
        """Show the progress of the training."""
        match event:
            case RunStarted():
                self._begin(event)
            case Compiling():
                self.say("Compiling the training loop for this kind of data (some seconds, once) ...")
            case StepDone():
                self._show(event.epoch)
            case Evaluated():
                self._figures = _describe(event)
                self._show(event.epoch)
                self._tell(describe_epoch(event, self._most, time.perf_counter() - self._begun))
            case RunEnded() | Diverged():
                self._end()
        return None

    def _begin(self, event: RunStarted) -> None:
        self._end()
        self._begun, self._rows, self._most = time.perf_counter(), float(event.n_examples), event.max_epochs
        # No total: most trainings converge long before their last permitted epoch.
        self._training = self._bars.add_task("Training", total=None, figures="")

    def _show(self, epochs: float) -> None:
        if self._training is None:
            return
        seconds = time.perf_counter() - self._begun
        speed = epochs * self._rows / seconds if seconds > 0 else 0.0
        figures = self._fitted(
            f"epoch {epochs:.0f} (max. {self._most:.0f})", *self._figures, f"{speed:,.0f} images/s"
        )
        with suppress(OSError):
            self._bars.update(self._training, completed=epochs, figures=figures)

    def _fitted(self, first: str, *more: str) -> str:
        """Return as many figures as fit the terminal, at least the first."""
        room = notes.width - TIME - max(len(task.description) + 1 for task in self._bars.tasks)
        for figure in more:
            if len(first) + 2 + len(figure) > room:
                break
            first += f"  {figure}"
        return first

    def _end(self) -> None:
        if self._training is not None:
            with suppress(OSError):
                self._bars.remove_task(self._training)
            self._training = None


def _describe(event: Evaluated) -> list[str]:
    figures = [f"loss {event.loss[0]:.4g}", f"accuracy {event.accuracy[0]:.3f}"]
    if event.validation_accuracy is not None:
        figures.append(f"validation {event.validation_accuracy[0]:.3f}")
    return figures
