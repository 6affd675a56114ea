"""NumPy archives."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, ClassVar, NamedTuple

from numpy.lib import format as npy_format

from scoreline._text import shortened
from scoreline._typing import Array
from scoreline.data.formats.base import ArrayReader, Parts
from scoreline.data.formats.numpy_files import ArrayHeader, read_header
from scoreline.data.labels import check_count
from scoreline.data.limits import check_ratio, check_room, open_regular
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["Npz"]

# Split, the names of its examples and of its labels, in lower case, the first choice first.
_KEYS = (
    ("train", ("x_train", "train_x", "train_images", "x", "images", "features", "embeddings", "data"),
     ("y_train", "train_y", "train_labels", "y", "labels", "targets", "target")),
    ("validation", ("x_val", "x_valid", "x_validation", "val_x", "val_images"),
     ("y_val", "y_valid", "y_validation", "val_y", "val_labels")),
    ("test", ("x_test", "test_x", "test_images"), ("y_test", "test_y", "test_labels")),
)  # fmt: skip
_CLASS_KEYS = ("classes", "class_names")
_MAX_DIRECTORY = 2**20
_END, _END_64, _LOCATOR = b"PK\5\6", b"PK\6\6", b"PK\6\7"


class _Member(NamedTuple):
    """An array in the archive, and its header."""

    info: zipfile.ZipInfo
    header: ArrayHeader


class Npz(ArrayReader):
    """A ``.npz`` file: ``X`` and ``y`` (or ``images`` and ``labels``), or ``x_train``, ``y_train``, ``x_test``...

    ``classes`` may hold the class names. Arrays of Python objects are refused, because reading them could run
    foreign code. All headers are read and checked before the first array is.
    """

    accepts: ClassVar[str] = "a .npz file with X and y, images and labels, or x_train, y_train, x_test, y_test"

    def matches(self, path: Path) -> bool:
        """A file with the suffix .npz."""
        return path.is_file() and path.suffix.lower() == ".npz"

    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Read the arrays into memory; see `ArrayReader.read_parts`."""
        with open_regular(path) as stream:
            _check_directory(path, stream)
            with zipfile.ZipFile(stream) as archive:
                names = _array_names(archive)
                pairs = {split: pair for split, *keys in _KEYS if (pair := _pair(names, *keys)) is not None}
                if not pairs:
                    raise _no_pair(path, names)
                class_key = next((key for key in _CLASS_KEYS if key in names), None)
                wanted = [key for pair in pairs.values() for key in pair] + [class_key] * (class_key is not None)
                members = {key: _member(path, archive, names[key]) for key in wanted if key is not None}
                for x_key, y_key in pairs.values():
                    where = f"{names[x_key][:-4]} in {printable(path)}"
                    check_count(where, members[x_key].header.shape, members[y_key].header.shape)
                check_room(path, sum(member.header.n_bytes for member in members.values()), options.memory)
                arrays = {key: _read(archive, member) for key, member in members.items()}
        classes = None if class_key is None else _class_names(path, arrays[class_key])
        parts = {split: (arrays[x_key], arrays[y_key]) for split, (x_key, y_key) in pairs.items()}
        return Parts(path.stem, parts, classes, _notes(archive.namelist(), {names[key] for key in members}))


def _check_directory(path: Path, stream: BinaryIO) -> None:
    """Refuse a zip file whose list of members is so long that reading it would fill the memory."""
    size = os.fstat(stream.fileno()).st_size
    stream.seek(-min(size, 2**16 + 100), os.SEEK_END)
    tail = stream.read()
    stream.seek(0)
    end = tail.rfind(_END)
    # Large archives have a second record, to which a locator right before the first one leads.
    end_64 = tail.rfind(_END_64, 0, end) if tail[max(end - 20, 0) : max(end - 16, 0)] == _LOCATOR else -1
    length = struct.unpack_from("<I", tail, end + 12)[0] if 0 <= end <= len(tail) - 16 else 0
    if 0 <= end_64 <= len(tail) - 48:
        length = max(length if length < 2**32 - 1 else 0, struct.unpack_from("<Q", tail, end_64 + 40)[0])
    if length > _MAX_DIRECTORY:
        raise DataError(
            f"{printable(path)} cannot be read (the list of its members takes {length} bytes)",
            allowed=f"a .npz file of a few arrays, their list of at most {_MAX_DIRECTORY} bytes",
            fix="write it again with numpy.savez",
        )


def _array_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the members that are arrays: their names without suffix, in lower case, and as they are."""
    names = [name for name in archive.namelist() if name.endswith(".npy")]
    return {name[: -len(".npy")].lower(): name for name in reversed(names)}


def _pair(names: Mapping[str, str], *keys: tuple[str, ...]) -> tuple[str, str] | None:
    x_key, y_key = (next((key for key in choices if key in names), None) for choices in keys)
    return None if x_key is None or y_key is None else (x_key, y_key)


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> _Member:
    info = archive.getinfo(name)
    key = shortened(name[: -len(".npy")])
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        found = "encrypted" if info.flag_bits & 1 else f"compressed by method {info.compress_type}"
        raise DataError(
            f"{key} in {printable(path)} cannot be read: it is {found}",
            allowed="members that are stored or deflated, as numpy.savez and numpy.savez_compressed write them",
            fix="write the file again with numpy.savez",
        )
    # The packed size in the directory is at most that of the file.
    check_ratio(path, key, min(info.compress_size, path.stat().st_size), info.file_size)
    labels = any(key.lower() in y_keys for _, _, y_keys in _KEYS) or key.lower() in _CLASS_KEYS
    with archive.open(info) as content:
        return _Member(info, read_header(content, info.file_size, f"{key} in {printable(path)}", labels=labels))


def _read(archive: zipfile.ZipFile, member: _Member) -> Array:
    with archive.open(member.info) as content:
        # NumPy allocates what the header announces, which was checked.
        array: Array = npy_format.read_array(content, allow_pickle=False)
    return array


def _class_names(path: Path, names: Array) -> list[str]:
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise DataError(
            f"The class names in {printable(path)} have shape {names.shape} and dtype {names.dtype}",
            allowed="text, one name a class",
            fix="save classes=numpy.array(['cat', 'dog'])",
        )
    return [
        name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name for name in names.tolist()
    ]


def _no_pair(path: Path, names: Mapping[str, str]) -> DataError:
    held = ", ".join(shortened(name[:-4]) for name in list(names.values())[:8]) or "no array of a known name"
    only_examples = any(key in names for _, x_keys, _ in _KEYS for key in x_keys)
    return DataError(
        f"{printable(path)} holds {held}" + (" but no labels" if only_examples else ""),
        allowed=Npz.accepts,
        fix="save the labels beside the examples, as y" if only_examples else "name the arrays X and y",
    )


def _notes(names: Iterable[str], used: set[str]) -> tuple[str, ...]:
    left = ", ".join(printable(shortened(name.removesuffix(".npy"))) for name in names if name not in used)
    return (f"Arrays without a part in the data set were passed over: {shortened(left)}.",) if left else ()
