"""What each kind of features sees in an image, as a picture.

To add one: a function here under ``@picture_of.register``, whose first annotation says of which extractors it is.
Each takes a fitted extractor, an image ``(H, W, ch)`` of uint8 and a theme, and returns colours ``(h, w, 3)`` in
[0, 1]. Extractors without a function of their own are drawn by that of their base class, at last as plain numbers.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.features import (
    GIST,
    HOG,
    LBP,
    BagOfWords,
    DenseSIFT,
    DerivedFeatures,
    FeatureExtractor,
    HueHistogram,
    OpponentHistogram,
    PatchDictionary,
    Pixels,
    SelfSimilarity,
    Textons,
    TwoLayerDictionary,
)
from scoreline.report.figures.theme import Theme

__all__ = ["picture_of"]

#: Dots of the side of a field of glyphs, about those of a place in the figure; the fewest of a glyph.
_FIELD, _LEAST_GLYPH = 320, 9
#: Words that are shown.
_SHOWN = 16


@singledispatch
def picture_of(extractor: FeatureExtractor, image: Array, theme: Theme) -> FloatArray:
    """Return what an extractor sees in an image ``(H, W, ch)``, as colours ``(h, w, 3)`` in [0, 1].

    Here, the numbers of the row, from its least to its greatest, line by line in a square.
    """
    row = extractor.transform(image[None])[0].astype(np.float64)
    side = int(np.ceil(np.sqrt(len(row))))
    shades = np.zeros(side * side)
    shades[: len(row)] = (row - row.min()) / max(float(np.ptp(row)), 1e-9)
    return _shaded(shades.reshape(side, side), theme)


@picture_of.register
def _pixels(extractor: Pixels, image: Array, theme: Theme) -> FloatArray:
    """The image, whitened if it is to be, its contrast stretched as standardisation does."""
    del theme
    values = extractor.transform(image[None]).reshape(image.shape).astype(np.float64)
    values = (values - values.mean(axis=(0, 1))) / np.maximum(values.std(axis=(0, 1)), 1)
    return np.broadcast_to(np.clip(0.5 + values / 4, 0, 1), (*image.shape[:2], 3))


@picture_of.register
def _hue(extractor: HueHistogram, image: Array, theme: Theme) -> FloatArray:
    """A wheel: the length of a hue is its frequency in the whole image."""
    from matplotlib.colors import hsv_to_rgb

    wheel = HueHistogram(extractor.bins, power=1).fit(image[None]).transform(image[None])[0]
    y, x = (np.mgrid[:_FIELD, :_FIELD] + 0.5) / (_FIELD / 2) - 1
    radius, turn = np.hypot(x, y), np.arctan2(-y, x) / (2 * np.pi) % 1
    length = 0.25 + 0.73 * np.sqrt(wheel / max(wheel.max(), 1e-9))
    inside = (radius >= 0.22) & (radius <= length[(turn * extractor.bins).astype(int)])
    colours = hsv_to_rgb(np.stack([turn, np.full_like(turn, 0.9), np.full_like(turn, 0.9)], axis=-1))
    return np.where(inside[..., None], colours, _colour(theme.paper))


@picture_of.register
def _opponent(extractor: OpponentHistogram, image: Array, theme: Theme) -> FloatArray:
    """Bars, from green to red, blue to yellow, dark to light: the height of a shade is its frequency."""
    bins = extractor.bins
    shares = OpponentHistogram(bins, power=1).fit(image[None]).transform(image[None])[0].reshape(3, bins)
    ends = np.array(
        [
            [[0, 0.6, 0.3], [0.85, 0.1, 0.1]],
            [[0.1, 0.2, 0.8], [0.95, 0.8, 0.1]],
            [[0.25, 0.25, 0.25], [0.85, 0.85, 0.85]],  # neither end is lost on the paper
        ]
    )
    side = max(1, _FIELD // bins)
    panels = []
    for (first, last), row in zip(ends, np.sqrt(shares / max(float(shares.max()), 1e-9)), strict=True):
        shades = np.linspace(first, last, bins).repeat(side, axis=0)
        heights = 0.9 * row.repeat(side)
        filled = np.linspace(1, 0, _FIELD // 3)[:, None] <= heights
        panels.append(np.where(filled[..., None], shades, _colour(theme.paper)))
    return np.concatenate(panels)


@picture_of.register
def _hog(extractor: HOG, image: Array, theme: Theme) -> FloatArray:
    """A star a cell: lines along the edges, across the gradients, as bright as these are strong."""
    cells = extractor.cells(image[None])[0]
    turns = 1 if extractor.signed else 0.5
    angles = (np.arange(extractor.bins) + 0.5) / extractor.bins * turns * 2 * np.pi
    # Directions are downwards and to the right; an edge is perpendicular to them.
    return _glyphs(cells, angles + np.pi / 2, theme, both=True)


@picture_of.register
def _sift(extractor: DenseSIFT, image: Array, theme: Theme) -> FloatArray:
    """The 4 x 4 bins of the descriptor at the centre: a line a direction."""
    rows, columns = extractor.places(image.shape)
    middle = len(rows) // 2 * len(columns) + len(columns) // 2
    bins = extractor.describe(image[None])[0, middle].reshape(4, 4, 8)
    return _glyphs(bins, -np.arange(8) / 8 * 2 * np.pi, theme, both=False)


@picture_of.register
def _lbp(extractor: LBP, image: Array, theme: Theme) -> FloatArray:
    """The label of each pixel, as a shade."""
    labels = extractor.label_map(image[None])[0]
    _, place = np.unique(labels, return_inverse=True)
    return _shaded(place.reshape(labels.shape) / max(place.max(), 1), theme)


@picture_of.register
def _gist(extractor: GIST, image: Array, theme: Theme) -> FloatArray:
    """The strongest energy over orientations, a panel a scale, the finest first."""
    energy = extractor.energies(image[None])[0].reshape(extractor.scales, extractor.orientations, *image.shape[:2])
    panels = [panel / max(float(panel.max()), 1e-9) for panel in energy.max(axis=1)]
    return _mosaic([_shaded(panel, theme) for panel in panels], theme)


@picture_of.register
def _textons(extractor: Textons, image: Array, theme: Theme) -> FloatArray:
    """The texton of each pixel, as a colour."""
    colours = np.array([_colour(c) for c in theme.series])
    labels = extractor.texton_map(image[None])[0]
    shade = 0.7 + 0.3 * (labels // len(colours) % 4) / 3
    return colours[labels % len(colours)] * shade[..., None]


@picture_of.register
def _self_similarity(extractor: SelfSimilarity, image: Array, theme: Theme) -> FloatArray:
    """The correlation of each point's patch with its surroundings."""
    fitted = SelfSimilarity(**extractor.get_params()).fit(image[None])
    bins = fitted.transform(image[None])[0].reshape(-1, extractor.radii * extractor.angles)
    offsets = fitted.offsets()
    side = 2 * extractor.radius + 1
    panels = []
    for row in bins:
        panel = np.zeros((side, side))
        panel[offsets[:, 0] + extractor.radius, offsets[:, 1] + extractor.radius] = row[offsets[:, 2]]
        panels.append(_shaded(panel, theme))
    return _mosaic(panels, theme)


