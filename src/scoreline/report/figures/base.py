"""What all figures share: pixel-exact layout, robust type, and reproducible files.

Sizes are CSS pixels (1/96 inch); files have two dots for each. Nothing here touches pyplot or matplotlib's
global settings, so figures may be drawn in any thread.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scoreline.report.figures.png import SCALE
from scoreline.report.figures.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    from scoreline.report.figures.drawn import DrawnFigure

__all__ = [
    "WIDTH",
    "add_axes",
    "add_text",
    "contrast",
    "contrasting",
    "font",
    "legible",
    "new_figure",
    "plain_axes",
    "shorten",
    "spread",
    "text_width",
]

#: The usual width: two figures side by side on a page, and still readable on a telephone.
WIDTH = 480

#: A colour as ``"#rrggbb"`` or as red, green and blue in [0, 1].
Colour: TypeAlias = str | tuple[float, float, float]

_CSS_DPI = 96
#: Families searched, in this order, for characters; the first comes with matplotlib.
_FAMILIES = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Arial Unicode MS",
)


def new_figure(theme: Theme, width: float, height: float) -> DrawnFigure:
    """Return an empty figure of `width` times `height` CSS pixels, which notebooks show as it is."""
    from scoreline.report.figures.drawn import DrawnFigure

    # An even number of dots, so that the page can show the image at exactly half its size.
    size = (round(width) / _CSS_DPI, round(height) / _CSS_DPI)
    return DrawnFigure(figsize=size, dpi=_CSS_DPI * SCALE, facecolor=theme.paper)


def add_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place given in CSS pixels from the figure's upper left corner."""
    full_width, full_height = figure.get_size_inches() * _CSS_DPI
    return figure.add_axes(
        (left / full_width, 1 - (top + height) / full_height, width / full_width, height / full_height)
    )


def add_text(figure: Figure, x: float, y: float, text: str, size: float, **style: Any) -> None:
    """Write a line of text, its base line at (`x`, `y`) CSS pixels from the figure's upper left corner."""
    width, height = figure.get_size_inches() * _CSS_DPI
    weight = style.pop("weight", "normal")
    figure.text(
        x / width, 1 - y / height, legible(text), fontproperties=font(size, weight), parse_math=False, **style
    )


def plain_axes(axes: Axes, theme: Theme) -> None:
    """Style line-plot axes: a base line, horizontal rules, small muted numbers."""
    axes.set_facecolor(theme.paper)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=theme.rule, linewidth=0.8)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.muted)
        spine.set_linewidth(0.8)
    axes.tick_params(axis="both", which="both", labelcolor=theme.muted, color=theme.muted, width=0.8)
    axes.tick_params(axis="y", which="both", length=0)
    axes.tick_params(axis="both", labelsize=theme.small, labelfontfamily="DejaVu Sans")


@cache
def _families() -> tuple[str, ...]:
    """Return the families of `_FAMILIES` that this machine has."""
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    return tuple(name for name in _FAMILIES if name in known)


def font(size: float, weight: str = "normal") -> FontProperties:
    """Return the figures' font at `size` points."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=list(_families()), size=size, weight=weight)


@cache
def _characters() -> frozenset[int]:
    """Return the code points that some family can draw."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(
        code for name in _families() for code in FT2Font(findfont(FontProperties(family=name))).get_charmap()
    )


def legible(text: str) -> str:
    """Return `text` on one line, with a box for each character that no installed font can draw."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(char if ord(char) in _characters() else "\N{WHITE SQUARE}" for char in line)


def text_width(text: str, size: float) -> float:
    """Return how many CSS pixels `text` takes at `size` points."""
    from matplotlib.textpath import TextToPath

    # Paths are measured in points at 72 dots an inch; nothing has to be drawn for that.
    width: float = TextToPath().get_text_width_height_descent(legible(text), font(size), ismath=False)[0]
    return width * _CSS_DPI / 72


def shorten(text: str, width: float, size: float) -> str:
    """Return `text`, with an ellipsis in its middle where it is wider than `width` CSS pixels.

    Long names of classes often differ only at their end, so the end stays.
    """
    if text_width(text, size) <= width:
        return text
    low, high = 0, len(text) - 1
    while low < high:  # the largest number of characters that fits
        middle = (low + high + 1) // 2
        fits = text_width(_ellipsis(text, middle), size) <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return _ellipsis(text, low)


def _ellipsis(text: str, kept: int) -> str:
    """Return `text` with `kept` characters of it, a third of them from its end."""
    tail = kept // 3
    return text[: kept - tail].rstrip() + "…" + text[len(text) - tail :].lstrip()


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it, from 1 to 21."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def contrasting(background: Colour, *choices: str) -> str:
    """Return the colour of `choices` with the highest contrast to `background`."""
    return max(choices, key=lambda choice: contrast(background, choice))


def _luminance(colour: Colour) -> float:
    from matplotlib.colors import to_rgb

    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move `places` apart until neighbours are at least `gap` apart, keeping their order and staying in a range.

    Where the range is too short for all, they are spread evenly over it.
    """
    if not places:
        return []
    order = np.argsort(np.asarray(places), kind="stable")
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    offsets = gap * np.arange(len(places))
    # Without the offsets this is isotonic regression, which pooling of adjacent violators solves.
    blocks: list[tuple[float, int]] = []
    for place in np.asarray(places, dtype=float)[order] - offsets:
        mean, size = float(place), 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    level = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
    moved = np.empty(len(places))
    moved[order] = np.clip(level, low, high - offsets[-1]) + offsets
    return moved.tolist()
