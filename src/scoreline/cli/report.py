"""``scoreline report``: the report of a finished run, made anew."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.findings import print_findings
from scoreline.cli.output import console, facts, print_json
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import Trust
from scoreline.data.names import printable

if TYPE_CHECKING:
    from scoreline.runs.reporting import Report

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Look into what takes its time too: accuracy on changed images, copies across splits, labels "
            "that may be wrong, outliers, and what more examples would bring.",
        ),
    ] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    trust: Trust = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Make the report page of a run anew: how good it is, whether to trust it, and what to do next.

    It is one HTML file, report.html in the folder of the run, that needs neither network nor script.
    """
    from scoreline.runs.reporting import report_run

    begun = time.perf_counter()
    with ProgressBars(quiet=json) as bars:
        made = report_run(run, full=full, data_dir=data_dir, trust=trust or [], progress=bars.loading)
    seconds = time.perf_counter() - begun
    if json:
        print_json({**made.to_json(), "run": str(run), "seconds": seconds})
    else:
        _print(made, seconds)


def _print(made: Report, seconds: float) -> None:
    print_findings(made.findings)
    if made.findings:
        console.print()
    console.print(
        facts(
            [
                ("accuracy", f"{made.accuracy:.4f} on {made.split} examples"),
                ("report", printable(made.page)),
                ("seconds", f"{seconds:.1f}"),
            ]
        )
    )
