"""NumPy archives."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import ClassVar

import numpy as np

from scoreline._typing import Array
from scoreline.data.arrays import array_dataset
from scoreline.data.base import Dataset
from scoreline.data.formats.base import Reader
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError

__all__ = ["Npz"]

# Split, the names of its examples, the names of its labels.
_KEYS = (
    ("train", ("x_train", "X_train", "train_images", "X", "x", "images", "features"),
     ("y_train", "train_labels", "y", "labels")),
    ("validation", ("x_val", "X_val", "x_validation", "X_validation", "val_images"),
     ("y_val", "y_validation", "val_labels")),
    ("test", ("x_test", "X_test", "test_images"), ("y_test", "test_labels")),
)  # fmt: skip
_CLASS_KEYS = ("classes", "class_names")


class Npz(Reader):
    """A ``.npz`` file: ``X`` and ``y`` (or ``images`` and ``labels``), or ``x_train``, ``y_train``, ``x_test``...

    ``classes`` may hold the class names. Arrays of Python objects are refused, because reading them could run
    foreign code.
    """

    accepts: ClassVar[str] = "a .npz file with X and y, images and labels, or x_train, y_train, x_test, y_test"

    def matches(self, path: Path) -> bool:
        """A file with the suffix .npz."""
        return path.is_file() and path.suffix.lower() == ".npz"

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read the arrays into memory; see `Reader.read`."""
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in _wanted(archive.files)}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{printable(path)} cannot be read ({error})",
                allowed="a .npz file of numbers and strings, without Python objects",
                fix="write it again with numpy.savez",
            ) from error
        parts: dict[str, tuple[Array, Array]] = {}
        for split, x_keys, y_keys in _KEYS:
            x_key, y_key = (next((key for key in keys if key in arrays), None) for keys in (x_keys, y_keys))
            if x_key is not None and y_key is not None:
                parts[split] = arrays[x_key], arrays[y_key]
        if not parts:
            raise DataError(
                f"{printable(path)} holds {', '.join(arrays) or 'no array of a known name'}",
                allowed=self.accepts,
                fix="name the arrays X and y",
            )
        names = next((arrays[key] for key in _CLASS_KEYS if key in arrays), None)
        known = None if names is None else [str(name) for name in names.tolist()]
        return array_dataset(path.stem, parts, known, evaluation=options.evaluation)


def _wanted(keys: list[str]) -> list[str]:
    known = {key for _, x_keys, y_keys in _KEYS for key in (*x_keys, *y_keys)}
    return [key for key in keys if key in known or key in _CLASS_KEYS]
