"""scikit-image, an image at a time, on as many processes as there are threads."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Matrix
from benchmarks.peers.describer import SIDE, Describer, n_threads

__all__ = ["SkimageHOG", "SkimageLBP"]


class _Skimage(Describer):
    modules: ClassVar[tuple[str, ...]] = ("skimage.feature",)

    def workers(self) -> AbstractContextManager[Any]:
        """Return a pool of processes that are there, their library imported, before the clock starts."""
        return multiprocessing.get_context("fork").Pool(n_threads())

    def shared(self, describe: Callable[[Matrix], Matrix], images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return what describes a share of the images in each process."""
        workers.map(describe, images[: n_threads()])
        piece = -(-len(images) // (4 * n_threads()))
        return lambda: workers.map(describe, images, chunksize=piece)


class SkimageHOG(_Skimage):
    """``skimage.feature.hog`` of images in colour."""

    name: ClassVar[str] = "scikit-image hog"

    def described(self, learned: Any, images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return what computes HOG of the same cells, blocks and bins."""
        from skimage.feature import hog

        describe = partial(
            hog,
            orientations=learned.bins,
            pixels_per_cell=(learned.cell, learned.cell),
            cells_per_block=(learned.block, learned.block),
            channel_axis=-1,
        )
        return self.shared(describe, images, workers)


class SkimageLBP(_Skimage):
    """``skimage.feature.local_binary_pattern`` of grey images, counted in each cell of the grid."""

    name: ClassVar[str] = "scikit-image local_binary_pattern"

    def described(self, learned: Any, images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return what counts the same patterns in the same cells; the images are grey before the clock starts."""
        grey = np.round(images @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        place = np.arange(SIDE) * learned.grid // SIDE
        cells = place[:, None] * learned.grid + place
        count = learned.transform(images[:1]).shape[1] // learned.grid**2
        describe = partial(
            _frequencies, learned.points, learned.radius, learned.patterns.replace("-", "_"), cells, count
        )
        return self.shared(describe, grey, workers)


def _frequencies(points: int, radius: float, method: str, cells: Matrix, count: int, image: Matrix) -> Matrix:
    from skimage.feature import local_binary_pattern

    labels = local_binary_pattern(image, points, radius, method).astype(np.int64)
    n_cells = int(cells.max()) + 1
    counts = np.bincount((cells * count + labels).ravel(), minlength=n_cells * count)
    return counts / (cells.size / n_cells)
