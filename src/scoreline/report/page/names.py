"""Class names where there is little room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile

__all__ = ["short_names"]

#: Characters that there is room for, and those that are kept of each end of longer names.
ROOM, KEPT = 20, 8
#: Characters that all names begin or end with from which on an ellipsis says as much.
COMMON = 6


def short_names(names: Sequence[str]) -> Mapping[str, str]:
    """Return a shorter form of each name that still tells it from the others.

    What all of them begin and end with is left out, and the middle of what is still long. Of names that would be
    alike then, what these share is left out; those that are alike still stay as they are.
    """
    if max(map(len, names), default=0) <= ROOM:
        return {name: name for name in names}
    short = _without_shared(names)
    for shorter, times in Counter(short.values()).items():
        alike = [name for name, form in short.items() if form == shorter]
        if times > 1:
            short |= _without_shared(alike)
    times_in_all = Counter(short.values())
    return {name: form if times_in_all[form] == 1 else name for name, form in short.items()}


def _without_shared(names: Sequence[str]) -> dict[str, str]:
    """Return names without what all of them end with and, where that is not enough, begin with."""
    before = _beginning(names)
    after = _beginning([name[len(before) :][::-1] for name in names])
    inner = {name: name[: len(name) - len(after)] + _ellipsis(after) for name in names}
    if max(map(len, inner.values())) > ROOM:
        inner = {name: _ellipsis(before) + form[len(before) :] for name, form in inner.items()}
    return {name: _cut(form) for name, form in inner.items()}


def _beginning(names: Sequence[str]) -> str:
    """Return what all begin with, up to the end of a word; nothing where that saves next to nothing."""
    letters = takewhile(lambda same: len(set(same)) == 1, zip(*names, strict=False))
    common = "".join(first for first, *_ in letters)
    ends = [place for place, letter in enumerate(common, 1) if not letter.isalnum()]
    return common[: ends[-1]] if ends and ends[-1] >= COMMON else ""


def _ellipsis(left_out: str) -> str:
    return "…" if left_out else ""


def _cut(name: str) -> str:
    return name if len(name) <= ROOM else f"{name[:KEPT].rstrip()}…{name[-KEPT:].lstrip()}"
