"""Two training rows for each image, computed when they are read."""

import numpy as np
import pytest

from scoreline.features import ShiftAverage
from scoreline.features.augmentation import PairMeans, TrainingPairs
from scoreline.rows import ArrayRows, gather

IMAGES = np.random.default_rng(0).integers(0, 256, (70, 9, 8, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def extractor():
    return ShiftAverage("hue:4").fit(IMAGES)


@pytest.fixture
def shards_of_32(monkeypatch):
    monkeypatch.setattr("scoreline.features.rows.SHARD_PIXELS", 72 * 32)


@pytest.mark.usefixtures("shards_of_32")
class TestTrainingPairs:
    def test_reads_any_part_of_all(self, extractor):
        done = []
        pairs = TrainingPairs(ArrayRows(IMAGES), extractor, 0, done.append)
        assert pairs.shape == (140, extractor.width())
        whole = gather(pairs, np.empty).read(0, 140)
        assert done == [32, 64, 70]
        np.testing.assert_array_equal(pairs.read(61, 131), whole[61:131])
        places = np.array([139, 0, 64, 63, 64])
        np.testing.assert_array_equal(pairs.take(places), whole[places])

    def test_the_seed_decides(self, extractor):
        first, again, other = (
            TrainingPairs(ArrayRows(IMAGES), extractor, seed).read(0, 140) for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, again)
        assert np.abs(first - other).max() > 1e-3

    def test_means_are_the_rows_that_predictions_are_made_of(self, extractor):
        means = PairMeans(TrainingPairs(ArrayRows(IMAGES), extractor, 0))
        assert (means.shape, means.dtype) == ((70, extractor.width()), np.float32)
        assert means.array is None
        assert means.matrix is None
        expected = extractor.transform(IMAGES)
        np.testing.assert_allclose(means.read(30, 99), expected[30:], atol=1e-6)
        np.testing.assert_allclose(means.take(np.array([5, 69, 5])), expected[[5, 69, 5]], atol=1e-6)
        assert means.parts() == (means,)
