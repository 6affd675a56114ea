"""Figures as PNG files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SCALE", "png_bytes", "save_figure"]

#: Dots a CSS pixel, for screens with dense pixels.
SCALE = 2


def png_bytes(figure: Figure) -> bytes:
    """Return the figure as PNG; the same figure gives the same bytes, as no date or version is written."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi, bbox_inches=None, metadata={"Software": None})
    return buffer.getvalue()


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure to `path` as PNG."""
    path.write_bytes(png_bytes(figure))
