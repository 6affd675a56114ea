"""Paths that a table gives: whether they lead to a file below its folder, and a correction."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from scoreline.data.image_kinds import SUFFIXES

__all__ = ["ListedPaths"]

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_MAX_SEARCHED = 20_000
_MAX_PARTS = 64
#: Of a path on Linux; following one takes as long as the square of its length.
_MAX_LETTERS = 4096


class ListedPaths:
    """Checks of paths against the folder of their table; nothing outside of it is to be read.

    Parameters
    ----------
    folder : path
        The folder of the table.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._root = os.path.realpath(folder)
        # Tables list many files of few folders.
        self._inside: dict[str, bool] = {}

    def cleaned(self, text: str) -> str:
        """Return the path without the spaces and quotes around it, unless it leads to a file with them."""
        bare = text.strip().strip("'\"").strip()
        return text if bare == text or self._exists(text) else bare

    def problem(self, text: str) -> str:
        """Return why a path cannot be used; empty when it leads to something below the folder."""
        if "\0" in text:
            return "the path has a null character"
        if len(text) > _MAX_LETTERS:
            return f"the path has {len(text):,} characters, more than any system opens"
        if "://" in text:
            return "an address instead of a path"
        if text.startswith("/") or _WINDOWS.match(text):
            return "the path is absolute and leaves the folder of the manifest"
        if Path(os.path.normpath(text)).parts[:1] == (os.pardir,):
            return "the path leaves the folder of the manifest"
        path = os.path.join(self._folder, text)  # noqa: PTH118
        try:
            if not self._is_inside(os.path.dirname(path)):  # noqa: PTH120
                return "a link on the path leaves the folder of the manifest"
            if stat.S_ISLNK(os.lstat(path).st_mode) and not self._below_root(path):
                return "a link that leaves the folder of the manifest"
        except FileNotFoundError:
            return "no such file" + (", the path has backslashes where / belongs" if "\\" in text else "")
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        return ""

    def suggestion(self, text: str) -> str:
        """Return the path of the most likely intended file, or an empty text if there is none."""
        bare = text.strip().strip("'\"").strip().replace("\\", "/")
        for spelt in dict.fromkeys((bare, unquote(bare))):
            parts = [part for part in spelt.split("/") if part not in ("", ".", "..")][-_MAX_PARTS:]
            for first in range(len(parts)):
                found = self._walk(parts[first:])
                if found and not self.problem(found):
                    return found
            if parts and (found := self._search(parts[-1])):
                return found
        return ""

    def _exists(self, text: str) -> bool:
        try:
            return os.path.lexists(os.path.join(self._folder, text))  # noqa: PTH118
        except ValueError:
            return False

    def _is_inside(self, folder: str) -> bool:
        if folder not in self._inside:
            self._inside[folder] = self._below_root(folder)
        return self._inside[folder]

    def _below_root(self, path: str) -> bool:
        return os.path.join(os.path.realpath(path), "").startswith(os.path.join(self._root, ""))  # noqa: PTH118

    def _walk(self, parts: list[str]) -> str:
        """Follow the parts from the folder down, capitals and the last one's suffix not counting."""
        found: list[str] = []
        for number, part in enumerate(parts, start=1):
            names = _names(os.path.join(self._folder, *found))  # noqa: PTH118
            name = part if part in names else _alike(part, names, last=number == len(parts))
            if not name:
                return ""
            found.append(name)
        return "/".join(found)

    def _search(self, name: str) -> str:
        """Look for the last part of a path in all folders, up to a number of them."""
        seen = 0
        for folder, _, names in os.walk(self._folder):
            alike = name if name in names else _alike(name, names, last=True)
            if alike:
                found = os.path.relpath(os.path.join(folder, alike), self._folder)  # noqa: PTH118
                return found.replace(os.sep, "/")
            seen += len(names) + 1
            if seen > _MAX_SEARCHED:
                break
        return ""


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []


def _alike(part: str, names: list[str], *, last: bool) -> str:
    """Return the name that differs in capitals or accents' coding only; for a file also in its suffix."""
    wanted = set(_spellings(part, last=last))
    return next((name for name in names if not wanted.isdisjoint(_spellings(name, last=last))), "")


def _spellings(name: str, *, last: bool) -> Iterator[str]:
    plain = unicodedata.normalize("NFC", name).casefold()
    yield plain
    stem, dot, suffix = plain.rpartition(".")
    if last and dot and f".{suffix}" in SUFFIXES:
        yield stem
