"""The command line."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

__all__ = ["main"]


def main() -> None:
    """Run ``scoreline`` with the arguments of the process."""
    # Where Ctrl-C is ignored, as for a job in the background, it stays so.
    listens = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if listens:
        signal.signal(signal.SIGINT, _end_at_once)
    from scoreline.cli.failures import exit_code_of
    from scoreline.cli.streams import prepare_streams

    prepare_streams()
    words = sys.argv[1:]
    sys.exit(exit_code_of(lambda: _run(words, listens=listens), words))


def _run(words: list[str], *, listens: bool) -> int:
    # Here, so that an error of its import is reported like all others.
    from scoreline.cli.app import run

    if not listens:
        run(words)
        return 0
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run(words)
    finally:  # what is left takes a moment, and another Ctrl-C would make a traceback of it
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return 0


def _end_at_once(number: int, frame: FrameType | None) -> None:
    """End the process while it imports: nothing is begun that could be kept."""
    del frame
    os.write(2, b"Interrupted.\n")
    os._exit(128 + number)
