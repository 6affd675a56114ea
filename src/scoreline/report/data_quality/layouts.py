"""Images in some hundred numbers each, in which images that show other things than all others are far away."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.objective import block_rows
from scoreline.features import build_features
from scoreline.report.data_quality.signatures import LUMA
from scoreline.rows import ArrayRows, Rows

__all__ = ["image_layouts", "image_statistics", "image_views"]

#: Cells in each direction, at the most.
GRID = 32
#: Cells in each direction from which on gradients are looked at; below it the cells themselves.
LEAST_CELLS = 16
#: Levels that are added to deviations before the logarithm, and bins of brightness.
LEVELS, BINS = 0.5, 8


def image_views(rows: Rows) -> dict[str, Rows]:
    """Return what is compared of images ``(N, H, W, ch)``: statistics of the whole, and where their edges are.

    Whatever the classifier sees, noise and blank images have other statistics than pictures, and drawings other
    edges.
    """
    cells = image_layouts(rows)
    images = cells.read(0, len(rows)).reshape(len(rows), *_sides(rows), rows.shape[3])
    step = block_rows(int(np.prod(images.shape[1:])))
    blocks = [images[k : k + step] for k in range(0, len(rows), step)]
    views: dict[str, Rows] = {"statistics": ArrayRows(np.concatenate([image_statistics(one) for one in blocks]))}
    if min(images.shape[1:3]) < LEAST_CELLS or images.shape[3] not in (1, 3):
        return views | {"cells": cells}
    extractor = build_features("hog")
    pixels = images.round().astype(np.uint8)
    views["edges"] = ArrayRows(np.asarray(extractor.fit(pixels[:1]).transform(pixels)))
    return views


def image_layouts(rows: Rows) -> ArrayRows:
    """Return ``(N, cells * ch)``: the mean of each channel in each cell, and so the pixels of small images."""
    step = block_rows(int(np.prod(rows.shape[1:])))
    starts = range(0, len(rows), step)
    return ArrayRows(np.concatenate([_layouts(rows.read(k, min(k + step, len(rows)))) for k in starts]))


def image_statistics(images: FloatArray) -> FloatArray:
    """Return statistics of images ``(n, H, W, ch)`` in which place does not count.

    Mean colour, the logarithm of the deviation in each octave of frequencies and of the gradients' mean and
    deviation, and a histogram of brightness; colour as brightness and two differences from it.
    """
    planes = _opponent(images)
    brightness = planes[..., 0]
    found = [planes.mean(axis=(1, 2)), *_octaves(planes)]
    for axis in (1, 2):
        steps = np.diff(brightness, axis=axis)
        if steps.size:
            mean, deviation = np.abs(steps).mean(axis=(1, 2)), steps.std(axis=(1, 2))
            found.append(np.log(np.stack([mean + LEVELS, (deviation + LEVELS) / (mean + LEVELS)], axis=1)))
    bins = np.clip(brightness * (BINS / 256), 0, BINS - 1).astype(np.uint8)
    found.append(np.sqrt(np.stack([(bins == k).mean(axis=(1, 2)) for k in range(BINS)], axis=1)))
    return np.concatenate(found, axis=1, dtype=np.float32)


def _opponent(images: FloatArray) -> FloatArray:
    if images.shape[3] != 3:
        return images
    brightness = images @ np.array(LUMA, np.float32)
    return np.stack([brightness, images[..., 0] - brightness, images[..., 2] - brightness], axis=-1)


def _octaves(planes: FloatArray) -> Iterator[FloatArray]:
    """Yield the logarithms of the deviations of each plane from its means over two by two."""
    while min(planes.shape[1:3]) > 1:
        n, height, width, channels = planes.shape
        planes = planes[:, : height // 2 * 2, : width // 2 * 2]
        squares = planes.reshape(n, height // 2, 2, width // 2, 2, channels)
        means = squares.mean(axis=(2, 4), keepdims=True)
        yield np.log(np.sqrt(((squares - means) ** 2).mean(axis=(1, 2, 3, 4))) + LEVELS)
        planes = means[:, :, 0, :, 0]


def _layouts(images: Array) -> FloatArray:
    n, height, width, _ = images.shape
    means = _averages(height) @ images.astype(np.float32).transpose(0, 3, 1, 2) @ _averages(width).T
    return np.ascontiguousarray(means.transpose(0, 2, 3, 1)).reshape(n, -1)


def _sides(rows: Rows) -> tuple[int, int]:
    _, height, width, _ = rows.shape
    return min(GRID, height), min(GRID, width)


def _averages(side: int) -> FloatArray:
    """Return the matrix ``(cells, side)`` that averages over cells of about the same length."""
    n = min(GRID, side)
    inside = np.arange(n)[:, None] == np.arange(side) * n // side
    return (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)
