"""Ids of examples in few bytes."""

import tracemalloc

import numpy as np
import pytest

from scoreline.data import Split
from scoreline.data.ids import NumberIds, TextIds

NAMES = ("a/1.png", "b/ü.png", "b/\udcff.png", "", "c/5.png")
KINDS = [(NumberIds(range(3, 8)), ("3", "4", "5", "6", "7")), (NumberIds(np.array([5, 2, 9])), ("5", "2", "9"))]
KINDS += [(TextIds(NAMES), NAMES), (TextIds(()), ()), (NumberIds(range(0)), ())]


@pytest.mark.parametrize(("ids", "expected"), KINDS, ids=repr)
def test_they_are_a_sequence_of_texts(ids, expected):
    assert ids == expected
    assert tuple(ids) == expected
    assert len(ids) == len(expected)
    assert ids[1:3] == expected[1:3]
    assert ids != (*expected, "other")
    for place in range(len(expected)):
        assert ids[place] == expected[place]
        assert ids.index(expected[place]) == place
    places = np.arange(len(expected))[::-2]
    assert ids.take(places) == tuple(expected[place] for place in places)
    for other, more in KINDS:
        assert ids + other == expected + more
    with pytest.raises(IndexError):
        ids[len(expected)]


def test_splits_of_a_split_keep_rows_labels_and_ids_together():
    split = Split.of(np.arange(20).reshape(10, 2), np.arange(10) % 3)
    some = split.take(np.array([2, 5, 7])).take(np.array([0, 2]))
    np.testing.assert_array_equal(some.X, [[4, 5], [14, 15]])
    np.testing.assert_array_equal(some.in_place().X, some.X)
    assert some.y.tolist() == [2, 1]
    assert some.ids == ("2", "7")


@pytest.mark.parametrize(
    ("make", "count", "most"),
    [
        (lambda n: NumberIds(range(n)), 1_000_000, 100_000),
        (lambda n: NumberIds(range(n)).take(np.arange(0, n, 2)), 1_000_000, 10_000_000),
        (lambda n: TextIds(f"{i:07d}.png" for i in range(n)), 100_000, 6_000_000),
    ],
    ids=["numbers", "some numbers", "names"],
)
def test_a_million_take_megabytes(make, count, most):
    """A tenth of a million names in a tenth of the bytes: to trace each takes time."""
    tracemalloc.start()
    ids = make(count)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < most
    assert ids[-1]
