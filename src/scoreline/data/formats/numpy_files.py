"""Headers of NumPy arrays, read and checked before any memory is allocated for what they announce."""

from __future__ import annotations

import io
import math
from typing import IO, NamedTuple

import numpy as np
from numpy.lib import format as npy_format

from scoreline._text import shortened
from scoreline.errors import DataError

__all__ = ["ArrayHeader", "read_header"]

#: NumPy takes headers of up to 10,000 letters itself; a file announces up to 4 GB.
_MAX_HEADER = 2**14


class ArrayHeader(NamedTuple):
    """The header of a ``.npy`` file."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    fortran_order: bool
    #: Bytes before the numbers.
    offset: int

    @property
    def n_bytes(self) -> int:
        """Bytes of the numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: IO[bytes], size: int, what: str, *, labels: bool) -> ArrayHeader:
    """Read the header of an array from the beginning of a stream.

    Parameters
    ----------
    stream : binary file
        At the first byte of the ``.npy`` data; as much is read as a header may have.
    size : int
        All bytes of these data, the header with them.
    what : str
        What to call the array in messages.
    labels : bool
        In the error for an array of objects, explain how labels are saved, not examples.

    Raises
    ------
    DataError
        The array is of a kind that is not read, or announces more than the file has.
    Exception
        Whatever NumPy raises about a damaged header.
    """
    head = io.BytesIO(stream.read(min(size, _MAX_HEADER)))
    version = npy_format.read_magic(head)
    if version == (1, 0):
        shape, fortran_order, dtype = npy_format.read_array_header_1_0(head)
    elif version == (2, 0):
        shape, fortran_order, dtype = npy_format.read_array_header_2_0(head)
    else:
        # Version 3 is for tables whose columns have names beyond Latin-1.
        raise _wrong_kind(what, f"a table with named columns (version {version[0]})", labels=labels)
    header = ArrayHeader(shape, dtype, bool(fortran_order), head.tell())
    _check_kind(what, dtype, labels=labels)
    if not all(type(length) is int and length >= 0 for length in shape) or len(shape) > 32:
        raise _damaged(what, f"its header announces the shape {shortened(str(shape))}")
    if dtype.itemsize == 0 or header.offset + header.n_bytes > size:
        announced = f"{header.n_bytes} bytes of shape {shortened(str(shape))} and dtype {shortened(str(dtype))}"
        raise _damaged(what, f"its header announces {announced}, the file has {size - header.offset}")
    return header


def _check_kind(what: str, dtype: np.dtype[np.generic], *, labels: bool) -> None:
    if dtype.hasobject:
        raise DataError(
            f"{what} cannot be read: it is an array of Python objects (dtype=object), which NumPy stores as a "
            "pickle, and a pickle can run foreign code",
            allowed="arrays of numbers or of text, with a dtype of their own",
            fix=(
                "save it again with y = y.astype(str), or y.astype(int) for numbers"
                if labels
                else "save it again with X = numpy.stack(list(X)), all examples having one shape and dtype"
            ),
        )
    if dtype.names is not None or dtype.kind not in "buifcUSmM":
        raise _wrong_kind(what, f"an array of dtype {shortened(str(dtype))}", labels=labels)


def _wrong_kind(what: str, found: str, *, labels: bool) -> DataError:
    return DataError(
        f"{what} cannot be read: it is {found}",
        allowed="whole numbers or text" if labels else "uint8 images, or rows of real numbers",
        fix="save a plain array: " + ("y.astype(str)" if labels else "X.astype(numpy.float32)"),
    )


def _damaged(what: str, found: str) -> DataError:
    return DataError(
        f"{what} cannot be read ({found})",
        allowed="whole .npy data, as numpy.save writes them",
        fix="write the file again with numpy.save or numpy.savez",
    )
