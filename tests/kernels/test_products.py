"""Compiled products against NumPy's, and their independence of how the work is shared out."""

import numpy as np
import pytest

from scoreline.kernels.products import (
    CLASS_BLOCK,
    COLUMN_BLOCK,
    backward,
    batch_buffer,
    forward,
    gather,
    padded,
)

DTYPES = [np.uint8, np.float32]


def batch(dtype, D=100, rows=24):
    rng = np.random.default_rng(0)
    X = rng.integers(256, size=(50, D)).astype(dtype)
    order = rng.permutation(50)[: rows - 1]
    buffer = batch_buffer(rows, D, np.dtype(dtype))
    gather(X, order, 0, rows, buffer)
    return X[order], buffer


@pytest.mark.parametrize("dtype", DTYPES)
def test_gather_takes_rows_and_clears_the_rest(dtype):
    X, buffer = batch(dtype)
    np.testing.assert_array_equal(buffer[:23, :100], X)
    assert not buffer[23:].any()
    assert not buffer[:, 100:].any()
    assert buffer.strides[0] % 128 == 64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("M", [1, 2, 3, 4, 5, 10, 13])
def test_forward(dtype, M):
    X, buffer = batch(dtype)
    rng = np.random.default_rng(1)
    W = np.zeros((M, padded(100, COLUMN_BLOCK)), np.float32)
    W[:, :100] = rng.normal(size=(M, 100))
    b = rng.normal(size=M).astype(np.float32)
    scores = np.zeros((24, M), np.float32)
    forward(buffer, 0, 24, W, b, scores)
    np.testing.assert_allclose(scores[:23], X @ W[:, :100].T + b, rtol=1e-4, atol=2e-3)
    in_parts = np.zeros_like(scores)
    forward(buffer, 0, 8, W, b, in_parts)
    forward(buffer, 8, 24, W, b, in_parts)
    np.testing.assert_array_equal(in_parts, scores)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("M", [1, 5, 7])
def test_backward(dtype, M):
    X, buffer = batch(dtype)
    slopes = np.zeros((24, padded(M, CLASS_BLOCK)), np.float32)
    slopes[:, :M] = np.random.default_rng(2).normal(size=(24, M))
    out = np.zeros((padded(M, CLASS_BLOCK), COLUMN_BLOCK), np.float32)
    backward(buffer, 23, slopes, COLUMN_BLOCK, out)
    expected = slopes[:23, :M].T @ X[:, COLUMN_BLOCK:100]
    np.testing.assert_allclose(out[:M, : 100 - COLUMN_BLOCK], expected, rtol=1e-4, atol=2e-3)
    assert not out[M:].any()
