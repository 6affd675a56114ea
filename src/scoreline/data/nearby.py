"""Suggestions for the name of a data set that does not exist."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.data.places import search_folders
from scoreline.errors import DataError, nearest_name

__all__ = ["not_found"]

_MAX_NAMES = 10_000


def not_found(path: Path, named: Iterable[str], options: LoadOptions) -> DataError:
    """Build the error for a path at which nothing is, suggesting what is near.

    Near are a named set, a file or folder in the data folders (with or without the suffix of an archive), and one
    beside the path.

    Parameters
    ----------
    path : path
        What was asked for.
    named : iterable of str
        Names of the data sets that are known by name.
    options : LoadOptions
        Where data sets are looked for.
    """
    places = search_folders(options)
    searched = ", ".join(printable(folder) for folder in places)
    return DataError(
        f"There is no data set, file or folder called {printable(path)}",
        allowed=f"a path, or one of the names {', '.join(named)} (their files are looked for in {searched})",
        fix=_suggestion(path, named, places) or "check the spelling, and the folder that you are in",
    )


def _suggestion(path: Path, named: Iterable[str], places: Iterable[Path]) -> str:
    if path.name != os.fspath(path):
        beside = nearest_name(path.name, _names(path.parent))
        return f"write {printable(path.with_name(beside))}, which is near" if beside else ""
    for folder in places:
        held = next((name for name in _names(folder) if name.split(".")[0] == path.name), None)
        if held:
            reads = nearest_name(path.name, named)
            fix = f"write its path, {printable(folder / held)}"
            return f"{fix}, or {reads}, the nearest name" if reads else fix
    for names, shown in ((named, "{}, the data set"), (_names(path.parent), "{}, which is in this folder")):
        near = nearest_name(path.name, names)
        if near:
            return f"write {shown.format(printable(near))}"
    return next((found for found in (_in_folder(path.name, folder) for folder in places) if found), "")


def _in_folder(name: str, folder: Path) -> str:
    near = nearest_name(name, _names(folder))
    return f"write {printable(folder / near)}, which is near" if near else ""


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry, _ in zip(entries, range(_MAX_NAMES), strict=False))
    except (OSError, ValueError):
        return []
