"""What was left out: the limit on it, and the file that lists it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from scoreline._files import replacing
from scoreline._text import counted
from scoreline.data.base import PassedOver, Rejected
from scoreline.errors import TooManyRejectedError

__all__ = ["check_folders", "check_rejected", "write_rejected"]


def check_rejected(bad: Sequence[Rejected], total: int, limit: float) -> None:
    """Raise TooManyRejectedError when more than the share `limit` of `total` images is bad."""
    if not bad or len(bad) <= limit * total:
        return
    reasons = "; ".join(f"{item.path}: {item.reason}" for item in bad[:3])
    raise TooManyRejectedError(
        f"{len(bad)} of {total} images ({len(bad) / total:.1%}) cannot be used ({reasons})",
        allowed=f"at most {limit:.1%}, the value of max_rejected",
        fix="repair or remove these files, or raise max_rejected",
    )


def check_folders(unlisted: Sequence[Rejected], limit: float) -> None:
    """Raise TooManyRejectedError for folders that cannot be listed: nobody knows how many images are lost.

    They may be whole classes. A `limit` of 1 accepts that.
    """
    if not unlisted or limit >= 1:
        return
    others = f" and {counted(len(unlisted) - 1, 'other folder')}" if len(unlisted) > 1 else ""
    raise TooManyRejectedError(
        f"{unlisted[0].path}{others} cannot be used, and classes or parts of them would be lost: "
        f"{unlisted[0].reason}",
        allowed="folders that you may list",
        fix="change their permissions, move them away, or leave out what is in them with --max-rejected 1",
    )


def write_rejected(path: Path, rejected: Sequence[Rejected], passed_over: Sequence[PassedOver] = ()) -> None:
    """Write ``path,split,reason`` rows as CSV in UTF-8, the header always; what was passed over has no split."""
    with (
        replacing(path) as part,
        part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(Rejected._fields)
        writer.writerows(rejected)
        for item in passed_over:
            writer.writerows((name, "", f"passed over: {item.kind}") for name in item.paths)
            if item.n_files > len(item.paths):
                writer.writerow(("", "", f"passed over: {item.kind}, {item.n_files - len(item.paths)} more"))
