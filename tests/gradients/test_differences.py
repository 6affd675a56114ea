import numpy as np
import pytest

from scoreline.errors import UnknownNameError, UsageError
from scoreline.gradients import numerical_gradient


def cubic(x):
    return float((x**3).sum())


def test_the_lectures_example():
    """Loss 1.25347; neighbours at h = 0.0001: 1.25322, 1.25353, 1.25347."""
    neighbours = {0: 1.25322, 1: 1.25353, 2: 1.25347}

    def loss(w):
        moved = np.flatnonzero(w)
        return neighbours[int(moved[0])] if len(moved) else 1.25347

    gradient = numerical_gradient(loss, np.zeros(3), h=1e-4, scheme="forward")
    np.testing.assert_allclose(gradient, [-2.5, 0.6, 0], atol=1e-9)


@pytest.mark.parametrize(("scheme", "order"), [("forward", 1), ("central", 2)])
def test_order_of_accuracy(scheme, order):
    x = np.array([0.7, -1.3])
    errors = [np.abs(numerical_gradient(cubic, x, h=h, scheme=scheme) - 3 * x**2).max() for h in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(10**order, rel=0.02)


def test_point_is_not_changed_and_integers_are_taken():
    x = np.array([[1, 2], [3, 4]])
    np.testing.assert_allclose(numerical_gradient(cubic, x), 3 * x**2, rtol=1e-8)
    assert x.dtype.kind == "i"
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])


def test_float32_points_move_by_steps_that_float32_has():
    x = np.array([1000.0], dtype=np.float32)
    linear = numerical_gradient(lambda x: 3 * float(x[0]), x, h=1e-4)
    np.testing.assert_allclose(linear, 3, rtol=1e-12)


def test_a_step_too_small_for_the_dtype_is_not_a_number():
    assert np.isnan(numerical_gradient(cubic, np.array([1e6], dtype=np.float32), h=1e-9)).all()


def test_chosen_cells():
    x = np.ones((3, 4))
    some = numerical_gradient(cubic, x, cells=[(0, 1), (2, 3)])
    assert np.isfinite(some).sum() == 2
    assert some[0, 1] == pytest.approx(3)


def test_random_cells_follow_the_seed():
    x = np.ones((5, 5))
    masks = [np.isfinite(numerical_gradient(cubic, x, cells=6, seed=seed)) for seed in (1, 1, 2)]
    assert masks[0].sum() == 6
    np.testing.assert_array_equal(masks[0], masks[1])
    assert (masks[0] != masks[2]).any()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"h": 0}, UsageError),
        ({"h": -1e-5}, UsageError),
        ({"cells": 0}, UsageError),
        ({"cells": [(0, 9)]}, UsageError),
        ({"cells": [(0,)]}, UsageError),
        ({"scheme": "backward"}, UnknownNameError),
    ],
)
def test_wrong_use(settings, error):
    with pytest.raises(error):
        numerical_gradient(cubic, np.ones((2, 2)), **settings)
