"""Splits that keep every class's share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scoreline._checks import check_number
from scoreline._typing import Array, Labels
from scoreline.data.base import Dataset, Split
from scoreline.rows.scratch import is_mapped, take_rows

__all__ = ["keep_rows", "split_off_validation", "stratified_split"]

#: Memory-mapped arrays above this many bytes stay on the disk, in one piece.
MAX_COPIED_BYTES = 2**30


def stratified_split(y: Labels, share: float, seed: int) -> tuple[Labels, Labels]:
    r"""Choose rows to hold out, class by class.

    A class with :math:`n_c` rows gives :math:`\lfloor s n_c \rfloor` of them; the rows still missing from
    :math:`s n` come one each from the classes with the largest remainders. Every class keeps at least one row.

    Parameters
    ----------
    y : array (N,) of integers
        Labels.
    share : float
        :math:`s` in [0, 1), the share to hold out.
    seed : int
        The same labels, share and seed always give the same rows.

    Returns
    -------
    kept, held_out : arrays of int64
        Row numbers, ascending; together they are all rows.
    """
    check_number("share", share, 0, 1)
    _, labels, counts = np.unique(y, return_inverse=True, return_counts=True)
    quota = share * counts
    take = np.minimum(np.floor(quota).astype(np.int64), counts - 1)
    missing = round(share * len(y)) - int(take.sum())
    room = np.flatnonzero(take < counts - 1)
    take[room[np.argsort(take[room] - quota[room], kind="stable")][: max(missing, 0)]] += 1

    # A random order, sorted by class with a stable sort, is a random order within each class.
    order = np.random.default_rng(seed).permutation(len(y))
    order = order[np.argsort(labels[order], kind="stable")]
    rank = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    held = np.zeros(len(y), dtype=np.bool_)
    held[order] = rank < np.repeat(take, counts)
    return np.flatnonzero(~held), np.flatnonzero(held)


def keep_rows(X: Array, keep: NDArray[np.bool_]) -> Array:
    """Return the rows of `X` that are to be kept, without a second copy of the data where that is possible.

    A writeable `X` is overwritten: its rows move up, and the front part is returned. Only the owner of an array
    may call this.

    Parameters
    ----------
    X : array (N, ...)
        Rows.
    keep : array (N,) of bool
        Which rows stay.
    """
    if keep.all():
        return X
    if not X.flags.writeable:
        return X[keep]
    rows, piece = np.flatnonzero(keep), 1024
    for first in range(0, len(rows), piece):
        # A row never moves down, so what is overwritten here has been moved already.
        moved = rows[first : first + piece]
        X[first : first + len(moved)] = X[moved]
    return X[: len(rows)]


def split_off_validation(dataset: Dataset, share: float, seed: int, *, on_disk: bool = False) -> Dataset:
    """Return the data set with a stratified validation split taken out of its training split.

    The training array is overwritten (see `keep_rows`). A memory-mapped array above `MAX_COPIED_BYTES` is left
    whole, with a note, because taking rows out would copy the rest into memory; `on_disk` has both parts copied
    to temporary files instead (see `scoreline.rows.scratch`).
    """
    train = dataset.train
    if dataset.validation is not None or share == 0:
        return dataset
    on_disk = on_disk and is_mapped(train.X)
    if not (on_disk or train.X.flags.writeable) and train.X.nbytes > MAX_COPIED_BYTES:
        note = (
            "No validation split was made: the training array is too large to leave its file. "
            "With a bound on memory (memory='2GB') it is split on the disk."
        )
        return replace(dataset, notes=(*dataset.notes, note))
    kept, held = stratified_split(train.y, share, seed)
    if not len(held):
        note = "No validation split was made: there are too few examples."
        return replace(dataset, notes=(*dataset.notes, note))
    X = take_rows(train.X, held) if on_disk else train.X[held]
    validation = Split(X, train.y[held], tuple(train.ids[row] for row in held))
    mask = np.ones(len(train), dtype=np.bool_)
    mask[held] = False
    in_file = on_disk and not train.X.flags.writeable
    rest_X = take_rows(train.X, kept) if in_file else keep_rows(train.X, mask)
    rest = Split(rest_X, train.y[kept], tuple(train.ids[row] for row in kept))
    return replace(dataset, train=rest, validation=validation)
