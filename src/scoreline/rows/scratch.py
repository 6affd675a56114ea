"""Arrays on the disk that nobody has to clean up: memory-mapped files without a name."""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from scoreline._text import show_size
from scoreline._typing import Array
from scoreline.errors import DataError

__all__ = ["Allocate", "scratch_array", "scratch_file"]

#: Makes an array of a shape and dtype, in memory (`numpy.empty`) or on the disk (`scratch_array`).
Allocate: TypeAlias = Callable[[tuple[int, ...], DTypeLike], Array]


def scratch_array(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return a writeable array of zeros that lies in a temporary file without a name; see `scratch_file`."""
    return np.ndarray(shape, dtype, buffer=scratch_file(math.prod(shape) * np.dtype(dtype).itemsize))


def scratch_file(n_bytes: int) -> mmap.mmap:
    """Return a temporary file of zeros, mapped into memory.

    It has no name any more when this returns: the system removes it with the mapping, or with the process, however
    that ends. It lies in the folder that the environment variable ``TMPDIR`` names, else in ``/var/tmp``, because
    ``/tmp`` may itself be in memory. Its room is reserved at once, since a disk that is found full while a mapped
    page is written ends the process without a word.

    Raises
    ------
    DataError
        There is no room in that folder.
    """
    n_bytes = max(1, n_bytes)
    folder = _folder()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            else:
                file.truncate(n_bytes)
            return mmap.mmap(file.fileno(), n_bytes)
    except OSError as error:
        raise DataError(
            f"There is no room for a temporary file of {show_size(n_bytes)} in {folder} ({error.strerror})",
            allowed="a folder on a disk with that much room",
            fix="make room, or name another folder in the environment variable TMPDIR",
        ) from error


def _folder() -> Path:
    large = Path("/var/tmp")  # noqa: S108 - the place for large temporary files; ours has no name there
    if "TMPDIR" not in os.environ and os.access(large, os.W_OK):
        return large
    return Path(tempfile.gettempdir())
