"""The figure of accuracy against seconds."""

import numpy as np
import pytest

from scoreline.report.figures import THEMES, frontier, png_bytes
from scoreline.report.figures.frontier import _free_places, _unbeaten

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


def test_numbers_of_points_near_one_another_stand_apart():
    points = np.array([[50.0, 50.0], [54.0, 52.0], [62.0, 60.0]])
    corners = np.array(_free_places(points))
    ends = points + corners
    assert len({tuple(corner) for corner in corners}) > 1
    assert min(np.hypot(*(a - b)) for i, a in enumerate(ends) for b in ends[:i]) > 8


def test_a_point_by_itself_has_its_number_on_the_right_above():
    assert _free_places(np.array([[10.0, 10.0]])) == [(6.0, 5.0)]
