"""Every kind of rows: reads equal takes equal the NumPy reference."""

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse

from scoreline.data import MemorySource
from scoreline.errors import DataError
from scoreline.rows import (
    ArrayRows,
    ConcatRows,
    FileRows,
    Rows,
    SparseRows,
    SubsetRows,
    as_rows,
    batches,
    blocks,
    dense,
    epoch_order,
    gather,
    gathered,
    scratch_array,
    whole_order,
    window_order,
)

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(37, 5)).astype(np.float32)
IMAGES = RNG.integers(0, 256, (37, 4, 3, 3), dtype=np.uint8)
PLACES = np.sort(RNG.permutation(37)[:20])


def mapped(tmp_path, values):
    np.save(tmp_path / "rows.npy", values)
    return np.load(tmp_path / "rows.npy", mmap_mode="r")


def in_file(values):
    return gather(ArrayRows(values), scratch_array)


def joined(values):
    return ConcatRows([ArrayRows(values[:10]), ArrayRows(values[10:10]), ArrayRows(values[10:])])


KINDS = {
    "array": lambda values, _: (ArrayRows(values), values),
    "array in Fortran order": lambda values, _: (ArrayRows(np.asfortranarray(values)), values),
    "memory-mapped": lambda values, folder: (ArrayRows(mapped(folder, values)), values),
    "nameless file": lambda values, _: (in_file(values), values),
    "temporary file": lambda values, _: (FileRows(joined(values)), values),
    "joined": lambda values, _: (joined(values), values),
    "some": lambda values, _: (SubsetRows(ArrayRows(values), PLACES), values[PLACES]),
    "some that follow": lambda values, _: (SubsetRows(ArrayRows(values), np.arange(3, 30)), values[3:30]),
    "some, twice and back": lambda values, _: (SubsetRows(ArrayRows(values), [5, 1, 1, 9]), values[[5, 1, 1, 9]]),
    "some of joined": lambda values, _: (SubsetRows(joined(values), PLACES), values[PLACES]),
    "some of some": lambda values, _: (
        SubsetRows(SubsetRows(ArrayRows(values), PLACES), np.arange(0, 20, 3)),
        values[PLACES][::3],
    ),
    "some joined": lambda values, _: (
        ConcatRows([SubsetRows(ArrayRows(values), PLACES), SubsetRows(ArrayRows(values), PLACES[:4])]),
        values[[*PLACES, *PLACES[:4]]],
    ),
    "sparse": lambda values, _: (SparseRows(csr_array(values.reshape(len(values), -1))), values.reshape(37, -1)),
    "some of sparse": lambda values, _: (
        SubsetRows(SparseRows(csr_array(values.reshape(len(values), -1))), PLACES),
        values.reshape(37, -1)[PLACES],
    ),
    "none": lambda values, _: (SubsetRows(ArrayRows(values), np.zeros(0, np.int64)), values[:0]),
}


@pytest.fixture(params=[VECTORS, IMAGES], ids=["vectors", "images"])
def values(request):
    return request.param


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def pair(request, values, tmp_path):
    return request.param(values, tmp_path)


def test_shape_and_dtype(pair):
    rows, expected = pair
    assert isinstance(rows, Rows)
    assert rows.shape == expected.shape
    assert len(rows) == len(expected)
    assert rows.dtype == expected.dtype
    assert str(len(expected)) in repr(rows) or len(rows.parts()) > 1


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (2, 15), (9, 12), (0, 1000), (4, 4), (1000, 1001)])
def test_reads_and_takes_are_the_reference(pair, start, stop):
    rows, expected = pair
    block = rows.read(start, stop)
    np.testing.assert_array_equal(block, expected[start:stop])
    assert block.dtype == expected.dtype
    assert block.flags.c_contiguous
    np.testing.assert_array_equal(rows.take(np.arange(len(rows))[start:stop]), expected[start:stop])


def test_takes_in_any_order(pair):
    rows, expected = pair
    index = np.random.default_rng(1).integers(0, max(len(expected), 1), 50 if len(expected) else 0)
    taken = rows.take(index)
    np.testing.assert_array_equal(taken, expected[index])
    assert taken.flags.c_contiguous


def test_parts_and_the_whole_array(pair):
    rows, expected = pair
    np.testing.assert_array_equal(np.concatenate([part.read(0, len(part)) for part in rows.parts()]), expected)
    if rows.array is not None:
        np.testing.assert_array_equal(rows.array, expected)
        assert rows.array.flags.c_contiguous
    for allocate in (None, np.empty, scratch_array):
        whole = gathered(rows, allocate).array
        np.testing.assert_array_equal(whole, expected)


def test_batches_are_those_of_an_array_to_the_bit(pair):
    rows, expected = pair
    y = np.arange(len(expected)) % 3
    source = MemorySource(expected, y, 3)
    for seed in (None, 7):
        order = None if seed is None else whole_order(len(rows), seed=seed, epoch=2)
        theirs = list(source.batches(4, seed=seed, epoch=2, start=1))
        ours = list(batches(rows, 4, order=order, start=1))
        assert len(ours) == len(theirs)
        for (places, X), batch in zip(ours, theirs, strict=True):
            assert dense(X).reshape(len(batch.X), -1).tobytes() == batch.X.tobytes()
            assert issparse(X) == (rows.matrix is not None)
            np.testing.assert_array_equal(y[places], batch.y)
    np.testing.assert_array_equal(
        np.concatenate([expected[:0], *(block for _, block in blocks(rows, 100))]), expected
    )


