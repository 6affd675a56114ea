"""File names as text that can be printed and written everywhere."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["printable", "relative_name"]


def printable(name: str | Path) -> str:
    r"""Return a name in which bytes that are no UTF-8, and control characters, are written as ``\xNN``.

    Python keeps such bytes of a file name as lone surrogates, that no terminal and no UTF-8 file accepts.
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def relative_name(path: Path, root: Path) -> str:
    """Return the printable path of a file relative to `root`, with forward slashes."""
    return printable(path.relative_to(root).as_posix())
