"""What the files of a finished run say of its training: ``metrics.json`` and ``history.csv``."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from scoreline._json import parse_json
from scoreline.data.names import printable
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.history import Epoch
from scoreline.errors import ModelError

__all__ = ["RecordedCheck", "RecordedRun", "damaged", "read_history", "read_rows"]

METRICS, HISTORY = "metrics.json", "history.csv"
#: Bytes of a file of a run, and rows of a table: a hundred classes take 60 kB, and a million epochs are none.
MOST_BYTES, MOST_ROWS = 1 << 26, 1 << 20
#: Bytes of memory that it takes to read one.
MOST_MEMORY = 1 << 28
#: Letters of a text in such a file.
_TEXT = 10_000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RecordedCheck(_Part):
    """A sanity check."""

    name: str = Field(max_length=_TEXT)
    expected: str = Field(max_length=_TEXT)
    found: str = Field(max_length=_TEXT)
    passed: bool
    advice: str = Field(max_length=_TEXT)


class _Solver(_Part):
    name: str = Field(max_length=_TEXT)
    reason: str = Field(max_length=_TEXT)
    lr: float | None = None


class _Timings(_Part):
    load: float
    fit: float


class _Split(_Part):
    examples: int = Field(ge=0)


class _Data(_Part):
    splits: dict[str, _Split] = Field(default_factory=dict)


class RecordedRun(_Part):
    """The part of ``metrics.json`` that the report repeats; what a run lacks is None."""

    status: Reason = Reason.CONVERGED
    warnings: Annotated[tuple[str, ...], FailFast()] = ()
    solver: _Solver | None = None
    epochs: int = 0
    objective: float | None = None
    validation_accuracy: float | None = None
    lam: float | None = None
    lam_tried: dict[float, float] | None = None
    refit: bool = False
    duality_gap: float | None = None
    timings: _Timings | None = None
    seconds: float = 0.0
    sanity: Annotated[tuple[RecordedCheck, ...], FailFast()] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    data: _Data = Field(default_factory=_Data)

    @property
    def n_joined(self) -> int:
        """Number of validation examples that became the last of the training examples, after they had chosen."""
        held_out = self.data.splits.get("validation") if self.refit else None
        return 0 if held_out is None else held_out.examples

    @classmethod
    def read(cls, folder: Path) -> RecordedRun | None:
        """Read from a run's folder; None where a run was interrupted before it had written it.

        Raises
        ------
        ModelError
            The file is damaged.
        """
        content = _content(folder, METRICS)
        if content is None:
            return None
        try:
            return cls.model_validate(parse_json(content.decode("utf-8"), MOST_MEMORY))
        except (ValidationError, ValueError) as error:
            raise damaged(folder, METRICS, str(error)) from error

    @classmethod
    def of(cls, metrics: dict[str, Any]) -> RecordedRun:
        """Take what a run is about to write."""
        return cls.model_validate(metrics)


def read_history(folder: Path) -> dict[str, list[float]]:
    """Return the columns of ``history.csv``, NaN for empty cells; none where there is no such file.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    header, rows = read_rows(folder, HISTORY)
    if not header:
        return {}
    if tuple(header) != Epoch._fields:
        raise damaged(folder, HISTORY, f"its columns are {', '.join(header)[:200]}")
    try:
        columns = zip(*([float(cell) if cell else math.nan for cell in row] for row in rows), strict=True)
        found = dict(zip(Epoch._fields, map(list, columns), strict=True)) if rows else {}
    except ValueError as error:
        raise damaged(folder, HISTORY, str(error)) from error
    return found


def read_rows(folder: Path, name: str) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a CSV file of a run; nothing where there is no such file.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    content = _content(folder, name)
    if content is None:
        return [], []
    try:
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
    except (ValueError, csv.Error) as error:
        raise damaged(folder, name, str(error)) from error
    if len(rows) > MOST_ROWS or any(len(row) != len(header) for row in rows):
        raise damaged(folder, name, "its rows are not as long as its header, or are too many")
    return header, rows


def _content(folder: Path, name: str) -> bytes | None:
    path = folder / name
    try:
        if not path.exists():
            return None
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise damaged(folder, name, str(error)) from error
    if len(content) > MOST_BYTES:
        raise damaged(folder, name, f"it is larger than {MOST_BYTES:,} bytes")
    return content


def damaged(folder: Path, name: str, problem: str) -> ModelError:
    """Return the error that tells of a damaged file of a run."""
    return ModelError(
        f"{name} of the run in {printable(folder)} cannot be read: {' '.join(problem.split())[:200]}",
        allowed=f"{name} as 'scoreline train' has written it",
        fix="restore the file, or remove it: the report then leaves out what it says",
    )
