"""The standard streams, adapted to what is printed: encodings that lack letters, closed streams."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

__all__ = [
    "drop_lost_terminal",
    "drop_output",
    "output_fails",
    "output_refuses",
    "prepare_streams",
    "uninterrupted",
]


#: The null device replaces a closed stream: a standard output opened for reading refuses what is written.
_STREAMS = {"stdin": os.O_RDONLY, "stdout": os.O_RDONLY, "stderr": os.O_WRONLY}


def prepare_streams() -> None:
    r"""Let the streams of the process accept any text, and let no other file take the number of a closed one.

    Letters that the encoding of a terminal lacks are written as ``\u732b``. A closed standard output refuses what
    is written (as a full disk does), a closed standard error drops it.
    """
    for number, (name, flags) in enumerate(_STREAMS.items()):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # it gets the first free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, _opened(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C for the moment that it takes to report an earlier one."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def output_fails() -> bool:
    """Return whether the buffered output cannot be written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False


def output_refuses() -> bool:
    """Return whether standard output is closed, by writing an empty line after an error."""
    try:
        sys.stdout.flush()
        os.write(sys.stdout.fileno(), b"\n")
    except (OSError, ValueError):
        return True
    return False


def drop_output() -> None:
    """Discard what standard output refuses, so that the end of the process does not retry it."""
    with suppress(OSError, ValueError):
        _become_null(sys.stdout.fileno())


def drop_lost_terminal() -> None:
    """Discard what is written to a terminal that was closed: nobody reads it, and no command fails by that."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError):  # it has no number
            number = stream.fileno()
            try:
                os.write(number, b"")
            except OSError as error:
                if error.errno == errno.EIO:
                    _become_null(number)


def _become_null(number: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, number)
    os.close(null)


def _opened(number: int) -> TextIO:
    if number == 0:
        return open(number, encoding="utf-8", closefd=False)
    return open(number, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
