"""Checkpoints of a run's fits: where each stands or how it ended, for a later process to go on to the same bits.

A run that is resumed does all that it did before, in the same order, but for its fits: the end of one that had
ended is read from its file, and the one that was under way continues where its state was saved. What lies between
fits (features, moments, choices by what fits came to) follows from the data, and is computed again. Work of many
fits, such as a sweep, has one file in place of theirs, which holds what all of them have come to.
"""

from __future__ import annotations

import math
import os
import shutil
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scoreline._files import write_text
from scoreline._text import shown
from scoreline._typing import Array
from scoreline.data.names import printable
from scoreline.engine.problem.ending import CUT_SHORT
from scoreline.engine.problem.events import Event, Reason, RunEnded, RunStarted
from scoreline.engine.problem.method import Run
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.states import from_arrays, n_bytes, to_arrays
from scoreline.engine.problem.stopping import Job, Keeper, Remembering
from scoreline.errors import DataError, UsageError
from scoreline.runs.checkpoint_file import CheckpointFacts, CheckpointFile
from scoreline.runs.recorded_clock import RecordedClock
from scoreline.runs.time_budget import Clock

__all__ = ["CHECKPOINT", "SECONDS_VARIABLE", "Checkpoints", "seconds_between"]

#: The folder in that of a run; in it, the files of the fit that is under way, and of what the clock has told.
CHECKPOINT, CURRENT, CLOCK = "checkpoint", "current.safetensors", "clock.json"
#: What says which data they are of, a digest, and letters that it has at the most.
DATA, MOST_LETTERS = "data.txt", 64
#: Sets the least number of seconds between two checkpoints; 0 writes one after every step.
SECONDS_VARIABLE = "SCORELINE_CHECKPOINT_SECONDS"
#: Its default; and how many times as long as a checkpoint takes lies between two, which makes it 1 % of the time.
SECONDS, SPACING = 2.0, 100
#: Bytes that the ends of fits may take on the disk: of more, the first ones go, and would be computed again.
MOST_BYTES = 1 << 30
#: What the first one is expected to take: so many seconds, and one for so many bytes.
FIRST_SECONDS, FIRST_RATE = 0.02, 2e8


class _End(NamedTuple):
    """The end of a fit; see `scoreline.engine.problem.events.RunEnded`."""

    step: int
    epoch: float
    params: Params
    alive: Array
    optimizer: Any
    duality_gap: Array | None


class _UnderWay(NamedTuple):
    """The fit that is being made, and those whose states belong to its own."""

    run: Run[Any]
    memories: Sequence[Remembering]
    identity: str

    def remembered(self) -> dict[str, Array]:
        """Return the states of its listeners."""
        arrays: dict[str, Array] = {}
        for place, listener in enumerate(self.memories):
            arrays |= _prefixed(f"memory{place}", listener.state)
        return arrays


