"""Properties that image files share but the first does not determine: size, and range of values."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import NamedTuple, TypeVar

from scoreline._typing import Array
from scoreline.data.decoding_room import DecodingRoom
from scoreline.data.images import decode_image, open_image
from scoreline.data.options import Progress
from scoreline.data.pixel_range import PixelRange, is_deep, range_between
from scoreline.errors import ImageError

__all__ = ["LARGEST_SIDE", "Header", "choose_size", "measure_range", "read_headers"]

#: Side of the square that images of different sizes become at the most: 12,288 numbers in colour.
MAX_SIDE = 64
#: The same where features are to see details (see `LoadOptions.detailed`).
DETAILED_SIDE = 128
#: Longest side of images that stay as they are, and what the longest side of larger ones becomes: a classifier of
#: 4,000 x 3,000 pixels has 36 million weights a class.
LARGEST_SIDE, REDUCED_SIDE = 256, 128
#: Largest share by which a side may differ from the commonest size, to which all images are then resized.
_TOLERANCE = 0.1
_SIDEWAYS = (5, 6, 7, 8)
_ORIENTATION = 0x0112
_CHUNK = 256

T = TypeVar("T")
Read = Callable[[int], bytes]


class Header(NamedTuple):
    """The header of an image file: its size as (height, width), and whether it has more than 8 bits."""

    size: tuple[int, int]
    deep: bool


def read_headers(count: int, read: Read, max_pixels: int, progress: Progress) -> list[Header | None]:
    """Return the headers of so many files, None where one cannot be read."""

    def header(row: int) -> Header | None:
        try:
            image = open_image(read(row), max_pixels)
        except ImageError:
            return None
        size, deep = (image.height, image.width), is_deep(image)
        sideways = image.format != "TIFF" and image.getexif().get(_ORIENTATION) in _SIDEWAYS
        return Header(size[::-1] if sideways else size, deep)

    return _each(header, range(count), "looking at image sizes", progress)


def choose_size(sizes: Sequence[tuple[int, int]], *, detailed: bool = False) -> tuple[tuple[int, int], str]:
    """Return the size for images that are large or of several sizes, and how it was chosen: see `LoadOptions`."""
    most = DETAILED_SIDE if detailed else MAX_SIDE
    counts = Counter(sizes)
    common, times = counts.most_common(1)[0]
    if len(counts) == 1:
        return _reduced(common, "")
    ordered = sorted(counts, key=lambda size: (size[0] * size[1], size))
    span = " to ".join(f"{height:,} x {width:,}" for height, width in (ordered[0], ordered[-1]))
    if 2 * times >= len(sizes) and all(_near(size, common) for size in counts):
        return _reduced(common, f"the commonest of {len(counts)} sizes, {span}")
    side = min(most, round(median(min(size) for size in sizes)))
    why = "the median of their shorter sides" if side < most else f"{most} at most"
    return (side, side), f"squares of {why}, the images having {len(counts)} sizes, {span}"


def measure_range(
    rows: Iterable[int], read: Read, max_pixels: int, room: DecodingRoom, progress: Progress
) -> PixelRange | None:
    """Return the common range of deep images; None if none of them can be read."""

    def extremes(row: int) -> tuple[float, float, bool] | None:
        found: list[tuple[float, float, bool]] = []

        def look(values: Array) -> PixelRange:
            found.append((float(values.min()), float(values.max()), values.dtype.kind in "iu"))
            return PixelRange(0, 1)

        try:
            decode_image(read(row), max_pixels=max_pixels, range_of=look, room=room)
        except ImageError:
            return None
        return found[0] if found else None

    measured = [one for one in _each(extremes, list(rows), "looking at pixel values", progress) if one]
    if not measured:
        return None
    low, high, whole = zip(*measured, strict=True)
    return range_between(min(low), max(high), whole=all(whole))


def _reduced(size: tuple[int, int], size_from: str) -> tuple[tuple[int, int], str]:
    """Return the size of photographs with fewer pixels, and of other images as it is."""
    longest = max(size)
    if longest <= LARGEST_SIDE:
        return size, size_from
    height, width = (max(1, round(side * REDUCED_SIDE / longest)) for side in size)
    came = f"photographs of {size[0]:,} x {size[1]:,} reduced to {REDUCED_SIDE} on the longer side"
    return (height, width), f"{came}; {size_from}" if size_from else came


def _near(size: tuple[int, int], common: tuple[int, int]) -> bool:
    return all(
        abs(side - wanted) <= max(1, _TOLERANCE * wanted) for side, wanted in zip(size, common, strict=True)
    )


def _each(function: Callable[[int], T], rows: Sequence[int], what: str, progress: Progress) -> list[T]:
    """Apply a function to all rows in parallel and in order."""
    found: list[T] = []
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
    try:
        parts = [rows[first : first + _CHUNK] for first in range(0, len(rows), _CHUNK)]
        for done in pool.map(lambda part: [function(row) for row in part], parts):
            found += done
            progress(what, len(found), len(rows))
    finally:
        pool.shutdown(cancel_futures=True)
    return found
