"""The interface of a reader of one data format."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, NamedTuple

from scoreline._typing import Array
from scoreline.data.arrays import array_dataset
from scoreline.data.base import Dataset
from scoreline.data.foreign import as_data_error
from scoreline.data.options import LoadOptions, Progress

__all__ = ["SPLIT_NAMES", "ArrayReader", "Parts", "Reader", "split_of"]

#: Customary names of the splits, in lower case.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "tr": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "te": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
}
# What a folder's name may have around the split's: 01_train, train_set, val2017, test-images.
_AROUND = re.compile(
    r"\d*(?P<name>[a-z]+?)(?:ing)?(?:data)?(?:sets?|data|images?|imgs?|pictures?|folder|split)?\d*"
)


def split_of(name: str) -> str | None:
    """Return the split that a folder of this name holds, None for any other name."""
    plain = re.sub(r"[\W_]", "", name.casefold())
    found = _AROUND.fullmatch(plain)
    return SPLIT_NAMES.get(plain) or (SPLIT_NAMES.get(found["name"]) if found else None)


class Reader(ABC):
    """Reads one data format."""

    #: What the path must be, for messages and tables.
    accepts: ClassVar[str]

    @abstractmethod
    def matches(self, path: Path) -> bool:
        """Return whether the existing file or folder looks like this format, by names alone."""

    @abstractmethod
    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read everything.

        The arrays of the data set belong to the caller, who may overwrite them.

        Raises
        ------
        DataError
            The content does not match the name.
        """


class Parts(NamedTuple):
    """What a reader of arrays has read."""

    name: str
    #: Examples and labels of each split.
    arrays: dict[str, tuple[Array, Array]]
    #: Class names, of which integer labels are the indices; None where there are only labels.
    classes: list[str] | None = None
    notes: tuple[str, ...] = ()


class ArrayReader(Reader):
    """A reader of arrays: exceptions of other code on its file become a DataError."""

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read the arrays and check them; see `Reader.read`."""
        with as_data_error(path, allowed=self.accepts, fix="write or download the file again"):
            parts = self.read_parts(path, options)
            return array_dataset(
                *parts[:3], notes=parts.notes, allocate=options.allocate, evaluation=options.evaluation
            )

    @abstractmethod
    def read_parts(self, path: Path, options: LoadOptions) -> Parts:
        """Read the arrays; any exception is converted."""
