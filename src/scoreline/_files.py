"""Files that appear whole or not at all, locks that die with their owner, and what killed processes leave."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = [
    "HAS_LOCKS",
    "is_locked",
    "partial_file",
    "partial_folder",
    "remove_orphans",
    "replacing",
    "try_lock",
    "write_bytes",
    "write_text",
]

#: Whether the system can tell that a process which has locked a file is still alive.
HAS_LOCKS = sys.platform != "win32"
#: What the names of unfinished files and folders begin and end with.
PREFIX, SUFFIX = ".scoreline-", ".part"
#: Seconds after which an unfinished file is an orphan where there are no locks to tell.
ABANDONED = 86_400


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process, until it closes it or ends; return whether nobody else had.

    Where the system or the file system has no such locks, everybody gets one.
    """
    return _locked(descriptor, exclusive=True)


def is_locked(descriptor: int) -> bool:
    """Tell whether another process has locked an open file; any number of processes may ask at the same time."""
    return not _locked(descriptor, exclusive=False)


def _locked(descriptor: int, *, exclusive: bool) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems have none
        return True
    return True


@contextmanager
def partial_file(folder: Path) -> Iterator[Path]:
    """Yield a new, empty file in `folder`, which goes at the end of the block unless it was renamed.

    Its mode follows the umask.
    """
    remove_orphans(folder)
    with ExitStack() as held:
        path = _claimed(folder, held, lambda path: os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def partial_folder(folder: Path) -> Iterator[Path]:
    """Yield a new, empty folder in `folder`, which goes at the end of the block unless it was renamed.

    Its mode follows the umask.
    """
    remove_orphans(folder)

    def make(path: Path) -> int | None:
        path.mkdir()
        return None if sys.platform == "win32" else os.open(path, os.O_RDONLY)  # Windows opens no folders

    with ExitStack() as held:
        path = _claimed(folder, held, make)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a file to write to; when the block ends well, it is flushed and takes the name `path` in one step.

    Whatever happens, `path` holds either what it held before or all that is new. Its mode follows the umask. A
    link goes on pointing to the file that it names. What no file can take the place of, such as ``/dev/null`` or a
    pipe, is written to.
    """
    if path.exists() and not path.is_file():  # as it is: what /dev/stdout resolves to may be no path
        with _copied_to(path) as part:
            yield part
        return
    path = path.resolve()
    with partial_file(path.parent) as part:
        mode = stat.S_IMODE(part.stat().st_mode)
        yield part
        part.chmod(mode)  # some writers make a file of their own in its place, for its owner alone
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    _flush_folder(path.parent)


@contextmanager
def _copied_to(path: Path) -> Iterator[Path]:
    """Yield a file elsewhere, whose content is written to `path` when the block ends well."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / path.name
        part.touch()
        yield part
        with part.open("rb") as content, path.open("wb") as out:
            shutil.copyfileobj(content, out)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as `replacing` does."""
    with replacing(path) as part:
        part.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8 as `replacing` does; what UTF-8 has no code for is escaped."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def remove_orphans(folder: Path, pattern: str = f"{PREFIX}*{SUFFIX}") -> None:
    """Remove the unfinished files and folders in `folder` whose processes have ended without doing so."""
    for path in folder.glob(pattern):
        with suppress(OSError), _orphan(path):
            _remove(path)


def _claimed(folder: Path, held: ExitStack, make: Callable[[Path], int | None]) -> Path:
    """Make something of a new name and lock it until `held` is closed."""
    while True:
        path = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        descriptor = make(path)
        if sys.platform == "win32":  # an open file could not be renamed
            if descriptor is not None:
                os.close(descriptor)
            return path
        assert descriptor is not None  # noqa: S101 - where there are locks, folders can be opened
        held.callback(os.close, descriptor)
        # Between making and locking, another process may have taken it for an orphan.
        if try_lock(descriptor) and path.exists():
            return path


@contextmanager
def _orphan(path: Path) -> Iterator[None]:
    """Hold the lock of something unfinished; raise OSError where a process still writes to it."""
    if sys.platform == "win32":
        if time.time() - path.stat().st_mtime < ABANDONED:
            raise BlockingIOError
        yield
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _flush_folder(path: Path) -> None:
    """Flush the names in a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some file systems refuse
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
