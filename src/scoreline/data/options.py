"""How to load a data set: one small object that every reader receives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from scoreline._checks import check_number
from scoreline.data.pixel_range import PixelRange
from scoreline.rows.scratch import Allocate, scratch_array

__all__ = ["LoadOptions", "Progress", "no_progress"]

#: Called as ``progress(what, done, total)`` during a long piece of work.
Progress: TypeAlias = Callable[[str, int, int], None]


def no_progress(what: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class LoadOptions:
    """How to load a data set.

    Parameters
    ----------
    data_dir : path, optional
        Folder that holds (or receives) the named data sets. Without it the folder in the environment variable
        ``SCORELINE_DATA`` is searched, then the user's cache.
    image_size : int or (height, width), optional
        Size of every image; others are resized to cover it and cropped about their centre. Without it images
        of one size stay as they are up to 256 a side; the longer side of larger ones becomes 128. Of several sizes
        the commonest is taken (and so reduced) where at least half of the images have it and the sides of all
        others are within 10 % of it (or a pixel); else all become squares whose side is the median of their
        shorter sides, but 64 at most.
    size_from : str, default "as asked for"
        Where `image_size` comes from, for descriptions of the data.
    detailed : bool, default False
        Those squares may have a side of 128: for features that do not grow with the number of pixels.
    pixel_range : PixelRange, optional
        The values of pixels of more than 8 bits that become 0 and 255. Without it they follow from those of the
        training images: see `scoreline.data.pixel_range.range_between`.
    deep : bool, default True
        Read images of more than 8 bits; else they are rejected, as for a model that was trained on 8 bits.
    max_rejected : float, default 0.05
        Largest share, in [0, 1], of unusable images with which the data are still used.
    validation : float, default 0.1
        Share, in [0, 1), of the training examples that become the validation split where the data bring none.
    seed : int, default 0
        Seed of that split.
    max_pixels : int, default 64,000,000
        Images whose header announces more pixels are not decoded ("decompression bombs").
    keep_duplicates : bool, default False
        Keep files with the very same content.
    download : bool, default True
        Fetch a named data set that is not on this machine.
    evaluation : bool, default False
        The data are for a trained model's evaluation, not for training: no training split is needed, the classes
        are those of all splits, and one class is enough.
    memory : int, optional
        Bytes of memory that the process may take. With it, images from files and rows that leave a memory-mapped
        file for another split go to temporary files, from which they are memory-mapped.

    Raises
    ------
    UsageError
        A number is out of its range.
    """

    data_dir: Path | None = None
    image_size: int | tuple[int, int] | None = None
    size_from: str = "as asked for"
    detailed: bool = False
    pixel_range: PixelRange | None = None
    deep: bool = True
    max_rejected: float = 0.05
    validation: float = 0.1
    seed: int = 0
    max_pixels: int = 64_000_000
    keep_duplicates: bool = False
    download: bool = True
    evaluation: bool = False
    memory: int | None = None

    def __post_init__(self) -> None:
        check_number("max_rejected", self.max_rejected, 0, 1 + 1e-12)
        check_number("validation", self.validation, 0, 1)
        check_number("seed", self.seed, 0)
        check_number("max_pixels", self.max_pixels, 1)
        if self.memory is not None:
            check_number("memory", self.memory, 1)
        for side in self.size or ():
            check_number("image_size", side, 1, 65_536)

    @property
    def allocate(self) -> Allocate:
        """The allocator for examples: in memory, or with a bound on that, on the disk."""
        return np.empty if self.memory is None else scratch_array

    @property
    def size(self) -> tuple[int, int] | None:
        """`image_size` as (height, width)."""
        if self.image_size is None or isinstance(self.image_size, tuple):
            return self.image_size
        return self.image_size, self.image_size
