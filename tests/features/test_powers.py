"""Frequencies may be raised to a power."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.features import LBP, HueHistogram, OpponentHistogram

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 20, 24, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", [HueHistogram, LBP, OpponentHistogram])
def test_frequencies_are_raised(kind):
    plain = kind(grid=2, power=1).fit(IMAGES).transform(IMAGES)
    for power in (0.5, 0.3):
        raised = kind(grid=2, power=power).fit(IMAGES).transform(IMAGES)
        np.testing.assert_allclose(raised, plain**power, rtol=1e-5)
    np.testing.assert_array_equal(kind(grid=2).fit(IMAGES).transform(IMAGES), np.sqrt(plain))


@pytest.mark.parametrize("kind", [HueHistogram, LBP, OpponentHistogram])
def test_powers_are_above_0(kind):
    with pytest.raises(UsageError, match="power"):
        kind(power=0.0).fit(IMAGES)
