"""Runs the comparisons: ``python -m benchmarks [NAME ...] [--repeats 5] [--out FILE] [--quick]``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.comparisons import COMPARISONS, Comparison
from benchmarks.harness import ROOT, Measurements, Setting, measure
from benchmarks.machine import describe
from benchmarks.tables import put_section, spread

__all__ = ["main"]

SIZES, QUICK_SIZES = (1024, 2048, 4096), (128, 256, 512)
#: Share of the machine that others may take before the figures are called provisional.
QUIET = 0.05


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the comparisons that are named, or all, and print or write their tables."""
    options = _parser().parse_args(arguments)
    unknown = sorted(set(options.names) - COMPARISONS.keys())
    if unknown:
        sys.exit(f"There is no comparison {', '.join(unknown)}; there are {', '.join(COMPARISONS)}")
    cache = options.cache or _default_cache()
    cache.mkdir(parents=True, exist_ok=True)
    repeats, sizes = (1, QUICK_SIZES) if options.quick else (options.repeats, SIZES)
    setting = Setting(repeats, options.threads, sizes, cache, _say)
    for name in options.names or COMPARISONS:
        comparison = COMPARISONS[name]
        _say(f"{name}: {comparison.title}")
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(COMPARISONS)}; all by default"
    )
    parser.add_argument("--repeats", type=int, default=5, help="rounds, each running every peer once (5)")
    parser.add_argument("--threads", type=int, default=2, help="threads for each (2)")
    parser.add_argument(
        "--out", type=Path, help="file whose marked parts are rewritten, such as benchmarks/README.md"
    )
    parser.add_argument("--quick", action="store_true", help="one round on small data, to see that all works")
    parser.add_argument("--cache", type=Path, help="folder of data, compiled code and raw results")
    return parser


def _default_cache() -> Path:
    import pooch

    return Path(pooch.os_cache("scoreline")) / "benchmarks"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _keep(folder: Path, name: str, results: Measurements) -> None:
    """Keep all that was measured, for other ratios than those of the table."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    file.write_text(json.dumps(asdict(results)), encoding="utf-8")
    _say(f"  raw results: {file}")


def _section(comparison: Comparison, results: Measurements, setting: Setting, *, quick: bool) -> str:
    tables = comparison.tables(results, setting, quick=quick)
    rates = [f"{size}: {spread([found[size] for found in results.sgemm])}" for size in setting.sizes]
    disturbed = max((record.others for records in results.records.values() for record in records), default=0.0)
    lines = [
        f"### {comparison.title}",
        *(["**Quick run on small data: the figures mean nothing.**"] if quick else []),
        *(
            [f"**Provisional: other programs took up to {disturbed:.0%} of the cores.**"]
            if disturbed > QUIET
            else []
        ),
        *(table.markdown() for table in tables),
        *(f"Left out: {label} ({why})." for label, why in results.missing.items()),
        f"{describe(setting.threads)}\nsgemm in GFLOP/s by size, between the rounds: {'; '.join(rates)}. "
        f"{time.strftime('%Y-%m-%d')}. Medians (least–greatest) of fresh processes, interleaved.",
    ]
    return "\n\n".join(lines)


if __name__ == "__main__":
    # As Ctrl-C does, so that the process that is being timed ends too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    main()
