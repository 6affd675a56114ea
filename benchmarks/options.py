"""Options that every command of the benchmarks has, and where it tells what happens."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["common_options", "open_cache", "say"]


def common_options() -> argparse.ArgumentParser:
    """Return a parser for the parents of others."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--threads", type=int, default=2, help="threads for each (2)")
    parser.add_argument("--cache", type=Path, help="folder of data, compiled code and raw results")
    return parser


def open_cache(named: Path | None) -> Path:
    """Return the folder that was named, or that in the user's cache; it is there then."""
    import pooch

    cache = named or Path(pooch.os_cache("scoreline")) / "benchmarks"
    cache.mkdir(parents=True, exist_ok=True)
    return cache.resolve()


def say(text: str) -> None:
    """Tell what happens, beside the tables."""
    print(text, file=sys.stderr, flush=True)
