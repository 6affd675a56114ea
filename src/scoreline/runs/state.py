"""The state of a run, as its folder says it: ``state.json``."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoreline._files import write_text
from scoreline._version import __version__
from scoreline.data.names import printable
from scoreline.errors import ModelError
from scoreline.runs.claim import STATE_FILE, is_claimed
from scoreline.runs.config import RunConfig

__all__ = ["Command", "RunState", "State", "digest", "digest_of"]

FORMAT: Literal["scoreline-state/1"] = "scoreline-state/1"
#: A state takes some hundred bytes; what is larger is not one.
MOST_BYTES = 1 << 12
#: The commands that have folders.
Command: TypeAlias = Literal["train", "compare", "sweep", "features"]
State: TypeAlias = Literal["running", "interrupted", "diverged", "done"]


class RunState(BaseModel):
    """Where a run stands, and which process works or has worked on it last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["scoreline-state/1"] = FORMAT
    state: State
    #: What writes it, and a digest of what it was asked: the same command goes on with what was interrupted.
    command: Command
    request: str = Field("", max_length=64)
    pid: int = Field(ge=0)
    host: str = Field(max_length=256)
    #: When the process began with it, local time.
    started: str = Field(max_length=64)

    @classmethod
    def now(cls, command: Command, request: str = "") -> RunState:
        """Return that this process begins with a run."""
        return cls(
            state="running",
            command=command,
            request=request,
            pid=os.getpid(),
            host=socket.gethostname()[:256],
            started=time.strftime("%Y-%m-%d %H:%M:%S"),
        )

    def become(self, state: State) -> RunState:
        """Return another state, the process being the same."""
        return self.model_copy(update={"state": state})

    def write(self, folder: Path) -> None:
        """Write the file.

        Raises
        ------
        OSError
            The folder cannot be written.
        """
        write_text(folder / STATE_FILE, self.model_dump_json(indent=2) + "\n")

    def is_resumed_by(self, command: Command, request: str) -> bool:
        """Tell whether a command is the one that was interrupted."""
        return self.state == "interrupted" and (self.command, self.request) == (command, request)

    @classmethod
    def read(cls, folder: Path) -> RunState | None:
        """Return what a run's folder says; a run whose process has ended without a word is interrupted.

        None where the folder has no such file, as those that earlier versions wrote.

        Raises
        ------
        ModelError
            The file is damaged.
        """
        path = folder / STATE_FILE
        if not path.is_file():
            return None
        try:
            with path.open("rb") as file:
                found = cls.model_validate_json(file.read(MOST_BYTES))
        except (OSError, ValidationError) as error:
            raise ModelError(
                f"The state of the run in {printable(folder)} cannot be read: {STATE_FILE} is damaged or of a "
                "later version",
                allowed=f"{STATE_FILE} as scoreline {__version__} or an earlier version has written it",
                fix="use the version that has written it, or train again into another folder",
            ) from error
        if found.state == "running" and not is_claimed(folder):
            return found.become("interrupted")
        return found


def digest(config: RunConfig, *more: object) -> str:
    """Return a digest of what a command is asked: its settings, from wherever it is run, and its other options."""
    return digest_of(config.anchored().model_dump(), *more)


def digest_of(*asked: object) -> str:
    """Return a digest of what a command without settings is asked."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:32]
