"""Rows: N examples, wherever they lie.

`Rows` is what the engine reads: an array in memory or in a file, several of them one after the other, some rows of
others. Batches, shuffles and blocks are functions over it.
"""

from __future__ import annotations

from scoreline.rows.base import Rows, SparseMatrix, checked_places
from scoreline.rows.computed import UnstoredRows
from scoreline.rows.concatenation import ConcatRows
from scoreline.rows.in_arrays import ArrayRows, as_rows
from scoreline.rows.in_file import FileRows
from scoreline.rows.orders import epoch_order, whole_order, window_order
from scoreline.rows.reading import batches, blocks, gather, gathered, in_arrays, stored_entries
from scoreline.rows.scratch import Allocate, scratch_array
from scoreline.rows.sparse import SparseRows, dense, matrix_of, row_entries, rows_of
from scoreline.rows.subset import SubsetRows

__all__ = [
    "Allocate",
    "ArrayRows",
    "ConcatRows",
    "FileRows",
    "Rows",
    "SparseMatrix",
    "SparseRows",
    "SubsetRows",
    "UnstoredRows",
    "as_rows",
    "batches",
    "blocks",
    "checked_places",
    "dense",
    "epoch_order",
    "gather",
    "gathered",
    "in_arrays",
    "matrix_of",
    "row_entries",
    "rows_of",
    "scratch_array",
    "stored_entries",
    "whole_order",
    "window_order",
]
