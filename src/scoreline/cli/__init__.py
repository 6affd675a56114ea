"""The command line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run ``scoreline`` with the arguments of the process."""
    from scoreline.cli.failures import exit_code_of
    from scoreline.cli.streams import prepare_streams

    prepare_streams()
    words = sys.argv[1:]
    sys.exit(exit_code_of(lambda: _run(words), words))


def _run(words: list[str]) -> int:
    # Here, so that an error of its import is reported like all others.
    from scoreline.cli.app import run

    run(words)
    return 0
