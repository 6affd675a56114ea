"""Identifiers of examples in few bytes: a million of them take megabytes."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import overload

import numpy as np

from scoreline._typing import Array, Labels

__all__ = ["Ids", "NumberIds", "TextIds"]


class Ids(Sequence[str]):
    """Texts, one an example, each created on request."""

    @abstractmethod
    def take(self, index: Array) -> Ids:
        """Return those at the places `index` ``(n,)``."""

    @abstractmethod
    def _text(self, place: int) -> str:
        """Return the text at a place from 0 to N - 1."""

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Ids: ...
    def __getitem__(self, place: int | slice) -> str | Ids:
        places = range(len(self))[place]
        return self.take(np.asarray(places, np.int64)) if isinstance(places, range) else self._text(places)

    def __iter__(self) -> Iterator[str]:
        return map(self._text, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ids | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Iterable[str]) -> Ids:
        return TextIds(chain(self, other))

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3]))
        return f"<{len(self):,} ids: {shown}{', ...' if len(self) > 3 else ''}>"


class NumberIds(Ids):
    """Numbers of rows, ``"0"``, ``"1"``, ...

    Parameters
    ----------
    numbers : range or array (N,) of integers
    """

    def __init__(self, numbers: range | Array) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def _text(self, place: int) -> str:
        return str(int(self._numbers[place]))

    def take(self, index: Array) -> Ids:
        """Return some of the numbers; see `Ids.take`."""
        return NumberIds(self._as_array()[index])

    def __add__(self, other: Iterable[str]) -> Ids:
        if isinstance(other, NumberIds):
            return NumberIds(np.concatenate([self._as_array(), other._as_array()]))
        return super().__add__(other)

    def _as_array(self) -> Labels:
        return np.asarray(self._numbers, np.int64)


class TextIds(Ids):
    """Texts such as paths of files, in one buffer.

    Parameters
    ----------
    texts : iterable of str
    """

    def __init__(self, texts: Iterable[str]) -> None:
        buffer, ends = bytearray(), array("q", [0])
        for text in texts:
            buffer += text.encode("utf-8", "surrogatepass")
            ends.append(len(buffer))
        self._buffer, self._ends = bytes(buffer), np.frombuffer(ends, np.int64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _text(self, place: int) -> str:
        first, stop = self._ends[place : place + 2].tolist()
        return self._buffer[first:stop].decode("utf-8", "surrogatepass")

    def take(self, index: Array) -> Ids:
        """Return some of the texts; see `Ids.take`."""
        return TextIds(map(self._text, np.asarray(index).tolist()))
