"""Runs the comparisons: ``python -m benchmarks [NAME ...] [--repeats 5] [--out FILE] [--quick]``.

``python -m benchmarks against REV`` measures another revision of scoreline beside this one.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import against
from benchmarks.comparisons import COMPARISONS, Comparison
from benchmarks.harness import ROOT, SIZES, SMALL_SIZES, Measurements, Setting, measure
from benchmarks.machine import describe
from benchmarks.options import common_options, open_cache, say
from benchmarks.tables import disturbance, put_section, sgemm_line

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the comparisons that are named, or all, and print or write their tables."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] == "against":
        sys.exit(against.main(words[1:]))
    options = _parser().parse_args(words)
    unknown = sorted(set(options.names) - COMPARISONS.keys())
    if unknown:
        sys.exit(f"There is no comparison {', '.join(unknown)}; there are {', '.join(COMPARISONS)}")
    cache = open_cache(options.cache)
    repeats, sizes = (1, SMALL_SIZES) if options.quick else (options.repeats, SIZES)
    # Compiled code of its own, lest another start of scoreline changes what is measured.
    compiled = None if options.quick else cache / "compiled"
    setting = Setting(repeats, options.threads, sizes, cache, say, compiled)
    for name in options.names or COMPARISONS:
        comparison = COMPARISONS[name]
        say(f"{name}: {comparison.title}")
        results = measure(comparison.jobs(quick=options.quick), setting)
        _keep(cache / "results", name, results)
        published = options.out is not None and not options.quick
        comparison.draw(results, ROOT / "docs" / "figures" if published else cache / "figures")
        text = _section(comparison, results, setting, quick=options.quick)
        if options.out:
            put_section(options.out, name, text)
        else:
            print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, parents=[common_options()])
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(COMPARISONS)}; all by default"
    )
    parser.add_argument("--repeats", type=int, default=5, help="rounds, each running every peer once (5)")
    parser.add_argument(
        "--out", type=Path, help="file whose marked parts are rewritten, such as benchmarks/README.md"
    )
    parser.add_argument("--quick", action="store_true", help="one round on small data, to see that all works")
    return parser


def _keep(folder: Path, name: str, results: Measurements) -> None:
    """Keep all that was measured, for other ratios than those of the table."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    file.write_text(json.dumps(asdict(results)), encoding="utf-8")
    say(f"  raw results: {file}")


def _section(comparison: Comparison, results: Measurements, setting: Setting, *, quick: bool) -> str:
    tables = comparison.tables(results, setting, quick=quick)
    lines = [
        f"### {comparison.title}",
        *(["**Quick run on small data: the figures mean nothing.**"] if quick else []),
        *disturbance(results),
        *(table.markdown() for table in tables),
        *(f"Left out: {label} ({why})." for label, why in results.missing.items()),
        f"{describe(setting.threads)}\n{sgemm_line(results, setting)} "
        "Medians (least–greatest) of fresh processes, interleaved.",
    ]
    return "\n\n".join(lines)


if __name__ == "__main__":
    # As Ctrl-C does, so that the process that is being timed ends too, and worktrees go.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    try:
        main()
    except KeyboardInterrupt:
        say("Interrupted.")
        sys.exit(130)
