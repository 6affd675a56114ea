from __future__ import annotations

import numpy as np
import pytest

from scoreline.losses import CrammerSinger, OneVsAll, WestonWatkins, rows_for
from scoreline.losses.base import as_pair, checked, put_true, true_scores


@pytest.mark.parametrize(("n_classes", "rows"), [(2, 1), (3, 3), (10, 10)])
def test_two_classes_share_one_row(n_classes: int, rows: int) -> None:
    assert rows_for(n_classes) == rows


def test_a_pair_has_the_score_as_its_difference() -> None:
    np.testing.assert_array_equal(as_pair(np.array([[3.0], [-1.0]])), [[-1.5, 1.5], [0.5, -0.5]])


def test_true_scores_are_read_and_written_under_any_axes_between() -> None:
    scores = np.arange(24.0).reshape(2, 4, 3)
    y = np.array([2, 0])
    np.testing.assert_array_equal(true_scores(scores, y)[..., 0], [[2, 5, 8, 11], [12, 15, 18, 21]])
    put_true(scores, y, -1)
    np.testing.assert_array_equal((scores == -1).nonzero()[2], [2] * 4 + [0] * 4)


def test_floats_are_passed_on_without_a_copy() -> None:
    scores, y = np.zeros((2, 3), np.float32), np.zeros(2, np.int64)
    assert checked(scores, y)[0] is scores
    assert checked(scores, y)[1] is y


def test_half_precision_is_widened() -> None:
    assert checked(np.zeros((1, 2), np.float16), np.array([1], np.uint8))[0].dtype == np.float64


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_a_plain_hinge_lends_half_the_curvature_of_its_square(n_classes: int) -> None:
    for plain, squared in (
        (OneVsAll(), OneVsAll(squared=True)),
        (WestonWatkins(), WestonWatkins(squared=True)),
        (WestonWatkins(average=True), WestonWatkins(average=True, squared=True)),
    ):
        assert plain.curvature(n_classes) == squared.curvature(n_classes) / 2
    # One term of the structured hinge acts at a time; the Hessian of its square has the eigenvalue 4.
    assert CrammerSinger().curvature(n_classes) == (1 if n_classes == 2 else 2)
