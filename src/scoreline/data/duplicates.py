"""Files with the very same content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

__all__ = ["find_duplicates"]

# The examples that evaluate a model stay; the copies that it could have learned from are removed.
_PRECEDENCE = {"test": 0, "validation": 1, "train": 2}


class _File(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def label(self) -> int: ...


def find_duplicates(
    files: Sequence[_File], digests: Sequence[bytes], rows: Sequence[int], classes: Sequence[str]
) -> dict[int, str]:
    """Return which of the `rows` to leave out, each with the reason.

    Within one split the first of several equal files stays, unless they are in different classes: then the
    right one is unknown, and all are removed. Across splits the copy in the test split stays before that in
    the validation split before that in the training split, because a training copy of a test image is a leak.
    """
    groups: defaultdict[bytes, list[int]] = defaultdict(list)
    for row in rows:
        groups[digests[row]].append(row)
    reasons: dict[int, str] = {}
    for group in groups.values():
        if len(group) > 1:
            reasons |= _reasons(files, group, classes)
    return reasons


def _reasons(files: Sequence[_File], group: list[int], classes: Sequence[str]) -> dict[int, str]:
    """Decide on the files of one content."""
    reasons: dict[int, str] = {}
    by_split: defaultdict[str, list[int]] = defaultdict(list)
    for row in group:
        by_split[files[row].split].append(row)
    kept: int | None = None
    for split in sorted(by_split, key=_PRECEDENCE.__getitem__):
        rows = by_split[split]
        labels = sorted({files[row].label for row in rows})
        if kept is not None:
            reason = f"duplicate of {files[kept].name} in the {files[kept].split} split"
            reasons |= dict.fromkeys(rows, reason)
        elif len(labels) > 1:
            names = ", ".join(classes[label] for label in labels)
            reasons |= dict.fromkeys(rows, f"the same content lies in several classes ({names})")
        else:
            kept = rows[0]
            reasons |= dict.fromkeys(rows[1:], f"duplicate of {files[kept].name}")
    return reasons
