import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from scoreline.errors import DataError
from scoreline.features import FEATURES, Pixels

IMAGES = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)


def test_rows_are_a_view_of_the_bytes():
    rows = Pixels().fit(IMAGES).transform(IMAGES)
    assert rows.shape == (2, 36)
    assert rows.dtype == np.uint8
    assert np.shares_memory(rows, IMAGES)


def test_names_tell_the_place():
    names = Pixels().fit(IMAGES).get_feature_names_out()
    rows = Pixels().fit_transform(IMAGES)
    assert len(names) == 36
    assert names[-1] == "pixel_2_3_2"
    assert rows[1, list(names).index("pixel_1_2_0")] == IMAGES[1, 1, 2, 0]


def test_vectors_pass_through():
    X = np.ones((4, 7))
    features = Pixels().fit(X)
    np.testing.assert_array_equal(features.transform(X), X)
    assert list(features.get_feature_names_out()) == [f"x{i}" for i in range(7)]


@pytest.mark.parametrize("X", [np.zeros((2, 3, 4)), np.zeros(3), np.array([["a", "b"]])])
def test_what_is_no_image(X):
    with pytest.raises(DataError, match="Images came as an array"):
        Pixels().fit(X)


def test_other_shape_than_fitted():
    with pytest.raises(DataError, match="fitted on"):
        Pixels().fit(IMAGES).transform(IMAGES[:, :2])


def test_not_fitted():
    with pytest.raises(NotFittedError):
        Pixels().transform(IMAGES)


def test_is_registered_and_can_be_cloned():
    assert isinstance(clone(FEATURES.build("pixels")), Pixels)
