"""The command line."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run ``scoreline`` with the arguments of the process."""
    from scoreline.cli.app import run

    run(sys.argv[1:])
