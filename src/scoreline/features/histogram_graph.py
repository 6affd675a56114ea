"""Planes of pixels in a graph, and weights of pixels added up by place."""

from __future__ import annotations

import numpy as np

from scoreline.features.graph import FeatureGraph

__all__ = ["graph_counted", "graph_planes"]


def graph_planes(graph: FeatureGraph, images: str, shape: tuple[int, ...]) -> list[str]:
    """Add the channels ``(N, H * W)`` of images ``(N, *shape)``, each by itself.

    Runtimes are slow where the last axis is as short as that of the channels.
    """
    H, W, channels = shape
    planes = graph.add("Transpose", graph.reshape(images, 0, H * W, channels), perm=(0, 2, 1))
    return [graph.reshape(graph.part(planes, 1, k, k + 1), 0, H * W) for k in range(channels)]


def graph_counted(graph: FeatureGraph, places: str, weights: str, n: int) -> str:
    """Add the sums ``(N, n)`` of weights ``(N, P)``, float64, by their places.

    Parameters
    ----------
    graph : FeatureGraph
    places : str
        ``(N, P)`` of int32, from 0 to before n.
    weights : str
    n : int
    """
    lengths = graph.add("Concat", graph.add("Shape", places, start=0, end=1), np.array([n]), axis=0)
    zeros = graph.add("Expand", np.zeros((1, 1)), lengths)
    return graph.add("ScatterElements", zeros, places, weights, axis=1, reduction="add")
