"""What every change of images keeps to, whatever it changes."""

import numpy as np
import pytest

from scoreline.report.robustness import CHALLENGES

SHAPES = [(6, 32, 32, 3), (5, 9, 14, 1), (1, 12, 8, 3), (3, 1, 1, 1)]


@pytest.fixture(params=CHALLENGES)
def challenge(request):
    return CHALLENGES.build(request.param)


def images(shape, seed=0):
    """Smooth images with a texture, none of them alike."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape[1:3])
    waves = np.sin(rows / 5 + columns / 3)[None, :, :, None] * rng.uniform(20, 60, (shape[0], 1, 1, 1))
    texture = rng.normal(0, 8, (*shape[:3], 1))  # that of all channels, which JPEG keeps apart less well
    return np.broadcast_to(np.clip(128 + waves + texture, 0, 255).astype(np.uint8), shape).copy()


def changed(challenge, X, grade, seed=0):
    return challenge.apply(X, grade, np.random.default_rng(seed))


def distance(a, b):
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize("shape", SHAPES)
def test_images_of_any_size_stay_images(challenge, shape):
    X = images(shape)
    before = X.copy()
    for grade in challenge.grades[1:]:
        found = changed(challenge, X, grade)
        assert (found.shape, found.dtype) == (shape, np.uint8)
    np.testing.assert_array_equal(X, before)


def test_a_change_follows_from_its_seed(challenge):
    X = images(SHAPES[0])
    grade = challenge.grades[-1]
    np.testing.assert_array_equal(changed(challenge, X, grade, 1), changed(challenge, X, grade, 1))


def test_there_are_five_grades_of_which_the_first_changes_next_to_nothing(challenge):
    assert len(challenge.grades) == 5
    assert len({challenge.label(grade) for grade in challenge.grades}) == 5
    X = images(SHAPES[0])
    first, last = (distance(X, changed(challenge, X, challenge.grades[place])) for place in (0, -1))
    assert first < 2.5
    assert last > 3 * first


def test_higher_grades_change_more(challenge):
    X = images((24, 32, 32, 3))
    steps = [distance(X, changed(challenge, X, grade)) for grade in challenge.grades[1:]]
    assert steps[0] < steps[-1]
    assert steps[0] < 30


def test_it_says_what_it_is(challenge):
    assert challenge.kind in {
        "camera pose", "illumination", "deformation", "occlusion", "background clutter", "recording"
    }  # fmt: skip
    assert challenge.measure
