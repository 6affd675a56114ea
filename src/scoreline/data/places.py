"""The folders that are searched for data sets, and the folder for new ones."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import UsageError

__all__ = ["cache_folder", "expanded", "search_folders", "user_cache"]


def search_folders(options: LoadOptions) -> list[Path]:
    """Return the folders to search: that of the options, or of SCORELINE_DATA, then the user's cache."""
    named = options.data_dir or os.environ.get("SCORELINE_DATA")
    return [expanded(named), user_cache()] if named else [user_cache()]


def cache_folder(options: LoadOptions) -> Path:
    """Return the first of those folders that can be written to; the user's cache need not exist yet."""
    for folder in search_folders(options)[:-1]:
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
    return user_cache()


def user_cache() -> Path:
    """Return the folder that the operating system has for what this package keeps.

    A user without a home (in a container, perhaps) has one in the temporary folder, writable by no other user.

    Raises
    ------
    UsageError
        There is no home, and somebody else has taken that folder.
    """
    import pooch

    found = Path(pooch.os_cache("scoreline"))
    return found if found.is_absolute() else _cache_without_home()


def expanded(path: str | Path) -> Path:
    """Return a path with the home in place of ``~``; where there is no such home, as it is: it is not found.

    Raises
    ------
    UsageError
        It is empty, as a variable of the shell is that was not set; `Path` would take it for the working folder.
    """
    if isinstance(path, str) and not path.strip():
        raise UsageError(
            "The name or path of a data set or file is empty",
            allowed="a name or a path; . for the folder that you are in",
            fix="write it, or check that the variable that it comes from is set",
        )
    return Path(os.path.expanduser(path))  # noqa: PTH111 - that of Path raises


def _cache_without_home() -> Path:
    path = Path(gettempdir()) / f"scoreline-{os.getuid()}"
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    facts = path.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o022:
        raise UsageError(
            f"There is no home folder, and {printable(path)} belongs to somebody else",
            allowed="a folder of your own",
            fix="name one in the environment variable XDG_CACHE_HOME",
        )
    return path
