"""CIFAR-10 and CIFAR-100, the Python version."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from scoreline._text import shortened
from scoreline._typing import Array
from scoreline.data.formats.base import ArrayReader, Parts
from scoreline.data.formats.cifar_binary import planes_to_images
from scoreline.data.formats.unpickle import read_pickled_arrays
from scoreline.data.limits import check_room, file_size
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["CifarPickle"]


class CifarPickle(ArrayReader):
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

    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Read all batches; see `ArrayReader.read_parts`."""
        ten = any((path / name).is_file() for name in ("data_batch_1", "test_batch"))
        name, key = ("cifar10", "labels") if ten else ("cifar100", "fine_labels")
        meta = read_pickled_arrays(path / ("batches.meta" if ten else "meta"))
        classes = _list(meta, "label_names" if ten else "fine_label_names", path)
        train = sorted(path.glob("data_batch_?")) if ten else [path / "train"]
        test = path / ("test_batch" if ten else "test")
        # The file, the text that Python 2 stored it as, and the images.
        files = {"train": [file for file in train if file.exists()], "test": [test] if test.exists() else []}
        check_room(path, 3 * sum(map(file_size, [*files["train"], *files["test"]])), options.memory)
        parts = {split: _read(found, key) for split, found in files.items() if found}
        if not all(isinstance(name, str | bytes) for name in classes):
            raise DataError(
                f"The class names in {printable(path)} are not all text",
                allowed="the files of the published archive",
                fix="download and unpack the archive again",
            )
        names = [
            printable(shortened(name.decode("latin1") if isinstance(name, bytes) else name)) for name in classes
        ]
        return Parts(name, parts, names)


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
                f"The data of {printable(file)} are {shortened(str(getattr(data, 'shape', 'missing')))}",
                allowed="an array (N, 3072)",
                fix="download and unpack the archive again",
            )
        if len(batch_labels) != len(data) or not all(
            type(label) is int and abs(label) < 2**31 for label in batch_labels
        ):
            raise DataError(
                f"{printable(file)} has {len(data)} images and {len(batch_labels)} labels",
                allowed="one whole number an image",
                fix="download and unpack the archive again",
            )
        batches.append(planes_to_images(data))
        labels += batch_labels
    return np.concatenate(batches), np.array(labels, dtype=np.int64)