class Checkpoints(Keeper):
    """Keeps a run's fits in its folder, so seldom that it takes about one percent of the time.

    There is a file for each fit that has ended, or for all of a `Job`, and one for the state of the fit that is
    under way.

    Parameters
    ----------
    folder : path
        That of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / CHECKPOINT
        #: Whether a fit was cut short: what follows upon it is not what follows in a run that goes on.
        self.interrupted = False
        #: Of fits and jobs, in the order in which they begin.
        self._number = 0
        self._left_off: CheckpointFile | None = None
        self._fit: _UnderWay | None = None
        self._pending: dict[int, CheckpointFile] = {}
        self._clock: RecordedClock | None = None
        self._refused: DataError | None = None
        self._pace = _Pace(seconds_between())

    def recorded(self, clock: Clock) -> Clock:
        """Return a clock that tells what it has told an earlier process, reading by reading, and then goes on."""
        self._clock = RecordedClock(clock, self.folder / CLOCK)
        return self._clock.clock

    def of_data(self, fingerprint: Callable[[], str]) -> None:
        """Keep which data the run is of, or refuse to go on with others; see `Keeper.of_data`.

        Raises
        ------
        DataError
            An earlier process has begun the run with other data.
        """
        now, file = fingerprint(), self.folder / DATA
        before = ""
        with suppress(OSError):  # there is none yet
            before = file.read_text(encoding="ascii", errors="replace")[:MOST_LETTERS]
        if before and before != now:
            raise DataError(
                f"The data have changed since the run in {printable(self.folder.parent)} was begun",
                allowed="the data that the run was begun with, unchanged",
                fix="put them back as they were, or train anew in another folder",
            )
        with suppress(OSError):  # `flush` will tell
            self.folder.mkdir(exist_ok=True)
            write_text(file, now)

    def begin(self, run: Run[Any], memories: Sequence[Remembering]) -> RunEnded | None:
        """Let a fit begin where it was left; return its end where it has come to that.

        Where what was saved is of another fit, this one begins anew, for `after` to see whether it is the last one
        of a choice that was ended early, which nothing follows upon.

        Raises
        ------
        DataError
            What was saved of an earlier fit is of other data or settings.
        """
        if self.interrupted:
            return None
        self._fit = _UnderWay(run, memories, run.method.identity())
        saved = self._next(self._fit.identity)
        if saved is None or self._refused is not None:
            return None
        for place, listener in enumerate(memories):
            listener.state = from_arrays(listener.state, saved.part(f"memory{place}"))
        if saved.facts.ended:
            self._fit = None
            return _restored_end(run, saved)
        like = run.method.saved(run.first())
        run.begin_at(run.method.restored(from_arrays(like, saved.part("state"))))
        return None

    def job(self, identity: str) -> Job:
        """Let work of several fits begin where it was left; see `Keeper.job`.

        Raises
        ------
        DataError
            What was saved is of other data or settings.
        """
        if self.interrupted:
            return Job()
        saved = self._next(identity)
        if self._refused is not None:
            raise self._refused
        begun = _Job(self, self._number, identity)
        if saved is not None:
            self._number, begun.found = saved.facts.last, saved.arrays
        return begun

    def job_reached(self, number: int, identity: str, state: Callable[[], Mapping[str, Array]]) -> None:
        """Save what a job has come to, in place of what its fits have."""
        if self.interrupted:
            return
        facts = CheckpointFacts.of(number, identity, last=self._number)
        self._pending = {fit: file for fit, file in self._pending.items() if fit < number}
        self._pending[number] = CheckpointFile(facts, state())
        self._flush_if_due()

    def after(self, event: Event, stop_request: Reason | None) -> None:
        """Save what is due.

        Raises
        ------
        DataError
            What was saved is of other data or settings.
        """
        fit = self._fit
        if fit is None or self.interrupted:
            return
        if self._refused is not None and stop_request not in CUT_SHORT:
            raise self._refused
        state = None if self._refused is not None else fit.run.state
        match event:
            case RunEnded() if event.reason not in CUT_SHORT:
                self._ended(fit, event)
            case RunStarted() | RunEnded() if stop_request in CUT_SHORT:  # before or after all steps
                self._cut_short(state)
            case _ if stop_request in CUT_SHORT and state is not None:
                self._cut_short(state)
            case _ if stop_request is not None:  # a state would go on: the end comes next, and is saved as such
                return
            case _ if state is not None and self._pace.is_due(n_bytes(state)):
                self.flush(state)

    def flush(self, state: Any = None) -> None:
        """Write the ends of fits that are not written yet, and the state of the fit under way if it is given.

        A disk that refuses leaves what there was, and the run goes on.
        """
        has_read = self._clock is not None and self._clock.has_unwritten
        if self.interrupted or not (self._pending or state is not None or has_read):
            return
        begun = time.perf_counter()
        try:
            self.folder.mkdir(exist_ok=True)
            if self._clock is not None:  # before the fits that its readings have led to
                self._clock.write()
            for number, file in list(self._pending.items()):
                file.write(self._file(number))
                del self._pending[number]
                self._tidy(file.facts)
            fit = self._fit
            if state is not None and fit is not None and self._left_off is None:  # else a later one is kept
                arrays = _prefixed("state", fit.run.method.saved(state)) | fit.remembered()
                CheckpointFile(CheckpointFacts.of(self._number, fit.identity), arrays).write(self.folder / CURRENT)
        except OSError as error:
            if not self._pace.failed:
                why = error.strerror or str(error)
                where = printable(self.folder)
                warnings.warn(f"No checkpoint can be written to {where} ({why}); the run goes on", stacklevel=2)
            self._pace.failed = True
        self._pace.written(time.perf_counter() - begun)

    def leave(self) -> None:
        """Save what is not saved yet: the work ends here, between fits, and is to go on in a later process."""
        self._cut_short(None)

    def exist(self) -> bool:
        """Tell whether there is anything to go on from."""
        return any(self.folder.glob("*.safetensors"))

    def remove(self) -> None:
        """Remove all, as nothing is left to do."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ended(self, fit: _UnderWay, event: RunEnded) -> None:
        gap = None if event.duality_gap is None else np.array(event.duality_gap)
        end = _End(event.step, event.epoch, event.params, event.alive, event.state, gap)
        arrays = _prefixed("end", end) | fit.remembered()
        facts = CheckpointFacts.of(self._number, fit.identity, event.reason.name)
        self._pending[self._number] = CheckpointFile(facts, arrays)
        self._fit = None
        self._flush_if_due()

    def _flush_if_due(self) -> None:
        if self._pace.is_due(sum(a.nbytes for file in self._pending.values() for a in file.arrays.values())):
            self.flush()

    def _next(self, identity: str) -> CheckpointFile | None:
        """Begin the next fit or job; return what there is of it."""
        if self._refused is not None:  # a search goes on with other recipes where one is refused
            raise self._refused
        if self._number == 0:
            self._left_off = CheckpointFile.read(self.folder / CURRENT)
        self._number += 1
        saved = CheckpointFile.read(self._file(self._number))
        if self._left_off is not None and self._left_off.facts.fit <= self._number:
            is_this, left_off, self._left_off = self._left_off.facts.fit == self._number, self._left_off, None
            saved = saved or (left_off if is_this else None)
        if saved is not None:
            self._check(saved.facts, identity)
        return saved

    def _tidy(self, written: CheckpointFacts) -> None:
        """Remove the files in whose place the last one was written, and the first ones where all take too much."""
        paths = sorted(self.folder.glob("fit-*.safetensors"))
        replaced = [path for path in paths if self._file(written.fit) < path <= self._file(written.last)]
        sizes = {path: path.stat().st_size for path in paths if path not in replaced}
        excess = sum(sizes.values()) - MOST_BYTES
        for path, size in sizes.items():
            if excess > 0:
                replaced.append(path)
                excess -= size
        for path in replaced:
            path.unlink(missing_ok=True)

    def _cut_short(self, state: Any) -> None:
        self.flush(state)
        self.interrupted, self._fit = True, None

    def _file(self, fit: int) -> Path:
        return self.folder / f"fit-{fit:05}.safetensors"

    def _check(self, facts: CheckpointFacts, identity: str) -> None:
        where = printable(self.folder.parent)
        if facts.identity != identity:
            elsewhere = "" if facts.is_like_here else f", or where figures differ: by {facts.made_with}"
            self._refused = DataError(
                f"The run in {where} was begun with other data or settings than it would go on with{elsewhere}",
                allowed="the data, the settings and the program that the run was begun with, unchanged",
                fix="put them back as they were, or train anew in another folder",
            )
        elif not facts.is_like_here:
            warnings.warn(
                f"The run in {where} was begun with {facts.made_with}: its result may differ from that of an "
                "uninterrupted run in the last bits",
                stacklevel=2,
            )


