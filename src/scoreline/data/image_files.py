"""Many image files into one array a split: in parallel, in a fixed order, with a list of what was left out."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoreline._typing import Array
from scoreline.data.arrays import assemble
from scoreline.data.base import Dataset, ImageSizes, Rejected, Split
from scoreline.data.budget import Need, check_machine
from scoreline.data.decoding_room import DecodingRoom
from scoreline.data.duplicates import find_duplicates
from scoreline.data.ids import TextIds
from scoreline.data.image_kinds import ALLOWED
from scoreline.data.image_survey import LARGEST_SIDE, Header, choose_size, measure_range, read_headers
from scoreline.data.images import Picture, decode_image, decode_pixels, pillow_warnings_ignored
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.pixel_range import PixelRange, RangeNeeded, only_8_bits
from scoreline.data.rejections import check_rejected
from scoreline.errors import DataError, ImageError, UsageError
from scoreline.rows import ArrayRows, SubsetRows

__all__ = ["ImageFile", "ImageSplits", "read_image_file", "read_image_files"]

#: Where nothing else is known of values of more than 8 bits.
_FULL_RANGE = PixelRange(0, 65_535)
_CHUNK = 256
_SMALL_PIXELS = 64 * 64
# A file may be larger than its pixels (metadata), but a sparse file of terabytes must not be read.
_MAX_FILE_BYTES = 2**29


class ImageFile(NamedTuple):
    """One image file to be read."""

    path: str | Path
    #: What to call it: its path relative to the data set's root, printable.
    name: str
    split: str
    label: int


@dataclass(frozen=True)
class ImageSplits:
    """The result of reading: a `Split` for each split name, the rejected files, and notes."""

    splits: dict[str, Split]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]
    size_from: str
    pixel_range: PixelRange | None
    sizes: ImageSizes | None

    def dataset(self, name: str, classes: Sequence[str], *, evaluation: bool) -> Dataset:
        """Make a data set of them; see `assemble`."""
        made = assemble(name, classes, self.splits, self.rejected, self.notes, evaluation=evaluation)
        return replace(made, size_from=self.size_from, pixel_range=self.pixel_range, sizes=self.sizes)


@dataclass(frozen=True)
class _Target:
    """What all images shall become; it is guessed from the first image and revised when that fails."""

    size: tuple[int, int]
    channels: int
    resize: bool
    size_from: str = ""
    pixel_range: PixelRange | None = None
    #: Whether the size follows from those of the images, and is none that they all have.
    chosen: bool = False


class _Surprise(Exception):  # noqa: N818 - a signal within this file, not an error
    """An image does not fit the target: it has another size, a second colour or more than 8 bits."""

    def __init__(self, *, size: bool = False, colour: bool = False, depth: bool = False) -> None:
        super().__init__()
        self.size, self.colour, self.depth = size, colour, depth


class _Outcome(NamedTuple):
    """The file's digest, why it cannot be used (empty: it can), whether it holds further pictures, its sides."""

    digest: bytes
    reason: str
    first_of_several: bool = False
    sides: tuple[int, int] = (0, 0)


def read_image_files(
    files: Sequence[ImageFile],
    classes: Sequence[str],
    options: LoadOptions,
    progress: Progress,
    *,
    already_bad: Sequence[Rejected] = (),
) -> ImageSplits:
    """Read all files into one uint8 array a split, in the order of `files`.

    Parameters
    ----------
    files : sequence of ImageFile
        Files to read.
    classes : sequence of str
        Class names, for messages.
    options : LoadOptions
        `image_size`, `max_pixels`, `max_rejected` and `keep_duplicates` matter here.
    progress : callable
        Called with the number of files done.
    already_bad : sequence of Rejected
        Files that were found to be unusable before; they count towards the limit.

    Raises
    ------
    TooManyRejectedError
        The share of unusable files is above ``options.max_rejected``.
    DataError
        There is no usable file at all.
    """
    work = _Reading(files, options, progress)
    with pillow_warnings_ignored():
        target, X, outcomes = work.run()
    bad = [
        Rejected(file.name, file.split, outcome.reason)
        for file, outcome in zip(files, outcomes, strict=True)
        if outcome.reason
    ]
    check_rejected([*already_bad, *bad], len(files) + len(already_bad), options.max_rejected)
    usable = [row for row, outcome in enumerate(outcomes) if not outcome.reason]
    copies: dict[int, str] = {}
    if not options.keep_duplicates:
        copies = find_duplicates(files, [outcome.digest for outcome in outcomes], usable, classes)
    left_out = [Rejected(files[row].name, files[row].split, reason) for row, reason in sorted(copies.items())]
    keep = np.zeros(len(files), dtype=np.bool_)
    keep[usable] = True
    keep[list(copies)] = False
    return ImageSplits(
        _splits(files, X, keep),
        (*already_bad, *bad, *left_out),
        tuple(_notes(target, outcomes, copies)),
        target.size_from,
        target.pixel_range,
        _sizes(files, outcomes, keep),
    )


