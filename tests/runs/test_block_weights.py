"""Weights of blocks of features: chosen on validation, written down, and felt by the classifier."""

import numpy as np
import pytest

from scoreline.data.budget import taken_memory
from scoreline.errors import DataError, UsageError
from scoreline.runs.block_weights import choose_block_weights, decide_block_weights
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import build_classifier, feature_weights, prepare
from scoreline.runs.resolved import Resolved
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

SETTINGS = {"data": "digits", "features": "pixels,hog:2", "tol": 1e-2}


@pytest.fixture(scope="module")
def prepared():
    return prepare(RunConfig(**SETTINGS))


@pytest.fixture(scope="module")
def choice(prepared):
    return choose_block_weights(RunConfig(**SETTINGS), prepared)[0]


def test_the_chosen_are_the_best_tried_and_no_worse_than_all_ones(choice):
    assert choice.accuracy[choice.weights] == max(choice.accuracy.values())
    assert (1.0, 1.0) in choice.accuracy
    assert len(choice.accuracy) > 1


def test_their_mean_square_is_one(prepared, choice):
    for weights in choice.accuracy:
        assert np.average(np.square(weights), weights=prepared.extractor.widths()) == pytest.approx(1, rel=0.02)


def test_auto_becomes_numbers_and_numbers_stay(prepared, choice):
    decision, told, _ = decide_block_weights(RunConfig(**SETTINGS, block_weights="auto"), prepared)
    assert told == choice
    assert decision.value == choice.weights
    given, told, _ = decide_block_weights(RunConfig(**SETTINGS, block_weights="1,0.5"), prepared)
    assert (given.value, given.why, told) == ((1.0, 0.5), "given", None)


def test_each_feature_has_its_blocks_weight(prepared):
    weights = feature_weights(RunConfig(**SETTINGS, block_weights="1,0.25"), prepared)
    widths = prepared.extractor.widths()
    np.testing.assert_array_equal(weights, np.repeat([1, 0.25], widths))
    np.testing.assert_array_equal(build_classifier(RunConfig(**SETTINGS), prepared).feature_weights, None)


def test_a_run_keeps_its_weights(tmp_path):
    result = train_run(RunConfig(**SETTINGS, block_weights="auto"), tmp_path / "run")
    assert RunConfig.read(tmp_path / "run" / "config.yaml").block_weights == "auto"
    assert Resolved.read(tmp_path / "run").block_weights.value == result.block_choice.weights


def test_a_bound_on_memory_changes_no_bit(tmp_path):
    runs = [
        train_run(RunConfig(**SETTINGS, block_weights="auto", memory=memory), tmp_path / str(memory))
        for memory in (None, "3GB")
    ]
    np.testing.assert_array_equal(runs[1].classifier.coef_, runs[0].classifier.coef_)


def test_moments_that_a_bound_has_no_room_for(prepared):
    config = RunConfig(**SETTINGS, block_weights="auto", memory=str(taken_memory() + 201 * 10**6))
    with pytest.raises(UsageError, match="blocks of rows as floats"):
        choose_block_weights(config, prepared)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block_weights": "1,2,3"}, "3 block weights came for the 2 features"),
        ({"block_weights": "auto"}, "block_weights is 'auto' where nothing chooses it"),
    ],
)
def test_weights_that_do_not_fit(prepared, changes, message):
    with pytest.raises(UsageError, match=message):
        feature_weights(RunConfig(**SETTINGS, **changes), prepared)


def test_one_feature_has_no_blocks():
    config = RunConfig(data="digits", block_weights="1")
    with pytest.raises(UsageError, match="Block weights came for one feature"):
        feature_weights(config, prepare(config))


def test_no_validation_split(prepared):
    without = type(prepared)(prepared.dataset, prepared.extractor, {"train": prepared.rows["train"]})
    with pytest.raises(DataError, match="no validation split to choose block weights by"):
        choose_block_weights(RunConfig(**SETTINGS), without)


@pytest.mark.parametrize("text", ["1,-1", "1;2", "", "1,nan"])
def test_text_that_is_no_weights(text):
    with pytest.raises(UsageError, match="numbers above 0 with commas between, or auto"):
        RunConfig.checked(**SETTINGS, block_weights=text)
