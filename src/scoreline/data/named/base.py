"""What a named data set is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from scoreline.data.base import Dataset
from scoreline.data.options import LoadOptions, Progress

__all__ = ["NamedSet"]


class NamedSet(ABC):
    """A data set that is known by its name; a frozen dataclass whose fields the spec may set."""

    #: One line for the table of data sets.
    summary: ClassVar[str]

    @abstractmethod
    def load(self, options: LoadOptions, progress: Progress) -> Dataset:
        """Find, fetch or make the data set.

        The arrays of the data set belong to the caller, who may overwrite them.
        """
