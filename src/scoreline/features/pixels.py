"""The plainest features: the pixels themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._typing import Array
from scoreline.features.base import FeatureExtractor

__all__ = ["Pixels"]


class Pixels(FeatureExtractor):
    """The numbers of the image in one row, as the lecture's ``x``: D = H * W * channels.

    The rows are a view of the images in their own dtype; uint8 stays uint8. Scaling is the classifier's business
    (``standardize=True``), which folds it into W and b.
    """

    def transform(self, X: Array) -> Array:
        """Return the images ``(n, H, W, ch)`` as rows ``(n, H * W * ch)``, without a copy."""
        check_is_fitted(self)
        X = self._check(X)
        return X.reshape(len(X), math.prod(self.image_shape_))

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``pixel_{row}_{column}_{channel}``, or ``x{i}`` for vectors."""
        del input_features
        check_is_fitted(self)
        if len(self.image_shape_) == 1:
            return np.array([f"x{i}" for i in range(self.image_shape_[0])], dtype=object)
        return np.array(
            ["pixel_" + "_".join(map(str, cell)) for cell in np.ndindex(*self.image_shape_)], dtype=object
        )
