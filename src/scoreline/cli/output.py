"""What the commands print: tables for people on one stream, one line of JSON for machines on the other."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scoreline.report.metrics import Evaluation

__all__ = ["console", "describe_accuracy", "facts", "notes", "print_json", "table"]

#: Columns where standard output is no terminal, which has no width of its own.
WIDTH = 160
#: Results.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
#: Progress, remarks and errors.
notes = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object as one line of standard output."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")
    sys.stdout.flush()


def describe_accuracy(evaluation: Evaluation) -> str:
    """Return an accuracy in words, with its interval and what it was measured on."""
    low, high = evaluation.interval
    on = f"{evaluation.n:,} {evaluation.split} examples"
    return f"{evaluation.accuracy:.4f} on {on} (95 % interval {low:.3f} to {high:.3f})"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a plain table; numbers, that is all columns but the first, stand on the right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    rows = list(rows)
    for number, column in enumerate(columns):
        cells = [row[number] for row in rows]
        made.add_column(
            column, justify="right" if _numeric(cells) else "left", overflow="fold", no_wrap=number == 0
        )
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))  # Text: names in brackets are no markup
    return made


def facts(pairs: Iterable[tuple[str, str]]) -> Table:
    """Return a list of names and values."""
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(Text(name), Text(value))
    return made


def _numeric(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(cell[0] in "0123456789-." for cell in filled)
