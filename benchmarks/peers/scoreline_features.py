"""scoreline's descriptors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from benchmarks.datasets import Matrix
from benchmarks.peers.describer import Describer

__all__ = ["ScorelineFeatures"]


class ScorelineFeatures(Describer):
    """``transform`` of a feature extractor."""

    name: ClassVar[str] = "scoreline"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.features",)

    def described(self, learned: Any, images: Matrix, workers: Any) -> Callable[[], Any]:
        """Return the transformation."""
        del workers
        return lambda: learned.transform(images)
