"""scikit-learn: the nearest word of local descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Matrix
from benchmarks.peers.describer import Describer

__all__ = ["SklearnPredict"]


class SklearnPredict(Describer):
    """``MiniBatchKMeans.predict`` of whitened descriptors that are there before the clock starts."""

    name: ClassVar[str] = "scikit-learn MiniBatchKMeans.predict"
    modules: ClassVar[tuple[str, ...]] = ("sklearn.cluster",)

    def described(self, learned: Any, images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return what finds the nearest of the same words for the same codes."""
        from sklearn.cluster import MiniBatchKMeans

        del workers
        codes = learned.codes(images)
        words = learned.words_.astype(np.float32)
        kmeans = MiniBatchKMeans(len(words), init=words, n_init=1, max_iter=1, batch_size=2 * len(words))
        kmeans.fit(codes)
        kmeans.cluster_centers_[:] = words
        return lambda: kmeans.predict(codes)
