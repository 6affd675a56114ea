"""A bound on memory: sizes as people write them, what the process holds, and what it will need."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scoreline._text import show_size, shown
from scoreline.errors import UsageError

__all__ = [
    "Need",
    "available_memory",
    "check_budget",
    "check_machine",
    "check_taken",
    "free_memory",
    "parse_size",
    "show_size",
    "taken_memory",
]

_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([kmgt]i?)?b?", re.IGNORECASE)
#: What the program grows by after the data are loaded: solvers, compiled code, figures.
RESERVE = 200 * 10**6
#: More bytes than any machine has.
_MOST = 1e18
#: Memory assumed for the program where the system does not report it.
_UNKNOWN = 300 * 10**6


class Need(NamedTuple):
    """Memory that a part of a run is going to take."""

    #: What takes it, with the sizes that it follows from.
    what: str
    n_bytes: int
    #: What would make it smaller.
    remedy: str


def parse_size(size: str | int) -> int:
    """Return a size in bytes: ``500MB`` is 500 * 10**6, ``1.5GiB`` is 1.5 * 2**30, a number counts bytes.

    Raises
    ------
    UsageError
        It is no size, or less than a byte.
    """
    # A number of too many digits has no text; any that is too large is as good.
    match = _SIZE.fullmatch((size if isinstance(size, str) else f"{min(size, int(_MOST))}").strip())
    wanted = float(match[1]) * _UNITS[(match[2] or "").lower()] if match else 0.0
    if not 1 <= wanted < _MOST:
        raise UsageError(
            f"The memory is {shown(size)}",
            allowed="a size such as 500MB, 2GB or 1.5GiB",
            fix="write a number and a unit, without a space between them",
        )
    return int(wanted)


def taken_memory() -> int:
    """Return the anonymous memory of this process in bytes: what has no file behind it to be read again from.

    Pages of memory-mapped files are not in it: the system reclaims them whenever it needs memory. Linux reports
    the number; elsewhere 300 MB are assumed.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return _UNKNOWN
    found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else _UNKNOWN


def free_memory(bound: int) -> int:
    """Return the rest of a bound for further arrays, less a reserve for the program itself."""
    return bound - taken_memory() - RESERVE


def check_budget(bound: int, needs: Sequence[Need]) -> None:
    """Raise UsageError, with the needs and the remedies, unless the needs fit into the bound."""
    free, wanted = free_memory(bound), sum(need.n_bytes for need in needs)
    if wanted <= free:
        return
    largest = sorted(needs, key=lambda need: -need.n_bytes)
    taken = f"the program and what is loaded take {show_size(bound - free)}"
    parts = [f"{need.what} {show_size(need.n_bytes)}" for need in largest if need.n_bytes > wanted / 50]
    smallest = 10**6 * -(-(bound - free + wanted) // 10**6)
    raise UsageError(
        f"The run needs more memory than the {show_size(bound)} it may take: {', '.join([taken, *parts])}",
        allowed=f"a bound of {show_size(1.01 * smallest)} or more for these data and settings",
        fix=f"raise the memory, or {largest[0].remedy}",
    )


def available_memory() -> float:
    """Return the bytes that this machine has left, without end where that is not known."""
    try:
        status = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return math.inf
    found = re.search(r"^MemAvailable:\s+(\d+) kB", status, re.MULTILINE)
    return math.inf if found is None else int(found[1]) * 1024


def check_machine(need: Need) -> None:
    """Raise UsageError if an array is larger than the memory that this machine has left, where that is known."""
    left = available_memory()
    if need.n_bytes <= left:
        return
    raise UsageError(
        f"{need.what} take {show_size(need.n_bytes)}, and this machine has {show_size(int(left))} left",
        allowed="data that fit into memory, or a bound with which they are kept on the disk",
        fix=need.remedy,
    )


def check_taken(bound: int, name: str) -> None:
    """Raise UsageError if a data set that was just loaded into memory is over the bound."""
    taken = taken_memory()
    if taken <= bound:
        return
    raise UsageError(
        f"With {name} loaded the process takes {show_size(taken)}, and may take {show_size(bound)}",
        allowed="a bound above what the program takes without data, some 100 MB; image folders, manifests and "
        ".npy files are streamed from the disk",
        fix=f"raise the memory above {show_size(taken)}, or, where the examples are not streamed, save them with "
        "numpy.save and train on the .npy file",
    )
