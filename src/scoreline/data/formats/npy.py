"""NumPy arrays that stay on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from scoreline._typing import Array
from scoreline.data.foreign import as_data_error
from scoreline.data.formats.base import SPLIT_NAMES, ArrayReader, Parts
from scoreline.data.formats.numpy_files import ArrayHeader, read_header
from scoreline.data.labels import check_count
from scoreline.data.limits import check_room, file_size, open_regular
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["Npy"]


class Npy(ArrayReader):
    """A ``.npy`` file with its labels next to it, or a folder with such a pair for each split.

    The labels of ``features.npy`` are ``features.labels.npy``, else ``y.npy`` or ``labels.npy`` in the same
    folder. A folder holds ``train.npy``, ``train.labels.npy`` and perhaps the same for validation and test. The
    examples are memory-mapped: rows are read when they are used.
    """

    accepts: ClassVar[str] = "a .npy file with its labels beside it as NAME.labels.npy or y.npy"

    def matches(self, path: Path) -> bool:
        """A file with the suffix .npy, or a folder that holds train.npy or that of another split."""
        if path.is_file():
            return path.suffix.lower() == ".npy"
        return any((path / f"{name}.npy").is_file() for name in SPLIT_NAMES)

    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Open the examples and read the labels; see `ArrayReader.read_parts`."""
        if path.is_file():
            others = [path.with_name(name) for name in ("y.npy", "labels.npy")]
            return Parts(path.stem, {"train": _pair(path, others, options)})
        parts = {
            SPLIT_NAMES[file.stem.lower()]: _pair(file, [], options)
            for file in sorted(path.glob("*.npy"))
            if file.stem.lower() in SPLIT_NAMES
        }
        return Parts(path.resolve().name, parts)


def _pair(file: Path, other_labels: list[Path], options: LoadOptions) -> tuple[Array, Array]:
    candidates = [file.with_suffix(".labels.npy"), *other_labels]
    labels = next((candidate for candidate in candidates if candidate.is_file() and candidate != file), None)
    if labels is None:
        raise DataError(
            f"There are no labels beside {printable(file)}",
            allowed=" or ".join(printable(candidate.name) for candidate in candidates),
            fix="save the labels under one of these names in the same folder",
        )
    header, label_header = _header(file, labels=False), _header(labels, labels=True)
    check_count(printable(file), header.shape, label_header.shape)
    check_room(labels, label_header.n_bytes, options.memory)
    with as_data_error(labels, allowed="a whole .npy file of labels", fix="write it again with numpy.save"):
        y = np.array(_mapped(labels, label_header))
    return _mapped(file, header), y


def _header(file: Path, *, labels: bool) -> ArrayHeader:
    allowed = "a whole .npy file of numbers (or of text, for labels)"
    with as_data_error(file, allowed=allowed, fix="write it again with numpy.save"), open_regular(file) as stream:
        return read_header(stream, file_size(file), printable(file), labels=labels)


def _mapped(file: Path, header: ArrayHeader) -> Array:
    if not header.n_bytes:  # an empty file cannot be mapped
        return np.empty(header.shape, header.dtype)
    order = "F" if header.fortran_order else "C"
    return np.memmap(file, header.dtype, "r", header.offset, header.shape, order)  # type: ignore[call-overload]
