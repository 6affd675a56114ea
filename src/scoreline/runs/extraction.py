"""Features of a whole data set: shard by shard, with progress, and finished shards kept for the next run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from scoreline import features
from scoreline._files import partial_file, remove_orphans
from scoreline._typing import Array
from scoreline.data import Progress, user_cache
from scoreline.data.places import expanded
from scoreline.errors import ModelError
from scoreline.features import DerivedFeatures, FeatureExtractor, FeatureUnion, ImageDescriptor
from scoreline.features.descriptor import BATCH

__all__ = ["FeatureCache", "extract", "fit_features"]

#: Pixels of the images of one shard: 4,096 images of 32 x 32.
SHARD_PIXELS = 1 << 22
#: Bytes that the kept shards may take; the longest unused go first.
CACHE_BYTES = 4 << 30
#: Names the folder of the cache; "off" keeps nothing.
CACHE_VARIABLE = "SCORELINE_FEATURE_CACHE"


class FeatureCache:
    """A folder of arrays, each under the digest of all that it was computed from.

    A file that cannot be read is as good as none; where none can be written, features are extracted each time.

    Parameters
    ----------
    folder : path, optional
        None keeps nothing.
    limit : int
        Bytes of all files.
    """

    def __init__(self, folder: Path | None, limit: int = CACHE_BYTES) -> None:
        self.folder = folder
        self.limit = limit

    @classmethod
    def of_user(cls) -> FeatureCache:
        """Return the cache that SCORELINE_FEATURE_CACHE names, by default a folder of the user's cache.

        Unfinished files of processes that were killed are removed from it.
        """
        named = os.environ.get(CACHE_VARIABLE)
        if named == "off":
            return cls(None)
        folder = expanded(named) if named else user_cache() / "features"
        remove_orphans(folder, "*.part")
        return cls(folder)

    def load(self, key: str) -> dict[str, Array] | None:
        """Return the arrays under a key, or None."""
        if self.folder is None:
            return None
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in arrays.files}
            os.utime(path)  # the longest unused goes first
        except Exception:  # noqa: BLE001 - a damaged file can fail in any way; extraction replaces it
            return None
        return found

    def save(self, key: str, arrays: dict[str, Array]) -> None:
        """Keep arrays under a key: all of them or, where the disk refuses, nothing."""
        if self.folder is None or sum(array.nbytes for array in arrays.values()) > self.limit // 4:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with partial_file(self.folder) as part:  # not flushed: what a power cut damages is as good as none
                with part.open("wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
                part.replace(self._path(key))
            self._trim()

    def _path(self, key: str) -> Path:
        assert self.folder is not None  # noqa: S101 - its callers have looked
        return self.folder / f"{key}.npz"

    def _trim(self) -> None:
        """Delete the longest unused files until the rest keep the limit."""
        assert self.folder is not None  # noqa: S101 - its callers have looked
        facts = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self.folder.glob("*.npz"))
        total = sum(size for _, size, _ in facts)
        for _, size, path in facts:
            if total <= self.limit:
                return
            path.unlink(missing_ok=True)
            total -= size


def fit_features(
    extractor: FeatureExtractor, spec: str, X: Array, y: Array, kept: FeatureCache
) -> FeatureExtractor:
    """Fit features on training images, or take over what an equal fit has learned.

    Parameters
    ----------
    extractor : FeatureExtractor
        Unfitted.
    spec : str
        What it was built from.
    X : array (n, H, W, ch)
    y : array (n,)
    kept : FeatureCache
    """
    if not _is_costly(extractor, X):
        return extractor.fit(X, y)
    key = _digest("fit", spec, [X, y])
    state = kept.load(key)
    if state is not None:
        with suppress(ModelError):  # another's file: it is learned anew
            return extractor.restore(X.shape[1:], state)
    extractor.fit(X, y)
    if extractor.state():
        kept.save(key, extractor.state())
    return extractor


def extract(
    extractor: FeatureExtractor, spec: str, X: Array, kept: FeatureCache, progress: Progress | None = None
) -> Array:
    """Return the features ``(n, D)`` of images, shard by shard; the parts of a union one after the other.

    Parameters
    ----------
    extractor : FeatureExtractor
        Fitted.
    spec : str
        What it was built from.
    X : array (n, H, W, ch)
    kept : FeatureCache
        Where finished shards are looked for, and kept.
    progress : callable, optional
        Called as ``progress(what, done, total)`` after each shard.
    """
    if isinstance(extractor, FeatureUnion):
        return extractor.join(extract(part, name, X, kept, progress) for name, part in extractor.parts)
    if not _is_costly(extractor, X):
        return extractor.transform(X)
    rows: Array | None = None
    state = [extractor.state()[name] for name in sorted(extractor.state())]
    for shard in _shards(X):
        key = _digest("rows", spec, [*state, X[shard]])
        found = kept.load(key)
        if found is None or set(found) != {"rows"} or len(found["rows"]) != len(X[shard]):
            found = {"rows": extractor.transform(X[shard])}
            kept.save(key, found)
        if rows is None:
            rows = np.empty((len(X), found["rows"].shape[1]), np.float32)
        rows[shard] = found["rows"]
        if progress is not None:
            progress(f"Extracting {spec}", min(shard.stop, len(X)), len(X))
    assert rows is not None  # noqa: S101 - what is costly has more than one shard
    return rows


def _is_costly(extractor: FeatureExtractor, X: Array) -> bool:
    """Whether features are computed, not merely a view of the pixels, of more images than one shard holds."""
    return isinstance(extractor, ImageDescriptor | FeatureUnion | DerivedFeatures) and len(X) > _shard_length(X)


def _shards(X: Array) -> Iterator[slice]:
    length = _shard_length(X)
    return (slice(low, low + length) for low in range(0, len(X), length))


def _shard_length(X: Array) -> int:
    """Return images of a shard: whole batches, so that shards change no bit."""
    return max(1, SHARD_PIXELS // int(np.prod(X.shape[1:3])) // BATCH) * BATCH


def _digest(what: str, spec: str, arrays: Iterable[Array]) -> str:
    """Return the digest of all that arrays are computed from, the code of the features included."""
    digest = hashlib.blake2b(f"{_code()}\n{what}\n{spec}".encode(), digest_size=20)
    for array in arrays:
        digest.update(f"\n{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    return digest.hexdigest()


@cache
def _code() -> str:
    """Return the digest of the source of all features."""
    folder = Path(features.__file__).parent
    return hashlib.blake2b(b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))).hexdigest()
