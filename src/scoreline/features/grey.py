"""Grey values of images."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.features.graph import FeatureGraph
from scoreline.features.histogram_graph import graph_planes

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


def graph_grey(graph: FeatureGraph, images: str, shape: tuple[int, ...]) -> str:
    """Add the values of `grey_values` for images ``(N, *shape)`` of uint8 to a graph."""
    grey, *others = (graph.cast(plane, "int32") for plane in graph_planes(graph, images, shape))
    if others:
        thousandths = graph.add("Mul", grey, np.array(299, np.int32))
        for plane, weight in zip(others, (587, 114), strict=True):
            thousandths = graph.add("Add", thousandths, graph.add("Mul", plane, np.array(weight, np.int32)))
        rounded = graph.add("Add", thousandths, np.array(500, np.int32))
        grey = graph.add("Div", rounded, np.array(1000, np.int32))
    return graph.cast(graph.reshape(grey, 0, *shape[:2]), "float64")
