"""Runs that go on where an earlier process was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scoreline.data.names import printable
from scoreline.errors import UsageError
from scoreline.runs.config import AUTO, OPEN, RunConfig
from scoreline.runs.folder import RunFolder
from scoreline.runs.state import RunState

__all__ = ["claim_run", "interrupted_settings", "settings_to_resume"]


def claim_run(config: RunConfig, out: Path | None, title: str) -> tuple[RunConfig, RunFolder]:
    """Claim the folder of a run: a new or empty one, or one that a run of the same settings was interrupted in.

    With it come the settings, as that run has kept them.

    Raises
    ------
    UsageError
        The folder holds something else, an interrupted run of other settings, is another process's, or cannot be
        written.
    """
    if out is None or not _is_interrupted(out):
        return config, RunFolder.create(out, title)
    kept = RunConfig.read(out / "config.yaml")
    asked = config.anchored()
    different = [name for name in RunConfig.model_fields if getattr(asked, name) != getattr(kept, name)]
    if different:
        raise _other_settings(out, asked, kept, different)
    return kept, RunFolder.resume(out)


def settings_to_resume(config: RunConfig, out: Path | None) -> RunConfig:
    """Return settings for a run in `out`: where one was interrupted there, its own, which may be left out.

    Raises
    ------
    UsageError
        No folder is given, or a setting is given that the run does not have.
    """
    if out is None:
        raise UsageError(
            "A run was to be resumed, and no folder was named",
            allowed="--resume together with --out RUN",
            fix="name the run's folder, or see 'scoreline resume --help'",
        )
    if not _is_interrupted(out):
        return config
    kept, asked = RunConfig.read(out / "config.yaml"), config.anchored()
    # The command line asks for a search where no setting of what is learned is given.
    left_open = {name for name in ("features", *OPEN) if config.searches and getattr(config, name) == AUTO}
    given = config.model_fields_set - left_open
    different = [
        name for name in RunConfig.model_fields if name in given and getattr(asked, name) != getattr(kept, name)
    ]
    if different:
        raise _other_settings(out, asked, kept, different)
    return kept


def interrupted_settings(run: Path) -> RunConfig:
    """Return the settings of a run that is to go on.

    Raises
    ------
    ModelError
        There is no run in the folder.
    UsageError
        The run is done or has diverged, is another process's, or is no training.
    """
    RunFolder.check_resumable(run)
    return RunConfig.read(run / "config.yaml")


def _is_interrupted(out: Path) -> bool:
    """Tell whether a training was interrupted that has kept its settings."""
    state = RunState.read(out)
    is_training = state is not None and state.command == "train" and state.state == "interrupted"
    return is_training and (out / "config.yaml").is_file()


def _other_settings(out: Path, asked: RunConfig, kept: RunConfig, names: Sequence[str]) -> UsageError:
    differences = ", ".join(
        f"{name} {getattr(kept, name)!r} there and {getattr(asked, name)!r} here" for name in names
    )
    return UsageError(
        f"{printable(out)} holds an interrupted run of other settings: {differences}",
        allowed="the settings that the run has, or another folder",
        fix=f"go on with 'scoreline resume {printable(out)}', or give --out another path",
    )
