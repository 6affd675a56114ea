"""File names as text that can be printed and written everywhere."""

from __future__ import annotations

import os
import re
from pathlib import Path

from scoreline._text import escaped

__all__ = ["leads_elsewhere", "printable", "relative_name"]

#: How paths begin that no folder is put before: of POSIX, of a drive, and of a share.
_ROOT = re.compile(r"/|[A-Za-z]:[\\/]|\\\\")


def leads_elsewhere(name: str) -> bool:
    r"""Tell whether a name, joined to a folder, is a path out of it on some system: ``../x``, ``/x``, ``C:\x``."""
    return _ROOT.match(name) is not None or ".." in re.split(r"[\\/]", name)


def printable(name: str | Path) -> str:
    r"""Return a name in which bytes that are no UTF-8, and control characters, are written as ``\xNN``.

    Python keeps such bytes of a file name as lone surrogates, that no terminal and no UTF-8 file accepts.
    """
    return escaped(os.fspath(name))


def relative_name(path: str | Path, root: Path) -> str:
    """Return the printable path of a file relative to `root`, with forward slashes."""
    # Text, for folders of very many files: a Path takes longer to make than its file takes to be found.
    inside = os.fspath(path).removeprefix(os.path.join(root, ""))  # noqa: PTH118
    return printable(inside.replace(os.sep, "/"))
