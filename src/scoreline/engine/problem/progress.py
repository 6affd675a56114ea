"""What a fit shows of itself where it is asked to: a bar in terminals and notebooks, elsewhere a line at times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scoreline.engine.problem.events import Evaluated, Event, Reason, RunStarted
from scoreline.engine.problem.stopping import Listener

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["FIRST_LINE", "describe_epoch", "fit_progress"]

#: Seconds after which the first line is printed; the next one after twice as long, and so on.
FIRST_LINE = 10.0


@contextmanager
def fit_progress(verbose: int) -> Iterator[list[Listener]]:
    """Yield the listeners that show a fit: none where `verbose` is 0; whatever ends the fit ends the display."""
    if not verbose:
        yield []
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown = console.is_terminal or console.is_jupyter
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[figures]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not shown) as bars:
        yield [_Shown(bars, None if shown else console)]


def describe_epoch(event: Evaluated, most: float, seconds: float) -> str:
    """Return how far a fit has come: ``fitting: epoch 3 of 100 at the most, loss 0.25, 12 s``."""
    return f"fitting: epoch {event.epoch:.0f} of {most:.0f} at the most, loss {event.loss[0]:.4g}, {seconds:.0f} s"


class _Shown:
    """A listener that moves a bar, or where there is none prints lines further and further apart."""

    def __init__(self, bars: Progress, lines: Console | None) -> None:
        self._bars, self._lines = bars, lines
        self._begun, self._due, self._most = time.perf_counter(), FIRST_LINE, 0.0
        self._task: TaskID | None = None

    def __call__(self, event: Event) -> Reason | None:
        match event:
            case RunStarted():
                self._most = event.max_epochs
                self._task = self._bars.add_task("Fitting", total=event.max_epochs, figures="")
            case Evaluated() if self._task is not None:
                self._show(self._task, event)
        return None

    def _show(self, task: TaskID, event: Evaluated) -> None:
        seconds = time.perf_counter() - self._begun
        figures = f"epoch {event.epoch:.0f}  loss {event.loss[0]:.4g}  accuracy {event.accuracy[0]:.3f}"
        self._bars.update(task, completed=event.epoch, figures=figures)
        if self._lines is not None and seconds >= self._due:
            self._due *= 2
            self._lines.print(describe_epoch(event, self._most, seconds), markup=False, highlight=False)
