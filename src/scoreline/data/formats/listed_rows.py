"""The rows of a manifest: which columns they have, and what is wrong with a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scoreline._text import shortened
from scoreline.data.formats.base import SPLIT_NAMES, split_of
from scoreline.data.formats.listed_paths import ListedPaths
from scoreline.data.formats.table import Table, read_table
from scoreline.data.image_kinds import SUFFIXES
from scoreline.data.labels import whole_texts
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["LABEL_COLUMNS", "Fault", "ListedRow", "read_rows"]

#: Customary names of the columns, the first choice first.
_PATHS = (
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img", "img_path",
    "image_name", "image_file", "image_filename", "imagepath", "img_name", "paths", "files", "filenames",
    "filepaths", "images", "image_id", "id",
)  # fmt: skip
LABEL_COLUMNS = (
    "label", "labels", "class", "class_name", "class_label", "category", "target", "species", "breed", "tag", "y",
    "label_name", "category_name", "classes", "class_id", "label_id", "category_id", "diagnosis",
)  # fmt: skip
_SPLITS = ("split", "set", "partition", "subset", "data_set", "dataset")
_ZERO_OR_ONE = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}


class _Columns(NamedTuple):
    """The columns of the parts of a row; without a column of labels there are several of zeros and a one."""

    path: int
    label: int | None
    split: int | None
    one_hot: list[int]


class Fault(NamedTuple):
    """Why a row cannot be used, and what would be right; faults of one kind allow the same."""

    reason: str
    allowed: str
    fix: str


class ListedRow(NamedTuple):
    """A row of the table."""

    line: int
    path: str
    label: str
    split: str
    #: Why it cannot be used; None when it can.
    fault: Fault | None

    @property
    def name(self) -> str:
        """What to call the row in lists."""
        return printable(self.path) if self.path.strip() else f"line {self.line}"


def read_rows(path: Path) -> tuple[list[ListedRow], list[str]]:
    """Return the rows, checked, and notes on how the table was read.

    Raises
    ------
    DataError
        The columns are not those of a manifest, or there is no row below their names.
    """
    table = read_table(path, _is_known)
    columns = _find_columns(path, table)
    labels = _labels(table, columns)
    paths, cleaned = ListedPaths(path.parent), 0
    rows = []
    for row, label in zip(table.rows, labels, strict=True):
        given = _cell(row.cells, columns.path)
        file = paths.cleaned(given)
        cleaned += file != given
        split = _cell(row.cells, columns.split).strip().lower()
        fault = _cell_fault(file, label, split, len(table.columns), row.cells) or _path_fault(paths, file, label)
        rows.append(ListedRow(row.line, file, printable(label), split_of(split or "train") or "train", fault))
    if not rows:
        raise DataError(
            f"The manifest {printable(path)} has no rows below the names of its columns",
            allowed="rows like 'images/1.png,cat,train'",
            fix="write one row an image",
        )
    return rows, _notes(table, columns, cleaned)


def _is_known(columns: list[str]) -> bool:
    return any(name in _PATHS for name in columns) and len(columns) > 1


def _find_columns(path: Path, table: Table) -> _Columns:
    """Return the columns of path, label and split; raise DataError if they are ambiguous."""
    twice = [
        name for name, count in Counter(table.columns).items() if count > 1 and name in (*_PATHS, *LABEL_COLUMNS)
    ]
    found = [_place(table.columns, names) for names in (_PATHS, LABEL_COLUMNS, _SPLITS)]
    file, label, split = found
    one_hot: list[int] = []
    if file is not None and label is None:
        one_hot = [place for place in range(len(table.columns)) if place not in found and _is_binary(table, place)]
    if file is not None and not twice and (label is not None or len(one_hot) > 1):
        return _Columns(file, label, split, one_hot)
    given = f"has the column {twice[0]} twice" if twice else f"has the columns {_shown(table.columns) or '(none)'}"
    fix = "write 'path,label,split' as the first line"
    if any(Path(name).suffix in SUFFIXES for name in table.columns):
        fix = "the first line is a row already: write 'path,label' above it"
    raise DataError(
        f"The manifest {printable(path)} {given}",
        allowed=(
            "the columns path, label and perhaps split, named in the first line "
            f"(or {', '.join(_PATHS[1:8])}; {', '.join(LABEL_COLUMNS[2:8])}; {', '.join(_SPLITS[1:4])}; "
            "or one column of 0 and 1 for each class)"
        ),
        fix=fix,
    )


def _place(columns: list[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _is_binary(table: Table, place: int) -> bool:
    return all(_cell(row.cells, place).strip().lower() in _ZERO_OR_ONE for row in table.rows)


def _shown(columns: Sequence[str]) -> str:
    return shortened(", ".join(columns[:12]) + (", ..." if len(columns) > 12 else ""), 300)


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _labels(table: Table, columns: _Columns) -> list[str]:
    """Return the label of each row; empty where there is none, or more than one column is 1."""
    if columns.label is not None:
        return whole_texts([_cell(row.cells, columns.label).strip() for row in table.rows])
    labels = []
    for row in table.rows:
        ones = [place for place in columns.one_hot if _ZERO_OR_ONE[_cell(row.cells, place).strip().lower()]]
        labels.append(table.titles[ones[0]] if len(ones) == 1 else "")
    return labels


def _cell_fault(file: str, label: str, split: str, width: int, cells: list[str]) -> Fault | None:
    """Return what is wrong with the values of a row, its path aside."""
    if any(cells[width:]):
        return Fault(
            f"{len(cells)} values for {width} columns",
            "as many values in a row as the first line names columns",
            'put values that have a comma of their own into double quotes: "a, b.png"',
        )
    if not file.strip():
        return Fault("no path in this row", "the path of an image in every row", "fill in the paths")
    if not label:
        return Fault(
            "no label in this row",
            "a label in every row, or a 1 in just one of the columns of classes",
            "fill in the labels, or leave out these rows",
        )
    if split and split_of(split) is None:
        return Fault(
            f"unknown split {printable(shortened(split))}",
            f"the splits {', '.join(SPLIT_NAMES)}, or nothing for train",
            "write one of these as the split",
        )
    return None


def _path_fault(paths: ListedPaths, file: str, label: str) -> Fault | None:
    """Return what is wrong with the path of a row."""
    reason = paths.problem(file)
    if not reason:
        return None
    fix = "put the files below the folder of the manifest, or correct their paths"
    if Path(label).suffix.lower() in SUFFIXES:
        fix = "exchange the names of the two columns: the label looks like a path"
    return Fault(
        reason,
        "paths of files, relative to the folder of the manifest and within it, with / between folders and the "
        "suffix at the end",
        fix,
    )


def _notes(table: Table, columns: _Columns, cleaned: int) -> list[str]:
    notes = []
    named = [table.columns[place] for place in (columns.path, columns.label) if place is not None]
    if columns.label is None:
        classes = _shown([table.titles[place] for place in columns.one_hot])
        notes.append(f"Labels were read from one column for each class: {classes}.")
    elif named != ["path", "label"]:
        notes.append(f"Paths were read from the column {named[0]} and labels from the column {named[1]}.")
    used = {columns.path, columns.label, columns.split, *columns.one_hot}
    left = [name for place, name in enumerate(table.columns) if place not in used and name]
    if left:
        notes.append(f"Columns of the manifest that were passed over: {_shown(left)}.")
    if cleaned:
        notes.append(f"Spaces or quotes around {cleaned} paths were left out.")
    return notes
