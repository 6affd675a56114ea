"""``scoreline resume``: go on with a run that was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoreline.cli.settings import Trust
from scoreline.cli.train import run_to_end

__all__ = ["resume"]


def resume(
    run: Annotated[
        Path, typer.Argument(help="Folder of a run of scoreline train that was interrupted or killed.")
    ],
    trust: Trust = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Go on with a run that was interrupted or killed, to the same result as if it had not been.

    Its settings are those of the run, and its data have to be where they were.
    """
    from scoreline.features.trust import trusting
    from scoreline.runs.resumption import interrupted_settings

    with trusting(*(trust or [])):
        run_to_end(interrupted_settings(run), run, json=json)
