"""Grey values of images."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["grey_values"]

#: Weights of red, green and blue in ITU-R BT.601.
_WEIGHTS = np.array([0.299, 0.587, 0.114])


def grey_values(images: Array) -> FloatArray:
    """Return grey values 0 ... 255 of images ``(n, H, W, 1 or 3)``, whole numbers in float64, ``(n, H, W)``."""
    if images.shape[3] == 1:
        return images[..., 0].astype(np.float64)
    return np.round(images @ _WEIGHTS)
