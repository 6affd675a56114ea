"""The look of all pages: colours, light and dark, one scale of type and one of spacing."""

from __future__ import annotations

from pathlib import Path

__all__ = ["THEME"]

#: The style sheet.
THEME = Path(__file__).parent / "static" / "theme.css"
