"""What there is to say of a folder that is not that of a finished run."""

from __future__ import annotations

from pathlib import Path

from scoreline.data.names import printable
from scoreline.errors import ModelError, UsageError
from scoreline.runs.claim import MARKER, is_claimed
from scoreline.runs.state import RunState

__all__ = ["CONFIG", "no_run", "other_run", "unfinished"]

#: The settings of a run.
CONFIG = "config.yaml"


def other_run(out: Path, state: RunState) -> UsageError:
    """Return the error that tells of a folder in which another command was interrupted."""
    path = printable(out)
    go_on = f"scoreline resume {path}" if state.command == "train" else "the same command as then"
    return UsageError(
        f"{path} holds an interrupted run of scoreline {state.command}, of another command than this",
        allowed="a new or empty folder, or that of an interrupted run of the same command",
        fix=f"give --out another path, or go on with that run: {go_on}",
    )


def no_run(path: Path) -> ModelError:
    """Return the error that tells of a folder in which there is no run."""
    return ModelError(
        f"{printable(path)} is not the folder of a run",
        allowed="a folder that 'scoreline train' has written, with config.yaml in it",
        fix="check the path",
    )


def unfinished(path: Path) -> tuple[str, str]:
    """Say what of a run's folder is unfinished and what to do; empty texts where nothing is."""
    state = RunState.read(path)
    if state is None:  # of an earlier version
        is_open, running = (path / MARKER).is_file(), is_claimed(path)
    else:
        is_open, running = state.state in ("running", "interrupted"), state.state == "running"
    if not is_open:
        return "", ""
    if running:
        by = "" if state is None else f" (process {state.pid} on {printable(state.host)}, since {state.started})"
        return f"still running{by}", "wait until it ends"
    again = state is not None and state.command == "train" and (path / CONFIG).is_file()
    fix = f"go on with 'scoreline resume {printable(path)}'" if again else "run the command again"
    return "unfinished: it was interrupted or killed", fix
