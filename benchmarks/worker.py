"""The fresh process of one job: ``python -m benchmarks.worker JOB.json OUT.jsonl CACHE``.

Every line of the output is a fact, written as soon as it is known, so that a process that is ended early has told
what it knew. NumPy, the data and this package are there before the clock starts; the peer's library is not.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from benchmarks.datasets import Data
from benchmarks.evaluation import objectives
from benchmarks.peers import PEERS
from benchmarks.tasks import Job, Record

__all__ = ["main", "read_record"]

PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Do the job."""
    job_file, out_file, cache = sys.argv[1:]
    job = Job.from_json(json.loads(Path(job_file).read_text(encoding="utf-8")))
    threads = int(os.environ["OMP_NUM_THREADS"])
    if hasattr(os, "sched_setaffinity"):  # holds for pools that know of no variable
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    with Path(out_file).open("a", encoding="utf-8", buffering=1) as out:

        def tell(**fact: Any) -> None:
            out.write(json.dumps(fact) + "\n")

        try:
            _work(job, Path(cache), tell)
        except BaseException as error:
            tell(error=f"{type(error).__name__}: {error}"[:300])
            traceback.print_exc()
            raise SystemExit(1) from error


def read_record(label: str, out_file: Path) -> Record:
    """Return what a process has told."""
    record = Record(label)
    for line in out_file.read_text(encoding="utf-8").splitlines():
        fact = json.loads(line)
        task = fact.pop("task", None)
        if task is None:
            vars(record).update(fact)
            continue
        while len(record.points) <= task:
            record.points.append([])
        record.points[task].append(tuple(fact["point"]))
    return record


def _work(job: Job, cache: Path, tell: Any) -> None:
    peer = PEERS[job.peer]
    rows: Data | None = None
    work: list[float] = []
    for place, task in enumerate(job.tasks):
        if rows is None or task.data != job.tasks[place - 1].data:
            rows = peer.data(task.data, cache)
        if place == 0:
            start = time.perf_counter()
            peer.load()
            tell(
                load_seconds=time.perf_counter() - start,
                resident=_resident(),
                data_megabytes=rows.megabytes,
                origin=_origin(),
            )
        seconds, begun = 0.0, time.process_time()
        for batch, points in enumerate(peer.run(rows, task)):
            if batch == 0:  # before the evaluator works, and needs memory of its own
                work.append(time.process_time() - begun)
                tell(work=work)
            if place == 0 and batch == 0:
                tell(peak=_peak())
            for point, value in zip(points, objectives(rows, task, points), strict=True):
                tell(task=place, point=(point.seconds, value, point.extrapolated, point.note))
                if point.facts:
                    tell(facts=point.facts)
                seconds = max(seconds, point.seconds)
        if seconds > job.repeat_below:
            break


def _origin() -> str:
    """Return the file of the scoreline that was imported, if one was."""
    return str(getattr(sys.modules.get("scoreline"), "__file__", ""))


def _resident() -> float:
    """Return the megabytes that this process has in memory now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE / 1e6


def _peak() -> float:
    """Return the most megabytes that this process has had in memory; `getrusage` would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


if __name__ == "__main__":
    main()
