"""Generated data: each knob makes recognition harder; points for the plane; splits; sources."""

import time
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestCentroid

from scoreline.data import (
    LECTURE_BIAS,
    LECTURE_LABELS,
    LECTURE_POINTS,
    LECTURE_WEIGHTS,
    SHAPE_CLASSES,
    Challenges,
    DataSource,
    MemorySource,
    blobs,
    draw_shapes,
    load_dataset,
    spirals,
    stratified_split,
)
from scoreline.errors import UsageError

KNOBS = [field.name for field in fields(Challenges)]


def accuracy(challenges, classifier=None):
    X, y = draw_shapes(900, challenges, seed=0)
    rows = X.reshape(len(X), -1).astype(np.float32)
    return (classifier or RidgeClassifier(alpha=1e5)).fit(rows[:600], y[:600]).score(rows[600:], y[600:])


def test_without_challenges_a_linear_classifier_makes_no_mistake():
    assert accuracy(Challenges()) == 1.0


@pytest.mark.parametrize("knob", KNOBS)
def test_every_knob_makes_it_harder(knob):
    half, full = (accuracy(Challenges(**{knob: value}), NearestCentroid()) for value in (0.5, 1.0))
    assert full < 0.9
    assert full < half <= 1


def test_all_knobs_make_it_hardest():
    assert accuracy(Challenges(**dict.fromkeys(KNOBS, 1.0))) < 0.3


def test_pictures():
    X, y = draw_shapes(30, Challenges(0.5, 0.5, 0.5, 0.5, 0.5, 0.5), seed=3)
    again, _ = draw_shapes(30, Challenges(0.5, 0.5, 0.5, 0.5, 0.5, 0.5), seed=3)
    assert X.shape == (30, 32, 32, 3)
    assert X.dtype == np.uint8
    np.testing.assert_array_equal(X, again)
    np.testing.assert_array_equal(np.bincount(y), [3] * len(SHAPE_CLASSES))
    assert len({image.tobytes() for image in X}) == 30


def test_five_thousand_take_seconds_not_minutes():
    begun = time.process_time()
    draw_shapes(1000, Challenges(*[0.5] * 6), seed=0)
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_knobs_run_from_zero_to_one(value):
    with pytest.raises(UsageError):
        Challenges(pose=value)


def test_synthetic_is_a_data_set():
    data = load_dataset("synthetic:pose=0.2,clutter=0.1,n_train=60,n_test=30")
    assert data.classes == tuple(SHAPE_CLASSES)
    assert data.test is not None


def test_the_lectures_nine_points():
    scores = LECTURE_POINTS @ LECTURE_WEIGHTS.T + LECTURE_BIAS
    assert scores.shape == (9, 3)
    np.testing.assert_array_equal(np.bincount(LECTURE_LABELS), [3, 3, 3])


@pytest.mark.parametrize("make", [blobs, spirals])
def test_points_in_the_plane(make):
    X, y = make(60, n_classes=4, seed=1)
    assert X.shape == (60, 2)
    np.testing.assert_array_equal(np.bincount(y), [15] * 4)
    np.testing.assert_array_equal(X, make(60, n_classes=4, seed=1)[0])
    assert not np.array_equal(X, make(60, n_classes=4, seed=2)[0])


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0, 0.9), st.integers(0, 99))
def test_stratified_split(labels, share, seed):
    y = np.array(labels)
    kept, held_out = stratified_split(y, share, seed)
    assert sorted([*kept.tolist(), *held_out.tolist()]) == list(range(len(y)))
    np.testing.assert_array_equal(np.unique(y[kept]), np.unique(y))
    for label in np.unique(y):
        count = (y == label).sum()
        assert abs((y[held_out] == label).sum() - share * count) <= 1
    again = stratified_split(y, share, seed)
    np.testing.assert_array_equal(held_out, again[1])


class TestMemorySource:
    X = np.arange(33, dtype=np.uint8).reshape(11, 3)
    Y = np.arange(11) % 2

    def rows(self, source, **order):
        return np.concatenate([batch.X for batch in source.batches(4, **order)])

    def test_is_a_source(self):
        assert isinstance(MemorySource(self.X, self.Y, 2), DataSource)

    def test_in_order_batches_are_views(self):
        source = MemorySource(self.X, self.Y, 2)
        assert all(np.shares_memory(batch.X, self.X) for batch in source.batches(4, seed=None))
        np.testing.assert_array_equal(self.rows(source, seed=None), self.X)

    def test_every_row_comes_once_an_epoch_in_an_order_of_its_own(self):
        source = MemorySource(self.X, self.Y, 2)
        epochs = [self.rows(source, seed=5, epoch=epoch) for epoch in (0, 0, 1)]
        np.testing.assert_array_equal(epochs[0], epochs[1])
        assert not np.array_equal(epochs[0], epochs[2])
        np.testing.assert_array_equal(np.sort(epochs[2][:, 0]), self.X[:, 0])

    def test_labels_and_weights_travel_with_their_rows(self):
        weight = np.arange(11, dtype=float)
        source = MemorySource(self.X, self.Y, 2, weight)
        for batch in source.batches(4, seed=1):
            index = batch.X[:, 0] // 3
            np.testing.assert_array_equal(batch.y, self.Y[index])
            np.testing.assert_array_equal(batch.weight, weight[index])
        assert source.total_weight == 55

    def test_start_leaves_batches_out(self):
        source = MemorySource(self.X, self.Y, 2)
        whole = list(source.batches(4, seed=2))
        rest = list(source.batches(4, seed=2, start=1))
        np.testing.assert_array_equal(rest[0].X, whole[1].X)
        assert len(rest) == len(whole) - 1
