"""Features that are computed from other features."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import clone

from scoreline.features.base import FeatureExtractor
from scoreline.features.specs import anchored_features, build_features

__all__ = ["DerivedFeatures"]


class DerivedFeatures(FeatureExtractor):
    """What is computed from the rows of other features: of its parameter `features`, left in ``inner_`` by `fit`.

    In a spec they are in brackets: ``mirror:[hog:8,lbp]``.
    """

    features: Any
    inner_: FeatureExtractor

    def check_sizes(self, n_features: int, image_shape: tuple[int, ...]) -> None:
        """Check the inner features too; see `FeatureExtractor.check_sizes`."""
        super().check_sizes(n_features, image_shape)
        self.unfitted_inner().check_sizes(n_features, image_shape)

    def inner_features(self) -> list[FeatureExtractor]:
        """Return the inner features."""
        return [getattr(self, "inner_", None) or self.unfitted_inner()]

    def content(self) -> str:
        """Return the parameters with the content of the inner features; see `FeatureExtractor.content`."""
        return self._content(features=self.inner_features()[0].content())

    def anchored(self) -> Self:
        """Return the same features with absolute paths."""
        given = self.features
        inner = anchored_features(given) if isinstance(given, str) else given
        return self if inner == given else clone(self).set_params(features=inner)

    def leaves(self, spec: str) -> list[tuple[str, FeatureExtractor]]:
        """Return the features at the bottom of the inner ones; see `FeatureExtractor.leaves`."""
        return self.inner_.leaves(str(self.features))

    def unfitted_inner(self) -> FeatureExtractor:
        """Return the underlying features: built where they are a text, else a clone."""
        given = self.features
        return build_features(given) if isinstance(given, str) else clone(given)
