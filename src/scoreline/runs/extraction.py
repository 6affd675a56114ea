"""Features of a whole data set: shard by shard, with progress, and finished shards kept for the next run."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np

from scoreline._files import partial_file, remove_orphans
from scoreline._typing import Array
from scoreline.data import Progress, user_cache
from scoreline.data.names import printable
from scoreline.data.places import expanded
from scoreline.errors import ModelError
from scoreline.features import FeatureExtractor
from scoreline.features.augmentation import TrainingPairs
from scoreline.features.rows import FeatureRows, input_digest, shard_length
from scoreline.rows import ArrayRows, FileRows, Rows, gather, gathered
from scoreline.runs.config import RunConfig

__all__ = ["FeatureCache", "extract", "extract_pairs", "fit_features"]

#: Bytes that the kept shards may take; the longest unused go first.
CACHE_BYTES = 4 << 30
#: Names the folder of the cache; "off" keeps nothing.
CACHE_VARIABLE = "SCORELINE_FEATURE_CACHE"


class FeatureCache:
    """A folder of arrays, each under the digest of all that it was computed from.

    A file that cannot be read is as good as none; where none can be written, nothing more is kept. Of either, a
    warning tells once.

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
        #: How often something was found: what took no time to compute.
        self.n_found = 0
        self._refused = False
        self._told = False

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
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception:  # noqa: BLE001 - a damaged file can fail in any way; extraction replaces it
            self._tell(f"{printable(path)} is damaged: what it would have kept is computed again")
            return None
        self.n_found += 1
        return found

    def save(self, key: str, arrays: dict[str, Array]) -> None:
        """Keep arrays under a key: all of them or, where the disk refuses, nothing."""
        if self.folder is None or self._refused or sum(a.nbytes for a in arrays.values()) > self.limit // 4:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with partial_file(self.folder) as part:  # not flushed: what a power cut damages is as good as none
                with part.open("wb") as file:
                    np.savez(file, **arrays)  # type: ignore[arg-type]
                part.replace(self._path(key))
        except OSError as error:
            self._refused = True
            self._tell(
                f"Features cannot be kept in {printable(self.folder)} ({error.strerror or error}) and are "
                f"computed in each run; the environment variable {CACHE_VARIABLE} can name another folder"
            )
            return
        with suppress(OSError):  # another process may have deleted some
            self._trim()

    def _tell(self, message: str) -> None:
        """Warn, once: what is wrong with one file is wrong with most."""
        if not self._told:
            self._told = True
            warnings.warn(message, stacklevel=2)

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


def fit_features(extractor: FeatureExtractor, X: Array, y: Array, kept: FeatureCache) -> FeatureExtractor:
    """Fit features on training images, or take over what an equal fit has learned.

    Parameters
    ----------
    extractor : FeatureExtractor
        Unfitted.
    X : array (n, H, W, ch)
    y : array (n,)
    kept : FeatureCache
    """
    if not extractor.computes or len(X) <= shard_length(ArrayRows(X)):
        return extractor.fit(X, y)
    key = input_digest("fit", extractor.content(), [X, y])
    state = kept.load(key)
    if state is not None:
        with suppress(ModelError):  # another's file: it is learned anew
            return extractor.restore(X.shape[1:], state)
    extractor.fit(X, y)
    if extractor.state():
        kept.save(key, extractor.state())
    return extractor


def extract(
    extractor: FeatureExtractor,
    spec: str,
    images: Rows,
    kept: FeatureCache,
    progress: Progress | None = None,
    *,
    on_disk: bool = False,
) -> Rows:
    """Return the features ``(n, D)`` of images, computed shard by shard.

    Parameters
    ----------
    extractor : FeatureExtractor
        Fitted.
    spec : str
        What it was built from.
    images : Rows (n, H, W, ch)
    kept : FeatureCache
        Where finished shards are looked for, and kept.
    progress : callable, optional
        Called as ``progress(what, done, total)`` after each shard.
    on_disk : bool, default False
        Whether the features lie in a file without a name instead of memory.
    """
    if not _is_costly(extractor, images):
        rows = extractor.transform(gathered(images).read(0, len(images)))
        # As those of many images are, so that the rows of a small split can join those of a large one.
        return ArrayRows(rows.astype(np.float32, copy=False) if extractor.computes else rows)

    def shard_done(done: int) -> None:
        if progress is not None:
            progress(f"Extracting {spec}", done, len(images))

    features = FeatureRows(images, extractor, spec, kept, shard_done)
    return FileRows(features) if on_disk else gather(features, np.empty)


def extract_pairs(
    extractor: FeatureExtractor, images: Rows, config: RunConfig, progress: Progress | None = None
) -> Rows:
    """Return the pairs of rows ``(2 n, D)`` of images, computed shard by shard; see `TrainingPairs`."""

    def shard_done(done: int) -> None:
        if progress is not None:
            progress(f"Extracting {config.features} of copies", done, len(images))

    pairs = TrainingPairs(images, extractor, config.seed, shard_done)
    return FileRows(pairs) if config.memory is not None else gather(pairs, np.empty)


def _is_costly(extractor: FeatureExtractor, images: Rows) -> bool:
    """Whether features are computed, not merely a view of the pixels, of more images than one shard holds."""
    return extractor.computes and len(images) > shard_length(images, extractor.numbers_at_work())
