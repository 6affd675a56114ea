"""IDX files: MNIST and its family."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, ClassVar, cast

import numpy as np

from scoreline._typing import Array
from scoreline.data.foreign import cause_of
from scoreline.data.formats.base import ArrayReader, Parts
from scoreline.data.limits import check_ratio, check_room, open_regular
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["Idx"]

_MAX_BYTES = 2**32
_UNSIGNED_BYTE = 8
_PREFIXES = {"train": "train", "test": "t10k"}


class Idx(ArrayReader):
    """A folder with ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, perhaps ``t10k-...``, also gzipped.

    A file is two zero bytes, the type of its numbers (8: unsigned bytes, the only one read here), the number
    of axes, the length of each axis in four bytes, the highest first, and the numbers.

    References
    ----------
    LeCun, Cortes & Burges, The MNIST database of handwritten digits.
    """

    accepts: ClassVar[str] = "a folder with IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-...)"

    def matches(self, path: Path) -> bool:
        """A folder with training or test images under their usual names."""
        return any(_find(path, f"{prefix}-images", 3) is not None for prefix in _PREFIXES.values())

    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Read images and labels; see `ArrayReader.read_parts`."""
        parts: dict[str, tuple[Array, Array]] = {}
        for split, prefix in _PREFIXES.items():
            images, labels = _find(path, f"{prefix}-images", 3), _find(path, f"{prefix}-labels", 1)
            if images is None and labels is None:
                continue
            if images is None or labels is None:
                raise DataError(
                    f"{printable(path)} has only one of {prefix}-images and {prefix}-labels",
                    allowed="images and labels together",
                    fix="put the missing file beside the other",
                )
            parts[split] = read_idx(images, 3, options.memory), read_idx(labels, 1, options.memory)
        return Parts(path.resolve().name, parts)


def _find(folder: Path, stem: str, axes: int) -> Path | None:
    names = [f"{stem}{mark}idx{axes}-ubyte{suffix}" for mark in "-." for suffix in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def read_idx(file: Path, axes: int, memory: int | None = None) -> Array:
    """Read an IDX file of unsigned bytes with so many axes.

    Raises
    ------
    DataError
        The file is damaged, cut off, too long, of another kind, or announces more than it can hold.
    UsageError
        It does not fit into the bound on memory.
    """
    with _told_as_damaged(file), open_regular(file) as raw:
        size, packed = os.fstat(raw.fileno()).st_size, file.suffix == ".gz"
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if packed else raw)
        head = stream.read(4 + 4 * axes)
        if len(head) < 4 + 4 * axes or head[:4] != bytes((0, 0, _UNSIGNED_BYTE, axes)):
            raise _damaged(file, f"it starts with {head[:4].hex(' ')}")
        shape = struct.unpack(f">{axes}I", head[4:])
        length = math.prod(shape)
        if length > _MAX_BYTES or (not packed and length > size):
            raise _damaged(file, f"its header announces {length} bytes, the file has {size}")
        if packed:
            check_ratio(file, "the content", size, length)
        check_room(file, length, memory)
        # One byte more than announced shows whether there is more, however much a gzip file would unpack to.
        content = stream.read(length + 1)
    if len(content) != length:
        raise _damaged(file, f"{'more' if len(content) > length else 'fewer'} than the {length} bytes announced")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape).copy()


@contextmanager
def _told_as_damaged(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(file, cause_of(error)) from error


def _damaged(file: Path, found: str) -> DataError:
    return DataError(
        f"{printable(file)} is no whole IDX file ({found})",
        allowed=f"IDX files of unsigned bytes, up to {_MAX_BYTES} of them",
        fix="download the file again",
    )
