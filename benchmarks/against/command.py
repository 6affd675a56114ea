"""``python -m benchmarks against REV``: another revision and this source tree in the same rounds."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.against.measurements import FEW_IMAGES, MEASUREMENTS, Data
from benchmarks.against.report import ALLOWED, compare, label, table
from benchmarks.against.worktree import RevisionError, checked_out, commit_of
from benchmarks.datasets import jpeg_folder
from benchmarks.harness import ROOT, SIZES, SMALL_SIZES, Setting, measure
from benchmarks.machine import describe
from benchmarks.options import common_options, open_cache, say
from benchmarks.tables import disturbance, sgemm_line
from benchmarks.tasks import Job

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Measure both revisions and print the table; return 1 where this tree is worse and 0 where it is not."""
    parser = _parser()
    options = parser.parse_args(arguments)
    chosen = list(dict.fromkeys(options.only.split(","))) if options.only else list(MEASUREMENTS)
    unknown = [name for name in chosen if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
    if options.rounds < 1:
        parser.error(f"--rounds is {options.rounds}, but must be 1 or more")
    sizes = SMALL_SIZES if options.small else SIZES
    cache = open_cache(options.cache)
    setting = Setting(options.rounds, options.threads, sizes, cache, say, cache / "compiled")
    measurements = {name: MEASUREMENTS[name] for name in chosen}
    try:
        commit = commit_of(options.revision)
        data = _data(setting, small=options.small)
        with checked_out(commit) as tree, tempfile.TemporaryDirectory() as compiled:
            jobs = [
                job
                for measurement in measurements.values()
                for job in _sides(measurement.job(data), tree / "src", Path(compiled))
            ]
            setting.say(f"{commit[:12]} against {ROOT}: {', '.join(chosen)}")
            results = measure(jobs, setting)
    except RevisionError as error:
        parser.error(str(error))
    rows = compare(results, measurements)
    worse = list(dict.fromkeys(row.measurement for row in rows if row.is_worse))
    lines = [
        f"### {options.revision} ({commit[:12]}) against this source tree",
        *(["**Small data: the figures mean nothing.**"] if options.small else []),
        *disturbance(results),
        table(rows, commit[:12]).markdown(),
        *(f"Left out: {name} ({why})." for name, why in results.missing.items()),
        f"Medians (least–greatest) of {options.rounds} rounds of fresh processes, one revision after the other, "
        f"after one unmeasured run of each; rows: {data.rows}, images: {data.files}. "
        f"WORSE: in three quarters of the pairs this tree's figure is more than {ALLOWED:.0%} larger.",
        f"{describe(setting.threads)}\n{sgemm_line(results, setting)}",
        f"Worse: {', '.join(worse)}." if worse else "Nothing is worse.",
    ]
    print("\n\n".join(lines), flush=True)
    return 1 if worse else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks against", description=__doc__, parents=[common_options()]
    )
    parser.add_argument("revision", metavar="REV", help="a commit, branch or tag of this clone")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each measuring both once (5)")
    parser.add_argument("--only", help=f"some of {','.join(MEASUREMENTS)}, with commas between them")
    parser.add_argument("--small", action="store_true", help="small data, to see that all works")
    return parser


def _data(setting: Setting, *, small: bool) -> Data:
    if small:
        return Data("digits", FEW_IMAGES, small=True)
    if jpeg_folder(setting.cache):
        return Data("cifar10", "cifar10-jpeg")
    setting.say("  SCORELINE_DATA names no folder with cifar10-jpeg: drawn images are measured instead")
    return Data("drawn", "drawn")


def _sides(job: Job, before: Path, compiled: Path) -> list[Job]:
    sources = {"before": before, "now": ROOT / "src"}
    return [
        replace(job, label=label(job.label, side), source=str(source), compiled=str(compiled / side))
        for side, source in sources.items()
    ]
