"""Text from outside, made fit for one line of a terminal, a table or a message."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["counted", "escaped", "shortened", "show_size", "shown"]

#: Characters of a value that a message quotes.
MOST_QUOTED = 200
#: Half of a pair that stands for no byte of a file name: UTF-8 has no form for it.
_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
#: Joiners within words of several scripts and within emoji; they move and hide nothing.
_JOINERS = "\u200c\u200d"


def counted(n: int, what: str) -> str:
    """Return a number with what there is of it, whose plural ends in s: ``1 example``, ``2 examples``."""
    return f"{n:,} {what}{'s' * (n != 1)}"


def escaped(text: str, keep: str = "") -> str:
    r"""Return text in which what a terminal would obey, not show, is written out: ``\x1b``, ``\n``, ``\u202e``.

    These are control characters, changes of the writing direction, unassigned and private ones, and the bytes of
    file names that are no UTF-8.

    Parameters
    ----------
    text : str
    keep : str, optional
        Characters that stay as they are, such as line ends.
    """
    if text.isascii() and text.isprintable():  # nearly all are
        return text
    text = _LONE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    kept = keep + _JOINERS
    return "".join(_written(letter) if _obeyed(letter) and letter not in kept else letter for letter in text)


def shortened(text: str, most: int = MOST_QUOTED) -> str:
    """Return text of at most so many characters; of a longer one its begin, and how long it is."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def show_size(n_bytes: float) -> str:
    """Return a size as people read it, with three digits: ``1.54 GB``."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(n_bytes) >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{n_bytes:.0f} bytes"


def shown(value: Any, most: int = MOST_QUOTED) -> str:
    """Return a value as a message quotes it, of at most about so many characters, whatever it is."""
    if isinstance(value, str):
        return repr(value) if len(value) <= most else f"{value[:most]!r}... ({len(value):,} characters)"
    if isinstance(value, int) and abs(value) >= 10**most:
        return f"a number of about {int(value.bit_length() * 0.30103) + 1:,} digits"  # repr may refuse it
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of {len(value):,} entries" if len(value) else repr(value)
    return shortened(repr(value), most)


def _obeyed(letter: str) -> bool:
    """Whether a letter is not to be shown; blanks of any width are, line ends and tabs are not."""
    blank = letter.isspace() and ord(letter) > 0x9F and letter not in "\u2028\u2029"
    return not (letter.isprintable() or blank)


def _written(letter: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    number = ord(letter)
    form = "\\x{:02x}" if number < 0x100 else "\\u{:04x}" if number < 0x10000 else "\\U{:08x}"
    return known.get(letter) or form.format(number)
