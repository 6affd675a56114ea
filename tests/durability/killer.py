"""Runs commands of the program in processes of their own, and kills them at chosen moments.

Each line of standard input is a job, a JSON object: ``words`` of the command line; ``folder``, ``kill`` and
``signals``, by name, that the process is sent before a write to that folder or one whose name begins with its name
(counted from 1; null for none), the later ones before those that follow; ``variables`` of the environment; a
``script``, readings that the process's clock is to give; the ``largest`` file in bytes that it may write; and
whether it is ``unprivileged``. Each line of standard output is the answer: how the process ended, what it printed,
and the readings of its clock, as a script. Processes are forked, so that what is slow to import is imported once.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

#: The version of Linux's capabilities that `limit` gives up.
CAPABILITIES = 0x20080522
#: What tells that a file is about to be written or to take its name, or that a folder is made or a file removed.
WRITES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "open")
REMOVALS = ("os.remove", "os.rmdir")


class Killer:
    """Counts the writes of this process below a folder, and sends it signals before some of them."""

    def __init__(self, folder: str, first: int | None, signals: list[str]) -> None:
        self.folder, self.first, self.signals, self.count = folder, first, signals, 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in WRITES or not self._is_write(event, arguments):
            return
        self.count += 1
        if self.signals and self.first is not None and self.count >= self.first:
            os.kill(os.getpid(), getattr(signal, self.signals.pop(0)))

    def _is_write(self, event: str, arguments: tuple[object, ...]) -> bool:
        path = arguments[0]
        if not isinstance(path, str | os.PathLike):
            return False
        if event in REMOVALS and arguments[1] not in (
            None,
            -1,
        ):  # below an open folder, as trees are
            path = Path(f"/proc/self/fd/{arguments[1]}").resolve() / path
        if not os.path.abspath(path).startswith(self.folder):  # noqa: PTH100
            return False
        return event != "open" or bool(int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR))


def notice_clock() -> list[Any]:
    """Return a list in which the clock of this process, with its readings, will be."""
    from scoreline.runs import checkpoint

    noticed: list[Any] = []

    class Noticed(checkpoint.RecordedClock):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            noticed.append(self)

    checkpoint.RecordedClock = Noticed
    return noticed


def told(noticed: list[Any]) -> dict[str, Any] | None:
    """Return all that the clock of this process, and of those before it in its run, has told."""
    readings = [
        {"times": one._times.values, "measured": one._others.values, "begun": one._begun, "load": one._load}
        for one in noticed
        if one._times.values
    ]
    return readings[-1] if readings else None


def play(script: dict[str, Any]) -> None:
    """Let the clock of this process tell that, once and no more."""
    from scoreline.runs.time_budget import Clock

    times, measured = iter(script["times"]), iter(script["measured"])
    clock = Clock(lambda: next(times), script["begun"], script["load"], lambda _: next(measured))
    Clock.of_process = lambda: clock


def limit(job: dict[str, Any]) -> None:
    """Take from this process what the job says that it lacks."""
    if job["largest"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest"], resource.RLIM_INFINITY))
    if job["unprivileged"]:  # capabilities let root write anywhere
        ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)())


def perform(job: dict[str, Any]) -> dict[str, Any]:
    """Run one command; return how it ended (negative for a signal), its writes, its output and its readings."""
    readable, written = os.pipe()  # to which no limit on files applies
    with TemporaryFile() as report, os.fdopen(readable, encoding="utf-8", errors="replace") as output:
        child = os.fork()
        if not child:
            os.dup2(written, 1)
            os.dup2(written, 2)
            os.environ |= job["variables"]
            noticed = notice_clock()
            if job["script"] is not None:
                play(job["script"])
            limit(job)
            killer = Killer(job["folder"], job["kill"], job["signals"])
            sys.addaudithook(killer)
            from scoreline.cli.app import run

            try:
                run(job["words"])
            except SystemExit as ended:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                report.write(json.dumps({"writes": killer.count, "script": told(noticed)}).encode())
                report.flush()
                os._exit(ended.code or 0)
        os.close(written)
        said = output.read()
        _, status = os.waitpid(child, 0)
        report.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "output": said,
            **json.loads(report.read() or b'{"writes": 0, "script": null}'),
        }


def main() -> None:
    """Answer jobs until there are no more."""
    # Imported before processes are forked; figures, which are most of a small run, are left out.
    import scoreline.cli.app
    import scoreline.cli.evaluate
    import scoreline.cli.resume
    import scoreline.features.rows
    import scoreline.runs.evaluation
    import scoreline.runs.reporting

    scoreline.runs.reporting.draw_run = lambda *_: ()
    scoreline.features.rows.SHARD_PIXELS = 32 * 64  # 32 of the images of 8 x 8 pixels
    for line in sys.stdin:
        sys.stdout.write(json.dumps(perform(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