@picture_of.register
def _words(extractor: BagOfWords, image: Array, theme: Theme) -> FloatArray:
    """The most frequent words: a patch of the image that is near each, above a bar of its share."""
    labels, rows, columns = extractor.word_map(image[None])
    reach = int(np.ceil(2 * extractor.bin))
    wide = np.pad(_in_colour(image), ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    found, count = np.unique(labels[0], return_counts=True)
    panels = []
    for word in found[np.argsort(-count, kind="stable")][:_SHOWN]:
        at = int(np.flatnonzero(labels[0] == word)[0]) % (len(rows) * len(columns))
        r, c = rows[at // len(columns)], columns[at % len(columns)]
        patch = wide[r : r + 2 * reach + 1, c : c + 2 * reach + 1]
        bar = np.broadcast_to(_colour(theme.middle), (2, patch.shape[1], 3)).copy()
        share = count[found == word][0] / count.max()
        bar[:, : round(share * patch.shape[1])] = _colour(theme.high)
        panels.append(np.concatenate([patch, bar]))
    return _mosaic(panels, theme)


@picture_of.register
def _dictionary(extractor: PatchDictionary, image: Array, theme: Theme) -> FloatArray:
    """The words with the largest responses above their mean, as patches."""
    responses = extractor.transform(image[None])[0].reshape(extractor.grid**2, -1).sum(axis=0)
    words = extractor.patches()
    strongest = np.argsort(-responses[: len(words)], kind="stable")[: 4 * _SHOWN]
    panels = []
    for patch in words[strongest]:
        centred = patch / max(float(np.abs(patch).max()), 1e-9)
        panels.append(np.broadcast_to(0.5 + 0.5 * centred, (*patch.shape[:2], 3)))
    return _mosaic(panels, theme)


@picture_of.register
def _derived(extractor: DerivedFeatures, image: Array, theme: Theme) -> FloatArray:
    """What the first of the underlying features sees."""
    (_, first), *_ = extractor.leaves("")
    return picture_of(first, image, theme)


@picture_of.register
def _two_layers(extractor: TwoLayerDictionary, image: Array, theme: Theme) -> FloatArray:
    """The channels with the largest responses between the layers, the strongest first."""
    channels = np.maximum(extractor.maps_(image[None])[0], 0)
    strongest = np.argsort(-np.square(channels).sum(axis=(0, 1)), kind="stable")[:_SHOWN]
    panels = [channels[..., j] / max(float(channels[..., j].max()), 1e-9) for j in strongest]
    return _mosaic([_shaded(panel, theme) for panel in panels], theme)


def _glyphs(strengths: FloatArray, angles: FloatArray, theme: Theme, *, both: bool) -> FloatArray:
    """Return lines from the middle of each cell along `angles` (clockwise), and perhaps their opposites."""
    rows, columns, bins = strengths.shape
    side = max(_LEAST_GLYPH, _FIELD // max(rows, columns))
    field = np.zeros((rows * side, columns * side))
    along = np.linspace(-0.46 if both else 0.0, 0.46, 2 * side) * side
    largest = max(float(strengths.max()), 1e-9)
    for k in range(bins):
        y = np.clip((side / 2 + along * np.sin(angles[k])).astype(int), 0, side - 1)
        x = np.clip((side / 2 + along * np.cos(angles[k])).astype(int), 0, side - 1)
        for r, c in np.ndindex(rows, columns):
            cell = field[r * side : (r + 1) * side, c * side : (c + 1) * side]
            cell[y, x] = np.maximum(cell[y, x], np.sqrt(strengths[r, c, k] / largest))
    return _shaded(field, theme)


def _shaded(values: FloatArray, theme: Theme) -> FloatArray:
    """Return the sequential scale's colours of values in [0, 1]."""
    return _colour(theme.paper) + values[..., None] * (_colour(theme.full) - _colour(theme.paper))


def _mosaic(panels: list[FloatArray], theme: Theme) -> FloatArray:
    """Return panels of one shape side by side in a square, with lines between."""
    columns = int(np.ceil(np.sqrt(len(panels))))
    h, w = panels[0].shape[:2]
    rows = -(-len(panels) // columns)
    field = np.broadcast_to(_colour(theme.paper), (rows * (h + 1) - 1, columns * (w + 1) - 1, 3)).copy()
    for i, panel in enumerate(panels):
        r, c = divmod(i, columns)
        field[r * (h + 1) : r * (h + 1) + h, c * (w + 1) : c * (w + 1) + w] = panel
    return field


def _in_colour(image: Array) -> FloatArray:
    return np.broadcast_to(image / 255, (*image.shape[:2], 3))


def _colour(name: str) -> FloatArray:
    from matplotlib.colors import to_rgb

    return np.array(to_rgb(name))
