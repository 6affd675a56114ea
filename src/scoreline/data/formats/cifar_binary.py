"""CIFAR-10 and CIFAR-100, the binary version."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from scoreline._typing import Array
from scoreline.data.foreign import cause_of
from scoreline.data.formats.base import ArrayReader, Parts
from scoreline.data.limits import check_room, file_size, open_regular, read_limited
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["CifarBinary", "planes_to_images"]

_PIXELS = 3 * 32 * 32
_MAX_NAMES = 2**16


def planes_to_images(rows: Array) -> Array:
    """Turn rows (N, 3072) of red, green and blue planes into images (N, 32, 32, 3), copied in one piece."""
    return np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


class CifarBinary(ArrayReader):
    """The folder of the binary version.

    An example is its label (CIFAR-100: the coarse and the fine label, of which the fine one is used), one byte
    each, and 3,072 bytes of pixels: the red, the green and the blue plane.

    References
    ----------
    Krizhevsky (2009), Learning multiple layers of features from tiny images; https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    accepts: ClassVar[str] = "the folder of CIFAR-10 or CIFAR-100, binary version (*.bin)"

    def matches(self, path: Path) -> bool:
        """A folder with data_batch_1.bin or train.bin, or with one of the test files."""
        names = ("data_batch_1.bin", "train.bin", "test_batch.bin", "test.bin")
        return any((path / name).is_file() for name in names)

    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Read all batches; see `ArrayReader.read_parts`."""
        ten = any((path / name).is_file() for name in ("data_batch_1.bin", "test_batch.bin"))
        name, label_bytes = ("cifar10", 1) if ten else ("cifar100", 2)
        train = sorted(path.glob("data_batch_*.bin")) if ten else [path / "train.bin"]
        test = path / ("test_batch.bin" if ten else "test.bin")
        files = {"train": [file for file in train if file.exists()], "test": [test] if test.exists() else []}
        parts = {split: _read(found, label_bytes, options.memory) for split, found in files.items() if found}
        return Parts(name, parts, _names(path / ("batches.meta.txt" if ten else "fine_label_names.txt")))


def _names(file: Path) -> list[str]:
    try:
        return read_limited(file, _MAX_NAMES).decode("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"The class names in {printable(file)} cannot be read ({cause_of(error)})",
            allowed="the file of class names from the published archive",
            fix="unpack the whole archive",
        ) from error


def _read(files: list[Path], label_bytes: int, memory: int | None) -> tuple[Array, Array]:
    width = label_bytes + _PIXELS
    counts = [_count(file, width) for file in files]
    check_room(files[0].parent, sum(counts) * width, memory)
    X = np.empty((sum(counts), 32, 32, 3), dtype=np.uint8)
    y = np.empty(len(X), dtype=np.uint8)
    first = 0
    for file, count in zip(files, counts, strict=True):
        with open_regular(file) as stream:
            rows = np.fromfile(stream, dtype=np.uint8, count=count * width).reshape(count, width)
        X[first : first + count] = planes_to_images(rows[:, label_bytes:])
        y[first : first + count] = rows[:, label_bytes - 1]
        first += count
    return X, y


def _count(file: Path, width: int) -> int:
    size = file_size(file)
    count, rest = divmod(size, width)
    if rest or not count:
        raise DataError(
            f"{printable(file)} has {size} bytes",
            allowed=f"a multiple of {width}, the size of one example",
            fix="download and unpack the archive again; this file is cut off",
        )
    return count
