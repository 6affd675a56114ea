"""The lines in the plane on which the score of a class is zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoreline._typing import FloatArray

__all__ = ["score_lines"]


def score_lines(weights: FloatArray, level: float) -> list[dict[str, Any]]:
    """Return for each class where its score is 0 and where it is +-`level`, in the square [-1, 1] x [-1, 1].

    Parameters
    ----------
    weights : array (C, 3)
        ``w_x, w_y, b`` of each class.
    level : float
        The margin.

    Returns
    -------
    list of dict
        ``zero``, ``above`` and ``below``, each two ends of a line or None where it is outside the square, and
        ``normal``, the unit vector along which the score grows (None for weights of 0).
    """
    lines = []
    for wx, wy, b in weights.tolist():
        length = float(np.hypot(wx, wy))
        lines.append(
            {
                "zero": _ends(wx, wy, b),
                "above": _ends(wx, wy, b - level),
                "below": _ends(wx, wy, b + level),
                "normal": [wx / length, wy / length] if length > 0 else None,
            }
        )
    return lines


def _ends(wx: float, wy: float, b: float) -> list[list[float]] | None:
    """Return the two points at which ``wx x + wy y + b = 0`` crosses the square's border, or None."""
    found = []
    for side in (-1.0, 1.0):
        if wy != 0 and abs(y := -(b + wx * side) / wy) <= 1:
            found.append([side, y])
        if wx != 0 and abs(x := -(b + wy * side) / wx) <= 1:
            found.append([x, side])
    # Through a corner it crosses two sides at once: the farthest two points are its ends.
    pairs = [(np.hypot(p[0] - q[0], p[1] - q[1]), p, q) for i, p in enumerate(found) for q in found[i + 1 :]]
    if not pairs:
        return None
    distance, p, q = max(pairs, key=lambda pair: pair[0])
    return [p, q] if distance > 0 else None
