"""What an update rule remembers of each weight, in compiled code: any number of float32, as tuples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

__all__ = ["column_of", "put_column", "zeros"]


def zeros(count: int) -> tuple[Any, ...]:
    """Return a tuple of zeros, by whose type compiled code knows how many numbers there are."""
    return (np.float32(0),) * count


def column_of(table, column, width, like):
    """Return a column of a flat table as a tuple that is as long as `like`. For compiled code alone.

    Parameters
    ----------
    table : array
        Rows of `width` numbers, one after the other.
    """
    raise NotImplementedError


@overload(column_of)
def _column_of(table, column, width, like):
    if not len(like):
        return lambda table, column, width, like: ()
    return lambda table, column, width, like: (
        (table[column],) + column_of(table, column + width, width, like[1:])  # noqa: RUF005 - Numba adds tuples
    )


def put_column(table, column, width, numbers):
    """Write a tuple into a column of a flat table; see `column_of`."""
    raise NotImplementedError


@overload(put_column)
def _put_column(table, column, width, numbers):
    if not len(numbers):
        return lambda table, column, width, numbers: None

    def put(table, column, width, numbers):
        table[column] = numbers[0]
        put_column(table, column + width, width, numbers[1:])

    return put
