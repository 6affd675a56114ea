import math

import numpy as np
import pytest

from scoreline.report.robustness.base import Sampling, pixel_grid, resampled
from scoreline.report.robustness.camera_pose import Perspective, Rotation, Scale
from scoreline.report.robustness.covering import Clutter, Occlusion
from scoreline.report.robustness.illumination import Brightness, Contrast

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (8, 9, 9, 3), dtype=np.uint8)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_right_angle_is_numpys():
    turned = Rotation().apply(X, 90, rng())
    for image, found in zip(X, turned, strict=True):
        assert any(np.array_equal(found, np.rot90(image, k)) for k in (1, 3))
    assert len({bool(np.array_equal(found, np.rot90(image))) for image, found in zip(X, turned, strict=True)}) == 2


@pytest.mark.parametrize("shift", [-5, 1, 4])
def test_beyond_its_edges_an_image_is_mirrored(shift):
    rows, columns = pixel_grid(X)
    moved = resampled(X, [Sampling(rows, columns + shift)], rng())
    padded = np.pad(X, ((0, 0), (0, 0), (9, 9), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(moved, padded[:, :, 9 + shift : 18 + shift])


def test_samples_between_pixels_are_their_mean():
    rows, columns = pixel_grid(X)
    moved = resampled(X, [Sampling(rows, columns + 0.5)], rng())[:, :, :-1]
    wanted = (X[:, :, :-1].astype(float) + X[:, :, 1:]) / 2
    assert np.abs(moved - wanted).max() <= 0.5


def test_scale_is_about_the_centre():
    image = np.zeros((16, 9, 9, 1), np.uint8)
    image[:, 4, 4] = 255
    larger_or_smaller = Scale().apply(image, 2, rng())
    sums = {int(found[:, :, 0].sum()) for found in larger_or_smaller}
    assert all(found[4, 4, 0] == 255 for found in larger_or_smaller)
    assert len(sums) == 2


def test_perspective_keeps_one_edge_and_shortens_the_opposite_one():
    rows = np.arange(40, dtype=np.uint8)[:, None] * 6
    image = np.broadcast_to(rows, (1, 40, 40))[..., None].repeat(64, axis=0)
    found = Perspective().apply(image, 0.5, rng())[..., 0].astype(float)
    slopes = np.diff(found[:, 10:30], axis=1).mean(axis=1)  # of each column, from top to bottom
    sideways = [slope for slope in slopes if max(slope[0], slope[-1]) > 1.5 * min(slope[0], slope[-1])]
    assert len(sideways) >= 20
    for slope in sideways:
        near, far = sorted((slope[0], slope[-1]))
        assert near == pytest.approx(6, rel=0.1)
        assert far == pytest.approx(12, rel=0.15)


def test_light_is_multiplied():
    grey = np.full((30, 2, 2, 1), 60, np.uint8)
    assert set(np.unique(Brightness().apply(grey, 1, rng()))) == {30, 120}
    image = np.array([0, 100, 200], np.uint8).reshape(1, 1, 3, 1)
    assert Contrast().apply(image, 0.5, rng()).ravel().tolist() == [50, 100, 150]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_a_share_of_the_image_is_covered(share):
    image = np.zeros((10, 40, 30, 3), np.uint8)
    covered = (Occlusion().apply(image, share, rng()) == 128).all(axis=3)
    assert np.allclose(covered.mean(axis=(1, 2)), share, atol=0.03)
    assert len({tuple(np.argwhere(one)[0]) for one in covered}) > 3


def test_the_centre_stays_and_all_around_is_another_image():
    values = np.arange(4, dtype=np.uint8)[:, None, None, None] * 60
    image = np.broadcast_to(values, (4, 20, 20, 1))
    found = Clutter().apply(image, 0.6, rng())
    own = found == values
    assert np.allclose(own.mean(axis=(1, 2)), 0.4, atol=0.08)
    assert own[:, 9:11, 9:11].all()
    assert not own[:, 0].any()


def test_grades_are_labelled():
    assert Rotation().label(10) == "10°"
    assert math.isclose(Rotation.grades[0], 0)