def test_reads_are_views_where_they_can_be(values):
    assert np.shares_memory(ArrayRows(values).read(3, 9), values)
    assert np.shares_memory(joined(values).read(12, 20), values)
    assert np.shares_memory(SubsetRows(ArrayRows(values), np.arange(3, 30)).read(2, 9), values)
    assert np.shares_memory(SubsetRows(ArrayRows(values), np.arange(3, 30)).array, values)
    assert gathered(as_rows(values)).array is values
    rows = ArrayRows(values)
    assert as_rows(rows) is rows


def test_large_rows_are_gathered_in_a_file(monkeypatch):
    files = []

    def in_a_file(*what):
        files.append(what)
        return np.empty(*what)

    monkeypatch.setattr("scoreline.rows.reading.MOST_IN_MEMORY", 100)
    monkeypatch.setattr("scoreline.rows.reading.scratch_array", in_a_file)
    assert gathered(SubsetRows(ArrayRows(VECTORS), PLACES[:5])).array is not None
    assert not files
    gathered(SubsetRows(ArrayRows(VECTORS), PLACES))
    assert files == [((20, 5), np.float32)]


def test_a_window_shuffle_has_every_row_once_and_reads_each_piece_once():
    sizes, piece, window = [40, 7, 100, 13], 5, 40
    rows = ConcatRows([ArrayRows(np.zeros((size, 1))) for size in sizes])
    orders = [window_order(rows, piece, window, seed=3, epoch=epoch) for epoch in (0, 0, 1)]
    np.testing.assert_array_equal(np.sort(orders[0]), np.arange(160))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])
    pieces = np.concatenate([np.arange(size) // piece + 100 * part for part, size in enumerate(sizes)])
    windows = [pieces[orders[0][first : first + window]] for first in range(0, 160, window)]
    # Each piece lies in one window, or across the border of two; a window has many pieces, from all over.
    assert sum(len(np.unique(found)) for found in windows) <= len(np.unique(pieces)) + len(windows)
    assert all(np.ptp(orders[0][first : first + window]) > 80 for first in range(0, 160, window))
    assert any((np.diff(orders[0][first : first + window]) < 0).any() for first in range(0, 160, window))


def test_large_arrays_are_shuffled_in_windows_whatever_they_lie_in(monkeypatch, tmp_path):
    for name, n_bytes in {"WHOLE_BYTES": 600, "PIECE_BYTES": 60, "WINDOW_BYTES": 240}.items():
        monkeypatch.setattr(f"scoreline.rows.orders.{name}", n_bytes)
    in_memory, on_disk = ArrayRows(VECTORS), ArrayRows(mapped(tmp_path, VECTORS))
    order = epoch_order(in_memory, seed=1, epoch=2)
    np.testing.assert_array_equal(order, window_order(in_memory, 3, 12, seed=1, epoch=2))
    np.testing.assert_array_equal(order, epoch_order(on_disk, seed=1, epoch=2))
    batch = next(MemorySource(VECTORS, np.zeros(37), 2).batches(8, seed=1, epoch=2))
    np.testing.assert_array_equal(batch.X, VECTORS[order[:8]])
    few, sparse = ArrayRows(VECTORS[:30]), SparseRows(csr_array(VECTORS))
    np.testing.assert_array_equal(epoch_order(few, seed=1, epoch=2), whole_order(30, seed=1, epoch=2))
    np.testing.assert_array_equal(epoch_order(sparse, seed=1, epoch=2), whole_order(37, seed=1, epoch=2))


def test_memory_that_mirrors_a_file_is_given_back_and_read_again(monkeypatch):
    monkeypatch.setattr("scoreline.rows.in_file.RESIDENT", 200)
    rows = FileRows(ArrayRows(VECTORS))
    kept = rows.read(0, 5)
    for first in range(0, 37, 4):
        np.testing.assert_array_equal(rows.read(first, first + 4), VECTORS[first : first + 4])
    np.testing.assert_array_equal(rows.take(PLACES), VECTORS[PLACES])
    np.testing.assert_array_equal(kept, VECTORS[:5])
    np.testing.assert_array_equal(rows.array, VECTORS)


def test_rows_from_all_over_a_file_are_gathered_some_at_a_time(monkeypatch):
    monkeypatch.setattr("scoreline.rows.in_file.AROUND", 40)
    rows, touched = FileRows(ArrayRows(VECTORS)), []
    each = VECTORS[0].nbytes + 40
    monkeypatch.setattr("scoreline.rows.in_file.RESIDENT", 3 * each)
    monkeypatch.setattr(rows, "_give_back", touched.append)
    index = np.arange(37)[::-5]
    np.testing.assert_array_equal(rows.take(index), VECTORS[index])
    assert touched == [3 * each, 3 * each, 2 * each]


def test_bad_rows():
    with pytest.raises(DataError, match="different kinds.*uint8 and .*float32"):
        ConcatRows([ArrayRows(VECTORS), ArrayRows(IMAGES)])
    with pytest.raises(DataError, match="none"):
        ConcatRows([])
    for index in ([0, 37], [-1]):
        with pytest.raises(DataError, match="out of 37"):
            SubsetRows(ArrayRows(VECTORS), index)
