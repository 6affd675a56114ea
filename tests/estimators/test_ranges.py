import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.estimators.ranges import read_values


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("1e-3:1:4", [1e-3, 1e-2, 1e-1, 1.0]),
        ("0.5:0.5:1", [0.5]),
        ("0.1", [0.1]),
        ("0.3, 0.1,0.1", [0.1, 0.3]),
        (3, [1e-6, 1e-3, 1.0]),
        (np.int64(1), [1e-6]),
        ([0, 2.0], [0.0, 2.0]),
        (np.array([1e-2, 1e-3], np.float32), [1e-3, 1e-2]),
    ],
)
def test_values(given, values):
    np.testing.assert_allclose(read_values("lam", given), values, rtol=1e-6)


def test_a_count_takes_the_range_that_is_told():
    np.testing.assert_allclose(read_values("lr", 2, low=1e-3, high=10), [1e-3, 10])


def test_values_can_be_written_down_and_given_back():
    values = read_values("lam", "1e-6:1:45")
    assert [float(f"{value:g}") for value in values] == values.tolist()
    assert len(values) == 45


@pytest.mark.parametrize(
    "given",
    [
        "", "a", "1:2", "1:2:3:4", "0:1:5", "2:1:5", "1:2:0", "1:2:2.5", "1:2:100000", "1:inf:3", "nan", "-1", 0,
        -3, [], [-1.0], [np.nan], ["x"], [None], 0.5, None,
    ],
)  # fmt: skip
def test_what_is_no_range(given):
    with pytest.raises(UsageError, match="The values of lam are") as caught:
        read_values("lam", given)
    assert "1e-6:1:13" in caught.value.fix
