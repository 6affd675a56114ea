"""The exponential of compiled code is the C library's to a few units in the last place."""

import numpy as np
import pytest

from scoreline.kernels.compiling import compiled, compiled_loosely
from scoreline.kernels.exponential import exponential


@compiled
def strict(x, out):
    for i in range(len(x)):
        out[i] = exponential(x[i])


@compiled_loosely
def loose(x, out):
    for i in range(len(x)):
        out[i] = exponential(x[i])


def exponentials(x, work=strict):
    x = np.asarray(x, np.float32)
    out = np.empty_like(x)
    work(x, out)
    return x, out


@pytest.mark.parametrize("work", [strict, loose])
def test_relative_error(work):
    x, found = exponentials(-np.concatenate([np.linspace(0, 86.9, 200_001), np.logspace(-9, 1, 10_001)]), work)
    np.testing.assert_allclose(found, np.exp(x.astype(np.float64)), rtol=2e-7)


def test_ends():
    _, found = exponentials([0, -1e-9, -87.5, -1e4, -3e38, -np.inf, np.nan])
    np.testing.assert_array_equal(found, np.float32([1, 1, 0, 0, 0, 0, np.nan]))
