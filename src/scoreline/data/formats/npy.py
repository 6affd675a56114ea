"""NumPy arrays that stay on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from scoreline._typing import Array
from scoreline.data.arrays import array_dataset
from scoreline.data.base import Dataset
from scoreline.data.formats.base import SPLIT_NAMES, Reader
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError

__all__ = ["Npy"]


class Npy(Reader):
    """A ``.npy`` file with its labels beside it, or a folder with such a pair for each split.

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

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Open the examples and read the labels; see `Reader.read`."""
        if path.is_file():
            others = ("y.npy", "labels.npy")
            pair = _pair(path, [path.with_name(name) for name in others])
            return array_dataset(path.stem, {"train": pair}, evaluation=options.evaluation)
        parts = {
            SPLIT_NAMES[file.stem]: _pair(file, [])
            for file in sorted(path.glob("*.npy"))
            if file.stem in SPLIT_NAMES
        }
        return array_dataset(path.resolve().name, parts, evaluation=options.evaluation)


def _pair(file: Path, other_labels: list[Path]) -> tuple[Array, Array]:
    candidates = [file.with_suffix(".labels.npy"), *other_labels]
    labels = next((candidate for candidate in candidates if candidate.is_file() and candidate != file), None)
    if labels is None:
        raise DataError(
            f"There are no labels beside {printable(file)}",
            allowed=" or ".join(printable(candidate.name) for candidate in candidates),
            fix="save the labels under one of these names in the same folder",
        )
    return _load(file, "r"), _load(labels)


def _load(file: Path, mmap_mode: Literal["r"] | None = None) -> Array:
    try:
        return np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{printable(file)} cannot be read ({error})",
            allowed="a whole .npy file of numbers (or of strings, for labels)",
            fix="write it again with numpy.save",
        ) from error
