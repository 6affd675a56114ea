"""Many image files into one array a split: in parallel, in a fixed order, with a list of what was left out."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoreline._typing import Array
from scoreline.data.base import Rejected, Split
from scoreline.data.duplicates import find_duplicates
from scoreline.data.images import decode_image, decode_pixels, pillow_warnings_ignored
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.rejections import check_rejected
from scoreline.data.splitting import keep_rows
from scoreline.errors import DataError, ImageError

__all__ = ["ImageFile", "ImageSplits", "read_image_files"]

#: Sides of the images where the files have several sizes and none was asked for.
MIXED_SIZE = (32, 32)
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
    """What came of the files: a `Split` for each split name, what was left out, and what to tell the reader."""

    splits: dict[str, Split]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Target:
    """The shape that all images shall have; it is guessed from the first image and widened when that fails."""

    size: tuple[int, int]
    channels: int
    resize: bool


class _TargetTooNarrow(Exception):  # noqa: N818 - a signal within this file, not an error
    def __init__(self, target: _Target) -> None:
        super().__init__(target)
        self.target = target


class _Outcome(NamedTuple):
    """The file's digest, and why it cannot be used (empty when it can)."""

    digest: bytes
    reason: str


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
        Told how many files are done.
    already_bad : sequence of Rejected
        Files that were found to be unusable before; they count towards the limit.

    Raises
    ------
    TooManyRejectedError
        The share of unusable files is above ``options.max_rejected``.
    DataError
        There is no usable file at all.
    """
    with pillow_warnings_ignored():
        target = _first_target(files, options)
        while True:
            try:
                X, outcomes = _decode_all(files, target, options, progress)
                break
            except _TargetTooNarrow as wider:
                target = wider.target
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
    return ImageSplits(_splits(files, X, keep), (*already_bad, *bad, *left_out), _notes(target, options, copies))


def _notes(target: _Target, options: LoadOptions, copies: dict[int, str]) -> tuple[str, ...]:
    notes = []
    if target.resize and options.size is None:
        height, width = target.size
        notes.append(f"The images have several sizes; all were resized and cropped to {height} x {width}.")
    if copies:
        notes.append(f"{len(copies)} files were left out because others have the same content.")
    return tuple(notes)


def _first_target(files: Sequence[ImageFile], options: LoadOptions) -> _Target:
    """Guess the common shape from the first image that can be decoded."""
    size = options.size
    for file in files:
        try:
            image = decode_image(_read(file.path), max_pixels=options.max_pixels, size=size)
        except ImageError:
            continue
        channels = 1 if image.mode == "L" else 3
        return _Target(size or (image.height, image.width), channels, resize=size is not None)
    raise DataError(
        f"None of the {len(files)} image files can be read",
        allowed="whole JPEG, PNG, WebP, BMP or GIF files",
        fix="check the files with an image viewer",
    )


def _decode_all(
    files: Sequence[ImageFile], target: _Target, options: LoadOptions, progress: Progress
) -> tuple[Array, list[_Outcome]]:
    X = options.allocate((len(files), *target.size, target.channels), np.uint8)
    starts = range(0, len(files), _CHUNK)

    def chunk(start: int) -> list[_Outcome]:
        rows = range(start, min(start + _CHUNK, len(files)))
        return [_decode_into(X[row], files[row].path, target, options) for row in rows]

    outcomes: list[_Outcome] = []
    # Around the decoder Pillow holds the interpreter for 0.2 ms a file: on small images threads only get in each
    # other's way.
    small = not target.resize and math.prod(target.size) <= _SMALL_PIXELS
    pool = ThreadPoolExecutor(1 if small else min(8, os.cpu_count() or 1))
    try:
        for done in pool.map(chunk, starts):
            outcomes += done
            progress("reading images", len(outcomes), len(files))
    finally:
        # After a wrong guess or Ctrl-C the chunks that wait are of no use.
        pool.shutdown(cancel_futures=True)
    return X, outcomes


def _decode_into(row: Array, path: str | Path, target: _Target, options: LoadOptions) -> _Outcome:
    """Decode one file into its row of the array."""
    try:
        content = _read(path)
        size = target.size if target.resize else None
        pixels = decode_pixels(content, max_pixels=options.max_pixels, size=size)
    except ImageError as error:
        return _Outcome(b"", error.given)
    if pixels.shape[:2] != target.size:
        raise _TargetTooNarrow(replace(target, size=MIXED_SIZE, resize=True))
    if target.channels == 1 and pixels.ndim == 3:
        raise _TargetTooNarrow(replace(target, channels=3))
    row[...] = pixels.reshape(*target.size, -1)  # grey fills all channels
    return _Outcome(hashlib.blake2b(content, digest_size=16).digest(), "")


def _read(path: str | Path) -> bytes:
    """Return the content of a regular file."""
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
    """Cut the array into its splits; the files of a split stand together."""
    splits: dict[str, Split] = {}
    names = [file.split for file in files]
    for name in dict.fromkeys(names):
        first, stop = names.index(name), len(names) - names[::-1].index(name)
        rows = [row for row in range(first, stop) if keep[row]]
        y = np.array([files[row].label for row in rows], dtype=np.int64)
        splits[name] = Split(keep_rows(X[first:stop], keep[first:stop]), y, tuple(files[row].name for row in rows))
    return splits
