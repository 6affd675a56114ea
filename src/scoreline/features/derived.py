"""Features that are computed from other features."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from scoreline.features.base import FeatureExtractor
from scoreline.features.specs import build_features

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

    def unfitted_inner(self) -> FeatureExtractor:
        """Return the underlying features: built where they are a text, else a clone."""
        given = self.features
        return build_features(given) if isinstance(given, str) else clone(given)
