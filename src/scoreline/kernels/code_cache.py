"""Compiled code on disk, that never stands in the way: what cannot be kept or read is compiled again.

Numba finds the folder (``NUMBA_CACHE_DIR``, the package's own, the user's cache) and writes the files. It raises
where no folder can be written to, where the disk is full and where a file is damaged (it renames files without
waiting for the disk, so that a power cut can leave them cut off or full of zeros); and two processes that write at
a time may exchange their files, whose code is then called with the wrong arguments. Here each file has a name that
follows from what it was compiled for, and ends with a digest.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache

from scoreline._text import shortened
from scoreline._version import __version__

__all__ = ["CodeCache"]

#: Stands before the digest at the end of a file.
_MARK = b"scoreline-sha256"
_DIGEST_BYTES = 32
#: Numbers of files below this one are Numba's own count.
_NUMBERED = 1 << 20
#: In whose files functions may call one another.
_PACKAGE = Path(__file__).parents[1]

_told = False


class CodeCache(NullCache):
    """The compiled forms of one function on disk; where there can be none, they are compiled in each process.

    Nothing is looked for or written before the function is first compiled.

    Parameters
    ----------
    function : callable
        What is compiled.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._opened: FunctionCache | NullCache | None = None

    @property
    def cache_path(self) -> str | None:
        """The folder."""
        return self._cache().cache_path

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled form for a signature, or None."""
        try:
            return self._cache().load_overload(sig, target_context)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, the source is there
            _tell(f"Compiled code could not be read again and is compiled anew ({_said(error)})")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled form for a signature, if that is possible."""
        try:
            self._cache().save_overload(sig, data)
        except Exception as error:  # noqa: BLE001 - it is compiled; that it cannot be kept costs only time
            _tell(f"Compiled code cannot be kept and is compiled in each run ({_said(error)})")

    def flush(self) -> None:
        """Forget what is kept."""
        self._cache().flush()

    def _cache(self) -> FunctionCache | NullCache:
        if self._opened is None:
            self._opened = _open(self._function)
        return self._opened


class _CheckedFiles(IndexDataCacheFile):
    """Files of one function whose content is checked before it is used."""

    def save(self, key: Any, data: Any) -> None:
        name, known = self._data_name(_number(key)), self._load_index()
        self._save_data(name, data)
        if known.get(key) != name:
            self._save_index(known | {key: name})

    def load(self, key: Any) -> Any:
        name = self._load_index().get(key)
        if name is None or not Path(self._data_path(name)).exists():
            return None
        number = int(name.split(".")[-2])
        return self._load_data(name) if number < _NUMBERED or number == _number(key) else None

    def _load_index(self) -> dict[Any, str]:
        try:
            return super()._load_index()
        except (ImportError, AttributeError):  # of another version, whose modules lay elsewhere
            return {}
        except Exception as error:  # noqa: BLE001 - an index that cannot be read knows of nothing
            _tell(f"The list of compiled code is damaged and is written anew ({_said(error)})")
            return {}

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        body, mark, digest = content[: -_DIGEST_BYTES - len(_MARK)], *_end(content)
        # Without a mark, it is a whole file of Numba's own or was cut off, which the unpickling notices.
        if mark == _MARK and hashlib.sha256(body).digest() != digest:
            raise OSError(f"{name} is damaged")
        return super()._load_data(name)

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(content + _MARK + hashlib.sha256(content).digest())


def _end(content: bytes) -> tuple[bytes, bytes]:
    return content[-_DIGEST_BYTES - len(_MARK) : -_DIGEST_BYTES], content[-_DIGEST_BYTES:]


def _number(key: Any) -> int:
    """Return a number that follows from what code was compiled for, and from the version of this package."""
    digest = hashlib.sha256(f"{__version__}\n{key!r}".encode()).digest()
    return _NUMBERED + int.from_bytes(digest[:7], "big")


def _open(function: Callable[..., Any]) -> FunctionCache | NullCache:
    try:
        found = FunctionCache(function)
    except Exception:  # noqa: BLE001 - Numba's many ways to say that it found no folder
        found = None
    # Without a home, Numba would make a folder called "~" in the working folder.
    if found is None or str(found.cache_path).startswith("~"):
        _tell(
            "Compiled code cannot be kept, for there is no folder to write it to, and is compiled in each run; "
            "the environment variable NUMBA_CACHE_DIR can name one"
        )
        return NullCache()
    # Numba's stamp is of the function's own file, and its code has that of the functions which it calls within it.
    stamp = found._cache_file._source_stamp, _sources(Path(function.__code__.co_filename).parent)
    found._cache_file = _CheckedFiles(
        cache_path=found.cache_path, filename_base=found._impl.filename_base, source_stamp=stamp
    )
    return found


@cache
def _sources(folder: Path) -> str:
    """Return a digest of the files whose functions may be called from a folder: its own, and all kernels."""
    own = folder.glob("*.py") if folder.is_relative_to(_PACKAGE) else ()
    digest = hashlib.sha256()
    for file in sorted({*own, *_PACKAGE.glob("**/kernels/*.py")}):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _said(error: Exception) -> str:
    return shortened(" ".join(f"{type(error).__name__}: {error}".split()))


def _tell(message: str) -> None:
    """Warn, once in a process: what is wrong with one file is wrong with most."""
    global _told
    if not _told:
        _told = True
        warnings.warn(message, UserWarning, stacklevel=2)
