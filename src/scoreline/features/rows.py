"""Features of images as rows: computed shard by shard as they are read, and finished shards kept."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from scoreline._typing import Array
from scoreline.features.base import FeatureExtractor
from scoreline.features.descriptor import BATCH
from scoreline.features.union import side_by_side
from scoreline.rows import Rows, UnstoredRows, checked_places

__all__ = ["ComputedRows", "FeatureRows", "ShardCache", "input_digest", "shard_length"]

#: Pixels of the images of one shard, 4,096 images of 32 x 32, and bytes of its features at the most.
SHARD_PIXELS, SHARD_BYTES = 1 << 22, 1 << 26


class ShardCache(Protocol):
    """Where arrays are kept under the digest of all that they were computed from."""

    def load(self, key: str) -> dict[str, Array] | None:
        """Return the arrays under a key, or None."""

    def save(self, key: str, arrays: dict[str, Array]) -> None:
        """Keep arrays under a key, or nothing."""


class ComputedRows(UnstoredRows, ABC):
    """Rows ``(N, D)`` float32 of images, computed when they are read, a shard at a time.

    The last shard is held, so that reading in order computes each once; what is read often is best gathered first
    (see `scoreline.rows`).

    Parameters
    ----------
    images : Rows (n, H, W, ch)
    extractor : FeatureExtractor
        Fitted.
    each : int
        Rows of an image: N = each n.
    on_shard : callable, optional
        Called with the number of images that are done after each shard.
    """

    def __init__(
        self,
        images: Rows,
        extractor: FeatureExtractor,
        *,
        each: int = 1,
        on_shard: Callable[[int], None] | None = None,
    ) -> None:
        self._images, self._extractor, self._each, self._on_shard = images, extractor, each, on_shard
        self._length = each * shard_length(images, extractor.numbers_at_work())
        self._held: tuple[int, Array] | None = None

    @abstractmethod
    def _computed(self, first: int, images: Array) -> Array:
        """Return the rows of a shard, the images from place `first` on."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows and of features."""
        return (len(self), self._extractor.width())

    def __len__(self) -> int:
        return self._each * len(self._images)

    def read(self, start: int, stop: int) -> Array:
        """Return examples in order; see `Rows.read`."""
        stop = min(stop, len(self))
        found = [
            self._shard(first)[max(start - first, 0) : stop - first]
            for first in range(start // self._length * self._length, stop, self._length)
        ]
        if not found:
            return np.empty((0, self.shape[1]), np.float32)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def take(self, index: Array) -> Array:
        """Return examples by place, shard by shard; see `Rows.take`."""
        index = checked_places(index, len(self))
        owner, taken = index // self._length, np.empty((len(index), self.shape[1]), np.float32)
        for number in np.unique(owner).tolist():
            own = owner == number
            taken[own] = self._shard(number * self._length)[index[own] - number * self._length]
        return taken

    def _shard(self, first: int) -> Array:
        if self._held is None or self._held[0] != first:
            self._held = None  # before the next is computed
            begin = first // self._each
            images = self._images.read(begin, begin + self._length // self._each)
            self._held = first, self._computed(begin, images)
            if self._on_shard is not None:
                self._on_shard(begin + len(images))
        return self._held[1]


class FeatureRows(ComputedRows):
    """The features ``(N, D)`` float32 of images; the parts of a union are kept each by itself.

    Parameters
    ----------
    rows : Rows (N, H, W, ch)
        Images.
    extractor : FeatureExtractor
        Fitted.
    spec : str
        What it was built from.
    kept : ShardCache
        Where finished shards are looked for, and kept.
    on_shard : callable, optional
        See `ComputedRows`.
    """

    def __init__(
        self,
        rows: Rows,
        extractor: FeatureExtractor,
        spec: str,
        kept: ShardCache,
        on_shard: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(rows, extractor, on_shard=on_shard)
        self._spec, self._kept = spec, kept
        #: Digests of features and of what they have learned, by spec.
        self._origins: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"FeatureRows({self._spec} of {self._images!r})"

    def _computed(self, first: int, images: Array) -> Array:
        del first
        return self._found(self._extractor, self._spec, images)

    def _found(self, extractor: FeatureExtractor, spec: str, images: Array) -> Array:
        """Return the features of a shard's images: kept ones, or computed and kept."""
        if extractor.parts:
            return side_by_side(self._found(part, name, images) for name, part in extractor.parts)
        if spec not in self._origins:  # graphs of encoders are large
            state = extractor.state()
            self._origins[spec] = input_digest(
                "state", extractor.content(), [state[name] for name in sorted(state)]
            )
        key = input_digest("rows", self._origins[spec], [images])
        kept = self._kept.load(key)
        shape = len(images), extractor.width()
        if kept is not None and set(kept) == {"rows"} and kept["rows"].shape == shape:
            return kept["rows"].astype(np.float32, copy=False)
        rows = extractor.transform(images).astype(np.float32, copy=False)
        self._kept.save(key, {"rows": rows})
        return rows


def shard_length(rows: Rows, numbers: int = 1) -> int:
    """Return the images of a shard, fewer of many numbers: whole batches, so that shards change no bit."""
    pixels = int(np.prod(rows.shape[1:3]))
    return max(1, min(SHARD_PIXELS // pixels, SHARD_BYTES // (4 * numbers)) // BATCH) * BATCH


def input_digest(what: str, origin: str, arrays: Iterable[Array]) -> str:
    """Return the digest of all that arrays are computed from, the code of the features included."""
    digest = hashlib.blake2b(f"{_code()}\n{what}\n{origin}".encode(), digest_size=20)
    for array in arrays:
        digest.update(f"\n{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    return digest.hexdigest()


@cache
def _code() -> str:
    """Return the digest of the source of all features."""
    folder = Path(__file__).parent
    return hashlib.blake2b(b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))).hexdigest()
