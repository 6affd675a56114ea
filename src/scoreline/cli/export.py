"""``scoreline export``: a run's model for other programs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.output import console, facts, notes, print_json
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import Trust
from scoreline.data.names import printable

if TYPE_CHECKING:
    from scoreline.models.exports import Exported

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    onnx: Annotated[Path | None, typer.Option(help="A file for the model as an ONNX graph.")] = None,
    skops: Annotated[Path | None, typer.Option(help="A file for it as an estimator of scikit-learn.")] = None,
    numpy: Annotated[
        Path | None, typer.Option(help="A new folder for it as a program that needs NumPy and Pillow only.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    trust: Trust = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Write a run's model in formats of other programs, and measure that it answers the same there."""
    from scoreline.runs.exporting import export_run

    named = {"onnx": onnx, "skops": skops, "numpy": numpy}
    targets = {name: target for name, target in named.items() if target is not None}
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
