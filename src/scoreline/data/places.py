"""Where data sets are looked for, and where new ones are put."""

from __future__ import annotations

import os
from pathlib import Path

from scoreline.data.options import LoadOptions

__all__ = ["cache_folder", "search_folders", "user_cache"]


def search_folders(options: LoadOptions) -> list[Path]:
    """Return the folders to search: that of the options, or of SCORELINE_DATA, then the user's cache."""
    named = options.data_dir or os.environ.get("SCORELINE_DATA")
    return [Path(named).expanduser(), user_cache()] if named else [user_cache()]


def cache_folder(options: LoadOptions) -> Path:
    """Return the first of those folders that can be written to; the user's cache need not exist yet."""
    for folder in search_folders(options)[:-1]:
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
    return user_cache()


def user_cache() -> Path:
    """Return the folder that the operating system has for what this package keeps."""
    import pooch

    return Path(pooch.os_cache("scoreline"))
