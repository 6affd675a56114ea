"""Archives: unpacked once, safely, into a folder of the cache."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from scoreline.data.names import printable
from scoreline.data.options import Progress
from scoreline.errors import DataError

__all__ = ["is_archive", "unpack"]

_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz")
_MAX_BYTES = 2**36
_MAX_MEMBERS = 20_000_000


def is_archive(path: Path) -> bool:
    """Say whether the path is a file with the suffix of a tar archive."""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def unpack(path: Path, cache: Path, progress: Progress) -> Path:
    """Unpack a tar archive, unless that was done before, and return the folder with its content.

    A folder that holds everything else is entered. Members that would leave the folder, devices and the like are
    refused. What is unpacked halfway is removed.

    Parameters
    ----------
    path : path
        The archive.
    cache : path
        Folder under which the content goes, in a folder of its own.
    progress : callable
        Told how many files are done, their total being unknown (0).

    Raises
    ------
    DataError
        The archive is damaged, unsafe or too large, or the cache cannot be written.
    """
    status = path.stat()
    key = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:16]
    target = cache / "unpacked" / f"{path.name.split('.')[0]}-{digest}"
    if not target.is_dir():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))
        except OSError as error:
            raise _failure(path, f"the cache {printable(cache)} cannot be written: {error.strerror}") from error
        try:
            _extract(path, partial, progress)
            partial.rename(target)
        except (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            # Another process may have been faster, which is as good.
            if not target.is_dir():
                raise _failure(path, str(error)) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    children = list(target.iterdir())
    return children[0] if len(children) == 1 and children[0].is_dir() else target


def _extract(path: Path, folder: Path, progress: Progress) -> None:
    total = 0
    with tarfile.open(path) as archive:
        for count, member in enumerate(archive, start=1):
            total += member.size
            if total > _MAX_BYTES or count > _MAX_MEMBERS:
                raise _failure(path, f"more than {_MAX_BYTES} bytes or {_MAX_MEMBERS} members")
            _place(archive, member, folder)
            if count % 1000 == 0:
                progress(f"unpacking {printable(path.name)}", count, 0)


def _place(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member below the folder: a file or a folder, never a link, and nowhere else.

    Python's own filter would let links pass, and Python 3.11.3 and before have none.
    """
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
        raise tarfile.ExtractError(f"{printable(member.name)} is a link, or leads out of the archive")
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
    return DataError(
        f"The archive {printable(path)} cannot be unpacked ({found})",
        allowed="whole tar archives of files and folders that stay in their place",
        fix="download it again, or unpack it yourself and name the folder",
    )
