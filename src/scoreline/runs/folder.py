"""The folder of a run: where each thing lies, and how it gets there."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from shlex import quote
from types import TracebackType
from typing import Any, Self

from scoreline._files import replacing, write_text
from scoreline.data.names import printable
from scoreline.data.places import expanded
from scoreline.engine.problem.history import Epoch, History
from scoreline.errors import DivergedError, ModelError, OutputError, UsageError
from scoreline.runs.checkpoint import Checkpoints, seconds_between
from scoreline.runs.claim import MARKER, STATE_FILE, Claim, has_content, is_claimed, refusals
from scoreline.runs.config import RunConfig
from scoreline.runs.not_finished import CONFIG, no_run, other_run, unfinished
from scoreline.runs.state import Command, RunState, State

__all__ = ["RunFolder", "data_title", "file_stem"]

#: Letters of a folder's name without its number.
LONGEST = 100


class RunFolder:
    """The paths in a run's folder, and the writers of its small files.

    One that was made by `create` is a context manager: its block is the work, of which nothing may be done before.
    If the block raises before anything was kept, the folder goes again; if later, what was kept stays, and the
    exception's notes name it.
    """

    def __init__(
        self, path: Path, claim: Claim | None = None, *, command: Command = "train", request: str = ""
    ) -> None:
        self.path = path
        #: Of the run's fits.
        self.checkpoints = Checkpoints(path)
        self._claim = claim
        self._command, self._request = command, request
        self._resumed = False
        self._kept: list[str] = []
        self._lost: dict[str, OSError] = {}
        self._described: list[Path] = []

    @classmethod
    def create(cls, out: Path | None, title: str, *, command: Command = "train", request: str = "") -> RunFolder:
        """Claim a new or empty folder: `out`, or a new one ``runs/<title>-<number>`` with the first free number.

        Where `out` holds what the same command was interrupted at, with an equal digest `request` of all that it
        was asked, that goes on.

        Raises
        ------
        UsageError
            `out` is a file, holds something already, is another process's, or cannot be written.
        """
        seconds_between()  # a mistake in it is told before anything is claimed
        if out is not None:
            state = RunState.read(out)
            resumed = bool(request) and state is not None and state.is_resumed_by(command, request)
            if not resumed and state is not None and state.state == "interrupted" and has_content(out):
                raise other_run(out, state)
            claim = Claim.of_interrupted(out) if resumed else Claim.of_empty(out)
            return cls(out, claim, command=command, request=request)._begun(resumed=resumed)
        stem = file_stem(title) or "run"
        for number in count(1):
            path = Path("runs") / f"{stem}-{number}"
            made = None if path.exists() else Claim.of_new(path)
            if made is not None:
                return cls(path, made, command=command, request=request)._begun()
        raise AssertionError  # pragma: no cover - there is no last number

    @classmethod
    def resume(cls, path: Path) -> RunFolder:
        """Claim the folder of a run that was interrupted, to go on with it.

        Raises
        ------
        ModelError, UsageError
            As `check_resumable` does; or the folder cannot be written.
        """
        cls.check_resumable(path)
        return cls(path, Claim.of_interrupted(path))._begun(resumed=True)

    @staticmethod
    def check_resumable(path: Path) -> None:
        """Check that there is a run to go on with.

        Raises
        ------
        ModelError
            There is no run in the folder.
        UsageError
            It is done or has diverged, another process is at it, or it is no training.
        """
        state = RunState.read(path)
        is_training = state is None or state.command == "train"
        if is_training and not (path / CONFIG).is_file() and not is_claimed(path):
            if state is None and not (path / MARKER).is_file():
                raise no_run(path)
            raise ModelError(
                f"The run in {printable(path)} ended before it had begun",
                allowed="a run that has kept its settings",
                fix="run the command again",
            )
        if state is None:
            raise no_run(path)
        problems = {
            "done": ("is done", "see the files in it, or run the command in another folder"),
            "diverged": ("has diverged", "train anew with a lower --lr, in another folder"),
            "running": ("is still running", "wait until it ends"),
        }
        by_command = f"is of scoreline {state.command}", "run that command again, which goes on where it was"
        problem, fix = problems.get(state.state, ("", "") if state.command == "train" else by_command)
        if state.state in ("done", "diverged") and not is_claimed(path):
            _tidy(path)
        if problem:
            raise UsageError(
                f"The run in {printable(path)} {problem}: there is nothing to go on with",
                allowed="a run of 'scoreline train' that was interrupted or killed",
                fix=fix,
            )

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Take the folder of a run; warn where it is not finished.

        Raises
        ------
        ModelError
            There is no run in it, or one that has no model yet.
        """
        what, fix = unfinished(path)
        if what and not (path / "model.json").is_file():
            raise ModelError(
                f"The run in {printable(path)} is {what}, and there is no model in it",
                allowed="the folder of a run that has trained its model",
                fix=fix,
            )
        if not (path / CONFIG).is_file():
            raise no_run(path)
        if not (path / "model.json").is_file():
            raise ModelError(
                f"There is no model in {printable(path)}: diverged trainings, comparisons and sweeps leave none",
                allowed="the folder of a run that has trained its model",
                fix="train again; where training diverged, with a lower --lr",
            )
        if what:
            said = f"The run in {printable(path)} is {what}; its model is whole, and may not be the last: {fix}"
            warnings.warn(said, stacklevel=2)
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._claim is None:
            return
        if error is None and self.checkpoints.interrupted:
            self._leave(self._claim, "interrupted", finished=True)
        elif error is None:
            self._leave(self._claim, "done", finished=True)
        elif isinstance(error, DivergedError) and self._kept:  # there is no more to tell
            error.add_note(self.what_was_kept())
            self._leave(self._claim, "diverged", finished=True)
        elif self._is_worth_resuming(error):
            if self._kept and not isinstance(error, OutputError):  # which says so itself
                error.add_note(self.what_was_kept())
            if self.path.is_dir():
                error.add_note(self.how_to_go_on())
            self.checkpoints.flush()
            self._leave(self._claim, "interrupted", finished=False)
        else:
            self._undo(self._claim)

    def _begun(self, *, resumed: bool = False) -> RunFolder:
        """Say that this process is at it."""
        self._resumed = resumed
        assert self._claim is not None  # noqa: S101 - of the callers
        try:
            with refusals(self.path):
                RunState.now(self._command, self._request).write(self.path)
        except UsageError:
            self._claim.release(useless=True, finished=not self._resumed)
            raise
        return self

    def _is_worth_resuming(self, error: BaseException) -> bool:
        """Tell whether there is something that a later process can go on from, or should not lose."""
        begun = self._command == "train" and (self.path / CONFIG).is_file()
        stopped = isinstance(error, KeyboardInterrupt) and begun
        return self._resumed or bool(self._kept) or stopped or self.checkpoints.exist()

    def _leave(self, claim: Claim, state: State, *, finished: bool) -> None:
        """Give the folder up in a state; checkpoints go when nothing needs them: once it says that it is done."""
        try:
            self._leave_at_once(claim, state, finished=finished)
        except KeyboardInterrupt as interrupt:  # it comes too late for the run
            self._leave_at_once(claim, state, finished=finished)
            is_over = f"The run in {self.path} is {state}"
            interrupt.add_note(self.how_to_go_on() if state == "interrupted" else is_over)
            raise

    def _leave_at_once(self, claim: Claim, state: State, *, finished: bool) -> None:
        left = RunState.now(self._command, self._request).become(state)
        written = _written(left, self.path)
        if state != "interrupted":
            self.checkpoints.remove()
            written = written or _written(left, self.path)  # there is room now
        claim.release(finished=finished and written)  # else it says that the run is unfinished still

    def _undo(self, claim: Claim) -> None:
        """Give the folder up as if it had never been claimed."""
        self.checkpoints.remove()
        for path in (*self._described, self.path / STATE_FILE):
            with suppress(OSError):
                path.unlink()
        claim.release(useless=True)

    @property
    def config_file(self) -> Path:
        """Settings, as YAML."""
        return self.path / CONFIG

    @property
    def metrics_file(self) -> Path:
        """What the run came to, as JSON."""
        return self.path / "metrics.json"

    @property
    def figures(self) -> Path:
        """Folder of the figures, as PNG."""
        return self.path / "figures"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.path / "report.html"

    def read_config(self) -> RunConfig:
        """Return the run's settings."""
        return RunConfig.read(self.config_file)

    def describe(self, name: str, write: Callable[[Path], None]) -> None:
        """Write a file that is no result by itself, such as settings: without results it goes again.

        Where the disk refuses, that is remembered, for `check` to tell: at once where nothing is lost by it, or
        when there is something to tell of.
        """
        path = self.path / name
        self._described.append(path)
        self._attempt(name, lambda: write(path))

    def keep(self, what: str, write: Callable[[], None]) -> None:
        """Write a result. Where the disk refuses, that is remembered, for `check` to tell in the end."""
        if self._attempt(what, write) and what not in self._kept:
            self._kept.append(what)

    def check(self, found: str = "") -> None:
        """Tell what could not be written, what could, and what was found, lest it be lost.

        Raises
        ------
        OutputError
            Something could not.
        """
        if not self._lost:
            return
        why = dict.fromkeys(error.strerror or str(error) for error in self._lost.values())
        raise OutputError(
            f"{', '.join(self._lost)} could not be written to {printable(self.path)} ({', '.join(why)}). "
            f"{self.what_was_kept()}" + (f". Found: {found}" if found else ""),
            allowed="a folder that stays where it is and may be written to, on a disk with room",
            fix="make room, or copy the run's folder to where you may write, and run it again"
            if self._claim is None
            else "make room or give --out another path, and run it again",
        )

    def check_writable(self) -> None:
        """Check that files may be added to a folder that is not claimed, before any work.

        Raises
        ------
        OutputError
            The system does not allow it.
        """
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise OutputError(
                f"Nothing can be written to the folder of the run, {printable(self.path)}",
                allowed="a folder that you may write to, on a disk that is mounted for writing",
                fix="change its permissions, or copy it to where you may write and give that path",
            )

    def how_to_go_on(self) -> str:
        """Say which command goes on with what was interrupted."""
        command = "the same command"
        if self._command == "train":
            command = f"scoreline resume {quote(str(self.path))}"
        return f"To go on with it: {command}" + ("" if self._command == "train" else f" with --out {self.path}")

    @property
    def resumable(self) -> bool:
        """Whether a training was interrupted here, in this process or in an earlier one, and can go on."""
        state = RunState.read(self.path)
        if state is None or state.command != "train" or not self.config_file.is_file():
            return False
        return self.checkpoints.interrupted or state.state == "interrupted"

    def what_was_kept(self) -> str:
        """Say which results lie in the folder."""
        return f"Kept in {printable(self.path)}: {', '.join(self._kept)}" if self._kept else "Nothing was kept"

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        """Keep `metrics` as JSON."""
        text = json.dumps(metrics, indent=2, allow_nan=False)
        self.keep("metrics.json", lambda: write_text(self.metrics_file, text + "\n"))

    def write_history(self, history: History) -> None:
        """Keep one row an epoch in ``history.csv``; what was not measured is an empty cell."""
        rows = [["" if math.isnan(value) else value for value in epoch] for epoch in history]
        self.write_csv("history.csv", Epoch._fields, rows)

    def write_csv(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Keep a CSV file in UTF-8."""

        def write() -> None:
            with (
                replacing(self.path / name) as part,
                part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
            ):
                writer = csv.writer(file)
                writer.writerow(header)
                writer.writerows(rows)

        self.keep(name, write)

    def _attempt(self, what: str, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError as error:
            self._lost[what] = error
            return False
        self._lost.pop(what, None)
        return True


def _tidy(folder: Path) -> None:
    """Remove what a process has left that was killed as it cleared up after a run."""
    Checkpoints(folder).remove()
    with suppress(OSError):
        (folder / MARKER).unlink()


def _written(state: RunState, folder: Path) -> bool:
    try:
        state.write(folder)
    except OSError:
        return False
    return True


def file_stem(title: str) -> str:
    """Return a title as the beginning of a file's name, on any system; empty where nothing of it can stay."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", title)[:LONGEST].strip("-.")


def data_title(data: str) -> str:
    """Return what a run's folder is named after: the data set's name, or that of its folder or file."""
    path = expanded(data)
    with suppress(OSError):  # a name that is too long for the system
        if path.is_dir():
            return path.resolve().name
        if path.exists():
            return path.name.partition(".")[0]
    return Path(data.partition(":")[0]).name