def _notes(target: _Target, outcomes: Sequence[_Outcome], copies: dict[int, str]) -> Iterator[str]:
    height, width = target.size
    if target.chosen:
        yield (
            f"All images were resized and cropped to {height} x {width} ({target.size_from}); "
            "--image-size sets another size."
        )
    if target.pixel_range is not None:
        yield (
            f"Pixels of more than 8 bits were scaled: their values {target.pixel_range} became 0 to 255, "
            "in all images alike."
        )
    if several := sum(outcome.first_of_several for outcome in outcomes):
        yield f"Of {several} files with several pages or frames the first one alone was read."
    if copies:
        yield f"{len(copies)} files were left out because others have the same content."


def _sizes(files: Sequence[ImageFile], outcomes: Sequence[_Outcome], keep: NDArray[np.bool_]) -> ImageSizes | None:
    """Measure the training images, or all where there is no training split."""
    kept = np.flatnonzero(keep).tolist()
    rows = [row for row in kept if files[row].split == "train"] or kept
    return ImageSizes.of([outcomes[row].sides for row in rows]) if rows else None


class _Reading:
    """Decodes all files to one target, which is revised as often as an image does not fit it."""

    def __init__(self, files: Sequence[ImageFile], options: LoadOptions, progress: Progress) -> None:
        self._files, self._options, self._progress = files, options, progress
        self._room = DecodingRoom(options.memory)

    def run(self) -> tuple[_Target, Array, list[_Outcome]]:
        """Return the target that all images fit, the images, and the outcome of each file."""
        target = self._first_target()
        while True:
            try:
                return target, *self._decode_all(target)
            except _Surprise as surprise:
                target = self._revised(target, surprise)

    def _first_target(self) -> _Target:
        """Guess the common shape from the first image that can be decoded."""
        size, given = self._options.size, self._options.pixel_range
        for file in self._files:
            try:
                content = read_image_file(file.path)
                image = decode_image(content, max_pixels=self._options.max_pixels, size=size, room=self._room)
            except ImageError:
                continue
            channels = 1 if image.mode == "L" else 3
            if size is not None:
                return _Target(size, channels, True, self._options.size_from, given)
            if max(image.size) > LARGEST_SIDE:  # all of them at their own size may exceed the memory
                chosen, why = self._chosen_size(self._headers())
                return _Target(chosen, channels, True, why, given, chosen=True)
            return _Target((image.height, image.width), channels, False, "", given)
        raise DataError(
            f"None of the {len(self._files)} image files can be read",
            allowed=ALLOWED,
            fix="check the files with an image viewer",
        )

    def _revised(self, target: _Target, surprise: _Surprise) -> _Target:
        """Return a target that the image that did not fit fits too."""
        if surprise.colour:
            return replace(target, channels=3)
        headers = self._headers()
        if surprise.size:
            chosen, why = self._chosen_size(headers)
            return replace(target, size=chosen, resize=True, size_from=why, chosen=True)
        deep = [row for row, header in enumerate(headers) if header and header.deep]
        # Test images must not change how a model is trained.
        rows = [row for row in deep if self._files[row].split == "train"] or deep
        found = measure_range(rows, self._content, self._options.max_pixels, self._room, self._progress)
        return replace(target, pixel_range=found or _FULL_RANGE)

    def _chosen_size(self, headers: Sequence[Header | None]) -> tuple[tuple[int, int], str]:
        return choose_size([header.size for header in headers if header], detailed=self._options.detailed)

    def _headers(self) -> list[Header | None]:
        return read_headers(len(self._files), self._content, self._options.max_pixels, self._progress)

    def _content(self, row: int) -> bytes:
        return read_image_file(self._files[row].path)

    def _decode_all(self, target: _Target) -> tuple[Array, list[_Outcome]]:
        files = self._files
        shape = (len(files), *target.size, target.channels)
        if self._options.memory is None:
            what = f"{shape[0]:,} images of {' x '.join(f'{side:,}' for side in shape[1:])}"
            check_machine(Need(what, math.prod(shape), "give --image-size 64, or a bound such as --memory 2GB"))
        X = self._options.allocate(shape, np.uint8)
        starts = range(0, len(files), _CHUNK)

        def chunk(start: int) -> list[_Outcome]:
            rows = range(start, min(start + _CHUNK, len(files)))
            return [self._decode_into(X[row], files[row], target) for row in rows]

        outcomes: list[_Outcome] = []
        # Around the decoder Pillow holds the interpreter for 0.2 ms a file: on small images threads only get in
        # each other's way.
        small = not target.resize and math.prod(target.size) <= _SMALL_PIXELS
        pool = ThreadPoolExecutor(1 if small else min(8, os.cpu_count() or 1))
        try:
            for done in pool.map(chunk, starts):
                outcomes += done
                self._progress("reading images", len(outcomes), len(files))
        finally:
            # After a wrong guess or Ctrl-C the chunks that wait are of no use.
            pool.shutdown(cancel_futures=True)
        return X, outcomes

    def _decode_into(self, row: Array, file: ImageFile, target: _Target) -> _Outcome:
        """Decode one file into its row of the array."""
        try:
            content = read_image_file(file.path)
            picture = self._picture(content, target)
        except RangeNeeded:
            raise _Surprise(depth=True) from None
        except ImageError as error:
            return _Outcome(b"", error.given)
        except UsageError as error:  # of memory: the message names the file
            raise UsageError(f"{file.name}: {error.given}", allowed=error.allowed, fix=error.fix) from error
        pixels = picture.pixels
        if pixels.shape[:2] != target.size:
            raise _Surprise(size=True)
        if target.channels == 1 and pixels.ndim == 3:
            raise _Surprise(colour=True)
        row[...] = pixels.reshape(*target.size, -1)  # grey fills all channels
        digest = hashlib.blake2b(content, digest_size=16).digest()
        return _Outcome(digest, "", picture.first_of_several, picture.sides)

    def _picture(self, content: bytes, target: _Target) -> Picture:
        def range_of(_: Array) -> PixelRange:
            if not self._options.deep:
                raise only_8_bits()
            if target.pixel_range is None:
                raise RangeNeeded
            return target.pixel_range

        return decode_pixels(
            content,
            max_pixels=self._options.max_pixels,
            size=target.size if target.resize else None,
            range_of=range_of,
            room=self._room,
        )


