"""The right to write to a folder: a process takes it before anything else, and gives it up in the end."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scoreline._files import HAS_LOCKS, PREFIX, is_locked, try_lock
from scoreline.data.names import printable
from scoreline.errors import UsageError

__all__ = ["MARKER", "STATE_FILE", "Claim", "has_content", "is_claimed", "refusals"]

#: A file that lies in a folder from before a run's work until all of it is written. Its lock is held for as long
#: as the process lives.
MARKER = "unfinished"
#: A file that says in which state the folder is; see `scoreline.runs.state`.
STATE_FILE = "state.json"
#: How often a lock that somebody has is tried, and seconds in between: it takes microseconds to look at one.
LOOKS, LOOK = 3, 0.01


class Claim:
    """A folder that this process alone writes to.

    `release` ends that; until then, the file `MARKER` lies in the folder.
    """

    def __init__(self, path: Path, descriptor: int, made: tuple[Path, ...]) -> None:
        self.path = path
        self._marker = os.fdopen(descriptor, "w", encoding="utf-8")
        self._made = made

    @classmethod
    def of_new(cls, path: Path) -> Claim | None:
        """Make the folder `path` and claim it; return None where it exists, or another process is faster."""
        with refusals(path):
            made = _make(path)
            return cls._locked(path, made) if made else None

    @classmethod
    def of_empty(cls, path: Path) -> Claim:
        """Claim `path`, a new folder or an empty one.

        Raises
        ------
        UsageError
            It is no folder, is not empty, is another process's, or cannot be written.
        """
        with refusals(path):
            made = _make(path)
            if not made and (not path.is_dir() or has_content(path)):
                raise _taken(path) if is_claimed(path) else _occupied(path)
            claim = cls._locked(path, made)
            if claim is None:
                raise _taken(path)
            if has_content(path):  # what had it until now has ended, and left its results
                claim.release(useless=True)
                raise _occupied(path)
            return claim

    @classmethod
    def of_interrupted(cls, path: Path) -> Claim:
        """Claim a folder that a process which has ended has left unfinished, with all that is in it.

        Raises
        ------
        UsageError
            It is another process's, or cannot be written.
        """
        with refusals(path, fix="make it writable, or copy it to a place that is, and go on there"):
            claim = cls._locked(path, ())
        if claim is None:
            raise _taken(path)
        return claim

    @classmethod
    def _locked(cls, path: Path, made: tuple[Path, ...]) -> Claim | None:
        try:
            descriptor = _open_marker(path / MARKER)
        except OSError:
            _unmake(made)
            raise
        if descriptor is None:
            return None
        claim = cls(path, descriptor, made)
        try:
            claim._describe()
        except OSError:
            claim.release(useless=True)
            raise
        return claim

    def release(self, *, useless: bool = False, finished: bool = True) -> None:
        """Give the folder up.

        Parameters
        ----------
        useless : bool
            It holds nothing to keep: folders that were made for it go, if they are empty.
        finished : bool
            All that belongs into it is in it; else the file `MARKER` stays, for readers to see.
        """
        if not HAS_LOCKS:  # nor can an open file be removed
            self._marker.close()
        if finished or useless:  # while the lock is held, so that nobody waits for a file that is gone
            with suppress(OSError):
                (self.path / MARKER).unlink()
        with suppress(OSError):
            self._marker.close()
        if useless:
            _unmake(self._made)

    def _describe(self) -> None:
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        self._marker.truncate(0)  # of a process that was killed before it wrote anything else
        self._marker.write(
            f"Process {os.getpid()} on {socket.gethostname()} has been writing to this folder since {now}.\n"
            "This file goes when everything is written.\n"
        )
        self._marker.flush()


def is_claimed(path: Path) -> bool:
    """Say whether a process that is alive writes to the folder, as far as the system can tell."""
    try:
        descriptor = os.open(path / MARKER, os.O_RDONLY)
    except OSError:
        return False
    try:
        return is_locked(descriptor)
    finally:
        os.close(descriptor)


def _open_marker(marker: Path) -> int | None:
    """Return the locked file, or None where another process has it."""
    while True:
        try:
            descriptor = os.open(marker, os.O_CREAT | os.O_RDWR | (0 if HAS_LOCKS else os.O_EXCL), 0o666)
        except FileExistsError:
            return None
        if not _locked_soon(descriptor):
            os.close(descriptor)
            return None
        # Its owner may have removed it between the opening and the locking.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), marker.stat()):
                return descriptor
        os.close(descriptor)


def _locked_soon(descriptor: int) -> bool:
    """Lock a marker, past those who look for a moment whether it is locked; return whether nobody works there."""
    for _ in range(LOOKS):
        if try_lock(descriptor):
            return True
        time.sleep(LOOK)
    return try_lock(descriptor)


def _make(path: Path) -> tuple[Path, ...]:
    """Make a folder; return all that were made, the innermost first, or none where it exists."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except FileExistsError:
        return ()
    return tuple(missing) or (path,)


def _unmake(folders: tuple[Path, ...]) -> None:
    with suppress(OSError):  # one that is not empty, and those that it lies in, stay
        for folder in folders:
            folder.rmdir()


def has_content(path: Path) -> bool:
    """Tell whether there is more in a folder than a process leaves that was killed before it did anything."""
    names = (entry.name for entry in path.iterdir())
    return any(name not in (MARKER, STATE_FILE) and not name.startswith(PREFIX) for name in names)


def _taken(path: Path) -> UsageError:
    return UsageError(
        f"Another process is writing to {printable(path)}",
        allowed="a new or empty folder, or that of a run whose process has ended",
        fix="give --out another path, or wait for the other process to end",
    )


def _occupied(path: Path) -> UsageError:
    return UsageError(
        f"{printable(path)} exists and is not an empty folder",
        allowed="a new or empty folder",
        fix="give --out another path, or remove the folder",
    )


@contextmanager
def refusals(path: Path, fix: str = "give --out another path") -> Iterator[None]:
    """Turn what the system refuses while a folder is claimed into a UsageError."""
    try:
        yield
    except UsageError:
        raise
    except OSError as error:
        raise UsageError(
            f"The folder {printable(path)} cannot be written ({error.strerror})",
            allowed="a path in a folder that you may write to, on a disk with room",
            fix=fix,
        ) from error
