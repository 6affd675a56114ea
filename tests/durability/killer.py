"""Runs commands of the program in processes of their own, and kills them at chosen moments.

Each line of standard input is a job, a JSON object: ``words`` of the command line; ``folder``, ``kill`` and
``signals``, by name, that the process is sent before a write to that folder (counted from 1; null for none), the
later ones before those that follow; ``variables`` of the environment. Each line of standard output is the answer:
how the process ended, and what it printed. Processes are forked, so that what is slow to import is imported once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryFile

#: What tells that a file is about to be written or to take its name, or that a folder is made or a file removed.
WRITES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "open")


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
        if not isinstance(path, str | os.PathLike) or not os.path.abspath(path).startswith(self.folder):  # noqa: PTH100
            return False
        return event != "open" or bool(int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR))


def perform(job: dict[str, object]) -> dict[str, object]:
    """Run one command; return its exit code (negative for a signal), its writes and its output."""
    with TemporaryFile() as output, TemporaryFile() as counted:
        child = os.fork()
        if not child:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.environ |= job["variables"]
            killer = Killer(job["folder"], job["kill"], job["signals"])
            sys.addaudithook(killer)
            from scoreline.cli.app import run

            try:
                run(job["words"])
            except SystemExit as ended:
                counted.write(str(killer.count).encode())
                counted.flush()
                os._exit(ended.code or 0)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        counted.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "writes": int(counted.read() or b"0"),
            "output": output.read().decode(errors="replace"),
        }


def main() -> None:
    """Answer jobs until there are no more."""
    # Imported before processes are forked; figures, which are most of a small run, are left out.
    import scoreline.cli.app
    import scoreline.cli.evaluate
    import scoreline.cli.resume
    import scoreline.runs.evaluation
    import scoreline.runs.reporting

    scoreline.runs.reporting.draw_run = lambda *_: ()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(perform(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
