"""Splits that keep every class's share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Labels
from scoreline.data.base import Dataset

__all__ = ["split_off_validation", "stratified_split"]


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


def split_off_validation(dataset: Dataset, share: float, seed: int) -> Dataset:
    """Return the data set with a stratified validation split out of its training split; nothing is copied."""
    train = dataset.train
    if dataset.validation is not None or share == 0:
        return dataset
    kept, held = stratified_split(train.y, share, seed)
    if not len(held):
        note = "No validation split was made: there are too few examples."
        return replace(dataset, notes=(*dataset.notes, note))
    return replace(dataset, train=train.take(kept), validation=train.take(held), drawn=True)