class _Job(Job):
    """A job that checkpoints keep."""

    def __init__(self, checkpoints: Checkpoints, number: int, identity: str) -> None:
        self._checkpoints, self._number, self._identity = checkpoints, number, identity

    def reached(self, state: Callable[[], Mapping[str, Array]]) -> None:
        """Save a state, in place of the one before and of the fits in between."""
        self._checkpoints.job_reached(self._number, self._identity, state)


def seconds_between() -> float:
    """Return the least number of seconds between two checkpoints.

    Raises
    ------
    UsageError
        The environment gives something else.
    """
    text = os.environ.get(SECONDS_VARIABLE, "").strip()
    with suppress(ValueError):
        seconds = float(text or SECONDS)
        if 0 <= seconds < math.inf:
            return seconds
    raise UsageError(
        f"The environment variable {SECONDS_VARIABLE} is {shown(text)}",
        allowed="the seconds between two checkpoints at the least, 0 or more",
        fix=f"unset it, for {SECONDS:g} seconds",
    )


class _Pace:
    """Says when a checkpoint is due, by what the last one took."""

    def __init__(self, least: float) -> None:
        self._least, self._cost, self._last = least, 0.0, time.perf_counter()
        #: Whether the disk has refused one.
        self.failed = False

    def is_due(self, n_bytes: int) -> bool:
        """Tell whether a checkpoint of so many bytes may be written by now."""
        waited = time.perf_counter() - self._last
        if self._least == 0 or waited < self._least:
            return self._least == 0
        return waited >= SPACING * (self._cost or FIRST_SECONDS + n_bytes / FIRST_RATE)

    def written(self, seconds: float) -> None:
        """Take notice of a checkpoint that took so long."""
        self._cost, self._last = seconds, time.perf_counter()


def _restored_end(run: Run[Any], saved: CheckpointFile) -> RunEnded:
    arrays, reason = saved.part("end"), Reason[saved.facts.reason]
    has_optimizer = any(name.startswith("optimizer.") for name in arrays)
    optimizer = run.method.ended(run.first(), reason).state if has_optimizer else None
    nothing = np.zeros(0)
    end = from_arrays(_End(0, 0.0, Params(nothing, nothing), nothing, optimizer, None), arrays)
    gap = None if end.duality_gap is None else float(end.duality_gap)
    return RunEnded(reason, end.step, end.epoch, end.params, end.alive, end.optimizer, gap)


def _prefixed(name: str, state: Any) -> dict[str, Array]:
    return {f"{name}.{key}": array for key, array in to_arrays(state).items()}
