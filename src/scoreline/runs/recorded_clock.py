"""A clock whose readings are kept, so that what was decided by them is decided in the same way again."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
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
    #: What else was measured, in its own order.
    measured: tuple[float, ...] = Field(default=(), max_length=MOST_READINGS)


class _Series:
    """Values of an earlier process in their order, and then those that are read."""

    def __init__(self, recorded: tuple[float, ...]) -> None:
        self.values, self.n_recorded, self._told = list(recorded), len(recorded), 0

    def next(self, read: Callable[[], float]) -> float:
        """Return the next one."""
        if self._told == len(self.values):
            self.values.append(read())
        self._told += 1
        return self.values[self._told - 1]

    @property
    def is_at_the_last(self) -> bool:
        """Whether the last one recorded was told just now."""
        return self._told == self.n_recorded


class RecordedClock:
    """Tells the readings of an earlier process in their order, and goes on from the last of them.

    What a run decides by its readings is a function of them alone: told the same, it decides the same.

    Parameters
    ----------
    live : Clock
    file : path
        Where readings are kept.
    """

    def __init__(self, live: Clock, file: Path) -> None:
        self._live, self._file = live, file
        record = self._read() or _Record(begun=live.begun, load=live.load, readings=(), measured=())
        self._begun, self._load = record.begun, record.load
        self._times, self._others = _Series(record.readings), _Series(record.measured)
        self._n_written = len(record.readings) + len(record.measured)
        self._ahead = 0.0

    @property
    def clock(self) -> Clock:
        """The clock, for those who decide by it."""
        return Clock(self._now, self._begun, self._load, self._measured)

    @property
    def has_unwritten(self) -> bool:
        """Whether there are readings that are not written yet."""
        return len(self._times.values) + len(self._others.values) > self._n_written

    def write(self) -> None:
        """Write the readings that are not written yet.

        Raises
        ------
        OSError
            The disk refuses.
        """
        if not self.has_unwritten:
            return
        times, others = tuple(self._times.values), tuple(self._others.values)
        record = _Record(begun=self._begun, load=self._load, readings=times, measured=others)
        write_text(self._file, record.model_dump_json() + "\n")
        self._n_written = len(times) + len(others)

    def _now(self) -> float:
        reading = self._times.next(lambda: self._live.now() + self._ahead)
        if self._times.is_at_the_last:  # from here on, time goes by again
            self._ahead = reading - self._live.now()
        return reading

    def _measured(self, measure: Callable[[], float]) -> float:
        return self._others.next(lambda: min(self._live.measured(measure), sys.float_info.max))

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
