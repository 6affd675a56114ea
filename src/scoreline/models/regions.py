"""What regions of images add to the lead of one class over another: sums over pixels, or by covering them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.engine.problem.objective import block_rows
from scoreline.models.prediction import class_scores
from scoreline.models.saved import SavedModel

if TYPE_CHECKING:
    from scoreline.features import FeatureExtractor

__all__ = ["Lead", "covered_copies", "grey", "region_contributions", "sums_of_regions", "sums_pixels"]

#: Fields of the grid in each direction: of sums, which cost nothing, and of what is covered, each a further image.
SUMMED, COVERED = 8, 4
#: Images whose copies are scored together, so that there is work for several threads.
TOGETHER = 4


class Lead(NamedTuple):
    """The score of one class for an image less that of another one."""

    #: ``(H, W, ch)`` of uint8, as the model sees it.
    image: Array
    named: int
    rival: int


def region_contributions(
    model: SavedModel, extractor: FeatureExtractor, leads: Iterable[Lead], cover: Array
) -> Iterator[FloatArray]:
    """Yield for each image what the fields of a grid over it add to a lead, ``(rows, columns)``.

    Where features are sums of terms of one pixel each (see `sums_pixels`), these are summed, relative to black.
    Else each field of a coarse grid is covered with the same field of another image, and its contribution is by
    how much the lead falls. What it falls in the mean over the same field of 16 images correlates with that of
    their mean image by .75 to .82 (HOG of photographs, words of photographs, HOG of digits), of `grey` by .70, .81
    and .38, of the image's own mean colour by .53, .61 and .45, and of the blurred image by less.

    Parameters
    ----------
    model : SavedModel
    extractor : FeatureExtractor
        That of the model, fitted.
    leads : iterable of Lead
        Only as many are taken at a time as are computed together.
    cover : array (H, W, ch) of uint8
        What fields are covered with: the mean of the training images where that is known, else `grey`.

    References
    ----------
    Zeiler & Fergus (2014), Visualizing and understanding convolutional networks, section 4.2 (occlusion).
    """
    if sums_pixels(model, extractor):
        yield from (_summed(model, extractor, lead) for lead in leads)
        return
    # Of large images one at a time: their copies are held.
    n = max(1, min(TOGETHER, block_rows((1 + COVERED**2) * math.prod(model.example_shape))))
    leads = iter(leads)
    while group := list(islice(leads, n)):
        yield from _falls(model, extractor, group, cover)


def sums_pixels(model: SavedModel, extractor: FeatureExtractor) -> bool:
    """Whether the features of a model of images are sums of terms that depend on one pixel each."""
    blank = np.zeros(model.example_shape, np.uint8)
    return extractor.pixel_contributions(blank, np.zeros(model.coef.shape[1])) is not None


def sums_of_regions(pixels: FloatArray, rows: int, columns: int) -> FloatArray:
    """Return the sums of values ``(H, W)`` over the fields of a grid, ``(rows, columns)``."""
    down, across = (_starts(side, n) for side, n in zip(pixels.shape, (rows, columns), strict=True))
    return np.asarray(np.add.reduceat(np.add.reduceat(pixels, down, axis=0), across, axis=1))


def grey(shape: tuple[int, ...]) -> Array:
    """Return an image of medium grey."""
    return np.full(shape, 128, np.uint8)


def covered_copies(image: Array, cover: Array, rows: int, columns: int) -> Array:
    """Return copies of an image, one for each field of a grid, row by row, which another image covers there."""
    height, width = image.shape[:2]
    down, across = ([*_starts(side, n).tolist(), side] for side, n in ((height, rows), (width, columns)))
    copies = np.repeat(image[None], rows * columns, axis=0)
    for place, copy in enumerate(copies):
        row, column = divmod(place, columns)
        field = slice(down[row], down[row + 1]), slice(across[column], across[column + 1])
        copy[field] = cover[field]
    return copies


def _summed(model: SavedModel, extractor: FeatureExtractor, lead: Lead) -> FloatArray:
    weights = class_scores(model.coef.T)
    difference = weights[:, lead.named].astype(np.float64) - weights[:, lead.rival].astype(np.float64)
    added = extractor.pixel_contributions(lead.image, difference)
    assert added is not None  # noqa: S101 - of these features
    return sums_of_regions(added.sum(axis=2), *_grid(lead.image, SUMMED))


def _falls(
    model: SavedModel, extractor: FeatureExtractor, leads: Sequence[Lead], cover: Array
) -> Iterator[FloatArray]:
    """Yield by how much each lead falls where a field of the image is covered."""
    grid = _grid(leads[0].image, COVERED)
    copies = [np.concatenate([lead.image[None], covered_copies(lead.image, cover, *grid)]) for lead in leads]
    scores = np.split(_scores(model, extractor, np.concatenate(copies)), len(leads))
    for lead, own in zip(leads, scores, strict=True):
        difference = own[:, lead.named] - own[:, lead.rival]
        yield (difference[0] - difference[1:]).reshape(grid)


def _scores(model: SavedModel, extractor: FeatureExtractor, images: Array) -> FloatArray:
    """Return the scores ``(n, C)``, float64, of as many images at a time as there is room for."""
    step = block_rows(max(math.prod(images.shape[1:]), extractor.numbers_at_work(), len(model.classes)))
    blocks = (images[first : first + step] for first in range(0, len(images), step))
    return np.concatenate(
        [class_scores(model.scores(extractor.transform(block))).astype(np.float64) for block in blocks]
    )


def _grid(image: Array, side: int) -> tuple[int, int]:
    """Return rows and columns of a grid: as many as wanted, and no more than there are pixels."""
    return min(side, image.shape[0]), min(side, image.shape[1])


def _starts(side: int, n: int) -> Array:
    return np.arange(n) * side // n
