"""Where a web server's log goes, and what of it is written."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["OnePerMinute", "logged"]

#: Seconds in which the same message is written once.
QUIET_SECONDS = 60.0


@contextmanager
def logged(handler: logging.Handler, levels: Mapping[str, int]) -> Iterator[None]:
    """Have some loggers write to one handler alone, each from its level on, for the duration of the context."""
    loggers = [logging.getLogger(name) for name in levels]
    kept = [(logger.level, logger.propagate) for logger in loggers]
    for logger, level in zip(loggers, levels.values(), strict=True):
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, kept, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


class OnePerMinute(logging.Filter):
    """Write each kind of message once in a while, in one line: a flood of errors must not fill a disk."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, object], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written; its traceback becomes the error's own line."""
        error = record.exc_info[1] if record.exc_info else None
        kind, now = (record.name, type(error) if error else record.msg), time.monotonic()
        if now - self._last.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._last[kind] = now
        if error is not None:
            record.msg, record.args = f"{type(error).__name__}: {error}{_place(error)}", ()
        record.msg = str(record.msg).replace("\n", " ")
        record.exc_info = record.exc_text = None
        return True


def _place(error: BaseException) -> str:
    """Return the file and line at which an error was raised, for its report."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
