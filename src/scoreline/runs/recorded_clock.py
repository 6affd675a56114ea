"""A clock whose readings are kept, so that what was decided by them is decided in the same way again."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoreline._files import write_text
from scoreline.data.names import printable
from scoreline.runs.time_budget import Clock

__all__ = ["RecordedClock"]

FORMAT: Literal["scoreline-clock/1"] = "scoreline-clock/1"
#: A search reads the clock some ten times for each recipe and round.
MOST_BYTES, MOST_READINGS = 1 << 22, 100_000


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["scoreline-clock/1"] = FORMAT
    begun: float
    load: float = Field(ge=1)
    readings: tuple[float, ...] = Field(max_length=MOST_READINGS)


class RecordedClock:
    """Tells the readings of an earlier process in their order, and goes on from the last of them.

    Parameters
    ----------
    live : Clock
    file : path
        Where readings are kept.
    """

    def __init__(self, live: Clock, file: Path) -> None:
        self._live, self._file = live, file
        record = self._read()
        self._readings = [] if record is None else list(record.readings)
        self._begun, self._load = (live.begun, live.load) if record is None else (record.begun, record.load)
        #: Of the readings, those that were told, and those that are written.
        self._told, self._written = 0, len(self._readings)
        self._ahead = 0.0

    @property
    def clock(self) -> Clock:
        """The clock, for those who decide by it."""
        return Clock(self._now, self._begun, self._load)

    def write(self) -> None:
        """Write the readings that are not written yet.

        Raises
        ------
        OSError
            The disk refuses.
        """
        if len(self._readings) == self._written:
            return
        record = _Record(begun=self._begun, load=self._load, readings=tuple(self._readings))
        write_text(self._file, record.model_dump_json() + "\n")
        self._written = len(self._readings)

    def _now(self) -> float:
        if self._told == len(self._readings):
            self._readings.append(self._live.now() + self._ahead)
        reading = self._readings[self._told]
        self._told += 1
        if self._told == self._written:  # from here on, time goes by again
            self._ahead = reading - self._live.now()
        return reading

    def _read(self) -> _Record | None:
        if not self._file.is_file():
            return None
        try:
            with self._file.open("rb") as file:
                return _Record.model_validate_json(file.read(MOST_BYTES))
        except (OSError, ValidationError):
            warnings.warn(f"{printable(self._file)} is damaged: the search begins anew", stacklevel=2)
        for path in self._file.parent.glob("*.safetensors"):  # of fits in an order that is not known any more
            path.unlink(missing_ok=True)
        return None
