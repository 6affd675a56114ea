"""Runs jobs in fresh processes, one after the other and interleaved, so that drift of the machine hits all."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.machine import busy_seconds
from benchmarks.peers import PEERS
from benchmarks.tasks import Job, Record
from benchmarks.worker import read_record

__all__ = ["ROOT", "SIZES", "SMALL_SIZES", "Measurements", "Setting", "measure", "run_alone"]

ROOT = Path(__file__).resolve().parents[1]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
#: Sides of the matrices by which the speed of sgemm is measured, and where the data are small.
SIZES, SMALL_SIZES = (1024, 2048, 4096), (128, 256, 512)
#: Jobs that take longer, seconds, are done in the first `SLOW_ROUNDS` rounds only.
SLOW = 60.0
SLOW_ROUNDS = 2


@dataclass(frozen=True)
class Setting:
    """How to measure."""

    repeats: int
    threads: int
    #: Sides of the matrices by which the speed of sgemm is measured.
    sizes: tuple[int, ...]
    #: Folder of data sets and reference optima.
    cache: Path
    #: Is told what happens.
    say: Callable[[str], None]
    #: Folder of compiled code; None where that of everyday use will do, as nothing is measured.
    compiled: Path | None = None


@dataclass
class Measurements:
    """What all rounds told: for each label one record a round, as far as it was run."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    #: GFLOP/s by size of the matrices, measured before each round and after the last.
    sgemm: list[dict[int, float]] = field(default_factory=list)
    #: Labels that could not be run, and why.
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Put a record behind those of the rounds before."""
        self.records.setdefault(record.label, []).append(record)


def measure(jobs: Sequence[Job], setting: Setting) -> Measurements:
    """Run each job once a round.

    Rehearsals go first, unmeasured, and the first job where it has none: they compile scoreline's kernels, and
    read what later ones find in the disk's cache. Where nothing is measured, they are left out.
    """
    results = Measurements()
    jobs = [job for job in jobs if not _is_missing(job, setting, results)]
    if not jobs:
        return results
    rehearsed = [] if setting.compiled is None else jobs
    for number, job in enumerate(rehearsed):
        if job.rehearsal:
            setting.say(f"  rehearsal: {job.label}")
            _launch(replace(job, tasks=job.rehearsal), setting)
        elif number == 0:
            _launch(job, setting)
    for number in range(setting.repeats):
        results.sgemm.append(_rates(setting))
        for job in jobs:
            before = results.records.get(job.label, [])
            if number >= SLOW_ROUNDS and any((record.seconds() or SLOW) >= SLOW for record in before):
                continue
            record = _launch(job, setting)
            results.add(record)
            outcome = record.error or f"{record.seconds() or float('nan'):.2f} s"
            setting.say(f"  round {number + 1}, {job.label}: {outcome}")
    results.sgemm.append(_rates(setting))
    return results


def run_alone(job: Job, setting: Setting) -> Record:
    """Run one job once."""
    return _launch(job, setting)


def _is_missing(job: Job, setting: Setting, results: Measurements) -> bool:
    absent = PEERS[job.peer].available()
    why = f"{absent} is not installed" if absent else ""
    for data in dict.fromkeys(task.data for task in job.tasks):
        why = why or PEERS[job.peer].missing(data, setting.cache)
    if why:
        results.missing[job.label] = why
        setting.say(f"  {job.label}: {why}")
    return bool(why)


def _environment(compiled: Path | None, threads: int, source: str = "") -> dict[str, str]:
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads))
    paths = os.pathsep.join(path for path in (source, os.environ.get("PYTHONPATH", "")) if path)
    alone = {"PYTHONHASHSEED": "0", "SCORELINE_FEATURE_CACHE": "off"}
    kept = {} if compiled is None else {"NUMBA_CACHE_DIR": str(compiled)}
    return {**os.environ, **limits, **alone, **kept, "PYTHONPATH": paths}


def _launch(job: Job, setting: Setting) -> Record:
    with tempfile.TemporaryDirectory() as folder:
        job_file, out_file = Path(folder) / "job.json", Path(folder) / "out.jsonl"
        job_file.write_text(json.dumps(job.as_json()), encoding="utf-8")
        out_file.touch()
        kept = Path(job.compiled) if job.compiled else setting.compiled
        compiled = Path(folder) / "compiled" if job.empty_cache else kept
        command = [sys.executable, "-m", "benchmarks.worker", str(job_file), str(out_file), str(setting.cache)]
        before = _clocks()
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=_environment(compiled, job.threads or setting.threads, job.source),
                timeout=job.timeout,
                capture_output=True,
                text=True,
                check=False,
            )
            failure = f"exit code {done.returncode}: {done.stderr[-300:]}" if done.returncode else ""
        except subprocess.TimeoutExpired:
            failure = f"ended after {job.timeout:.0f} s"
        record = read_record(job.label, out_file)
        elapsed, busy, own = (after - start for after, start in zip(_clocks(), before, strict=True))
        record.others = max(0.0, busy - own) / (elapsed * (os.cpu_count() or 1))
        record.error = record.error or failure or _stranger(record, job)
        return record


def _stranger(record: Record, job: Job) -> str:
    """Return what is wrong if another scoreline was measured than the one that the job names."""
    if job.source and not Path(record.origin).resolve().is_relative_to(Path(job.source).resolve()):
        return f"measured {record.origin or 'no scoreline'} instead of the one in {job.source}"
    return ""


def _clocks() -> tuple[float, float, float]:
    """Return the time, the work of the whole machine, and that of the processes ended here, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), busy_seconds(), usage.ru_utime + usage.ru_stime


def _rates(setting: Setting) -> dict[int, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.machine", *map(str, setting.sizes)],
        cwd=ROOT,
        env=_environment(setting.compiled, setting.threads),
        capture_output=True,
        text=True,
        check=True,
    )
    return {int(size): rate for size, rate in json.loads(done.stdout).items()}
