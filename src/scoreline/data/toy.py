"""Points in the plane: small enough to draw, and to follow every number."""

from __future__ import annotations

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import FloatArray, Labels

__all__ = ["LECTURE_BIAS", "LECTURE_LABELS", "LECTURE_POINTS", "LECTURE_WEIGHTS", "blobs", "spirals"]

#: The nine points of the lecture's demonstration, (9, 2), three a class; read-only like the three below.
LECTURE_POINTS: FloatArray = np.array(
    [
        (0.5, 0.4),
        (0.8, 0.3),
        (0.3, 0.8),
        (-0.4, 0.3),
        (-0.3, 0.7),
        (-0.7, 0.2),
        (0.7, -0.4),
        (0.5, -0.6),
        (-0.4, -0.5),
    ]
)
#: Their labels (9,).
LECTURE_LABELS: Labels = np.repeat(np.arange(3, dtype=np.int64), 3)
#: The demonstration's weights (3, 2), one row a class.
LECTURE_WEIGHTS: FloatArray = np.array([(2.06, 1.48), (0.44, -1.82), (2.27, -2.04)])
#: Its biases (3,).
LECTURE_BIAS: FloatArray = np.array([-0.42, 0.52, -0.10])

for _constant in (LECTURE_POINTS, LECTURE_LABELS, LECTURE_WEIGHTS, LECTURE_BIAS):
    _constant.flags.writeable = False


def blobs(n: int, *, n_classes: int = 3, spread: float = 0.2, seed: int = 0) -> tuple[FloatArray, Labels]:
    """Draw points around centres that are spaced evenly on a circle of radius 0.6.

    Parameters
    ----------
    n : int
        Number of points N; the classes come in turn.
    n_classes : int, default 3
        Number of classes.
    spread : float, default 0.2
        Standard deviation of both coordinates about the centre.
    seed : int, default 0
        Seed.

    Returns
    -------
    X : array (N, 2) of float64
    y : array (N,) of int64
    """
    check_number("spread", spread, 0)
    y = _labels(n, n_classes)
    angle = 2 * np.pi * y / n_classes
    centres = 0.6 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return centres + spread * np.random.default_rng(seed).standard_normal((n, 2)), y


def spirals(n: int, *, n_classes: int = 3, noise: float = 0.1, seed: int = 0) -> tuple[FloatArray, Labels]:
    """Draw points along the arms of a spiral, one arm a class, that no linear classifier can separate.

    Parameters
    ----------
    n : int
        Number of points N; the classes come in turn.
    n_classes : int, default 3
        Number of arms.
    noise : float, default 0.1
        Standard deviation of the angle, in radians.
    seed : int, default 0
        Seed.

    Returns
    -------
    X : array (N, 2) of float64
        Within the unit circle.
    y : array (N,) of int64
    """
    check_number("noise", noise, 0)
    y = _labels(n, n_classes)
    rng = np.random.default_rng(seed)
    radius = rng.uniform(0.05, 1, n)
    angle = 2 * np.pi * y / n_classes + 4 * radius + noise * rng.standard_normal(n)
    return radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1), y


def _labels(n: int, n_classes: int) -> Labels:
    check_number("n", n, 1)
    check_number("n_classes", n_classes, 2)
    return np.arange(n, dtype=np.int64) % n_classes
