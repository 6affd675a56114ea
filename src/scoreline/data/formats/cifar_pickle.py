"""CIFAR-10 and CIFAR-100, the Python version."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from scoreline._typing import Array
from scoreline.data.arrays import array_dataset
from scoreline.data.base import Dataset
from scoreline.data.formats.base import Reader
from scoreline.data.formats.cifar_binary import planes_to_images
from scoreline.data.formats.unpickle import read_pickled_arrays
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError

__all__ = ["CifarPickle"]


class CifarPickle(Reader):
    """The folder of the Python version: pickled dictionaries of ``data`` (N, 3072) and ``labels``.

    They are read without running anything that they ask for (see `unpickle`). CIFAR-100 has its fine labels read.

    References
    ----------
    Krizhevsky (2009), Learning multiple layers of features from tiny images; https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    accepts: ClassVar[str] = (
        "the folder of CIFAR-10 or CIFAR-100, Python version (data_batch_*, or train and test)"
    )

    def matches(self, path: Path) -> bool:
        """A folder with data_batch_1 or test_batch, or with files meta and train or test."""
        ten = any((path / name).is_file() for name in ("data_batch_1", "test_batch"))
        return ten or ((path / "meta").is_file() and any((path / name).is_file() for name in ("train", "test")))

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read all batches; see `Reader.read`."""
        ten = any((path / name).is_file() for name in ("data_batch_1", "test_batch"))
        name, key = ("cifar10", "labels") if ten else ("cifar100", "fine_labels")
        meta = read_pickled_arrays(path / ("batches.meta" if ten else "meta"))
        classes = _list(meta, "label_names" if ten else "fine_label_names", path)
        train = sorted(path.glob("data_batch_?")) if ten else [path / "train"]
        test = path / ("test_batch" if ten else "test")
        files = {"train": [file for file in train if file.is_file()], "test": [test] if test.is_file() else []}
        parts = {split: _read(found, key) for split, found in files.items() if found}
        names = [name.decode("latin1") if isinstance(name, bytes) else str(name) for name in classes]
        return array_dataset(name, parts, names, evaluation=options.evaluation)


def _list(content: dict[str, Any], key: str, file: Path) -> list[Any]:
    value = content.get(key)
    if isinstance(value, list):
        return value
    raise DataError(
        f"{printable(file)} has no list {key!r}",
        allowed="the files of the published archive",
        fix="download and unpack the archive again",
    )


def _read(files: list[Path], key: str) -> tuple[Array, Array]:
    batches, labels = [], []
    for file in files:
        content = read_pickled_arrays(file)
        data, batch_labels = content.get("data"), _list(content, key, file)
        if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != 3072:
            raise DataError(
                f"The data of {printable(file)} are {getattr(data, 'shape', 'missing')}",
                allowed="an array (N, 3072)",
                fix="download and unpack the archive again",
            )
        if len(batch_labels) != len(data) or not all(type(label) is int for label in batch_labels):
            raise DataError(
                f"{printable(file)} has {len(data)} images and {len(batch_labels)} labels",
                allowed="one whole number an image",
                fix="download and unpack the archive again",
            )
        batches.append(planes_to_images(data))
        labels += batch_labels
    return np.concatenate(batches), np.array(labels, dtype=np.int64)
