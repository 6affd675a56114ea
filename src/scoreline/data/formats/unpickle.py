"""A pickle reader that can build nothing but plain values and arrays of bytes.

A pickle is a program: a hostile one calls whatever it likes. This reader answers every request for a function
or class with a stand-in of its own, or refuses it, so that NumPy's and Python's own constructors are out of reach.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from scoreline._typing import Array
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["read_pickled_arrays"]

# The published files have at most 184 MB; this keeps a wrong file from filling the memory.
_MAX_BYTES = 2**29
_RECONSTRUCT = {"numpy.core.multiarray", "numpy._core.multiarray"}


class _RefusedError(Exception):
    """The pickle asks for something that is not on the list."""


class _DtypeStandIn:
    """Takes the place of numpy.dtype; only one-byte unsigned integers are let through."""

    def __init__(self, code: object, *_: object) -> None:
        if code not in ("u1", b"u1"):
            raise _RefusedError(f"an array of dtype {code!r}")

    def __setstate__(self, state: object) -> None:
        """Ignore byte order and alignment: one byte has neither."""


class _ArrayStandIn:
    """Takes the place of an array until its shape and bytes are known."""

    array: Array

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        if not isinstance(dtype, _DtypeStandIn) or not isinstance(content, bytes):
            raise _RefusedError("an array of objects")
        # A copy, because an array over bytes could not be written to.
        self.array = np.frombuffer(content, dtype=np.uint8).reshape(shape, order="F" if fortran else "C").copy()


class _NdarrayName:
    """What `_reconstruct` gets as its first argument; it is never called."""

    def __new__(cls, *_: object) -> NoReturn:
        raise _RefusedError("an array made by hand")


def _reconstruct(*_: object) -> _ArrayStandIn:
    return _ArrayStandIn()


def _encode(text: object, encoding: object) -> bytes:
    """Stand in for ``_codecs.encode``, by which protocol 2 stores bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _RefusedError(f"the encoding {encoding!r}")
    return text.encode("latin1")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in _RECONSTRUCT and name == "_reconstruct":
            return _reconstruct
        stand_ins = {
            ("numpy", "ndarray"): _NdarrayName,
            ("numpy", "dtype"): _DtypeStandIn,
            ("_codecs", "encode"): _encode,
        }
        if (module, name) not in stand_ins:
            raise _RefusedError(f"{module}.{name}")
        return stand_ins[module, name]

    def persistent_load(self, pid: Any) -> NoReturn:
        raise _RefusedError("an object outside the file")


def read_pickled_arrays(file: Path) -> dict[str, Any]:
    """Read a pickled dictionary of arrays of uint8, lists, strings and numbers.

    Raises
    ------
    DataError
        The file is damaged or too large, is no dictionary, or asks for anything else.
    """
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise _RefusedError(f"{file.stat().st_size} bytes of memory")
        with file.open("rb") as stream:
            content = _Unpickler(stream, encoding="latin1").load()
    except Exception as error:  # a damaged pickle can fail in any way
        raise _refusal(file, str(error) or type(error).__name__) from error
    if not isinstance(content, dict):
        raise _refusal(file, f"a {type(content).__name__}")
    return {_text(key): _plain(value) for key, value in content.items()}


def _refusal(file: Path, found: str) -> DataError:
    return DataError(
        f"The pickled file {printable(file)} is damaged or asks for what it must not have ({found})",
        allowed=f"a dictionary of arrays of uint8, lists, strings and numbers, of at most {_MAX_BYTES} bytes",
        fix="download the published archive again, or take its binary version",
    )


def _text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    return getattr(value, "array", None) if isinstance(value, _ArrayStandIn) else value
