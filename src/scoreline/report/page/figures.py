"""Figures that are pictures, one for light and one for dark screens."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence

from scoreline.report.figures.base import WIDTH
from scoreline.report.figures.png import SCALE
from scoreline.report.gallery import data_uri
from scoreline.report.page.markup import Html, text
from scoreline.report.summary import PageFigure

__all__ = ["figures"]


def figures(all_of_them: Sequence[PageFigure], names: Collection[str]) -> Html:
    """Return the figures that have one of these names."""
    shown = "".join(_figure(figure) for figure in all_of_them if figure.name in names)
    return Html(f'<div class="charts">{shown}</div>\n' if shown else "")


def _figure(figure: PageFigure) -> str:
    caption = text(figure.caption)
    width, height = (side // SCALE for side in _size(figure.light))
    kind = ' class="large"' if width > WIDTH else ""
    return (
        f"<figure{kind}><picture>"
        f'<source media="screen and (prefers-color-scheme: dark)" srcset="{data_uri(figure.dark)}">'
        f'<img alt="{caption}" width="{width}" height="{height}" src="{data_uri(figure.light)}">'
        f"</picture><figcaption>{caption}</figcaption></figure>\n"
    )


def _size(png: bytes) -> tuple[int, int]:
    """Return width and height of a PNG file in dots: two numbers at the beginning of its first chunk."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height
