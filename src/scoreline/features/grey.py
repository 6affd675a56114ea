"""Grey values of images."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["grey_values"]


def grey_values(images: Array) -> FloatArray:
    """Return grey values 0 ... 255 of images ``(n, H, W, 1 or 3)``, whole numbers in float64, ``(n, H, W)``.

    Those of colours are ``0.299 R + 0.587 G + 0.114 B`` (ITU-R BT.601), rounded half up.
    """
    from scoreline.features.kernels.grey import grey_pixels

    if images.shape[3] == 1:
        return images[..., 0].astype(np.float64)
    grey = np.empty(images.shape[:3])
    grey_pixels(np.ascontiguousarray(images).reshape(-1), grey.reshape(-1))
    return grey
