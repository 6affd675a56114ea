"""What a reader of one data format is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from scoreline.data.base import Dataset
from scoreline.data.options import LoadOptions, Progress

__all__ = ["SPLIT_NAMES", "Reader"]

#: What the splits may be called, in lower case, and what they are.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


class Reader(ABC):
    """Reads one data format."""

    #: What the path must be, for messages and tables.
    accepts: ClassVar[str]

    @abstractmethod
    def matches(self, path: Path) -> bool:
        """Say whether the existing file or folder looks like this format; a look at the names must do."""

    @abstractmethod
    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Read everything.

        The arrays of the data set belong to the caller, who may overwrite them.

        Raises
        ------
        DataError
            The content is not what the name promises.
        """
