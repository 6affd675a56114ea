"""Counts, colours and contrast of the examples, by split and class, and images that show next to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import Split
from scoreline.engine.problem.objective import block_rows
from scoreline.rows import Rows

__all__ = ["ClassStatistics", "DataStatistics", "PlainImage", "measure_statistics"]

#: Deviation of an image's pixels below which it shows next to nothing, and means beyond which it is dark or
#: bright.
PLAIN, DARK, BRIGHT = 4.0, 12.0, 243.0
#: Largest differences of red from green and blue, in the mean over an image's pixels, that leave it grey.
GREY = 3.0


class ClassStatistics(NamedTuple):
    """The examples of a class in a split; NaN where there is no image."""

    split: str
    label: str
    n: int
    #: Share of the split's examples.
    share: float
    #: Means over the images of the mean and of the deviation of their pixels, 0 to 255.
    brightness: float
    contrast: float
    #: Means of the channels, those of grey images being equal.
    red: float
    green: float
    blue: float
    #: Number of images whose channels are all but equal.
    n_grey: int


class PlainImage(NamedTuple):
    """An image that shows next to nothing."""

    split: str
    id: str
    label: str
    #: ``"of one colour"``, ``"dark"`` or ``"bright"``.
    problem: str
    brightness: float
    contrast: float


@dataclass(frozen=True, eq=False)
class DataStatistics:
    """Counts and colours.

    Parameters
    ----------
    classes : tuple of ClassStatistics
        By split and class.
    plain : tuple of PlainImage
        Images that show next to nothing.
    imbalance : float
        Training examples of the largest class over those of the smallest one; infinite where that has none.
    smallest, largest : str
        These classes.
    """

    classes: tuple[ClassStatistics, ...]
    plain: tuple[PlainImage, ...]
    imbalance: float
    smallest: str
    largest: str

    #: The columns of `rows`, and of `plain_rows`.
    COLUMNS = ClassStatistics._fields
    PLAIN_COLUMNS = PlainImage._fields

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for every class of every split."""
        for split, label, n, share, *means, n_grey in self.classes:
            yield split, label, n, f"{share:.6g}", *(_cell(mean) for mean in means), n_grey

    def plain_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `PLAIN_COLUMNS` for every image that shows next to nothing."""
        for *named, brightness, contrast in self.plain:
            yield *named, _cell(brightness), _cell(contrast)


def measure_statistics(splits: Mapping[str, Split], classes: Sequence[str]) -> DataStatistics:
    """Count the examples of each class, and measure the colours of images ``(N, H, W, ch)`` of uint8."""
    found: list[ClassStatistics] = []
    plain: list[PlainImage] = []
    for name, split in splits.items():
        counts = np.bincount(split.y, minlength=len(classes))
        images = len(split.rows.shape) == 4 and split.rows.dtype == np.uint8
        looks = _looks(split.rows) if images else np.full((len(split), 6), np.nan)
        means = _class_means(looks, split.y, len(classes))
        for k, label in enumerate(classes):
            brightness, contrast, red, green, blue = means[k, :5].tolist()
            n, n_grey = int(counts[k]), int(np.count_nonzero(looks[split.y == k, 5] < GREY))
            share = n / max(len(split), 1)
            found.append(ClassStatistics(name, label, n, share, brightness, contrast, red, green, blue, n_grey))
        plain += _plain(name, split, classes, looks)
    counts = np.bincount(splits["train"].y, minlength=len(classes))
    smallest, largest = int(counts.argmin()), int(counts.argmax())
    imbalance = float(counts[largest] / counts[smallest]) if counts[smallest] else float("inf")
    return DataStatistics(tuple(found), tuple(plain), imbalance, classes[smallest], classes[largest])


def _looks(rows: Rows) -> FloatArray:
    """Return brightness, contrast, red, green, blue, and differences of channels of each image, ``(N, 6)``."""
    step = block_rows(int(np.prod(rows.shape[1:])))
    blocks = (rows.read(k, min(k + step, len(rows))) for k in range(0, len(rows), step))
    return np.concatenate([_of_block(block) for block in blocks])


def _of_block(images: Array) -> FloatArray:
    n, channels = len(images), images.shape[3]
    pixels = images.reshape(n, -1)
    colours = images.mean(axis=(1, 2), dtype=np.float32)
    square = np.einsum("ij,ij->i", pixels, pixels, dtype=np.float32) / pixels.shape[1]
    brightness = colours.mean(axis=1)
    contrast = np.sqrt(np.maximum(square - brightness**2, 0))
    spread = sum(
        np.abs(np.subtract(images[..., 0], images[..., k], dtype=np.int16)).mean(axis=(1, 2))
        for k in range(1, channels)
    )
    shown = colours if channels == 3 else colours[:, :1].repeat(3, axis=1)
    return np.column_stack([brightness, contrast, shown, np.broadcast_to(spread, n)])


def _class_means(looks: FloatArray, y: Array, n_classes: int) -> FloatArray:
    counts = np.bincount(y, minlength=n_classes)
    sums = np.stack([np.bincount(y, column, n_classes) for column in looks.T], axis=1)
    return sums / np.where(counts, counts, np.nan)[:, None]


def _plain(name: str, split: Split, classes: Sequence[str], looks: FloatArray) -> Iterator[PlainImage]:
    brightness, contrast = looks[:, 0], looks[:, 1]
    problems = {
        "of one colour": contrast < PLAIN,
        "dark": (brightness < DARK) & (contrast >= PLAIN),
        "bright": (brightness > BRIGHT) & (contrast >= PLAIN),
    }
    for problem, marked in problems.items():
        for i in np.flatnonzero(marked).tolist():
            label = classes[split.y[i]]
            yield PlainImage(name, split.ids[i], label, problem, float(brightness[i]), float(contrast[i]))


def _cell(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"
