"""``scoreline export``: a run's model for other programs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scoreline.cli.output import console, facts, notes, print_json
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import Trust
from scoreline.data.names import printable
from scoreline.models.exports import EXPORTS

if TYPE_CHECKING:
    from scoreline.models.exports import Exported

__all__ = ["export"]


def with_formats(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each format; the paths that were given are its parameter ``targets``."""
    options = {name.replace("-", "_"): name for name in EXPORTS}

    @wraps(command)
    def wrapped(**values: Any) -> None:
        given = {name: values.pop(option) for option, name in options.items()}
        command(targets={name: path for name, path in given.items() if path is not None}, **values)

    def parameter(option: str, name: str) -> inspect.Parameter:
        kind = Annotated[Path | None, typer.Option(f"--{name}", help=EXPORTS[name].help)]
        return inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)

    own = list(inspect.signature(command, eval_str=True).parameters.values())
    at = next(place for place, one in enumerate(own) if one.name == "targets")
    made = [parameter(option, name) for option, name in options.items()]
    parameters = [one.replace(kind=one.KEYWORD_ONLY) for one in (*own[:at], *made, *own[at + 1 :])]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {one.name: one.annotation for one in parameters}
    return wrapped


@with_formats
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    targets: dict[str, Path],
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    trust: Trust = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Write a run's model in formats of other programs, and measure that it answers the same there."""
    from scoreline.runs.exporting import export_run

    with ProgressBars(quiet=json) as bars:
        done = export_run(run, targets, data_dir=data_dir, trust=trust or [], progress=bars.loading)
    if json:
        print_json({"run": str(run), "exports": {name: _to_json(found) for name, found in done.items()}})
        return
    for name, found in done.items():
        _print(name, found)


def _to_json(found: Exported) -> dict[str, object]:
    parity = found.parity._asdict()
    return {**asdict(found), "path": str(found.path), "parity": parity}


def _print(name: str, found: Exported) -> None:
    parity = found.parity
    rows = [
        (name, printable(found.path)),
        ("takes", found.takes),
        (f"{parity.of} differ by", f"{parity.difference:.1e} at the most, on {parity.examples:,} {parity.source}"),
    ]
    console.print(facts(rows))
    if found.remark:
        notes.print(f"Note: it takes features, not images: {found.remark}.", markup=False)
