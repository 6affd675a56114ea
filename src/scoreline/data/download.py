"""Downloads, checked by their hash."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scoreline._files import partial_folder
from scoreline.data.foreign import cause_of
from scoreline.data.names import printable
from scoreline.data.options import Progress
from scoreline.errors import DownloadError

__all__ = ["download"]

_TIMEOUT = 30  # seconds without a byte
#: Published sets have at most some hundred megabytes; a server that sends for ever must not fill the disk.
_MAX_BYTES = 2**32


class _Bar:
    """What pooch takes for a progress bar."""

    def __init__(self, what: str, progress: Progress) -> None:
        self.total = 0
        self._what, self._progress, self._done = what, progress, 0

    def update(self, amount: int) -> None:
        self._done += amount
        if self._done > _MAX_BYTES:
            raise OSError(f"the server sends more than {_MAX_BYTES} bytes")
        self._progress(self._what, self._done, self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Close nothing: the callback has no end."""


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    """Keep pooch from writing to the standard error stream: the caller's progress display owns the screen."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def download(url: str, known_hash: str, folder: Path, progress: Progress) -> Path:
    """Fetch a file into a folder, unless it is there with the right hash already.

    Parameters
    ----------
    url : str
        Address; its last part is the file's name.
    known_hash : str
        ``"sha256:..."`` or ``"md5:..."``.
    folder : path
        Made if missing. A file appears in it only when it is whole and its hash is right; what killed processes
        have left unfinished is removed.
    progress : callable
        Called with the bytes done and their total.

    Raises
    ------
    DownloadError
        There is no connection, the server refuses, the transfer breaks off, the hash is wrong, or the
        folder cannot be written.
    """
    import pooch
    from requests import exceptions

    name = url.rsplit("/", 1)[-1]
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT, progressbar=_Bar(f"downloading {name}", progress))
    target = folder / name
    try:
        if target.is_file() and pooch.hashes.hash_matches(target, known_hash):
            return target
        folder.mkdir(parents=True, exist_ok=True)
        with partial_folder(folder) as partial, _quiet_pooch():
            found = Path(pooch.retrieve(url, known_hash, fname=name, path=partial, downloader=downloader))
            # pooch makes files private to their owner; the folder's permissions decide
            found.chmod(stat.S_IMODE(partial.stat().st_mode) & 0o666)
            found.replace(target)
    except exceptions.HTTPError as error:
        raise _failure(url, folder, f"the server answers {error}") from error
    except exceptions.ConnectionError as error:
        raise _failure(url, folder, "there is no connection to the server") from error
    except exceptions.Timeout as error:
        raise _failure(url, folder, f"the server was silent for {_TIMEOUT} seconds") from error
    except exceptions.RequestException as error:
        raise _failure(url, folder, f"the transfer broke off ({type(error).__name__})") from error
    except ValueError as error:
        raise _failure(url, folder, "the file's hash is wrong, so it is damaged or was exchanged") from error
    except OSError as error:
        raise _failure(url, folder, f"{printable(folder)} cannot be written ({cause_of(error)})") from error
    return target


def _failure(url: str, folder: Path, reason: str) -> DownloadError:
    return DownloadError(
        f"{url} could not be downloaded: {reason}",
        allowed="a whole file with the published hash",
        fix=f"check the network and try again, or put the file into {printable(folder)} by hand",
    )
