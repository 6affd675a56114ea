"""What the commands print: tables for people on one stream, one line of JSON for machines on the other."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from scoreline._text import counted, escaped
from scoreline.data.description import LOGGER, describe

if TYPE_CHECKING:
    from scoreline.report.metrics import Evaluation

__all__ = [
    "console",
    "describe_accuracy",
    "describe_examples",
    "facts",
    "notes",
    "print_json",
    "shown_data",
    "table",
]

#: Columns where standard output is no terminal, which has no width of its own.
WIDTH = 160


class _Escaped:
    """Printed text with terminal control characters escaped: names come from files of any origin."""

    def __init__(self, inner: ConsoleRenderable) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.inner, options):
            yield segment if segment.control else Segment(escaped(segment.text, keep="\n"), segment.style)


class _Escaping(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Escaped(renderable) for renderable in renderables]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Do nothing: the program handles a closed pipe."""
        raise


def _console(**options: Any) -> Console:
    """Return a console that takes text as it is: brackets in names are no markup, escapes are no escapes."""
    made = _Console(highlight=False, soft_wrap=True, markup=False, emoji=False, **options)
    made.push_render_hook(_Escaping())
    made.soft_wrap = not made.is_terminal  # which would break lines in the middle of words
    return made


#: Results.
console = _console(width=None if sys.stdout.isatty() else WIDTH)
#: Progress, remarks and errors.
notes = _console(stderr=True)


class ShownData(logging.Handler):
    """Prints what is loaded, by any command, as soon as it is known, and keeps it for `print_json`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.described: dict[str, Any] = {}
        self._last = ""

    def __enter__(self) -> None:
        self.described, self._last = {}, ""
        self._level = LOGGER.level
        LOGGER.addHandler(self)
        LOGGER.setLevel(logging.INFO)

    def __exit__(self, *_: object) -> None:
        LOGGER.removeHandler(self)
        LOGGER.setLevel(self._level)

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, unless it repeats the last one."""
        text = record.getMessage()
        if text != self._last:
            for line in text.splitlines():
                notes.print(Text(line))
        self._last = text
        if dataset := getattr(record, "dataset", None):
            self.described = {"data": describe(dataset)}


#: What the running command has loaded.
shown_data = ShownData()


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object as one line of standard output, with the data that were loaded as its ``data``.

    Numbers that are not finite are null.
    """
    sys.stdout.write(json.dumps(_finite(value | shown_data.described), allow_nan=False) + "\n")
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def describe_accuracy(evaluation: Evaluation) -> str:
    """Return an accuracy in words, with its interval and what it was measured on."""
    low, high = evaluation.interval
    return f"{evaluation.accuracy:.4f} on {describe_examples(evaluation)} (95 % interval {low:.3f} to {high:.3f})"


def describe_examples(evaluation: Evaluation) -> str:
    """Return how many examples were evaluated, and of which split."""
    if evaluation.split == "all":
        return f"all {counted(evaluation.n, 'example')}"
    return counted(evaluation.n, f"{evaluation.split} example")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a plain table; numbers, that is all columns but the first, are right-aligned."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    rows = list(rows)
    for number, column in enumerate(columns):
        cells = [row[number] for row in rows]
        made.add_column(
            column,
            justify="right" if _numeric(cells) else "left",
            overflow="fold",
            no_wrap=_numeric(cells),  # words may be continued on the next line, numbers may not
        )
    for row in rows:
        made.add_row(*(Text(escaped(cell)) for cell in row))  # Text: names in brackets are no markup
    return made


def facts(pairs: Iterable[tuple[str, str]]) -> Table:
    """Return a list of names and values."""
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(Text(escaped(name)), Text(escaped(value)))
    return made


def _numeric(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(cell[0] in "0123456789-." for cell in filled)
