"""Limits that are checked before a file is read: its type, the size that it announces, the available memory."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from scoreline._text import shortened
from scoreline.data.budget import Need, check_budget, show_size
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["check_ratio", "check_room", "file_size", "open_regular", "read_limited"]

#: Compressed data may unpack to this many times their size; text and flat pictures reach about a hundred.
MAX_RATIO = 200
#: What unpacks to no more than this may have any ratio.
_SMALL = 2**26
#: A file of this size or more must lie on the disk with at least one byte of so many.
_LARGE, _HOLES = 2**30, 64
_AS_ROWS = "save the examples with numpy.save: rows of a .npy file are read from the disk"


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, and never wait: a pipe or a device is refused, and so is a large sparse file.

    Raises
    ------
    DataError
        It is no regular file, or announces much more than the disk holds of it.
    OSError
        It cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    stream = os.fdopen(os.open(path, flags), "rb", buffering=0)
    try:
        _check_regular(path, os.fstat(stream.fileno()))
    except BaseException:
        stream.close()
        raise
    return stream


def file_size(path: Path) -> int:
    """Return the bytes of a file that may be read; see `open_regular`."""
    with open_regular(path) as stream:
        return os.fstat(stream.fileno()).st_size


def _check_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise DataError(
            f"{printable(path)} is not a regular file",
            allowed="files with their content on the disk, no folders, pipes or devices",
            fix="write the data into a file",
        )
    # Some network file systems report no blocks at all.
    on_disk = getattr(status, "st_blocks", 0) * 512
    if status.st_size >= _LARGE and 0 < on_disk < status.st_size / _HOLES:
        raise DataError(
            f"{printable(path)} announces {show_size(status.st_size)}, of which {show_size(on_disk)} are written",
            allowed="files whose content is on the disk",
            fix="write the file again; its writing may have been stopped",
        )


def read_limited(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Raises
    ------
    DataError
        The file is larger, or is none.
    OSError
        It cannot be read.
    """
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise DataError(
                f"{printable(path)} has {show_size(size)}",
                allowed=f"files of this kind up to {show_size(limit)}",
                fix="check that it is the right file",
            )
        return stream.read(size)


def check_ratio(path: Path, what: str, packed: int, unpacked: int) -> None:
    """Raise DataError when compressed data announce, or have unpacked to, far more than their size.

    Parameters
    ----------
    path : path
        The file, for the message.
    what : str
        The part of it, for the message.
    packed, unpacked : int
        Bytes before and after.
    """
    if unpacked > max(_SMALL, MAX_RATIO * packed):
        raise DataError(
            f"{shortened(what)} in {printable(path)} unpacks from {show_size(packed)} to {show_size(unpacked)} "
            "or more",
            allowed=f"up to {MAX_RATIO} times the packed size, or {show_size(_SMALL)}",
            fix="if you trust the file, unpack it by hand and save it without compression",
        )


def check_room(path: Path, n_bytes: int, memory: int | None, fix: str = _AS_ROWS) -> None:
    """Check, before it is taken, that there is memory for so many bytes of a file.

    Parameters
    ----------
    path : path
        The file, for the message.
    n_bytes : int
        What its arrays take.
    memory : int or None
        The bound on what this process may take; without one what the machine has available is the bound.
    fix : str, optional
        What to do where the machine has less.

    Raises
    ------
    UsageError
        It exceeds the rest of the bound.
    DataError
        It is more than the machine has.
    """
    if memory is not None:
        remedy = "save the examples with numpy.save and train on the .npy file, which is read from the disk"
        check_budget(memory, [Need(f"the content of {printable(path)}", n_bytes, remedy)])
    available = _available_memory()
    if available is not None and n_bytes > available:
        raise DataError(
            f"{printable(path)} would take {show_size(n_bytes)} of memory",
            allowed=f"what this machine has available, {show_size(available)}",
            fix=fix,
        )


def _available_memory() -> int | None:
    """Return the available memory in bytes as Linux reports it; None elsewhere."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None
