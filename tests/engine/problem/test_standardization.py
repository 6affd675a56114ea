"""Means and deviations of rows, and of more rows behind them."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.problem.standardization import PIECE, FeatureStatistics

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("n", [1, PIECE - 1, PIECE, 2 * PIECE + 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_more_rows_give_what_one_pass_gives(dtype, n, weighted):
    X = RNG.integers(0, 256, (3 * PIECE + 5, 4)).astype(dtype)
    y, weight = np.arange(len(X)) % 2, RNG.random(len(X)) if weighted else None
    whole = MemorySource(X, y, 2, weight)
    first = MemorySource(X[:n], y[:n], 2, None if weight is None else weight[:n])
    continued = FeatureStatistics.of(first).over(whole)
    for found, expected in zip(
        continued.standardization, FeatureStatistics.of(whole).standardization, strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_only_the_rows_behind_are_read(monkeypatch):
    X = RNG.random((3 * PIECE, 4))
    whole, read = MemorySource(X, np.arange(len(X)) % 2, 2), []
    before = FeatureStatistics.of(MemorySource(X[: 2 * PIECE], np.arange(2 * PIECE) % 2, 2))
    batches = MemorySource.batches

    def counted(self, *args, **more):
        for batch in batches(self, *args, **more):
            read.append(len(batch.y))
            yield batch

    monkeypatch.setattr(MemorySource, "batches", counted)
    after = before.over(whole)
    assert read == [PIECE]
    assert after.over(whole) is after
