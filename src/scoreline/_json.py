"""JSON from anywhere: how much memory it can take is known before it is parsed."""

from __future__ import annotations

import json
import sys
from typing import Any

from scoreline._text import show_size

__all__ = ["memory_of_json", "parse_json"]

#: Bytes that a value takes beside the characters of its text, for each comma, colon and bracket of JSON: the most
#: where there are many objects of one short key each.
_PER_MARK = 96
#: Bytes for each character: of strings as they are, of escapes, and where these or the text have wide characters,
#: any of which makes all others of its string as wide. Strings with escapes grow by a quarter more than they need.
_PLAIN, _ESCAPED, _WIDE = 1, 4, 7


def memory_of_json(text: str) -> int:
    """Return the bytes that JSON text and its value take, at the most.

    Each value has a comma, a colon or an opening bracket before it; those within strings are counted too.
    """
    if not text.isascii() or "\\ud" in text or "\\uD" in text:
        width = _WIDE
    else:
        width = _ESCAPED if "\\" in text else _PLAIN
    return sys.getsizeof(text) + width * len(text) + _PER_MARK * sum(map(text.count, ",:[{"))


def parse_json(text: str, most: int) -> Any:
    """Return the value that JSON text stands for, if text and value together take at most so many bytes.

    Raises
    ------
    ValueError
        They could take more, or the text is no JSON.
    """
    needed = memory_of_json(text)
    if needed > most:
        raise ValueError(f"it can take {show_size(needed)} of memory, and {show_size(most)} are allowed")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it has too many brackets within one another") from error
