"""Archives: unpacked once, safely, into a folder of the cache."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO, cast

from scoreline._files import partial_folder, remove_orphans
from scoreline._text import shortened
from scoreline.data.budget import show_size
from scoreline.data.foreign import as_data_error, cause_of
from scoreline.data.limits import check_ratio, open_regular
from scoreline.data.names import printable
from scoreline.data.options import Progress
from scoreline.errors import DataError

__all__ = ["is_archive", "unpack"]

_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz")
_MAX_BYTES = 2**36
_MAX_MEMBERS = 20_000_000
#: What earlier versions called folders with what is unpacked halfway.
OLD_ORPHANS = ".partial-*"
_ALLOWED = "whole tar archives of files and folders that stay in their place"
_FIX = "download it again, or unpack it yourself and name the folder"
#: Names are short; a header of names that is longer is there to fill the memory.
_MAX_HEADER = 2**20
#: Folders within folders, and the letters of a member's name.
_MAX_DEPTH, _MAX_NAME = 64, 2048


def is_archive(path: Path) -> bool:
    """Return whether the path is a file with the suffix of a tar archive."""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def unpack(path: Path, cache: Path, progress: Progress) -> Path:
    """Unpack a tar archive, unless that was done before, and return the folder with its content.

    A folder that holds everything else is entered. Members that would leave the folder, devices and the like are
    refused. What is unpacked halfway is removed, that of processes that were killed too.

    Parameters
    ----------
    path : path
        The archive.
    cache : path
        Folder under which the content goes, in a folder of its own.
    progress : callable
        Called with the number of files done; their total is unknown (0).

    Raises
    ------
    DataError
        The archive is damaged, unsafe or too large, or the cache cannot be written.
    """
    status = path.stat()
    key = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:16]
    target = cache / "unpacked" / f"{path.name.split('.')[0][:80]}-{digest}"
    if not target.is_dir():
        with ExitStack() as held:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                partial = held.enter_context(partial_folder(target.parent))
            except OSError as error:
                reason = f"the cache {printable(cache)} cannot be written: {error.strerror}"
                raise _failure(path, reason) from error
            remove_orphans(target.parent, OLD_ORPHANS)
            for count in _extract(path, partial):
                progress(f"unpacking {printable(path.name)}", count, 0)
            _rename(path, partial, target)
    children = list(target.iterdir())
    return children[0] if len(children) == 1 and children[0].is_dir() else target


def _rename(path: Path, partial: Path, target: Path) -> None:
    try:
        partial.rename(target)
    except OSError as error:
        # Another process may have been faster, which is as good.
        if not target.is_dir():
            raise _failure(path, cause_of(error)) from error


class _Guarded(io.RawIOBase):
    """The unpacked content of an archive, read only as far as its packed size justifies, a piece at a time.

    `tarfile` reads headers of names in one piece, however long they say they are, and jumps over members by
    unpacking them. To go back would unpack all from the beginning: members that make it do so overlap.
    """

    def __init__(self, path: Path, packed: int, content: IO[bytes]) -> None:
        self._path, self._packed, self._content = path, packed, content
        #: What was read last: where the members end, `tarfile` has read the block that is none.
        self.last = b""

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._content.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence != os.SEEK_SET or offset < self._content.tell():
            raise _failure(self._path, "members that overlap")
        check_ratio(self._path, "the content", self._packed, offset)
        return self._content.seek(offset)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_HEADER:
            raise _failure(self._path, f"a header of {size} bytes")
        content = self._content.read(size)
        check_ratio(self._path, "the content", self._packed, self._content.tell())
        self.last = content
        return content


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """Return the stream of what a compressed file holds, by its first bytes."""
    start = raw.read(6)
    raw.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if start.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.BZ2File(raw))
    if start == b"\xfd7zXZ\0":
        return cast("IO[bytes]", lzma.LZMAFile(raw))
    return raw


def _extract(path: Path, folder: Path) -> Iterator[int]:
    """Write all members below a folder, and yield now and then how many there are."""
    total = 0
    with (
        as_data_error(path, allowed=_ALLOWED, fix=_FIX),
        open_regular(path) as raw,
        io.BufferedReader(cast("io.RawIOBase", raw)) as buffered,
        _unpacked(buffered) as content,
    ):
        packed = os.fstat(raw.fileno()).st_size
        guarded = _Guarded(path, packed, content)
        free = shutil.disk_usage(folder).free
        with tarfile.open(fileobj=cast("IO[bytes]", guarded), mode="r:") as archive:
            count = 0
            while (member := archive.next()) is not None:
                count += 1
                # A member without content still has its header, and takes a place in its folder.
                total += member.size + tarfile.BLOCKSIZE
                if total > _MAX_BYTES or count > _MAX_MEMBERS:
                    raise _failure(path, f"more than {_MAX_BYTES} bytes or {_MAX_MEMBERS} members")
                if total > free:
                    raise _failure(path, f"the disk of the cache has {show_size(free)} left, which is not enough")
                check_ratio(path, "the content", packed, total)
                _place(path, archive, member, folder)
                archive.members.clear()  # type: ignore[attr-defined]  # else it remembers every one
                if count % 1000 == 0:
                    yield count
            _check_end(path, guarded.last, archive.offset)


def _check_end(path: Path, block: bytes, offset: int) -> None:
    """Raise DataError if the members end at something else than the end: `tarfile` stops there without a word."""
    if block.strip(b"\0") or 0 < len(block) < tarfile.BLOCKSIZE:
        raise _failure(path, f"damaged or cut off after {offset} bytes")


def _place(path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member below the folder: a file or a folder, never a link, and nowhere else.

    Python's own filter would let links pass, and Python 3.11.3 and before have none.
    """
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
        raise _failure(path, f"{shortened(member.name)} is a link, or leads out of the archive")
    if len(name.parts) > _MAX_DEPTH or len(member.name) > _MAX_NAME:
        raise _failure(path, f"{shortened(member.name)} lies too deep or has too long a name")
    target = folder.joinpath(*name.parts)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None  # noqa: S101 - it is a file
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)


def _failure(path: Path, found: str) -> DataError:
    return DataError(f"The archive {printable(path)} cannot be unpacked ({found})", allowed=_ALLOWED, fix=_FIX)
