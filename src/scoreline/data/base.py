"""The interface of data for the rest of the package: batches, sources, splits, data sets and rejected files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.ids import Ids, NumberIds
from scoreline.data.pixel_range import PixelRange
from scoreline.rows import ArrayRows, FileRows, Rows, SparseMatrix, SubsetRows, gathered, matrix_of

__all__ = ["Batch", "DataSource", "Dataset", "ImageSizes", "PassedOver", "Rejected", "Split"]


class Batch(NamedTuple):
    """Some examples, as the engine takes them."""

    #: Rows ``(B, D)``, in the dtype in which the source keeps them: an array, or a CSR array of sparse rows.
    X: Array | SparseMatrix
    #: Labels ``(B,)``.
    y: Labels
    #: Weights ``(B,)``, or None where every example counts once.
    weight: FloatArray | None

    @property
    def matrix(self) -> SparseMatrix | None:
        """The rows where they are sparse, and None where they are an array; see `Rows.matrix`."""
        return matrix_of(self.X)


@runtime_checkable
class DataSource(Protocol):
    """Rows of numbers with labels, that can be read in batches in a seeded order."""

    @property
    def rows(self) -> Rows:
        """The examples, wherever they lie."""

    @property
    def n_examples(self) -> int:
        """Number of rows N."""

    @property
    def n_features(self) -> int:
        """Number of columns D."""

    @property
    def n_classes(self) -> int:
        """Number of classes C."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the rows as they are read."""

    @property
    def total_weight(self) -> float:
        """Sum of the examples' weights: N where every example counts once."""

    def batches(self, size: int, *, seed: int | None, epoch: int = 0, start: int = 0) -> Iterator[Batch]:
        """Yield all rows in batches of `size`, the last one perhaps smaller.

        Parameters
        ----------
        size : int
            Rows a batch.
        seed : int or None
            Seed of the order; None keeps the order of the rows.
        epoch : int, default 0
            Every epoch has an order of its own, that follows from the seed and this number.
        start : int, default 0
            Number of batches to leave out, so that a stopped run can continue.
        """


class Rejected(NamedTuple):
    """A file or row that was left out, and why."""

    path: str
    split: str
    reason: str


class PassedOver(NamedTuple):
    """Files of one kind that were never candidates: no images, hidden, outside the class folders."""

    #: Such as ``".txt"`` or ``"hidden"``.
    kind: str
    n_files: int
    #: The first of them.
    paths: tuple[str, ...]


class ImageSizes(NamedTuple):
    """Of images as they came, before they were fitted to one size: the range of their longer sides, in pixels."""

    shortest: int
    longest: int
    #: Longer side over shorter side, at the most.
    slenderness: float

    @classmethod
    def of(cls, sides: Sequence[tuple[int, int]]) -> ImageSizes:
        """Measure one image or more, each with two sides."""
        longer = [max(two) for two in sides]
        return cls(min(longer), max(longer), max(max(two) / min(two) for two in sides))


@dataclass(frozen=True)
class Split:
    """The examples of one part of a data set.

    Parameters
    ----------
    rows : Rows (N, H, W, ch) of uint8, or (N, D) of any real dtype
        Images or feature vectors, wherever they lie.
    y : array (N,) of int64
        Labels: indices into the data set's classes.
    ids : Ids
        The identifier of each example: a path relative to the data set's root, or a row number.
    """

    rows: Rows
    y: Labels
    ids: Ids

    @classmethod
    def of(cls, X: Array, y: Labels, ids: Ids | None = None) -> Split:
        """Return the examples of an array; by default identified by their row numbers."""
        return cls(ArrayRows(X), y, NumberIds(range(len(y))) if ids is None else ids)

    @cached_property
    def X(self) -> Array:  # noqa: N802 - the name of the field
        """All examples in one array: where they lie, or gathered once."""
        array = gathered(self.rows).array
        assert array is not None  # noqa: S101 - gathered rows always have one
        return array

    def take(self, index: Array) -> Split:
        """Return the examples at some places, none of which is copied."""
        return Split(SubsetRows(self.rows, index), self.y[index], self.ids.take(index))

    def in_place(self, *, on_disk: bool = False) -> Split:
        """Return the examples as one array: where they lie, or gathered, in a temporary file if that is wanted."""
        if on_disk and self.rows.array is None:
            return replace(self, rows=FileRows(self.rows))
        return replace(self, rows=gathered(self.rows))

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Split({len(self):,} examples of shape {self.rows.shape[1:]}, {self.rows.dtype})"


@dataclass(frozen=True)
class Dataset:
    """A data set, read and split.

    Parameters
    ----------
    name : str
        For titles: ``"cifar10"``, or the name of the folder or file.
    classes : tuple of str
        Class names; a label is an index into them.
    train, validation, test : Split
        `validation` and `test` are None where the data set has none.
    rejected : tuple of Rejected
        What was left out, in the order in which it was found.
    notes : tuple of str
        Notes on how the data were read, one sentence each.
    layout : str
        How the folders were understood; empty where there was nothing to understand.
    size_from : str
        The origin of the images' size; empty where it is their own.
    pixel_range : PixelRange, optional
        Which values of pixels of more than 8 bits became 0 and 255; None where there were no such pixels.
    passed_over : tuple of PassedOver
        Files that were never candidates, by kind.
    sizes : ImageSizes, optional
        Of the training images (of all, where there is no training split); None for vectors.
    drawn : bool, default False
        Whether the validation rows were drawn from the training rows at random: then the two may be mixed again.
        Those that came with the data may be of other people, places or times.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split | None = None
    test: Split | None = None
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    layout: str = ""
    size_from: str = ""
    pixel_range: PixelRange | None = None
    passed_over: tuple[PassedOver, ...] = ()
    sizes: ImageSizes | None = None
    drawn: bool = False

    @property
    def example_shape(self) -> tuple[int, ...]:
        """The shape of one example: ``(H, W, ch)`` or ``(D,)``."""
        return self.train.rows.shape[1:]

    def __repr__(self) -> str:
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        splits = ", ".join(f"{name}={split}" for name, split in named.items() if split is not None)
        rejected = f", {len(self.rejected):,} rejected" if self.rejected else ""
        return f"Dataset({self.name!r}, {len(self.classes):,} classes, {splits}{rejected})"
