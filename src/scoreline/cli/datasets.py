"""``scoreline datasets``: the named data sets."""

from __future__ import annotations

from typing import Annotated

import typer

from scoreline.cli.output import console, print_json, table
from scoreline.data import NAMED_SETS, READERS

__all__ = ["datasets"]


def datasets(
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """List the named data sets and the formats of files and folders that can be read."""
    if json:
        print_json({"datasets": {name: kind.summary for name, kind in NAMED_SETS.items()}})
        return
    console.print(table(("name", "what it is"), [(name, kind.summary) for name, kind in NAMED_SETS.items()]))
    console.print("\nPaths can be:")
    console.print(table(("format", "what it is"), [(name, reader.accepts) for name, reader in READERS.items()]))
