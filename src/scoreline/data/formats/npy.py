"""NumPy arrays that stay on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from scoreline._typing import Array
from scoreline.data.foreign import as_data_error
from scoreline.data.formats.base import ArrayReader, Parts
from scoreline.data.formats.beside import TABLES, labels_of, names_of_labels, read_label_table, rows_by_split
from scoreline.data.formats.numpy_files import ArrayHeader, read_header
from scoreline.data.labels import check_count
from scoreline.data.limits import check_room, file_size, open_regular
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["Npy"]


class Npy(ArrayReader):
    """A ``.npy`` file with its labels next to it, or a folder with such a pair for each split.

    The labels of ``features.npy`` are ``features.labels.npy``, else ``y.npy``, ``labels.npy`` or ``labels.csv`` in
    the same folder. A folder holds ``train.npy``, ``train-embeddings.npy`` or ``X_train.npy`` with
    ``train.labels.npy``, ``train-labels.csv`` or ``y_train.npy``, and perhaps the same for validation and test. A
    table has a column ``label``, and a line for each row, in order. The examples are memory-mapped: rows are read
    when they are used.
    """

    accepts: ClassVar[str] = (
        "a .npy file with its labels beside it as NAME.labels.npy, y.npy or labels.csv, or a folder with "
        "train.npy or train-embeddings.npy and train.labels.npy or train-labels.csv, and likewise for test"
    )

    def matches(self, path: Path) -> bool:
        """A file with the suffix .npy, or a folder that holds train.npy or that of another split."""
        if path.is_file():
            return path.suffix.lower() == ".npy"
        return path.is_dir() and bool(rows_by_split(path))

    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Open the examples and read the labels; see `ArrayReader.read_parts`."""
        files = {"train": path} if path.is_file() else rows_by_split(path)
        parts: dict[str, tuple[Array, Array]] = {}
        notes: list[str] = []
        for split, file in files.items():
            X, y, more = _pair(file, options, alone=len(files) == 1)
            parts[split] = X, y
            notes += more
        return Parts(path.stem if path.is_file() else path.resolve().name, parts, notes=tuple(notes))


def _pair(file: Path, options: LoadOptions, *, alone: bool) -> tuple[Array, Array, list[str]]:
    labels = labels_of(file, alone=alone)
    if labels is None:
        raise DataError(
            f"There are no labels beside {printable(file)}",
            allowed=names_of_labels(file, alone=alone),
            fix="save the labels under one of these names in the same folder",
        )
    header = _header(file, labels=False)
    if labels.suffix.lower() in TABLES:
        y, notes = read_label_table(labels)
        check_count(printable(file), header.shape, y.shape)
        return _mapped(file, header), y, notes
    label_header = _header(labels, labels=True)
    check_count(printable(file), header.shape, label_header.shape)
    check_room(labels, label_header.n_bytes, options.memory)
    with as_data_error(labels, allowed="a whole .npy file of labels", fix="write it again with numpy.save"):
        y = np.array(_mapped(labels, label_header))
    return _mapped(file, header), y, []


def _header(file: Path, *, labels: bool) -> ArrayHeader:
    allowed = "a whole .npy file of numbers (or of text, for labels)"
    with as_data_error(file, allowed=allowed, fix="write it again with numpy.save"), open_regular(file) as stream:
        return read_header(stream, file_size(file), printable(file), labels=labels)


def _mapped(file: Path, header: ArrayHeader) -> Array:
    if not header.n_bytes:  # an empty file cannot be mapped
        return np.empty(header.shape, header.dtype)
    order = "F" if header.fortran_order else "C"
    return np.memmap(file, header.dtype, "r", header.offset, header.shape, order)  # type: ignore[call-overload]
