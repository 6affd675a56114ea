"""The look of the report page: the lab's colours; the rest is in `page.css`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from scoreline.report.figures.theme import DARK, LIGHT, Theme

__all__ = ["style"]

#: What themes of figures do not have: the background of boxes, what is wrong, and what is to mend; red, green and
#: blue of the cells of right and of wrong answers, and their largest opacity, at which numbers stay legible.
_LIGHT = "--card: #f5f6f8; --wrong: #a3230b; --mend: #a34700;"
_LIGHT_CELLS = "--right-rgb: 0 98 168; --error-rgb: 213 94 0; --most: .7;"
_DARK = "--card: #1f2228; --wrong: #ff9d85; --mend: #f5a25f;"
_DARK_CELLS = "--right-rgb: 86 180 233; --error-rgb: 240 138 60; --most: .5;"


@cache
def style() -> str:
    """Return the style sheet: light, dark where the screen is, and light on paper."""
    dark = f":root {{ color-scheme: dark; {_tokens(DARK)} {_DARK} {_DARK_CELLS} }}"
    return (
        f":root {{ color-scheme: light; {_tokens(LIGHT)} {_LIGHT} {_LIGHT_CELLS} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"
        + files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    )


def _tokens(theme: Theme) -> str:
    """Return the custom properties of a theme."""
    series = " ".join(f"--series-{k}: {colour};" for k, colour in enumerate(theme.series[:3]))
    return (
        f"--paper: {theme.paper}; --ink: {theme.ink}; --muted: {theme.muted}; --line: {theme.rule}; "
        f"--low: {theme.low}; --middle: {theme.middle}; --high: {theme.high}; "
        f"--accent: {theme.series[0]}; {series}"
    )
