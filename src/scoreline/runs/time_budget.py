"""A bound on wall-clock time: as people write it, and a clock that is read against it."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from scoreline._text import shown
from scoreline.errors import UsageError

__all__ = ["NO_BOUND", "Clock", "parse_budget", "show_budget"]

#: A budget without an end.
NO_BOUND = "none"
_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
_BUDGET = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(s|min|m|h)?", re.IGNORECASE)
#: Longer budgets are mistakes: 30 days.
_LONGEST = 30 * 86_400
#: Beyond it, a process was waiting for something else than a processor.
_MOST_LOAD = 10.0


def parse_budget(text: str) -> float:
    """Return a budget in seconds: ``30s``, ``2m``, ``1.5h``, plain seconds, or ``none``, which is infinite.

    Raises
    ------
    UsageError
        It is none of these, or not between a second and 30 days.
    """
    if text.strip().lower() == NO_BOUND:
        return math.inf
    match = _BUDGET.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[(match[2] or "").lower()] if match else 0.0
    if not 1 <= seconds <= _LONGEST:
        raise UsageError(
            f"The budget is {shown(text)}",
            allowed="a time from 1s to 720h such as 30s, 2m or 1h, a number of seconds, or none",
            fix="write a number and a unit, without a space between them",
        )
    return seconds


def show_budget(seconds: float) -> str:
    """Return a budget as `parse_budget` reads it, in the largest unit of which there is a whole number."""
    if math.isinf(seconds):
        return NO_BOUND
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:g}s"


def _measured(measure: Callable[[], float]) -> float:
    return measure()


class Clock(NamedTuple):
    """A clock, and when the work began by it."""

    now: Callable[[], float]
    begun: float
    #: How many times as long as by itself the process takes beside others, as far as its start has shown.
    load: float = 1.0
    #: Returns what a function measures of the machine. All that decisions follow from besides data and time goes
    #: through it, so that a clock whose readings are kept keeps this with them.
    measured: Callable[[Callable[[], float]], float] = _measured

    @classmethod
    def started(cls) -> Self:
        """Return a clock that begins now."""
        return cls(time.perf_counter, time.perf_counter())

    @classmethod
    def of_process(cls) -> Self:
        """Return a clock that began with this process, whose start-up counts; Linux reports when that was."""
        age = _age_of_process()
        load = max(1.0, min(age / max(time.process_time(), 1e-3), _MOST_LOAD))
        return cls(time.perf_counter, time.perf_counter() - age, load)

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return self.now() - self.begun


def _age_of_process() -> float:
    """Return the seconds since this process was started; elsewhere than on Linux, those of its processor."""
    with suppress(OSError, ValueError, IndexError):
        # The name of the program, in brackets, may hold spaces; the start is the twentieth field behind it.
        started = (
            Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
        )
        uptime = Path("/proc/uptime").read_text(encoding="ascii").split()[0]
        return max(0.0, float(uptime) - float(started) / os.sysconf("SC_CLK_TCK"))
    return time.process_time()
