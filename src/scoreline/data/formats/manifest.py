"""A table of image files: ``path,label[,split]``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, NamedTuple

from scoreline._text import shortened
from scoreline.data.base import Dataset, Rejected
from scoreline.data.foreign import as_data_error
from scoreline.data.formats.base import SPLIT_NAMES, Reader
from scoreline.data.formats.listed_paths import ListedPaths
from scoreline.data.formats.table import Table, read_table
from scoreline.data.image_files import ImageFile, read_image_files
from scoreline.data.image_kinds import SUFFIXES
from scoreline.data.labels import whole_texts
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError, TooManyRejectedError

__all__ = ["Manifest"]

_ORDER = ("train", "validation", "test")
#: What the columns are called in practice, the first choice first.
_PATHS = (
    "path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img", "img_path",
    "image_name", "image_file", "image_filename", "imagepath", "img_name", "paths", "files", "filenames",
    "filepaths", "images", "image_id", "id",
)  # fmt: skip
_LABELS = (
    "label", "labels", "class", "class_name", "class_label", "category", "target", "species", "breed", "tag", "y",
    "label_name", "category_name", "classes", "class_id", "label_id", "category_id", "diagnosis",
)  # fmt: skip
_SPLITS = ("split", "set", "partition", "subset", "data_set", "dataset")
_ZERO_OR_ONE = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}


class _Columns(NamedTuple):
    """Where the parts of a row stand; without a column of labels there are several of zeros and a one."""

    path: int
    label: int | None
    split: int | None
    one_hot: list[int]


class _Row(NamedTuple):
    line: int
    path: str
    label: str
    split: str
    #: Why the row cannot be used; empty when it can.
    problem: str

    @property
    def name(self) -> str:
        """What to call the row in lists."""
        return printable(self.path) if self.path.strip() else f"line {self.line}"


class Manifest(Reader):
    """A table with the columns ``path``, ``label`` and perhaps ``split``, or with other customary names for them.

    Values stand between commas, semicolons, tabs or ``|``; the file is in UTF-8 or UTF-16. Paths are relative to
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
            rows, notes = _read_rows(path)
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
                    known = ", ".join(shortened(name, 40) for name in classes[:5])
                    problem = f"the label {row.label} is not among the labels of the training split ({known})"
                if problem:
                    bad.append(row._replace(problem=problem))
                else:
                    files.append(ImageFile(path.parent / row.path, row.name, split, label[row.label]))
        _check_bad(path, bad, len(rows), options.max_rejected)
        if not classes:
            raise DataError(
                f"The manifest {printable(path)} has no training rows among its {len(rows)} rows",
                allowed="rows like 'images/1.png,cat,train'",
                fix="write train, or nothing, as the split of the rows to learn from",
            )
        already_bad = [Rejected(row.name, row.split, row.problem) for row in bad]
        result = read_image_files(files, classes, options, progress, already_bad=already_bad)
        dataset = result.dataset(path.stem, classes, evaluation=options.evaluation)
        return replace(dataset, notes=(*dataset.notes, *notes))


def _read_rows(path: Path) -> tuple[list[_Row], list[str]]:
    """Return the rows, checked, and what to tell of how the table was read."""
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
        rows.append(
            _Row(
                row.line,
                file,
                printable(label),
                SPLIT_NAMES.get(split or "train", "train"),
                _problem(file, label, split, len(table.columns), row.cells) or paths.problem(file),
            )
        )
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
    """Return where path, label and split stand; raise DataError if that cannot be told."""
    twice = [name for name, count in Counter(table.columns).items() if count > 1 and name in (*_PATHS, *_LABELS)]
    found = [_place(table.columns, names) for names in (_PATHS, _LABELS, _SPLITS)]
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
            f"(or {', '.join(_PATHS[1:8])}; {', '.join(_LABELS[2:8])}; {', '.join(_SPLITS[1:4])}; "
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


def _problem(file: str, label: str, split: str, width: int, cells: list[str]) -> str:
    """Return what is wrong with the values of a row, its path aside."""
    if any(cells[width:]):
        return f"{len(cells)} values for {width} columns"
    if not file.strip():
        return "no path in this row"
    if not label:
        return "no label in this row"
    if (split or "train") not in SPLIT_NAMES:
        return f"unknown split {printable(shortened(split))}"
    return ""


def _check_bad(path: Path, bad: Sequence[_Row], total: int, limit: float) -> None:
    """Raise TooManyRejectedError, with the commonest reason and what would be right, if too many rows are bad."""
    if len(bad) <= limit * total:
        return
    reason, count = Counter(row.problem for row in bad).most_common(1)[0]
    example = next(row for row in bad if row.problem == reason)
    meant = ListedPaths(path.parent).suggestion(example.path)
    fix = "correct these rows, or raise max_rejected"
    if meant and meant != example.path:
        fix = f"write '{shortened(meant, 200)}' in line {example.line}, and the others likewise"
    raise TooManyRejectedError(
        f"{len(bad)} of {total} rows of the manifest {printable(path)} cannot be used, {count} of them because: "
        f"{reason}; line {example.line} has the path '{shortened(example.path, 200)}'",
        allowed=(
            "paths of files, relative to the folder of the manifest and within it, with / between folders and "
            f"the suffix at the end, and at most {limit:.1%} of bad rows"
        ),
        fix=fix,
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
