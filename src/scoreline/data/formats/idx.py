"""IDX files: MNIST and its family."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, ClassVar, cast

import numpy as np

from scoreline._typing import Array
from scoreline.data.arrays import array_dataset
from scoreline.data.base import Dataset
from scoreline.data.formats.base import Reader
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError

__all__ = ["Idx"]

_MAX_BYTES = 2**32
_UNSIGNED_BYTE = 8
_PREFIXES = {"train": "train", "test": "t10k"}


class Idx(Reader):
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

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read images and labels; see `Reader.read`."""
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
            parts[split] = read_idx(images, 3), read_idx(labels, 1)
        return array_dataset(path.resolve().name, parts, evaluation=options.evaluation)


def _find(folder: Path, stem: str, axes: int) -> Path | None:
    names = [f"{stem}{mark}idx{axes}-ubyte{suffix}" for mark in "-." for suffix in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def read_idx(file: Path, axes: int) -> Array:
    """Read an IDX file of unsigned bytes with so many axes.

    Raises
    ------
    DataError
        The file is damaged, cut off, too long, or of another kind.
    """
    try:
        with cast("IO[bytes]", gzip.open(file) if file.suffix == ".gz" else file.open("rb")) as stream:
            head = stream.read(4 + 4 * axes)
            if len(head) < 4 + 4 * axes or head[:4] != bytes((0, 0, _UNSIGNED_BYTE, axes)):
                raise _damaged(file, f"it starts with {head[:4].hex(' ')}")
            shape = struct.unpack(f">{axes}I", head[4:])
            length = math.prod(shape)
            if length > _MAX_BYTES:
                raise _damaged(file, f"its header announces {length} bytes")
            # One byte more than announced shows whether there is more, however much a gzip file would unpack to.
            content = stream.read(length + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(file, str(error)) from error
    if len(content) != length:
        raise _damaged(file, f"{'more' if len(content) > length else 'fewer'} than the {length} bytes announced")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape).copy()


def _damaged(file: Path, found: str) -> DataError:
    return DataError(
        f"{printable(file)} is no whole IDX file ({found})",
        allowed=f"IDX files of unsigned bytes, up to {_MAX_BYTES} of them",
        fix="download the file again",
    )
