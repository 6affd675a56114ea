"""Why recipes are left out: written by the search, and read again by those who advise on more time or memory."""

from __future__ import annotations

import re

from scoreline.data.budget import parse_size, show_size
from scoreline.errors import UsageError

__all__ = ["bytes_lacking", "no_memory", "no_time", "seconds_needed"]

_NO_TIME = re.compile(r"no time: a run of it takes about (\d+) s")
_NO_MEMORY = re.compile(r"needs (.+) of memory, and (.+) are left")


def no_time(seconds: float) -> str:
    """Return the remark on a recipe of which a run takes so many seconds."""
    return f"no time: a run of it takes about {seconds:.0f} s"


def no_memory(needed: int, left: int) -> str:
    """Return the remark on a recipe that needs more bytes than are left."""
    return f"needs {show_size(needed)} of memory, and {show_size(left)} are left"


def seconds_needed(remark: str) -> float | None:
    """Return the seconds of a run, where a recipe was left out for them."""
    found = _NO_TIME.fullmatch(remark)
    return None if found is None else float(found[1])


def bytes_lacking(remark: str) -> tuple[int, int] | None:
    """Return the bytes that a recipe needs and those that were left, where it was left out for them."""
    found = _NO_MEMORY.fullmatch(remark)
    try:
        return None if found is None else (parse_size(found[1]), parse_size(found[2]))
    except UsageError:  # of a file that somebody has changed
        return None
