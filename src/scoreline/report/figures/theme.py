"""The look of the figures: colours, type sizes and line styles, for light and for dark paper."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "THEMES", "Theme"]


@dataclass(frozen=True)
class Theme:
    """Colours and type of a figure.

    Parameters
    ----------
    name : str
        ``"light"`` or ``"dark"``.
    paper : str
        Background; the report page has the same behind its figures.
    ink, muted, rule : str
        Text, secondary text, grid lines and axes. Ink and muted text have a contrast of at least 4.5 on the paper.
    series : tuple of str
        Colours of lines, in the order of use; Okabe and Ito's, lightened or darkened for contrast.
    low, middle, high : str
        A diverging scale: negative, zero, positive.
    full : str
        The far end of the sequential scale that begins at the paper.
    title, body, small : float
        Type sizes in points.
    """

    name: str
    paper: str
    ink: str
    muted: str
    rule: str
    series: tuple[str, ...]
    low: str
    middle: str
    high: str
    full: str
    title: float = 11
    body: float = 9
    small: float = 8


#: Line and marker styles have other periods than the colours: colour is never the only difference.
LINE_STYLES: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0, ()),
    (0, (5, 1.6)),
    (0, (1.2, 1.4)),
    (0, (5, 1.4, 1.2, 1.4)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# Okabe & Ito (2008), Color Universal Design; the yellow, unreadable on white, is left out.
LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#1b1e23",
    muted="#5b6270",
    rule="#d5d9e0",
    series=("#0072b2", "#d55e00", "#007f5c", "#b5548a", "#b87f00", "#2f94cf", "#4b535b"),
    low="#0b5c9e",
    middle="#f4f4f2",
    high="#c24e00",
    full="#08519c",
)

DARK = Theme(
    name="dark",
    paper="#16181c",
    ink="#e8eaed",
    muted="#a0a7b4",
    rule="#363b45",
    series=("#56b4e9", "#f08a3c", "#2fc296", "#dd92bd", "#e6b422", "#8fa8ff", "#b9c0c7"),
    low="#62b5f0",
    middle="#24282d",
    high="#f5914a",
    full="#9fd0f5",
)

#: The themes by name.
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
