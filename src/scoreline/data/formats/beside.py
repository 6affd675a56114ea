"""Which files of a folder hold rows of numbers, of which split, and which hold the labels of these."""

from __future__ import annotations

import re
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from scoreline._text import shortened
from scoreline._typing import Array
from scoreline.data.formats.base import SPLIT_NAMES
from scoreline.data.formats.listed_rows import LABEL_COLUMNS
from scoreline.data.formats.table import read_table
from scoreline.data.labels import whole_texts
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["TABLES", "labels_of", "names_of_labels", "read_label_table", "rows_by_split"]

#: Suffixes of tables that may hold labels.
TABLES = (".csv", ".tsv")
_ROWS = {"x", "embeddings", "embedding", "embs", "emb", "features", "feats", "vectors", "images", "rows", "data"}
_LABELS = {"y", "labels", "label", "targets", "target", "classes"}
#: More files of rows than a folder of data has.
_FEW = 30
#: Characters of a label in a table: of all of them the longest decides what an array of them takes.
_LONGEST = 1000
#: Of a single file, whatever it is called.
_PLAIN = ("y.npy", "labels.npy", "labels.csv", "labels.tsv")


class _Role(NamedTuple):
    """What the words in a file's name say: the split, None where it names none, and the others."""

    split: str | None
    others: frozenset[str]

    @classmethod
    def of(cls, file: Path) -> Self:
        words = re.findall(r"[^\W_]+", file.stem.lower())
        splits = [word for word in words if word in SPLIT_NAMES]
        if len(splits) != 1:
            return cls(None, frozenset(words))
        return cls(SPLIT_NAMES[splits[0]], frozenset(words) - {*splits})

    @property
    def rows(self) -> bool:
        """Whether it is a name of rows: ``train``, ``train-embeddings``, ``X``."""
        return self.others <= _ROWS and bool(self.split or self.others)

    @property
    def labels(self) -> bool:
        """Whether it is a name of labels: ``train-labels``, ``y_train``, ``train.labels``."""
        return bool(self.others) and self.others <= _LABELS


def rows_by_split(folder: Path) -> dict[str, Path]:
    """Return the file of rows of each split; nothing for other folders.

    They are called like the split, or like the split and what they hold (``train-embeddings.npy``,
    ``X_train.npy``) where labels are beside them or no folder is, as in one of images. A single file without a
    split, with its labels, is what there is to learn from.

    Raises
    ------
    DataError
        There are several files of one split.
    """
    roles = {file: _Role.of(file) for file in sorted(folder.glob("*.npy"))}
    files = [file for file, role in roles.items() if role.rows and role.split]
    alone = [file for file, role in roles.items() if role.rows and not role.split]
    if not files:
        return {"train": alone[0]} if len(alone) == 1 and labels_of(alone[0], alone=True) else {}
    exact = any(not roles[file].others for file in files)
    # Looking for labels lists the folder: of so many files several are of one split, with labels or without.
    if not exact and not any(map(labels_of, files[:_FEW])) and any(path.is_dir() for path in folder.iterdir()):
        return {}
    found: dict[str, Path] = {}
    for file in files:
        split = str(roles[file].split)
        if split in found:
            raise DataError(
                f"{printable(folder)} has two files of the {split} split, {printable(found[split].name)} and "
                f"{printable(file.name)}",
                allowed="one file of rows a split",
                fix="give the path of one of them, or move the other to another folder",
            )
        found[split] = file
    return found


def labels_of(file: Path, *, alone: bool = False) -> Path | None:
    """Return the file with the labels of a file of rows, None where there is none.

    Parameters
    ----------
    file : path
    alone : bool, default False
        Whether labels that name no split may be meant: those of the only file that is read.
    """
    role, found = _Role.of(file), [file.with_suffix(".labels.npy")]
    if role.split is not None:
        beside = ((path, _Role.of(path)) for path in sorted(file.parent.iterdir()))
        found += [
            path
            for path, other in beside
            if other.split == role.split
            and (path.suffix.lower() in TABLES or path.suffix.lower() == ".npy")
            and (other.labels or (path.suffix.lower() in TABLES and not other.others))
        ]
    if alone:
        found += [file.with_name(name) for name in _PLAIN]
    return next((path for path in found if path != file and path.is_file()), None)


def names_of_labels(file: Path, *, alone: bool) -> str:
    """Return the names under which labels are looked for, for messages."""
    split = _Role.of(file).split
    names = [file.with_suffix(".labels.npy").name]
    if split is not None:
        names += [f"{split}-labels.npy", f"{split}-labels.csv"]
    if alone:
        names += _PLAIN[:3]
    return (
        " or ".join(map(printable, names)) + " (a table has a column 'label', and a line for each row, in order)"
    )


def read_label_table(path: Path) -> tuple[Array, list[str]]:
    """Return the labels in a table, as text ``(N,)``, and notes on how it was read.

    Raises
    ------
    DataError
        No column is one of labels, or a line has none or a very long one.
    """
    table = read_table(path, lambda columns: any(name in LABEL_COLUMNS for name in columns))
    place = next((table.columns.index(name) for name in LABEL_COLUMNS if name in table.columns), None)
    if place is None:
        raise DataError(
            f"The table of labels {printable(path)} has the columns {shortened(', '.join(table.columns))}",
            allowed=f"a column called label (or {', '.join(LABEL_COLUMNS[1:8])}), named in the first line",
            fix="write 'path,label', or 'label' where there is one column, as the first line",
        )
    labels = whole_texts([row.cells[place].strip() if place < len(row.cells) else "" for row in table.rows])
    missing = next((row.line for row, label in zip(table.rows, labels, strict=True) if not label), None)
    if missing is not None:
        raise DataError(
            f"Line {missing} of the table of labels {printable(path)} has no label",
            allowed="a label for each row",
            fix="write one, or leave out the line, and the row that it belongs to",
        )
    row, longest = max(enumerate(map(len, labels)), key=itemgetter(1), default=(0, 0))
    if longest > _LONGEST:
        raise DataError(
            f"Line {table.rows[row].line} of the table of labels {printable(path)} has a label of {longest:,} "
            "characters",
            allowed=f"labels of at most {_LONGEST:,} characters",
            fix="write the name of a class, and look whether all quotes are closed",
        )
    others = [name for name in table.columns if name != table.columns[place] and name]
    passed = f"; passed over: {shortened(', '.join(others))}" if others else ""
    note = f"Labels were read from the column {table.columns[place]} of {printable(path.name)}{passed}."
    return np.array(labels, dtype=np.str_), [note]
