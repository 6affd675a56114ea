"""How many cores other programs leave to this process, as the system counts it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from scoreline.kernels.threads import own_cores, thread_count

__all__ = ["FreeCores"]

#: Where Linux counts the ticks of each processor, and in which columns behind its name: of users, nice or not, of
#: the system, of interrupts, and those that went to other machines on the same hardware.
COUNTED = Path("/proc/stat")
BUSY = (0, 1, 2, 5, 6, 7)
#: Seconds that a reading covers at the least: a tick is a hundredth of a second.
WINDOW = 0.2
#: Part of a core that others may take of those that are counted as free: all have a little to do.
SLACK = 0.3


class _Reading(NamedTuple):
    """When it was made, and the seconds of processors until then: of other processes and of this one together."""

    at: float
    all_processes: float
    own: float


class FreeCores:
    """Counts how many cores are free or this process's own, from one reading to the next.

    Threads that wait for one another pay only on cores of their own: of two that share one with another program,
    each waits for whole time slices of the scheduler. A Cholesky factor with two threads on two cores, one of them
    taken, takes 3 to 50 times as long as with one.

    Parameters
    ----------
    counted : path
        Where the system counts.
    """

    def __init__(self, counted: Path = COUNTED) -> None:
        self._counted = counted
        self._last: _Reading | None = None

    def waiting_threads(self) -> int:
        """Return how many threads that wait for one another the machine has room for, `thread_count` at the most.

        The first reading takes `WINDOW` seconds; the following cover the time since the last. Where the system
        does not count, all cores are taken to be free.
        """
        most = thread_count()
        if most == 1:
            return 1
        before = self._last or self._read()
        if before is None:
            return most
        time.sleep(max(0.0, before.at + WINDOW - time.perf_counter()))
        self._last = after = self._read()
        if after is None:
            return most
        others = (after.all_processes - before.all_processes) - (after.own - before.own)
        free = len(own_cores()) - max(0.0, others) / (after.at - before.at)
        return max(1, min(most, int(free + SLACK)))

    def _read(self) -> _Reading | None:
        """Return a reading of the cores that this process may use; None where the system does not count."""
        ticks = 0
        cores = own_cores()
        with suppress(OSError, ValueError, IndexError):
            for line in self._counted.read_text(encoding="ascii").splitlines():
                name, *numbers = line.split()
                if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in cores:
                    ticks += sum(int(numbers[column]) for column in BUSY if column < len(numbers))
            return _Reading(time.perf_counter(), ticks / os.sysconf("SC_CLK_TCK"), time.process_time())
        return None
