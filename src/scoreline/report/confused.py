"""Confusion counts, of which only the non-zero ones are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["confusion_counts", "most_confused", "worst_classes"]


def confusion_counts(y: Array, predicted: Array, n_classes: int) -> csr_array:
    """Return the counts ``(C, C)``, int64, of true class (row) against predicted class (column)."""
    from scipy.sparse import coo_array

    ones = np.ones(len(y), dtype=np.int64)
    return coo_array((ones, (y, predicted)), shape=(n_classes, n_classes)).tocsr()


def most_confused(counts: csr_array, most: int) -> list[tuple[int, int, int]]:
    """Return true class, predicted class and count of the commonest mistakes, the commonest first."""
    pairs = counts.tocoo()
    wrong = pairs.row != pairs.col
    rows, columns, numbers = pairs.row[wrong], pairs.col[wrong], pairs.data[wrong]
    order = np.lexsort((columns, rows, -numbers))[:most]
    return [(int(rows[i]), int(columns[i]), int(numbers[i])) for i in order]


def worst_classes(counts: csr_array, most: int) -> list[int]:
    """Return the classes with the most mistakes, in class order: their own, and those predicted as them."""
    mistakes = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return sorted(np.argsort(-np.asarray(mistakes), kind="stable")[:most].tolist())