def read_image_file(path: str | Path) -> bytes:
    """Return the content of an image file; raise ImageError where it is no regular file, empty or too large."""
    problem = ""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each of very many files takes as long as its decoding
        if not stat.S_ISREG(status.st_mode):
            problem = "not a regular file"
        elif not 0 < status.st_size <= _MAX_FILE_BYTES:
            problem = "empty file" if status.st_size == 0 else f"file of {status.st_size} bytes"
        else:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                return file.readall()
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except ValueError:
        problem = "no possible file name"  # a name with a null character
    raise ImageError(problem, allowed=f"regular files of 1 to {_MAX_FILE_BYTES} bytes", fix="replace the file")


def _splits(files: Sequence[ImageFile], X: Array, keep: NDArray[np.bool_]) -> dict[str, Split]:
    """Cut the array into its splits; the files of a split are adjacent."""
    splits: dict[str, Split] = {}
    names = [file.split for file in files]
    for name in dict.fromkeys(names):
        first, stop = names.index(name), len(names) - names[::-1].index(name)
        rows = [row for row in range(first, stop) if keep[row]]
        y = np.array([files[row].label for row in rows], dtype=np.int64)
        whole, ids = ArrayRows(X[first:stop]), TextIds(files[row].name for row in rows)
        kept = np.flatnonzero(keep[first:stop])
        splits[name] = Split(whole if len(kept) == len(whole) else SubsetRows(whole, kept), y, ids)
    return splits
