"""The figure of accuracy against seconds."""

import numpy as np
import pytest

from scoreline.report.figures import THEMES, frontier, png_bytes
from scoreline.report.figures.frontier import _unbeaten

POINTS = {"pixels softmax": (2.0, 0.41), "hog": (3.5, 0.52), "slow": (80.0, 0.50), "dictionary": (40.0, 0.75)}


def test_unbeaten_points_rise_with_time():
    seconds, accuracy = np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([0.5, 0.4, 0.6, 0.6, 0.7])
    assert _unbeaten(seconds, accuracy) == [0, 2, 4]


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("count", [1, 4])
def test_every_classifier_is_drawn_and_named(theme, count):
    points = dict(list(POINTS.items())[:count])
    figure = frontier(points, theme)
    texts = [text.get_text() for text in figure.texts]
    assert all(any(name in text for text in texts) for name in points)
    assert png_bytes(figure) == png_bytes(frontier(points, theme))
