"""From examples as people store them in arrays to uint8 images with the channels last, or to plain rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.errors import DataError
from scoreline.rows.scratch import Allocate

__all__ = ["read_examples"]

_PIECE_BYTES = 2**24
_WHAT_EXAMPLES_ARE = (
    "images (N, H, W), (N, H, W, 1) or (N, H, W, 3) of uint8 or of numbers from 0 to 1 or 0 to 255, "
    "or vectors (N, D) of real numbers"
)


class _Range(NamedTuple):
    """The smallest and the largest number of an array."""

    low: float
    high: float


def read_examples(
    where: str, parts: Mapping[str, Array], allocate: Allocate
) -> tuple[dict[str, Array], list[str]]:
    """Return the examples of each split as they are used, and notes on how they were read.

    Images become uint8 (N, H, W, ch): floats from 0 to 1 are multiplied by 255, other numbers from 0 to 255
    rounded, and channels that come first go last. Vectors stay as they are, in the machine's own byte order.
    Arrays that need no change are returned themselves.

    Parameters
    ----------
    where : str
        Name of the data set, for messages.
    parts : mapping of str to array
        Examples of each split, the training split first: what its numbers mean holds for the others of its dtype.
    allocate : callable
        Allocates memory for images that are converted.

    Raises
    ------
    DataError
        Shape, dtype or range is none of those, or a number is not finite.
    """
    notes: list[str] = []
    factors: dict[str, int] = {}
    read = {}
    for split, X in parts.items():
        here = f"{where}, {split} split"
        if X.ndim == 2:
            read[split] = _rows(here, X, allocate, notes)
            continue
        last = _channels_last(here, X, notes)
        if X.dtype == np.uint8 and last is X:
            read[split] = X if X.ndim == 4 else X[..., None]
            continue
        read[split] = _images(here, last, factors, allocate, notes)
    return read, notes


def _rows(where: str, X: Array, allocate: Allocate, notes: list[str]) -> Array:
    if X.dtype.kind not in "buif" or X.shape[1] == 0:
        raise _unusable(where, X, "save rows of numbers: X = X.astype(numpy.float32)")
    wanted = np.dtype(np.float64) if X.dtype.kind == "f" and X.dtype.itemsize > 8 else X.dtype.newbyteorder("=")
    if X.dtype != wanted:
        notes.append(f"The examples of {where} were stored as {X.dtype.str} and read as {wanted.name}.")
        X = _converted(X, X.shape, wanted, allocate, lambda piece: piece)
    if X.dtype.kind == "f":
        _range(where, X)
    return X


def _channels_last(where: str, X: Array, notes: list[str]) -> Array:
    """Return a view of images (N, H, W) or (N, H, W, ch)."""
    if X.ndim not in (3, 4) or X.dtype.kind not in "buif" or 0 in X.shape[1:]:
        fix = "save every example as one row: X = X.reshape(len(X), -1)"
        if X.ndim == 1:
            fix = "save one number an example as a column: X = X.reshape(-1, 1)"
        raise _unusable(where, X, fix)
    if X.ndim == 3 or X.shape[3] in (1, 3):
        return X
    if X.shape[1] in (1, 3):
        turned = X.transpose(0, 2, 3, 1)
        notes.append(f"The images of {where} were stored with the channels first, {X.shape}, and turned.")
        return turned
    if 4 in (X.shape[1], X.shape[3]):
        kept = "X[:, :3]" if X.shape[3] != 4 else "X[..., :3]"
        raise _unusable(where, X, f"save three channels: X = {kept} leaves out the fourth (transparency)")
    raise _unusable(where, X, "save 1 or 3 channels, or every example as one row: X = X.reshape(len(X), -1)")


def _images(where: str, X: Array, factors: dict[str, int], allocate: Allocate, notes: list[str]) -> Array:
    kind = X.dtype.kind
    found = _Range(0, 255) if X.dtype == np.uint8 else _range(where, X)
    if found.low < 0 or found.high > 255:
        raise _out_of_range(where, X, found)
    factor = factors.setdefault(kind, 255 if kind == "b" or (kind == "f" and found.high <= 1) else 1)
    if factor * found.high > 255:
        raise _out_of_range(where, X, found)
    if X.dtype != np.uint8:
        scale = "0 to 1" if factor == 255 else "0 to 255"
        notes.append(
            f"The images of {where} were stored as {X.dtype.name} from {scale} and read as 0 to 255 (uint8)."
        )
    shape = X.shape if X.ndim == 4 else (*X.shape, 1)

    def pixels(piece: Array) -> Array:
        scaled = piece if factor == 1 else piece * np.float32(factor)
        return np.rint(scaled) if scaled.dtype.kind == "f" else scaled

    return _converted(X, shape, np.dtype(np.uint8), allocate, pixels)


def _out_of_range(where: str, X: Array, found: _Range) -> DataError:
    shown = f"numbers from {found.low:g} to {found.high:g}"
    if X.dtype.kind in "ui" and found.low >= 0:
        bits = max(9, math.ceil(math.log2(found.high + 1)))
        fix = f"save 8 bits: X = (X >> {bits - 8}).astype(numpy.uint8) for images of {bits} bits"
    else:
        fix = (
            "save the pixels as they were before they were standardised, as uint8; "
            "or give up the picture and save rows: X = X.reshape(len(X), -1)"
        )
    return DataError(
        f"The images of {where} have shape {X.shape}, dtype {X.dtype} and {shown}",
        allowed=_WHAT_EXAMPLES_ARE,
        fix=fix,
    )


def _unusable(where: str, X: Array, fix: str) -> DataError:
    return DataError(
        f"The examples of {where} have shape {X.shape} and dtype {X.dtype}",
        allowed=_WHAT_EXAMPLES_ARE,
        fix=fix,
    )


def _pieces(X: Array) -> list[slice]:
    """Cut the rows so that a piece has some megabytes; X may be a large file."""
    step = max(1, _PIECE_BYTES // max(1, X[:1].nbytes))
    return [slice(first, first + step) for first in range(0, len(X), step)]


def _range(where: str, X: Array) -> _Range:
    """Return the range of an array; raise DataError at the first row with NaN or infinity."""
    low, high = math.inf, -math.inf
    for piece in _pieces(X):
        part = X[piece]
        smallest, largest = float(part.min()), float(part.max())
        if not (math.isfinite(smallest) and math.isfinite(largest)):
            finite = np.isfinite(part).reshape(len(part), -1).all(axis=1)
            raise DataError(
                f"Row {piece.start + int(np.argmin(finite))} of {where} contains NaN or infinity",
                allowed="finite numbers",
                fix="remove the row or fill in the missing values",
            )
        low, high = min(low, smallest), max(high, largest)
    return _Range(low, high) if len(X) else _Range(0, 0)


def _converted(
    X: Array,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    allocate: Allocate,
    convert: Callable[[Array], Array],
) -> Array:
    """Return a changed copy, made piece by piece."""
    made = allocate(shape, dtype)
    for piece in _pieces(X):
        made[piece] = convert(X[piece]).reshape(-1, *shape[1:])
    return made
