"""Sizes as people write them, and the message of a bound that cannot be kept."""

import numpy as np
import pytest

from scoreline.data.budget import Need, check_budget, check_taken, free_memory, parse_size, show_size, taken_memory
from scoreline.errors import UsageError


@pytest.mark.parametrize(
    ("size", "n_bytes"),
    [
        ("500MB", 500 * 10**6),
        ("2GB", 2 * 10**9),
        ("1.5GiB", 3 * 2**29),
        ("64 kib", 2**16),
        ("7", 7),
        (7, 7),
        ("0.5tb", 5 * 10**11),
    ],
)
def test_sizes(size, n_bytes):
    assert parse_size(size) == n_bytes


@pytest.mark.parametrize("n_bytes", [1, 999_999, 546_485_888, 10**15])
def test_a_number_counts_bytes(n_bytes):
    assert parse_size(n_bytes) == n_bytes


@pytest.mark.parametrize(
    "size",
    [
        "",
        "lots",
        "-1GB",
        "1 2",
        "GB",
        "1PB",
        "0",
        "1e3",
        0,
        -5,
        10**400,
        pytest.param(f"1{' ' * 10**6}x", id="blanks"),
    ],
)
def test_no_sizes(size):
    with pytest.raises(UsageError, match="1.5GiB"):
        parse_size(size)


@pytest.mark.parametrize(
    ("n_bytes", "shown"), [(12, "12 bytes"), (1.5e6, "1.5 MB"), (2e9, "2 GB"), (1.54e12, "1.54 TB")]
)
def test_shown_sizes_are_read_again(n_bytes, shown):
    assert show_size(n_bytes) == shown
    assert parse_size(shown.replace(" bytes", "")) == n_bytes


def test_what_the_process_holds_grows_with_arrays_and_not_with_files(tmp_path):
    np.save(tmp_path / "zeros.npy", np.zeros(60_000_000, np.uint8))
    before = taken_memory()
    assert np.load(tmp_path / "zeros.npy", mmap_mode="r").sum() == 0
    assert taken_memory() < before + 20_000_000
    held = np.ones(60_000_000, np.uint8)
    assert taken_memory() > before + 50_000_000
    del held


def test_needs_within_the_bound_pass():
    check_budget(taken_memory() + 10**9, [Need("some", 10**6, "ask for less")])


def test_needs_beyond_the_bound_are_named_with_the_remedy_of_the_largest():
    bound = taken_memory() + 10**9
    needs = [
        Need("a thing", 3 * 10**9, "shrink it"),
        Need("dust", 10, "sweep"),
        Need("another", 10**9, "leave it"),
    ]
    with pytest.raises(UsageError) as caught:
        check_budget(bound, needs)
    text = str(caught.value)
    assert "a thing 3 GB" in text
    assert "another 1 GB" in text
    assert "dust" not in text
    assert "shrink it" in text
    assert "leave it" not in text


def test_the_bound_that_is_asked_for_is_enough():
    needs = [Need("a thing", 3 * 10**9, "shrink it")]
    with pytest.raises(UsageError) as caught:
        check_budget(10**9, needs)
    asked = caught.value.allowed.removeprefix("a bound of ").partition(" or")[0]
    assert free_memory(parse_size(asked)) >= 3 * 10**9


def test_data_that_are_over_the_bound_already():
    check_taken(taken_memory() + 10**8, "photos")
    with pytest.raises(UsageError, match=r"photos.*\.npy"):
        check_taken(10**6, "photos")
