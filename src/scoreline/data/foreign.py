"""The one place where exceptions of other code on a damaged file become a DataError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoreline._text import shortened
from scoreline.errors import DataError, ScorelineError

__all__ = ["as_data_error", "cause_of"]

_SHOWN_LETTERS = 160


@contextmanager
def as_data_error(path: str | Path, *, allowed: str, fix: str) -> Iterator[None]:
    """Turn every exception that is not this package's own into a DataError that names the file and the cause.

    A damaged or hostile file leads the readers of the standard library and of NumPy into whatever they raise:
    ValueError, KeyError, EOFError, struct.error, zlib.error, BadZipFile, tarfile's errors, UnicodeDecodeError,
    OverflowError, RecursionError, MemoryError. No list of them would be complete, so there is none. What a
    caller hands in (a progress display) must not run within.

    Raises
    ------
    DataError
        With the foreign exception as its cause.
    """
    try:
        yield
    except ScorelineError:
        raise
    except Exception as error:
        given = f"{shortened(str(path), 1000)} cannot be read ({cause_of(error)})"
        raise DataError(given, allowed=allowed, fix=fix) from error


def cause_of(error: BaseException) -> str:
    """Return the message of an exception as one short line; some have only their name."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    # Parsers add their position, which is meaningless outside of them.
    first = error.args[0] if error.args and isinstance(error.args[0], str) else error
    text = getattr(error, "strerror", None) or next(iter(str(first).splitlines()), "")
    said = shortened(text, _SHOWN_LETTERS)
    return said if " " in said else f"{type(error).__name__} {said}".strip()
