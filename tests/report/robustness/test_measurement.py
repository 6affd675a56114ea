import json

import numpy as np
import pytest

from scoreline.data import Split
from scoreline.errors import DataError, UnknownNameError
from scoreline.models import ImageClassifier, SavedModel
from scoreline.report.robustness import CHALLENGES
from scoreline.report.robustness.measurement import measure_robustness


def model(channels=1, side=6):
    """Bright images are of class 1, dark ones of class 0."""
    n = side * side * channels
    coef = np.full((1, n), 1 / n, np.float32)
    return SavedModel(
        coef, np.full(1, -128, np.float32), ("dark", "bright"), "softmax", "pixels", (side, side, channels)
    )


def images(n=40, channels=1, side=6, low=30, high=220):
    y = np.arange(n) % 2
    level = np.where(y, high, low)[:, None, None, None]
    noise = np.random.default_rng(0).normal(0, 10, (n, side, side, channels))
    return Split.of(np.clip(level + noise, 0, 255).astype(np.uint8), y)


def measured(split=None, **how):
    return measure_robustness(ImageClassifier(model()), images() if split is None else split, **how)


def test_every_challenge_has_five_grades_and_the_first_is_shared():
    found = measured()
    assert [result.name for result in found.challenges] == list(CHALLENGES)
    assert found.accuracy == 1
    for result in found.challenges:
        assert len(result.grades) == len(result.pictures) == 5
        assert result.grades[0].accuracy == 1
        low, high = result.grades[0].interval
        assert 0.9 < low < high == 1


def test_what_changes_brightness_costs_accuracy_and_what_moves_pixels_does_not():
    by_name = {result.name: result for result in measured(images(low=100, high=150)).challenges}
    assert by_name["brightness"].grades[-1].accuracy < 0.8
    assert by_name["rotation"].loss == by_name["blur"].loss == 0
    assert measured(images(low=100, high=150)).by_loss()[0].loss > 0


def test_it_follows_from_the_seed():
    one, again, other = (measured(images(low=120, high=136), seed=seed).to_json() for seed in (1, 1, 2))
    assert one == again
    assert one["challenges"] != other["challenges"]


def test_many_images_are_drawn_evenly():
    y = np.repeat([0, 1], 500)
    split = Split.of(np.where(y, 220, 30)[:, None, None, None].repeat(6, 1).repeat(6, 2).astype(np.uint8), y)
    found = measured(split, most=50, challenges=["contrast"])
    assert (found.n, found.n_available, found.accuracy) == (50, 1000, 1)
    assert found.sample == "50 of 1,000 images, evenly drawn, were changed."
    assert measured(challenges=["contrast"]).sample == "All 40 images were changed."


def test_rows_and_json():
    found = measured(challenges=["rotation", "jpeg"])
    rows = list(found.rows())
    assert len(rows) == 10
    assert all(len(row) == len(found.COLUMNS) for row in rows)
    assert rows[0] == ("rotation", "camera pose", 0, 0, "degrees", "1", rows[0][6], "1", 40, 40)
    values = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [challenge["name"] for challenge in values["challenges"]] == ["rotation", "jpeg"]
    assert values["challenges"][0]["grades"][0]["accuracy"] == 1


def test_one_image_alone():
    assert measured(images(1)).n == 1


def test_grey_images_for_a_colour_model():
    found = measure_robustness(ImageClassifier(model(3)), images(), challenges=["noise"])
    assert found.accuracy == 1


@pytest.mark.parametrize(
    "split",
    [
        Split.of(np.zeros((3, 4)), np.zeros(3, int)),
        Split.of(np.zeros((3, 6, 6, 1)), np.zeros(3, int)),
        Split.of(np.zeros((0, 6, 6, 1), np.uint8), np.zeros(0, int)),
        Split.of(np.zeros((3, 6, 6, 4), np.uint8), np.zeros(3, int)),
    ],
)
def test_what_cannot_be_changed(split):
    with pytest.raises(DataError, match="like images"):
        measured(split)


def test_unknown_challenges():
    with pytest.raises(UnknownNameError, match="rotation"):
        measured(challenges=["rotatoin"])
