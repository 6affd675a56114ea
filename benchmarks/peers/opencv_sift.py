"""OpenCV's SIFT at the places of a grid."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from benchmarks.datasets import Matrix
from benchmarks.peers.describer import Describer, n_threads

__all__ = ["OpenCVSIFT"]


class OpenCVSIFT(Describer):
    """``SIFT_create().compute`` at upright keypoints, an image a thread: quicker than OpenCV's own threads."""

    name: ClassVar[str] = "OpenCV SIFT"
    modules: ClassVar[tuple[str, ...]] = ("cv2",)

    def workers(self) -> AbstractContextManager[Any]:
        """Return a pool of threads."""
        return ThreadPoolExecutor(n_threads())

    def described(self, learned: Any, images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return what computes descriptors at the same places; the images are grey before the clock starts."""
        import cv2

        cv2.setNumThreads(1)
        rows, columns = learned.places(images.shape[1:])
        size = 2 / 3 * learned.bin
        keypoints = [cv2.KeyPoint(float(c), float(r), size, 0.0) for r in rows for c in columns]
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
        piece = -(-len(grey) // (4 * n_threads()))

        def describe(first: int) -> None:
            sift = cv2.SIFT_create()
            for image in grey[first : first + piece]:
                sift.compute(image, keypoints)

        return lambda: list(workers.map(describe, range(0, len(grey), piece)))
