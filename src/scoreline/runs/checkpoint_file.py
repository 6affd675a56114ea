"""One file of a checkpoint: named arrays, and facts about them; whole or as good as none."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from scoreline._files import replacing
from scoreline._typing import Array
from scoreline._version import __version__
from scoreline.data.names import printable
from scoreline.kernels.threads import thread_count

__all__ = ["CheckpointFacts", "CheckpointFile"]

FORMAT: Literal["scoreline-checkpoint/1"] = "scoreline-checkpoint/1"


class CheckpointFacts(BaseModel):
    """What a file says of its arrays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["scoreline-checkpoint/1"] = FORMAT
    #: Which fit of the run it is of, from 1, and whether the fit has ended.
    fit: int = Field(ge=1)
    ended: bool
    #: Of a job of several fits, the last of them that its arrays speak for; else 0.
    last: int = Field(0, ge=0)
    #: Digest of what the fit follows from; see `scoreline.engine.problem.identity`.
    identity: str = Field(max_length=64)
    #: Why the fit ended; empty where it has not.
    reason: str = Field("", max_length=64)
    #: What arithmetic may depend on.
    made_with: str = Field(max_length=256)

    @classmethod
    def of(cls, fit: int, identity: str, reason: str = "", last: int = 0) -> CheckpointFacts:
        """Describe a fit under way, one that ended for a reason, or a job."""
        return cls(
            fit=fit, ended=bool(reason), last=last, identity=identity, reason=reason, made_with=_made_with()
        )

    @property
    def is_like_here(self) -> bool:
        """Whether arithmetic is that of this process."""
        return self.made_with == _made_with()


class CheckpointFile(NamedTuple):
    """What a file holds."""

    facts: CheckpointFacts
    arrays: Mapping[str, Array]

    def part(self, name: str) -> dict[str, Array]:
        """Return the arrays whose names begin with a name and a full stop, by what follows."""
        return {key[len(name) + 1 :]: array for key, array in self.arrays.items() if key.startswith(f"{name}.")}

    def write(self, path: Path) -> None:
        """Write the file in one step.

        Raises
        ------
        OSError
            The disk refuses.
        """
        facts = {"facts": self.facts.model_dump_json(), "sum": str(_checksum(self.arrays))}
        with replacing(path) as part:
            try:
                save_file(dict(self.arrays), part, metadata=facts)
            except SafetensorError as error:  # in which it wraps what the disk says
                raise OSError(str(error)) from error

    @classmethod
    def read(cls, path: Path) -> CheckpointFile | None:
        """Read a file; return None where there is none, and warn of one that is damaged."""
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                said = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            facts = CheckpointFacts.model_validate_json(said.get("facts", ""))
            if said.get("sum") == str(_checksum(arrays)):
                return cls(facts, arrays)
        except (SafetensorError, ValidationError, OSError, ValueError, TypeError):
            pass
        warnings.warn(
            f"The checkpoint {printable(path)} is damaged: what it would have saved is computed again",
            stacklevel=2,
        )
        return None


def _checksum(arrays: Mapping[str, Any]) -> int:
    total = 0
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total = zlib.crc32(f"{name}{array.dtype.str}{array.shape}".encode(), total)
        total = zlib.crc32(array.reshape(-1).view(np.uint8).data, total)
    return total


def _made_with() -> str:
    return f"scoreline {__version__}, numpy {np.__version__}, {thread_count()} threads"
