"""What all kinds of rows promise: reads, takes and parts agree, and places that do not exist are an error."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from scoreline.errors import DataError
from scoreline.features import build_features
from scoreline.features.rows import FeatureRows
from scoreline.rows import ArrayRows, ConcatRows, FileRows, Rows, SparseRows, SubsetRows, dense

RNG = np.random.default_rng(0)
VALUES = np.where(RNG.random((23, 6)) < 0.5, RNG.integers(1, 9, (23, 6)), 0).astype(np.float32)
IMAGES = RNG.integers(0, 256, (23, 16, 16, 1), dtype=np.uint8)


class NothingKept:
    """A cache without room."""

    def load(self, key):
        return None

    def save(self, key, arrays):
        pass


def mapped(folder):
    np.save(folder / "rows.npy", VALUES)
    return ArrayRows(np.load(folder / "rows.npy", mmap_mode="r"))


def features(_):
    return FeatureRows(ArrayRows(IMAGES), build_features("hog").fit(IMAGES), "hog", NothingKept())


def sparse(_=None):
    return SparseRows(csr_array(VALUES))


KINDS = {
    "array": lambda _: ArrayRows(VALUES),
    "memory-mapped": mapped,
    "file": lambda _: FileRows(ArrayRows(VALUES)),
    "joined": lambda _: ConcatRows([ArrayRows(VALUES[:9]), ArrayRows(VALUES[9:])]),
    "some": lambda _: SubsetRows(ArrayRows(VALUES), [4, 4, 20, 0]),
    "none": lambda _: SubsetRows(ArrayRows(VALUES), []),
    "sparse": sparse,
    "some sparse": lambda _: SubsetRows(sparse(), [4, 4, 20, 0]),
    "sparse in order": lambda _: SubsetRows(sparse(), range(3, 11)),
    "no sparse": lambda _: SubsetRows(sparse(), []),
    "sparse joined": lambda _: ConcatRows([sparse(), SubsetRows(sparse(), [1, 3])]),
    "features": features,
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def rows(request, tmp_path):
    return request.param(tmp_path)


def whole(rows):
    return rows.read(0, len(rows))


def test_shape_and_dtype(rows):
    assert isinstance(rows, Rows)
    assert whole(rows).shape == rows.shape == (len(rows), *rows.shape[1:])
    assert whole(rows).dtype == rows.take(np.arange(len(rows))).dtype == rows.dtype


def test_reads_are_parts_of_the_whole(rows):
    for start, stop in [(0, 2), (1, 3), (2, 2), (0, 1000), (1000, 1001)]:
        block = rows.read(start, stop)
        np.testing.assert_array_equal(block, whole(rows)[start:stop])
        assert block.flags.c_contiguous


def test_takes_are_gathered_into_arrays_of_their_own(rows):
    index = RNG.integers(0, max(len(rows), 1), 9 if len(rows) else 0)
    before = whole(rows).copy()
    taken = rows.take(index)
    np.testing.assert_array_equal(taken, before[index])
    taken[...] = 0
    np.testing.assert_array_equal(whole(rows), before)
    assert rows.take([]).shape == (0, *rows.shape[1:])


def test_places_that_do_not_exist(rows):
    for index in ([-1], [len(rows)], [0, len(rows) + 5]):
        with pytest.raises(DataError, match=f"out of {len(rows)}"):
            rows.take(np.array(index))


def test_parts_are_the_whole(rows):
    parts = rows.parts()
    assert sum(map(len, parts)) == len(rows)
    np.testing.assert_array_equal(np.concatenate([whole(part) for part in parts]), whole(rows))


def test_where_the_rows_lie(rows):
    for found in (rows.array, rows.matrix):
        if found is not None:
            assert found.dtype == rows.dtype
            np.testing.assert_array_equal(dense(found), whole(rows))
    assert rows.array is None or rows.matrix is None
    if rows.array is not None:
        assert np.shares_memory(rows.read(0, 2), rows.array) or not len(rows)
