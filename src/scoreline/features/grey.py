"""Grey values of images."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.features.graph import FeatureGraph

__all__ = ["graph_grey", "grey_values"]


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


def graph_grey(graph: FeatureGraph, images: str, channels: int) -> str:
    """Add the values of `grey_values` for images ``(N, H, W, channels)`` of uint8 to a graph."""
    if channels > 1:
        weights = np.array([299, 587, 114], np.int32)
        thousandths = graph.add("Mul", graph.cast(images, "int32"), weights)
        total = graph.add("ReduceSum", thousandths, np.array([3]), keepdims=0)
        rounded = graph.add("Add", total, np.array(500, np.int32))
        return graph.cast(graph.add("Div", rounded, np.array(1000, np.int32)), "float64")
    return graph.cast(graph.add("ReduceSum", graph.cast(images, "int32"), np.array([3]), keepdims=0), "float64")
