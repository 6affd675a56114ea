import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from scoreline.errors import DataError, UsageError
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


class TestZCA:
    images = np.random.default_rng(0).integers(0, 256, (300, 3, 3, 3), dtype=np.uint8) // np.arange(
        1, 4, dtype=np.uint8
    )

    def test_rows_have_the_identity_for_covariance(self):
        rows = Pixels(zca=1e-9).fit_transform(self.images)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.cov(rows.T, bias=True), np.eye(27), atol=1e-4)
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-4)

    def test_much_added_leaves_the_image(self):
        flat = self.images.reshape(300, 27).astype(float)
        rows = Pixels(zca=1e6).fit_transform(self.images)
        centred = flat - flat.mean(axis=0)
        scale = np.sqrt(1e6 * centred.var(axis=0).mean())
        np.testing.assert_allclose(rows, centred / scale, atol=1e-5)

    def test_it_is_restored(self):
        fitted = Pixels(zca=0.1).fit(self.images)
        other = Pixels(zca=0.1).restore(fitted.image_shape_, fitted.state())
        np.testing.assert_array_equal(other.transform(self.images), fitted.transform(self.images))

    def test_a_sample_is_enough_and_the_same_each_time(self):
        once, again = (Pixels(zca=0.1, n_images=100).fit_transform(self.images) for _ in range(2))
        np.testing.assert_array_equal(once, again)

    def test_images_that_do_not_differ(self):
        with pytest.raises(DataError, match="all the same"):
            Pixels(zca=0.1).fit(np.ones((4, 2, 2, 3), np.uint8))

    def test_images_that_are_too_large(self):
        with pytest.raises(UsageError, match="12,288 numbers"):
            Pixels(zca=0.1).fit(np.ones((2, 64, 64, 3), np.uint8))
