"""Runs that go on where an earlier process was interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scoreline.data.names import printable
from scoreline.errors import DataError, UsageError
from scoreline.runs.config import AUTO, OPEN, RunConfig
from scoreline.runs.folder import RunFolder
from scoreline.runs.state import RunState

__all__ = ["claim_run", "interrupted_settings", "settings_to_resume"]


def claim_run(config: RunConfig, out: Path | None, title: str) -> tuple[RunConfig, RunFolder]:
    """Claim the folder of a run: a new or empty one, or one that a run of the same settings was interrupted in.

    With it come the settings, as that run has kept them. Where its data are not where they were, they may be
    asked for at another place: whether they are the same is seen when they are loaded.

    Raises
    ------
    UsageError
        The folder holds something else, an interrupted run of other settings, is another process's, or cannot be
        written.
    DataError
        The data of the interrupted run are not where they were.
    """
    if out is None or not _is_interrupted(out):
        return config, RunFolder.create(out, title)
    asked, kept = config.anchored(), _kept_settings(out, config)
    different = [name for name in RunConfig.model_fields if getattr(asked, name) != getattr(kept, name)]
    if different:
        raise _other_settings(out, asked, kept, different)
    if _are_gone(kept.data):
        place = printable(out)
        raise DataError(
            f"The data of the run in {place} are no longer at {printable(kept.data)}",
            allowed="the data at the place where they were when the run was begun, or at another",
            fix=f"put them back, or give their new place: scoreline train NEW-PLACE --resume --out {place}",
        )
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
        _check_ended(out)
        return config
    asked, kept = config.anchored(), _kept_settings(out, config)
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


def _check_ended(out: Path) -> None:
    """Check that no training has ended in a folder in which one is to go on."""
    state = RunState.read(out)
    if state is not None and state.command == "train" and state.state in ("done", "diverged"):
        RunFolder.check_resumable(out)


def _kept_settings(out: Path, config: RunConfig) -> RunConfig:
    """Return the settings of an interrupted run, with the data where they are asked for if they have moved."""
    kept = RunConfig.read(out / "config.yaml")
    if "data" in config.model_fields_set and _are_gone(kept.data):
        return kept.changed(data=config.anchored().data)
    return kept


def _are_gone(data: str) -> bool:
    return Path(data).is_absolute() and not Path(data).exists()


def _other_settings(out: Path, asked: RunConfig, kept: RunConfig, names: Sequence[str]) -> UsageError:
    differences = ", ".join(
        f"{name} {getattr(kept, name)!r} there and {getattr(asked, name)!r} here" for name in names
    )
    return UsageError(
        f"{printable(out)} holds an interrupted run of other settings: {differences}",
        allowed="the settings that the run has, or another folder",
        fix=f"go on with 'scoreline resume {printable(out)}', or give --out another path",
    )
