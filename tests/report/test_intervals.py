import numpy as np
import pytest
from scipy.stats import binomtest

from scoreline.report.intervals import wilson_interval, wilson_intervals


def test_wilson_interval():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


@pytest.mark.parametrize("n", [1, 7, 5000])
def test_intervals_are_scipys(n):
    right = np.unique(np.linspace(0, n, 6).astype(int))
    found = wilson_intervals(right, np.full(len(right), n))
    wanted = [binomtest(int(k), n).proportion_ci(0.95, method="wilson") for k in right]
    np.testing.assert_allclose(found, [(one.low, one.high) for one in wanted], atol=1e-12)


def test_of_nothing_there_is_no_interval():
    assert np.isnan(wilson_intervals(np.array([0]), np.array([0]))).all()
