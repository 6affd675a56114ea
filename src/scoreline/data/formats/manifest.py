"""A table of image files: ``path,label[,split]``."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NamedTuple

from scoreline.data.arrays import assemble
from scoreline.data.base import Dataset, Rejected
from scoreline.data.formats.base import SPLIT_NAMES, Reader
from scoreline.data.image_files import ImageFile, read_image_files
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError

__all__ = ["Manifest"]

_ORDER = ("train", "validation", "test")


class _Row(NamedTuple):
    path: str
    label: str
    split: str
    #: Why the row cannot be used; empty when it can.
    problem: str


class Manifest(Reader):
    """A CSV file with the columns ``path``, ``label`` and perhaps ``split``.

    Paths are relative to the manifest's folder and must stay in it, so that a manifest from elsewhere cannot
    read other files. An empty split means train. Labels are class names, sorted as text.
    """

    accepts: ClassVar[str] = "a .csv file with the columns path, label and perhaps split"

    def matches(self, path: Path) -> bool:
        """A file with the suffix .csv."""
        return path.is_file() and path.suffix.lower() == ".csv"

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read the table, then the images; see `Reader.read`."""
        rows = list(_rows(path))
        learned = _ORDER if options.evaluation else ("train",)
        classes = sorted({row.label for row in rows if row.split in learned and not row.problem})
        label = {name: index for index, name in enumerate(classes)}
        files, bad = [], []
        for split in _ORDER:
            for row in rows:
                if row.split != split:
                    continue
                problem = row.problem
                if not problem and row.label not in label:
                    problem = f"the label {row.label} is not among the labels of the training split"
                if problem:
                    bad.append(Rejected(printable(row.path), split, problem))
                else:
                    file = path.parent / row.path
                    files.append(ImageFile(file, printable(row.path), split, label[row.label]))
        if not classes:
            raise DataError(
                f"The manifest {printable(path)} has no usable training rows",
                allowed="rows like 'images/1.png,cat,train'",
                fix="check the columns path, label and split",
            )
        result = read_image_files(files, classes, options, progress, already_bad=bad)
        return assemble(
            path.stem, classes, result.splits, result.rejected, result.notes, evaluation=options.evaluation
        )


def _rows(path: Path) -> Iterator[_Row]:
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
            if not {"path", "label"} <= set(columns):
                raise DataError(
                    f"The manifest {printable(path)} has the columns {', '.join(columns) or '(none)'}",
                    allowed="the columns path, label and perhaps split, named in the first line",
                    fix="write 'path,label,split' as the first line",
                )
            reader.fieldnames = columns
            for row in reader:
                yield _row(row.get("path") or "", row.get("label") or "", row.get("split") or "")
    except (OSError, csv.Error) as error:
        raise DataError(
            f"The manifest {printable(path)} cannot be read ({error})",
            allowed="a CSV file in UTF-8",
            fix="save the table again as CSV",
        ) from error


def _row(path: str, label: str, split: str) -> _Row:
    given = split.strip().lower()
    known = SPLIT_NAMES.get(given or "train")
    problem = ""
    if not path:
        problem = "no path in this row"
    elif not label.strip():
        problem = "no label in this row"
    elif known is None:
        problem = f"unknown split {printable(given)}"
    elif Path(path).is_absolute() or Path(os.path.normpath(path)).parts[:1] == (os.pardir,):
        problem = "the path leaves the folder of the manifest"
    return _Row(path, printable(label.strip()), known or "train", problem)
