"""A table of image files: ``path,label[,split]``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from scoreline._text import shortened
from scoreline.data.base import Dataset, Rejected
from scoreline.data.foreign import as_data_error
from scoreline.data.formats.base import Reader
from scoreline.data.formats.listed_paths import ListedPaths
from scoreline.data.formats.listed_rows import Fault, ListedRow, read_rows
from scoreline.data.image_files import ImageFile, read_image_files
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError, TooManyRejectedError

__all__ = ["Manifest"]

_ORDER = ("train", "validation", "test")


class Manifest(Reader):
    """A table with the columns ``path``, ``label`` and perhaps ``split``, or with other customary names for them.

    Separators are commas, semicolons, tabs or ``|``; the file is in UTF-8 or UTF-16. Paths are relative to
    the manifest's folder and must stay in it, links included, so that a manifest from elsewhere cannot read other
    files. An empty split means train. Labels are class names, sorted as text; instead of them there may be one
    column a class, with a 1 in one of them and 0 in the others.
    """

    accepts: ClassVar[str] = "a .csv or .tsv file with the columns path, label and perhaps split"

    def matches(self, path: Path) -> bool:
        """A file with the suffix .csv or .tsv."""
        return path.is_file() and path.suffix.lower() in (".csv", ".tsv")

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read the table, then the images; see `Reader.read`."""
        with as_data_error(path, allowed=self.accepts, fix="save the table again as CSV in UTF-8"):
            rows, notes = read_rows(path)
        learned = _ORDER if options.evaluation else ("train",)
        if not any(row.split in learned for row in rows):
            raise DataError(
                f"The manifest {printable(path)} has no training rows among its {len(rows)} rows",
                allowed="rows like 'images/1.png,cat,train'",
                fix="write train, or nothing, as the split of the rows to learn from",
            )
        classes = sorted({row.label for row in rows if row.split in learned and row.fault is None})
        label = {name: index for index, name in enumerate(classes)}
        files, bad, faults = [], [], []
        for row in sorted(rows, key=lambda row: _ORDER.index(row.split)):
            fault = row.fault or (None if row.label in label else _strange_label(row.label, classes))
            if fault is None:
                files.append(ImageFile(path.parent / row.path, row.name, row.split, label[row.label]))
            else:
                bad.append(Rejected(row.name, row.split, fault.reason))
                faults.append((fault, row))
        _check_faults(path, faults, len(rows), options.max_rejected)
        result = read_image_files(files, classes, options, progress, already_bad=bad)
        dataset = result.dataset(path.stem, classes, evaluation=options.evaluation)
        return replace(dataset, notes=(*dataset.notes, *notes))


def _strange_label(label: str, classes: Sequence[str]) -> Fault:
    known = ", ".join(shortened(name, 40) for name in classes[:5]) + (", ..." if len(classes) > 5 else "")
    return Fault(
        f"the label {shortened(label)} is not among the labels of the training split",
        f"the labels of the training rows: {known or 'none, because none of these can be used'}",
        "correct the labels, or add training rows with them",
    )


def _check_faults(path: Path, faults: Sequence[tuple[Fault, ListedRow]], total: int, limit: float) -> None:
    """Raise TooManyRejectedError, with the commonest kind of fault and an example, if too many rows have one."""
    if len(faults) <= limit * total:
        return
    allowed, count = Counter(fault.allowed for fault, _ in faults).most_common(1)[0]
    of_kind = [(fault, row) for fault, row in faults if fault.allowed == allowed]
    commonest, _ = Counter(fault for fault, _ in of_kind).most_common(1)[0]
    row = next(row for fault, row in of_kind if fault == commonest)
    most = "" if count == len(faults) else f", {count} of them for one reason"
    paths = ListedPaths(path.parent)
    meant = paths.suggestion(row.path) if paths.problem(row.path) else ""
    fix = f"write '{meant}' in line {row.line}, and the others likewise" if meant else commonest.fix
    raise TooManyRejectedError(
        f"{len(faults)} of {total} rows of the manifest {printable(path)} cannot be used{most}: "
        f"{commonest.reason}, as in line {row.line} with the path '{shortened(row.path)}'",
        allowed=f"{commonest.allowed}; and at most {limit:.1%} of bad rows, the value of max_rejected",
        fix=fix,
    )
